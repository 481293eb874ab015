-- Tasks with the same key begin with the same work; null: the task has nothing in common with others.
alter table tasks add column share_key text;
create index tasks_ready_alike on tasks (share_key) where state = 'ready' and share_key is not null;
