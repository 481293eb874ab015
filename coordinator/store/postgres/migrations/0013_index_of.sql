-- A job may stand on the index of another one, which then cannot be removed.
alter table jobs add column index_of uuid references jobs;
create index jobs_index_of on jobs (index_of) where index_of is not null;
-- Another job stands on the index of this one, or did: its objects are not collected. On the row itself, so that a collector
-- which waited for the row sees it.
alter table jobs add column index_kept boolean not null default false;
