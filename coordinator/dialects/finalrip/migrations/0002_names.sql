-- A source whose name has the form of a derived one may be replaced by a new result: a start keeps a copy of its own.
alter table finalrip_tasks add column pinned_key text;
create index finalrip_tasks_job on finalrip_tasks (job_id) where job_id is not null;

-- Objects that no task shows any more, by the root of their names; removed under that root's lock.
create table finalrip_garbage (
  garbage_id bigint generated always as identity primary key,
  owner_id text not null,
  root text not null,
  bucket text not null,
  object_keys text[] not null
);
create index finalrip_garbage_root on finalrip_garbage (owner_id, root);

-- Keys that were cleared: an upload URL from before is refused. Kept for as long as such a URL lives.
create sequence finalrip_clears;
create table finalrip_cleared (
  owner_id text not null,
  video_key text not null,
  ordinal bigint not null,
  cleared_at timestamptz not null default now(),
  primary key (owner_id, video_key)
);

-- Signs the URLs that coordinators serve themselves; the same for all of them.
create table finalrip_secret (
  only_row boolean primary key default true check (only_row),
  secret text not null
);
