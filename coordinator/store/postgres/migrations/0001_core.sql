-- The grid's own tables. Times are the database's: no other clock decides anything (L4).

create table tokens (
  owner_id text not null,
  name text not null,
  secret_sha256 bytea not null unique,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  primary key (owner_id, name)
);

create table uploads (
  upload_id uuid primary key,
  owner_id text not null,
  name text not null,
  bucket text not null,
  object_key text not null,
  size_bytes bigint,
  state text not null default 'open' check (state in ('open', 'complete')),
  multipart_id text,
  created_at timestamptz not null default now()
);
create index uploads_owner on uploads (owner_id, created_at desc);

create table jobs (
  job_id uuid primary key,
  owner_id text not null,
  dialect text not null,
  name text not null,
  state text not null check (state in ('indexing', 'encoding', 'merging', 'succeeded', 'failed', 'cancelled')),
  priority int not null,
  spec jsonb not null,
  spec_hash text not null,
  idempotency_key text,
  -- Encode and audio tasks that have not succeeded; the transaction that brings it to 0 creates the merge (L10).
  open_tasks int not null default 0,
  frames_total int not null default 0,
  clips_total int not null default 0,
  frames_done int not null default 0,
  clips_done int not null default 0,
  -- What the merge needs of the plan: artifacts of the index, whether time stamps come back.
  plan jsonb,
  result jsonb,
  failure jsonb,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  collected_at timestamptz
);
create unique index jobs_idempotency on jobs (owner_id, idempotency_key) where idempotency_key is not null;
create index jobs_owner on jobs (owner_id, created_at desc, job_id desc);
create index jobs_created on jobs (created_at desc, job_id desc);
create index jobs_collect on jobs (finished_at) where finished_at is not null and collected_at is null;

create table tasks (
  task_id uuid primary key,
  job_id uuid not null references jobs on delete cascade,
  kind text not null check (kind in ('index', 'encode', 'audio', 'merge', 'clip')),
  clip_index int not null default -1,
  state text not null default 'ready' check (state in ('ready', 'leased', 'succeeded', 'failed', 'cancelled')),
  epoch int not null default 0,
  priority int not null,
  job_order timestamptz not null,
  cost double precision not null,
  spec bytea not null,
  requires text[] not null,
  -- Of the last grant, kept after an expiry: a late commit of it still counts until the next grant (L11).
  lease_id uuid,
  agent_id text,
  session_id uuid,
  lease_expires_at timestamptz,
  ready_at timestamptz not null default now(),
  granted_at timestamptz,
  finished_at timestamptz,
  attempts int not null default 0,
  failed_agents text[] not null default '{}',
  start_frame int,
  end_frame int,
  frames_total int not null default 0,
  frames_done int not null default 0,
  fps real not null default 0,
  phase text not null default '',
  log_tail text not null default '',
  output jsonb,
  failure jsonb,
  unique (job_id, kind, clip_index)
);
create index tasks_ready on tasks (priority desc, job_order, cost desc, task_id) where state = 'ready';
create index tasks_expiry on tasks (lease_expires_at) where state = 'leased';
create index tasks_agent on tasks (agent_id) where state = 'leased';

create table attempts (
  task_id uuid not null references tasks on delete cascade,
  epoch int not null,
  agent_id text not null,
  granted_at timestamptz not null,
  ended_at timestamptz not null default now(),
  outcome text not null check (outcome in ('succeeded', 'failed', 'expired', 'released', 'cancelled')),
  code text,
  message text,
  log_tail text,
  primary key (task_id, epoch)
);

-- An agent that fails 3 tasks of one job gets no more of it.
create table job_agent_failures (
  job_id uuid not null references jobs on delete cascade,
  agent_id text not null,
  failures int not null,
  primary key (job_id, agent_id)
);

create table agents (
  agent_id text primary key,
  name text not null,
  incarnation text not null,
  session_id uuid,
  coordinator_id text,
  state text not null check (state in ('online', 'draining', 'offline')),
  drain_requested boolean not null default false,
  version text not null,
  hardware jsonb not null,
  tools jsonb not null,
  capabilities text[] not null,
  lacks text[] not null,
  slots int not null,
  load jsonb,
  connected_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now()
);

-- Read in commit order: a reader takes only rows of transactions older than every running one.
create table events (
  sequence bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default now(),
  type text not null,
  job_id uuid,
  task_id uuid,
  agent_id text,
  owner_id text,
  data jsonb not null default '{}'
);
create index events_job on events (job_id, sequence);
create index events_at on events (at);

-- L12: whoever sweeps leaves its mark; after a gap nothing expires for one full ttl.
create table sweeper (
  only_row boolean primary key default true check (only_row),
  swept_at timestamptz not null default now(),
  held_until timestamptz not null default now()
);
insert into sweeper default values;

-- Objects whose rows are gone: removed by the collector, so that a crash leaves no bytes behind.
create table garbage (
  garbage_id bigint generated always as identity primary key,
  refs jsonb not null,
  created_at timestamptz not null default now()
);
