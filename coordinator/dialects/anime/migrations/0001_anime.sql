-- One row a create call. Its renditions are jobs of the grid, and so is the index of the source.
create table anime_jobs (
  task_id uuid primary key,
  -- Later rows have higher numbers: the order of a list.
  ordinal bigint generated always as identity unique,
  src_path text not null,
  dst_path text not null,
  anime_id text,
  episode_code text,
  ladder text[] not null,
  upscale text not null,
  callback_url text,
  idempotency_key text,
  request_hash text,
  -- source: looked for and copied; index: the grid reads it; ladder: renditions are made; ended.
  stage text not null default 'source' check (stage in ('source', 'index', 'ladder', 'ended')),
  -- Who copies the source, and until when others leave it to them.
  claimed_by text,
  claimed_until timestamptz,
  source jsonb,
  index_job_id uuid,
  -- One sentence: why there are no renditions.
  error text,
  created_at timestamptz not null default now()
);
create index anime_jobs_open on anime_jobs (ordinal) where stage <> 'ended';
create index anime_jobs_index_job on anime_jobs (index_job_id) where index_job_id is not null;
create index anime_jobs_idempotency on anime_jobs (idempotency_key, created_at) where idempotency_key is not null;

create table anime_renditions (
  task_id uuid not null references anime_jobs on delete cascade,
  rendition text not null,
  position int not null,
  width int not null,
  height int not null,
  -- Null where the ladder could not be made.
  job_id uuid,
  -- First lines of the log; the rest is the tool's.
  log text not null default '',
  -- Null until it is ready; never changes after that.
  state text check (state in ('SUCCESS', 'FAILURE', 'REVOKED', 'FAILURE CREATE EPISODE')),
  is_published boolean not null default false,
  -- The catalogue is to be told at that time; null: not (any more).
  catalogue_at timestamptz,
  catalogue_tries int not null default 0,
  primary key (task_id, rendition)
);
create index anime_renditions_job on anime_renditions (job_id) where job_id is not null;
create index anime_renditions_catalogue on anime_renditions (catalogue_at) where catalogue_at is not null;

-- What the master playlist of a folder lists.
create table anime_published (
  dst_path text not null,
  rendition text not null,
  task_id uuid not null references anime_jobs on delete cascade,
  facts jsonb not null,
  primary key (dst_path, rendition)
);

-- A public name: an object of the grid, or the text of a playlist.
create table anime_names (
  dst_path text not null,
  name text not null,
  task_id uuid not null references anime_jobs on delete cascade,
  sha256 text not null,
  bucket text,
  object_key text,
  body text,
  check ((body is null) <> (object_key is null)),
  primary key (dst_path, name)
);
