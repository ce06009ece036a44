-- Runs that were begun while their file was still being uploaded. When the file is complete, and is what it seemed to be, the run
-- becomes the video's; otherwise it goes, with all that was made for it.
create table early_runs (
  video_id text primary key references videos on delete cascade,
  staging_key text not null,
  run_id text not null,
  -- 'waiting' for its index, 'unfit' to be begun early, 'planned', or 'adopting' once the file is complete
  state text not null default 'waiting' check (state in ('waiting', 'unfit', 'planned', 'adopting')),
  total_bytes bigint not null,
  -- Uploads whose bytes were used: all of them must be parts of the complete file.
  relied_on text[] not null default '{}',
  -- What the plan was made from: the index of the file, where it lies and its SHA-256, and the texts that it carries.
  index_from bigint,
  index_to bigint,
  index_sha256 text,
  texts jsonb,
  -- Spans whose bytes have come, so that a job makes them.
  asked_spans integer[] not null default '{}',
  created_at timestamptz not null
);
