-- Where an agent's Hello stands among all of its Hellos: one that arrives late takes over from no later one (L8).
alter table agents add column start_count bigint not null default 0, add column connection bigint not null default 0;
