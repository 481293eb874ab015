create table openencoder_jobs (
  job_id integer generated always as identity primary key,
  guid text not null unique,
  -- The preset may be renamed: it is found by its id, and told as it was asked for.
  preset_id integer not null references openencoder_presets,
  preset text not null,
  source text not null,
  destination text not null,
  created_at timestamptz not null default now(),
  status text not null default 'queued',
  -- Since when it waits.
  waits_since timestamptz not null default now(),
  -- Raised by a restart: what belongs to an earlier one can change nothing any more.
  revision integer not null default 1,
  -- The grid's job of this revision, once the source is in the grid's store.
  grid_job_id uuid,
  staged_key text,
  probe text not null default '{}',
  options text not null default '{}',
  progress double precision not null default 0,
  speed text,
  fps double precision not null default 0,
  eta_s double precision,
  clips_total integer not null default 0,
  clips_done integer not null default 0,
  error text,
  error_log text not null default '',
  -- Which coordinator copies the source or publishes the result, until when it is trusted to.
  claimed_by uuid,
  claimed_until timestamptz
);
create index openencoder_jobs_open on openencoder_jobs (status, job_id)
  where status not in ('completed', 'error', 'cancelled');
create index openencoder_jobs_grid on openencoder_jobs (grid_job_id) where grid_job_id is not null;

-- Names in the outbound bucket that a revision of a job is about to write, or wrote.
create table openencoder_outputs (
  job_id integer not null references openencoder_jobs,
  revision integer not null,
  bucket text not null,
  object_key text not null,
  primary key (job_id, revision, object_key)
);

-- Copies of sources in the grid's store that no job needs any more.
create table openencoder_garbage (
  object_key text primary key
);
