-- Secrets of this platform that every process must agree on. All keys are derived from the one named 'root'
-- (src/platform/secrets.ts); it is made here, so that no two processes can ever make two of it. Three random UUIDs
-- hold 366 bits from the server's strong source of randomness; the hash makes them a key of 32 bytes.
create table secrets (
  name text primary key,
  secret bytea not null,
  created_at timestamptz not null
);

insert into secrets (name, secret, created_at)
values (
  'root',
  sha256(decode(replace(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')),
  now()
);
