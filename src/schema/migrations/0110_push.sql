-- Web push: where the browsers of an account are reached. A browser that is signed out is not reached any more.
create table push_windows (
  account_id text not null,
  -- Made from the address, so that a browser that says it again is the same.
  push_id text not null,
  session_id text not null,
  -- At the push service of the browser's maker; who knows it and the keys can speak to the browser.
  address text not null,
  -- Uncompressed point of the browser's P-256 key, and the secret it shares with us (RFC 8291 section 2).
  browser_key bytea not null,
  browser_secret bytea not null,
  -- Messages in a row that the service refused.
  failures integer not null default 0,
  created_at timestamptz not null,
  primary key (account_id, push_id),
  foreign key (account_id, session_id) references sessions (account_id, session_id) on delete cascade
);
create index push_windows_named on push_windows (push_id);

-- Null: as the platform has it for the kind.
alter table notification_settings add column by_push boolean;

-- The language that letters and pushes to the account are written in: a tag of BCP 47.
alter table accounts add column language text not null default 'en';
