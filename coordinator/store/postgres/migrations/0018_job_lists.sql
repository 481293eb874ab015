-- Lists of one state or one dialect, newest first, however few of many jobs they are.
create index jobs_state on jobs (state, created_at desc, job_id desc);
create index jobs_dialect on jobs (dialect, created_at desc, job_id desc);
