-- Jobs of one frame to look at: lists leave them out, and the collector removes them soon.
alter table jobs add column preview boolean not null default false;
create index jobs_previews on jobs (created_at desc, job_id desc) where preview;
