-- History: who does not want one kept. The rows themselves are watch_history.
create table history_pauses (
  account_id text primary key references accounts on delete cascade,
  created_at timestamptz not null
);
-- The list goes by time and video, so that pages can be cut between two of the same time.
drop index watch_history_newest;
create index watch_history_newest on watch_history (account_id, updated_at desc, video_id desc);
create index watch_history_of_video on watch_history (video_id);
