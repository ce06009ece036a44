-- Analytics: the log of what players reported, what is known of each playback, and the sums that questions are answered from.

-- What came, as it came, a row per group commit: packed reports, durable before they are acknowledged. Rows wait here to
-- be rolled up and stay for as long as raw reports are kept; then their partition is dropped.
create table beacon_log (
  batch_id bigint generated always as identity,
  at timestamptz not null,
  reports integer not null,
  -- Compressed lines of JSON; see src/features/analytics/intake.ts.
  body bytea not null,
  rolled_at timestamptz,
  primary key (at, batch_id)
) partition by range (at);
-- The body is compressed already.
alter table beacon_log alter column body set storage external;
create index beacon_log_waiting on beacon_log (batch_id) where rolled_at is null;
-- For hours that nobody has made a partition for: an append never fails for want of one.
create table beacon_log_other partition of beacon_log default;

-- One row per playback that may still report: what it has reported so far, so that only what is new is added to the sums.
create table playbacks (
  video_id text not null,
  session text not null,
  viewer_key text not null,
  began_at timestamptz not null,
  heard_at timestamptz not null,
  watched_ms bigint not null,
  counted boolean not null,
  -- The window against repetitions: the highest number heard, and which of the 52 before it.
  top_sequence integer not null,
  seen_sequences bigint not null,
  -- Hundredths of the video that were watched, as 100 bits in hexadecimal.
  parts text not null,
  -- Sums of its quality that are in the sums already: starts, stalls, stalled ms, switches, errors, bit rate told.
  quality integer[] not null,
  primary key (video_id, session)
) with (fillfactor = 70);
create index playbacks_began on playbacks (began_at);

-- Sums. A subject is `v` and a video, `c` and a channel, or `all`; a dimension is `all` or what the sums are broken down by.
create table analytics_sums (
  subject text not null,
  dimension text not null,
  grain text not null check (grain in ('minute', 'hour', 'day')),
  at timestamptz not null,
  member text not null,
  views bigint not null default 0,
  playbacks bigint not null default 0,
  watched_ms bigint not null default 0,
  impressions bigint not null default 0,
  clicks bigint not null default 0,
  starts bigint not null default 0,
  exits bigint not null default 0,
  stalls bigint not null default 0,
  stalled_ms bigint not null default 0,
  switches bigint not null default 0,
  errors bigint not null default 0,
  active bigint not null default 0,
  new_viewers bigint not null default 0,
  returning_viewers bigint not null default 0,
  likes bigint not null default 0,
  dislikes bigint not null default 0,
  comments bigint not null default 0,
  subscribed bigint not null default 0,
  unsubscribed bigint not null default 0,
  struck bigint not null default 0,
  primary key (subject, dimension, grain, at, member)
) with (fillfactor = 80);
create index analytics_sums_minutes on analytics_sums (at) where grain = 'minute';

-- Different viewers of a subject on a day: a sketch of HyperLogLog (src/kit/hyperloglog.ts).
create table analytics_viewers (
  subject text not null,
  day timestamptz not null,
  sketch bytea not null,
  primary key (subject, day)
);

-- How often each hundredth of a video was watched on a day: by a playback for the first time, and again.
create table analytics_retention (
  video_id text not null,
  day timestamptz not null,
  first integer[] not null,
  again integer[] not null,
  primary key (video_id, day)
);

-- How a quantity is spread: counts in logarithmic steps (src/kit/histogram.ts).
create table analytics_spreads (
  subject text not null,
  quantity text not null,
  dimension text not null,
  day timestamptz not null,
  member text not null,
  step integer not null,
  count bigint not null,
  primary key (subject, quantity, dimension, day, member, step)
);

-- Which members have watched a channel, and when last: who is new, and who came back. Members stand here by a keyed hash.
create table channel_viewers (
  channel_id text not null references channels (channel_id) on delete cascade,
  viewer_key text not null,
  last_day timestamptz not null,
  primary key (channel_id, viewer_key)
);
create index channel_viewers_viewer on channel_viewers (viewer_key);

-- Reports of pages whose impressions have been counted: the same window against repetitions as playbacks have.
create table page_visits (
  session text primary key,
  heard_at timestamptz not null,
  top_sequence integer not null,
  seen_sequences bigint not null
) with (fillfactor = 70);
create index page_visits_heard on page_visits (heard_at);
