-- Accounts, how they sign in, and their channels.
create table accounts (
  account_id text primary key,
  email text not null unique,
  password_hash text not null,
  name text not null,
  role text not null check (role in ('member', 'moderator', 'admin')),
  quota_bytes bigint not null,
  created_at timestamptz not null
);

create table sessions (
  account_id text not null references accounts on delete cascade,
  secret_hash text not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  user_agent text not null,
  primary key (account_id, secret_hash)
);
create index sessions_expiry on sessions (expires_at);

create table tokens (
  account_id text not null references accounts on delete cascade,
  token_id text not null,
  name text not null,
  secret_hash text not null unique,
  created_at timestamptz not null,
  last_used_at timestamptz,
  primary key (account_id, token_id)
);

create table channels (
  account_id text not null references accounts on delete cascade,
  channel_id text not null unique,
  handle text not null unique,
  name text not null,
  description text not null,
  created_at timestamptz not null,
  primary key (account_id, channel_id)
);
