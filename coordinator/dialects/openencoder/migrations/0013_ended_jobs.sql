-- Jobs of the grid whose Open Encoder job has ended: still shown there for a while, then removed.
create table openencoder_ended_jobs (
  grid_job_id uuid primary key,
  job_id integer not null references openencoder_jobs on delete cascade,
  ended_at timestamptz not null default now()
);
create index openencoder_ended_jobs_at on openencoder_ended_jobs (ended_at);
