-- Playlists: videos in an order of somebody's own.
create table playlists (
  account_id text not null references accounts on delete cascade,
  playlist_id text not null unique,
  title text not null,
  description text not null,
  privacy text not null check (privacy in ('public', 'unlisted', 'private')),
  kind text not null check (kind in ('own', 'watch_later')),
  item_count integer not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, playlist_id)
);
create index playlists_newest on playlists (account_id, updated_at desc, playlist_id desc);
create unique index playlists_watch_later on playlists (account_id) where kind = 'watch_later';

create table playlist_items (
  account_id text not null,
  playlist_id text not null,
  video_id text not null references videos on delete cascade,
  -- Grows along the list, with gaps, so that moving one entry writes one row.
  position bigint not null,
  added_at timestamptz not null,
  primary key (account_id, playlist_id, video_id),
  foreign key (account_id, playlist_id) references playlists on delete cascade
);
create index playlist_items_order on playlist_items (account_id, playlist_id, position, video_id);
create index playlist_items_of_video on playlist_items (video_id);

create function count_playlist_item() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    update playlists set item_count = item_count + 1 where account_id = new.account_id and playlist_id = new.playlist_id;
  else
    update playlists set item_count = item_count - 1 where account_id = old.account_id and playlist_id = old.playlist_id;
  end if;
  return null;
end $$;
create trigger count_playlist_item after insert or delete on playlist_items
for each row execute function count_playlist_item();
