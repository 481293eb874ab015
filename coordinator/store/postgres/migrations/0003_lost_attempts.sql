-- Attempts that ended without a word from their agent: too many of them, and the task is given up (L15).
alter table tasks add column lost int not null default 0;
