-- A source that is fetched: its URL, sealed, until the call has ended and nothing of it is left.
alter table anime_jobs add column src_url text;
-- How often its server had no luck, and how far the fetch of now is.
alter table anime_jobs add column fetch_tries int not null default 0;
alter table anime_jobs add column fetched_bytes bigint not null default 0;
alter table anime_jobs add column fetch_size_bytes bigint;
create index anime_jobs_left on anime_jobs (ordinal) where stage = 'ended' and (source is not null or src_url is not null);
