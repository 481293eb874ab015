-- Clips to look at that were cut after their job was collected are looked for by their age.
create index tasks_clips on tasks (finished_at) where kind = 'clip' and state = 'succeeded';
