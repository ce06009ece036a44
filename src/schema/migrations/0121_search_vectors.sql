-- Vectors of videos for neighbours in meaning: a byte for each number, by a scale of its own for each vector. Made by whichever
-- encoder the settings name.
create table video_vectors (
  video_id text primary key references videos (video_id) on delete cascade,
  encoder text not null,
  vector bytea not null,
  made_at timestamptz not null
);
create index video_vectors_encoder on video_vectors (encoder);

-- Videos whose words changed since, or that have no vector yet. No foreign key: what is gone is swept by whoever takes it.
create table video_vectors_wanted (
  video_id text primary key,
  -- When it was wanted last: one that is wanted again while its vector is being made stays.
  wanted_at timestamptz not null default clock_timestamp()
);
create function want_video_vector() returns trigger language plpgsql as $$
begin
  insert into video_vectors_wanted (video_id) values (new.video_id)
  on conflict (video_id) do update set wanted_at = clock_timestamp();
  return null;
end $$;
create trigger want_video_vector after update of title, description, tags, privacy, state on videos
for each row when (new.privacy = 'public' and new.state = 'ready'
  and (old.title, old.description, old.tags, old.privacy, old.state)
    is distinct from (new.title, new.description, new.tags, new.privacy, new.state))
execute function want_video_vector();
create trigger want_first_video_vector after insert on videos
for each row when (new.privacy = 'public' and new.state = 'ready')
execute function want_video_vector();
insert into video_vectors_wanted (video_id) select video_id from videos where privacy = 'public' and state = 'ready';
