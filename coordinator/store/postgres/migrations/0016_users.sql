-- People who sign in by name and password. A realm has its own names and numbers, from 1.
create table user_realms (
  realm text primary key,
  last_id int not null
);

create table users (
  realm text not null references user_realms,
  id int not null,
  name text not null,
  password_hash text not null,
  role text not null,
  active boolean not null default true,
  must_reset boolean not null default false,
  -- Raised by every change that ends what was signed in before it.
  version int not null default 1,
  changed_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  primary key (realm, id),
  unique (realm, name)
);

-- Sign-ins that failed, by a hash of realm and account or address. Lost in a crash of the server: then people may guess anew.
create unlogged table sign_in_failures (
  subject bytea primary key,
  failures int not null,
  ends_at timestamptz not null
);
create index sign_in_failures_end on sign_in_failures (ends_at);
