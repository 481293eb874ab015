-- Text subtitles of a call's source, all of them made by one job of the grid.
create table anime_subtitles (
  task_id uuid primary key references anime_jobs on delete cascade,
  dst_path text not null,
  -- Null once the job is removed; its files go with it.
  job_id uuid references jobs on delete set null,
  tracks jsonb not null,
  -- Null until it is ready; replaced: a later call published to the folder.
  state text check (state in ('published', 'failed', 'replaced'))
);
create index anime_subtitles_job on anime_subtitles (job_id) where job_id is not null;
create index anime_subtitles_folder on anime_subtitles (dst_path) where state = 'published';
