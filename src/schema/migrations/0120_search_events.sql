-- Channels and playlists tell the search index when what it knows of them changes, whoever changed them and by whatever path: an
-- edit, a hand-over, an account that goes with all it has. The event commits with the change, like those of videos.
create function tell_channel_changed() returns trigger language plpgsql as $$
begin
  insert into outbox (name, body, created_at)
  values ('channels.changed', jsonb_build_object('channelId', coalesce(new.channel_id, old.channel_id)), clock_timestamp());
  perform pg_notify('vitascope_events', '');
  return null;
end $$;
create trigger tell_channel_edited after update of account_id, handle, name, description, avatar_key on channels
for each row when ((old.account_id, old.handle, old.name, old.description, old.avatar_key)
  is distinct from (new.account_id, new.handle, new.name, new.description, new.avatar_key))
execute function tell_channel_changed();
create trigger tell_channel_gone after delete on channels
for each row execute function tell_channel_changed();

create function tell_playlist_changed() returns trigger language plpgsql as $$
begin
  -- Most playlists are private, and the index knows nothing of those.
  if coalesce(new.privacy, '') = 'public' or coalesce(old.privacy, '') = 'public' then
    insert into outbox (name, body, created_at)
    values ('playlists.changed', jsonb_build_object('playlistId', coalesce(new.playlist_id, old.playlist_id)), clock_timestamp());
    perform pg_notify('vitascope_events', '');
  end if;
  return null;
end $$;
create trigger tell_playlist_changed after insert or delete on playlists
for each row execute function tell_playlist_changed();
create trigger tell_playlist_edited after update of title, description, privacy, item_count on playlists
for each row when ((old.title, old.description, old.privacy, old.item_count)
  is distinct from (new.title, new.description, new.privacy, new.item_count))
execute function tell_playlist_changed();

-- The public ones, which an index is filled from.
create index playlists_public on playlists (playlist_id) where privacy = 'public';
