-- Requests that are sent to addresses of users, written in the transaction of what they tell of.
create table webhook_deliveries (
  delivery_id uuid primary key,
  owner_id text not null,
  -- Scheme, host and port, for people.
  origin text not null,
  -- Address, headers and secrets, sealed; both are gone once it has ended.
  sealed text,
  body bytea,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
  attempts int not null default 0,
  max_attempts int not null,
  -- Whoever sends it now, and how often somebody did: some ended in the middle of it.
  claim_id uuid,
  claims int not null default 0,
  due_at timestamptz not null default now(),
  last_status int,
  last_error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index webhook_deliveries_due on webhook_deliveries (due_at) where state = 'pending';
create index webhook_deliveries_finished on webhook_deliveries (finished_at) where finished_at is not null;
