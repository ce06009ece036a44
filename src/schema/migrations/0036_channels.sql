-- Channels with a face, links, a featured video and a team.
alter table channels
  add column avatar_key text,
  add column banner_key text,
  -- [{ title, address }]
  add column links jsonb not null default '[]',
  add column featured_video_id text references videos on delete set null;
create index channels_featured on channels (featured_video_id) where featured_video_id is not null;

create table channel_members (
  channel_id text not null references channels (channel_id) on delete cascade,
  account_id text not null references accounts on delete cascade,
  role text not null check (role in ('owner', 'editor', 'viewer')),
  created_at timestamptz not null,
  -- Nobody becomes part of a team unasked.
  accepted_at timestamptz,
  primary key (channel_id, account_id)
);
create index channel_members_of_account on channel_members (account_id, channel_id);
-- Every video of a channel, in whatever state: for its team, and for the deletion of the channel.
create index videos_all_of_channel on videos (channel_id, created_at desc, video_id desc);
