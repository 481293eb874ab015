-- Events are read in the order in which they settle: a transaction that began earlier may have got the higher number.
create index events_settled on events (xid, sequence);
create index events_job_settled on events (job_id, xid, sequence);
