-- What keeps an account its owner's: verified addresses, letters with keys in them, second factors, passkeys, sign-in elsewhere.
alter table accounts
  -- waiting: for the approval of staff.
  add column state text not null default 'active' check (state in ('active', 'waiting', 'suspended')),
  -- What staff said about it, and what the account said of itself while it waits.
  add column state_reason text,
  add column applied_with text,
  add column email_verified_at timestamptz,
  -- Set by its owner; until then it can be taken back.
  add column delete_after timestamptz,
  -- Encrypted under a key derived from the platform's secret.
  add column totp_secret text,
  -- Null while the set-up has not been confirmed by a first code.
  add column totp_since timestamptz,
  -- The step of the last code that was taken: a code is good once (RFC 6238 section 5.2).
  add column totp_step bigint not null default 0;
create index accounts_deletion on accounts (delete_after) where delete_after is not null;
create index accounts_newest on accounts (created_at desc, account_id desc);

alter table sessions
  -- How its owner names it, without knowing the secret.
  add column session_id text,
  add column last_seen_at timestamptz;
update sessions set session_id = substr(secret_hash, 1, 12), last_seen_at = created_at;
alter table sessions
  alter column session_id set not null,
  alter column last_seen_at set not null;
create unique index sessions_names on sessions (account_id, session_id);

alter table tokens
  -- Those made before there were scopes may what they might then.
  add column scopes text[] not null default '{read,write,account,staff}',
  add column expires_at timestamptz;

create table account_letters (
  account_id text not null references accounts on delete cascade,
  secret_hash text not null unique,
  purpose text not null check (purpose in ('verify', 'reset', 'address')),
  -- The address it was sent to; for `address` the one that is to become the account's.
  email text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (account_id, secret_hash)
);
create index account_letters_expiry on account_letters (expires_at);

create table recovery_codes (
  account_id text not null references accounts on delete cascade,
  code_hash text not null,
  primary key (account_id, code_hash)
);

create table passkeys (
  account_id text not null references accounts on delete cascade,
  credential_id text not null unique,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  name text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  primary key (account_id, credential_id)
);

create table passkey_challenges (
  challenge_hash text primary key,
  -- Whose new passkey is being made; null for a sign-in.
  account_id text references accounts on delete cascade,
  expires_at timestamptz not null
);
create index passkey_challenges_expiry on passkey_challenges (expires_at);

create table identities (
  account_id text not null references accounts on delete cascade,
  issuer text not null,
  subject text not null,
  created_at timestamptz not null,
  primary key (account_id, issuer, subject),
  unique (issuer, subject)
);
