-- Jobs are counted, and listed, by their status; there may be very many that have ended.
create index openencoder_jobs_status on openencoder_jobs (status, job_id);
drop index openencoder_jobs_open;
-- Looked for every few seconds: copies of sources that go when their job has ended.
create index openencoder_jobs_staged on openencoder_jobs (job_id) where staged_key is not null;
