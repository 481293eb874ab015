-- The kinds are the program's (domain/task-kinds.ts): a new one needs no lock on all tasks, and no check of all their rows.
alter table tasks drop constraint tasks_kind_check;
-- Seconds of output a second, as the task's last heartbeat said.
alter table tasks add column speed real not null default 0;
