-- When a client last did something with an open upload: one that nobody goes on with is given up.
alter table uploads add column touched_at timestamptz not null default now();
create index uploads_open on uploads (touched_at) where state = 'open';
