-- What the grid did, a row an interval; whichever coordinator comes first writes it.
create table grid_samples (
  -- Number of the interval by the wall clock.
  slot bigint primary key,
  at timestamptz not null default now(),
  fps real not null,
  speed real not null,
  tasks_ready int not null,
  tasks_running int not null,
  agents_online int not null
);
create index grid_samples_at on grid_samples (at);
