-- Pictures along the film, for a player's time line. Null: nobody asked for them.
alter table anime_jobs add column thumbnails text check (thumbnails in ('wanted', 'ready', 'failed'));
alter table anime_jobs add column thumbnails_job_id uuid references jobs on delete set null;
create index anime_jobs_thumbnails on anime_jobs (thumbnails_job_id) where thumbnails_job_id is not null;
