-- Reports, what staff decides about them, blocks between accounts, watched words, and videos that wait or were taken away.
alter table videos
  -- Taken away by staff, and why. Such a video is private until staff gives it back: see the constraint.
  add column hidden_reason text,
  add column hidden_at timestamptz,
  -- When it becomes public by itself.
  add column publish_at timestamptz,
  -- Where new videos are looked at first: `wanted` waits for staff to let it become public.
  add column review text check (review in ('wanted', 'passed')),
  add constraint videos_hidden_are_private check (hidden_reason is null or privacy = 'private');
create index videos_scheduled on videos (publish_at) where publish_at is not null;
create index videos_to_review on videos (created_at, video_id) where review = 'wanted';

create table reports (
  report_id text primary key,
  -- Who reported; null once that account is gone.
  account_id text references accounts on delete set null,
  kind text not null check (kind in ('video', 'comment', 'channel')),
  -- What it is about; no reference, since the report stays when that is removed.
  subject_id text not null,
  video_id text,
  -- Whose it is.
  owner_account_id text references accounts on delete set null,
  -- As it was when it was reported.
  title text not null,
  reason text not null,
  words text not null,
  state text not null check (state in ('open', 'accepted', 'rejected')),
  created_at timestamptz not null,
  handled_at timestamptz,
  handled_by text
);
-- The same is reported by one account once, as long as nobody has looked at it.
create unique index reports_once on reports (account_id, kind, subject_id) where state = 'open';
create index reports_queue on reports (state, created_at desc, report_id desc);
create index reports_of_account on reports (account_id, created_at desc, report_id desc);

create table report_words (
  report_id text not null references reports on delete cascade,
  words_id text not null,
  account_id text not null,
  -- Whether only staff sees it.
  internal boolean not null,
  by_staff boolean not null,
  words text not null,
  created_at timestamptz not null,
  primary key (report_id, words_id)
);

create table account_blocks (
  account_id text not null references accounts on delete cascade,
  other_account_id text not null references accounts on delete cascade,
  -- mute: I do not see them. block: nor can they answer me.
  kind text not null check (kind in ('mute', 'block')),
  created_at timestamptz not null,
  primary key (account_id, other_account_id)
);
create index account_blocks_of_other on account_blocks (other_account_id);

create table watched_words (
  word text primary key,
  -- hold: for approval. refuse: not taken at all.
  deed text not null check (deed in ('hold', 'refuse')),
  created_at timestamptz not null
);
