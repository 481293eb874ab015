create table finalrip_tasks (
  task_id uuid primary key,
  owner_id text not null,
  video_key text not null,
  -- Later rows have higher numbers: the order of a list where creation times are equal.
  ordinal bigint generated always as identity,
  job_id uuid,
  encode_param text not null default '',
  script text not null default '',
  created_at timestamptz not null default now(),
  unique (owner_id, video_key)
);

-- Public object names that hold committed bytes: which bytes.
create table finalrip_published (
  task_id uuid not null references finalrip_tasks on delete cascade,
  object_key text not null,
  sha256 text not null,
  primary key (task_id, object_key)
);
