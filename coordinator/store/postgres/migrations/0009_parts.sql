-- Committed parts of a clip that is not finished, in the order of their frames: an array of TaskPart (domain/task.ts).
alter table tasks add column parts jsonb not null default '[]';
