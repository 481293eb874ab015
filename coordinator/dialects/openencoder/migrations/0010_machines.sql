-- Machines that somebody asked for: written before the provider is called, so that a crash in between leaves nothing unknown.
create table openencoder_machines (
  id integer generated always as identity primary key,
  provider text not null,
  -- Whose list has it: a provider's account, or one host.
  scope text not null,
  -- Null: the provider has not confirmed it yet.
  provider_id text,
  region text not null,
  region_name text not null,
  size text not null,
  price_hourly double precision not null,
  price_monthly double precision not null,
  -- False: it has our tag, and nobody here asked for it.
  asked_for boolean not null,
  join_token_id text,
  -- Null: it has not registered yet.
  agent_id text,
  created_at timestamptz not null,
  -- When it was last seen with work.
  busy_at timestamptz not null,
  end_requested_at timestamptz,
  drain_until timestamptz,
  end_reason text,
  ended_at timestamptz
);
create unique index openencoder_machines_known on openencoder_machines (scope, provider_id) where ended_at is null;
create index openencoder_machines_ended on openencoder_machines (ended_at) where ended_at is not null;

-- Tells the machines of several installations on one host apart; the same for all coordinators.
create table openencoder_installation (
  only_row boolean primary key default true check (only_row),
  installation_id text not null
);
