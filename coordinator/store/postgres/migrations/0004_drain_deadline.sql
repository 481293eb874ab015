-- When what a draining agent still holds goes back to others; null: as long as it takes (L13).
alter table agents add column drain_until timestamptz;
create index agents_drain on agents (drain_until) where drain_until is not null;
