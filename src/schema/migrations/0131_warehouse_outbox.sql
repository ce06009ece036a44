-- Sums on their way to a warehouse outside this database: written in the transaction that marks the reports as rolled up, carried
-- over afterwards, taken away when they have arrived. A row that is carried twice counts once: its number names it there.
create table warehouse_outbox (
  outbox_id bigint generated always as identity primary key,
  batch text not null,
  -- Compressed JSON of the sums.
  body bytea not null,
  made_at timestamptz not null default now()
);
alter table warehouse_outbox alter column body set storage external;
