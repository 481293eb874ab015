-- Tokens that let machines join, by the hash of their secret; null uses: any number, null expires_at: never.
create table join_tokens (
  token_id text primary key,
  secret_sha256 bytea not null unique,
  uses int check (uses > 0),
  used int not null default 0 check (used <= uses),
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

-- Agents that prove who they are with a key of their own (Ed25519).
create table agent_keys (
  agent_id text primary key,
  public_key bytea not null unique check (length(public_key) = 32),
  name text not null,
  token_id text not null references join_tokens,
  enrolled_at timestamptz not null default now()
);

-- Agents that never come back, enrolled or not.
create table revoked_agents (
  agent_id text primary key,
  revoked_at timestamptz not null default now()
);
