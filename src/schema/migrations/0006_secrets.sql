-- The secret of this platform, from which every key for signing is derived. One row, made on the first start.
create table secrets (
  only_row boolean primary key default true check (only_row),
  master bytea not null,
  created_at timestamptz not null
);
