-- Videos, and the runs that make them watchable. Every table of a video has video_id first in its key.
create table videos (
  video_id text primary key,
  account_id text not null references accounts on delete cascade,
  channel_id text not null references channels (channel_id) on delete cascade,
  title text not null check (char_length(title) between 1 and 200),
  description text not null,
  tags text[] not null,
  category text not null,
  language text,
  licence text not null,
  privacy text not null check (privacy in ('public', 'unlisted', 'private')),
  state text not null check (state in ('uploading', 'processing', 'ready', 'failed')),
  -- Why it failed: a refusal code, and what in particular was wrong.
  reason_code text,
  reason_detail text,
  -- The source as it was uploaded.
  source_key text,
  source_name text,
  source_bytes bigint,
  -- The run that is served.
  run_id text,
  duration_ms bigint,
  width integer,
  height integer,
  thumbnail_key text,
  views bigint not null default 0,
  likes bigint not null default 0,
  dislikes bigint not null default 0,
  created_at timestamptz not null,
  published_at timestamptz,
  optimised_at timestamptz
);
create index videos_newest on videos (published_at desc, video_id desc) where privacy = 'public' and state = 'ready';
create index videos_of_channel on videos (channel_id, published_at desc, video_id desc) where privacy = 'public' and state = 'ready';
create index videos_of_account on videos (account_id, created_at desc, video_id desc);

create table runs (
  video_id text not null references videos on delete cascade,
  run_id text not null,
  -- A RunPlan of src/media/plan.ts: timeline, renditions, and how to read the source.
  plan jsonb not null,
  source_key text not null,
  created_at timestamptz not null,
  primary key (video_id, run_id)
);

create table spans (
  video_id text not null,
  run_id text not null,
  span_no integer not null,
  renditions text[] not null,
  from_segment integer not null,
  to_segment integer not null,
  segments_done integer not null default 0,
  -- What was made: { rendition: { bytes, peakBitsPerSecond } }.
  made jsonb,
  done_at timestamptz,
  primary key (video_id, run_id, span_no),
  foreign key (video_id, run_id) references runs on delete cascade
);

create table video_files (
  video_id text not null,
  run_id text not null,
  rendition text not null,
  kind text not null check (kind in ('video', 'audio')),
  codec text not null,
  width integer,
  height integer,
  frame_rate double precision,
  bits_per_second bigint not null,
  peak_bits_per_second bigint,
  size_bytes bigint not null default 0,
  state text not null check (state in ('lazy', 'making', 'made')),
  primary key (video_id, run_id, rendition),
  foreign key (video_id, run_id) references runs on delete cascade
);
