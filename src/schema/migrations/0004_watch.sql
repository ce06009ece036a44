-- Watching: where viewers stopped, and which views have been counted.
create table watch_history (
  account_id text not null references accounts on delete cascade,
  video_id text not null references videos on delete cascade,
  position_ms bigint not null,
  watched_ms bigint not null,
  completed boolean not null,
  updated_at timestamptz not null,
  primary key (account_id, video_id)
);
create index watch_history_newest on watch_history (account_id, updated_at desc);

-- One row per viewer, video and hour; the primary key is what makes a view count once.
create table counted_views (
  video_id text not null references videos on delete cascade,
  hour timestamptz not null,
  viewer_key text not null,
  primary key (video_id, hour, viewer_key)
);
create index counted_views_hour on counted_views (hour);
