-- Unfinished uploads (tus). A partial upload is one part of a concatenation.
create table uploads (
  account_id text not null references accounts on delete cascade,
  upload_id text not null unique,
  video_id text references videos on delete cascade,
  -- 'whole', 'partial' or 'final'
  kind text not null check (kind in ('whole', 'partial', 'final')),
  -- Where the bytes lie while they arrive.
  staging_key text not null,
  -- For parts that are written straight to their place in a shared file: the offset of their first byte.
  base_offset bigint not null default 0,
  length_bytes bigint not null,
  -- Bytes that are stored for good: never decreases.
  offset_bytes bigint not null default 0,
  metadata jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- When the source was handed over to the video.
  finished_at timestamptz,
  -- Who is writing to it, a lease by the clock of the database: every commit of an offset must still hold it.
  writer text,
  writer_until timestamptz,
  primary key (account_id, upload_id)
);
create index uploads_expiry on uploads (expires_at);
create index uploads_of_staging on uploads (staging_key);
create index uploads_of_video on uploads (video_id);
