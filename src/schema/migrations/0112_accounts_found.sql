-- Staff finds accounts by any part of address or name, without reading all of them.
create extension if not exists pg_trgm;
create index accounts_words on accounts using gin ((email || ' ' || lower(name)) gin_trgm_ops);
