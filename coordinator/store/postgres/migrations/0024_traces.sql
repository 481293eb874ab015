-- W3C traceparent of the submission, of which all that is done for the job is a part; empty: it is not traced.
alter table jobs add column traceparent text not null default '';
