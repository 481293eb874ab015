-- What the tools of an attempt printed. A table of its own: nothing that lists or grants tasks reads it.
create table task_logs (
  task_id uuid not null references tasks on delete cascade,
  epoch int not null,
  -- Characters (UTF-16) before the last piece, and after it.
  started bigint not null,
  ended bigint not null,
  revision int not null default 1,
  text text not null,
  primary key (task_id, epoch)
);
