-- Notifications: what an account should hear of, and of which kinds it wants to.
create table notifications (
  account_id text not null references accounts on delete cascade,
  notification_id text not null,
  kind text not null,
  -- What it is about, so that the same thing is told once.
  subject text not null,
  -- A NotificationBody of src/contract/notifications.ts.
  body jsonb not null,
  created_at timestamptz not null,
  read_at timestamptz,
  primary key (account_id, notification_id)
);
create unique index notifications_once on notifications (account_id, kind, subject);
create index notifications_newest on notifications (account_id, created_at desc, notification_id desc);
create index notifications_unread on notifications (account_id) where read_at is null;
create index notifications_age on notifications (created_at);

-- Only where somebody chose otherwise than the default.
create table notification_settings (
  account_id text not null references accounts on delete cascade,
  kind text not null,
  in_app boolean not null,
  by_email boolean not null,
  primary key (account_id, kind)
);
