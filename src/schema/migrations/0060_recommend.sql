-- Recommendations: what viewers without an account watched, what people do not want to see, which models there are, and
-- what was shown to whom while something is being tried out. What members watched is watch_history.
create table recommend_watches (
  -- The key of an anonymous viewer: a browser, for a day.
  viewer_key text not null,
  video_id text not null references videos on delete cascade,
  -- How much of it was watched, 0 to 1.
  share real not null,
  watched_at timestamptz not null,
  primary key (viewer_key, video_id)
);
create index recommend_watches_age on recommend_watches (watched_at);
create index recommend_watches_of_video on recommend_watches (video_id);
create index watch_history_age on watch_history (updated_at);

create table recommend_wishes (
  account_id text not null references accounts on delete cascade,
  -- not_video and not_channel: never suggest it. topic: more of this category.
  kind text not null check (kind in ('not_video', 'not_channel', 'topic')),
  subject text not null,
  created_at timestamptz not null,
  primary key (account_id, kind, subject)
);

-- Watches from before this are kept in the history but say nothing about the account any more.
create table recommend_resets (
  account_id text primary key references accounts on delete cascade,
  since timestamptz not null
);

create table recommend_models (
  version text primary key,
  made_at timestamptz not null,
  -- Where the arrays lie among the blobs.
  blob_key text not null,
  -- Recall, NDCG, coverage and what the model before it reached on the same days; seconds and sizes.
  figures jsonb not null,
  -- Exactly one is served.
  served boolean not null default false
);
create unique index recommend_models_served on recommend_models (served) where served;

-- What follows a video, chosen by those who edit it.
create table recommend_pins (
  video_id text primary key references videos on delete cascade,
  next_video_id text not null references videos on delete cascade
);
create index recommend_pins_next on recommend_pins (next_video_id);

-- How often a new video was shown where it had not earned the place yet, and how often it was watched from there.
create table recommend_trials (
  video_id text primary key references videos on delete cascade,
  shown bigint not null default 0,
  taken bigint not null default 0,
  updated_at timestamptz not null
);

create table recommend_experiments (
  name text primary key,
  -- Names of the arms; viewers fall into them evenly. The first one is what is served without an experiment.
  arms text[] not null check (array_length(arms, 1) between 2 and 8),
  began_at timestamptz not null,
  ended_at timestamptz
);

-- Pages shown while an experiment runs, and the probability with which the tried video had been drawn.
create table recommend_exposures (
  experiment text not null references recommend_experiments (name) on delete cascade,
  viewer text not null,
  arm text not null,
  surface text not null,
  -- Of that hour, so that a viewer who reloads is one exposure.
  hour timestamptz not null,
  pages integer not null,
  watches integer not null default 0,
  watched_ms bigint not null default 0,
  primary key (experiment, viewer, hour, surface)
);
create index recommend_exposures_age on recommend_exposures (hour);
