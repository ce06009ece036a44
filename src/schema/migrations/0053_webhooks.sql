-- Webhooks: addresses that are told of events, and the book of what was told.
create table webhooks (
  account_id text not null references accounts on delete cascade,
  webhook_id text not null unique,
  address text not null,
  -- Encrypted: it has to be known again to sign with.
  secret text not null,
  events text[] not null,
  active boolean not null,
  -- Deliveries in a row that were given up.
  failures integer not null default 0,
  created_at timestamptz not null,
  primary key (account_id, webhook_id)
);

create table webhook_deliveries (
  account_id text not null,
  webhook_id text not null references webhooks (webhook_id) on delete cascade,
  delivery_id text not null,
  event text not null,
  body jsonb not null,
  state text not null check (state in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  -- Of the last answer; null where none came.
  status integer,
  said text,
  took_ms integer,
  created_at timestamptz not null,
  done_at timestamptz,
  primary key (account_id, webhook_id, delivery_id)
);
create index webhook_deliveries_newest on webhook_deliveries (webhook_id, created_at desc, delivery_id desc);
create index webhook_deliveries_age on webhook_deliveries (created_at);
