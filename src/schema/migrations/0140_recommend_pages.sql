-- What was suggested to whom and what became of it: what the ranking of suggestions learns from. Kept for some weeks.
create table recommend_pages (
  page_id text primary key,
  -- One of the two: a member, or the key of an anonymous viewer.
  account_id text references accounts on delete cascade,
  viewer_key text,
  surface text not null,
  shown_at timestamptz not null,
  -- The first place of this part on its page, from 0.
  first_place integer not null,
  video_ids text[] not null,
  -- What was known of each video when it was ranked: numbers of 16 bits, video after video. See ranker/features.ts.
  features bytea not null,
  -- Which list of features this is.
  features_version integer not null,
  -- Videos that were tried out: their places in the list, and how likely each was to be drawn there.
  trial_places integer[] not null default '{}',
  trial_chances double precision[] not null default '{}',
  check ((account_id is null) <> (viewer_key is null))
);
create index recommend_pages_of_account on recommend_pages (account_id, shown_at) where account_id is not null;
create index recommend_pages_age on recommend_pages (shown_at, page_id);
alter table recommend_pages alter column features set storage external;

-- Playbacks as the ranking counts them: the latest one of each viewer and video.
create table recommend_outcomes (
  viewer text not null,
  video_id text not null references videos on delete cascade,
  account_id text references accounts on delete cascade,
  began_at timestamptz not null,
  watched_ms bigint not null,
  -- How much of it was watched, 0 to 1.
  share real not null,
  primary key (viewer, video_id)
);
create index recommend_outcomes_of_account on recommend_outcomes (account_id) where account_id is not null;
create index recommend_outcomes_of_video on recommend_outcomes (video_id);
create index recommend_outcomes_age on recommend_outcomes (began_at);

-- Two kinds of models: what goes with what (items), and how the page is ordered (ranker). One of each is served.
alter table recommend_models add column kind text not null default 'items' check (kind in ('items', 'ranker'));
drop index recommend_models_served;
create unique index recommend_models_served on recommend_models (kind) where served;
