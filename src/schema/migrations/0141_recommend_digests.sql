-- When an account that asked for it was last sent a letter of suggestions.
create table recommend_digests (
  account_id text primary key references accounts on delete cascade,
  sent_at timestamptz not null
);
