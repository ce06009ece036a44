-- Trending: energies by forward decay. Each is the base-2 logarithm of a sum in which an event of today weighs twice as much
-- as one a half-life ago, told as of 2020-01-01, so that nothing has to be aged when nothing happens. No foreign keys here:
-- rows of videos that are gone are swept, and deleting a video must not wait for the one who counts.
create table trending (
  video_id text primary key,
  -- Counters of the video that are in the energies already.
  views_seen bigint not null,
  likes_seen bigint not null,
  dislikes_seen bigint not null,
  comments_seen bigint not null,
  -- Half-lives of one, six and twenty-four hours, and of fourteen days.
  heat_1h double precision not null,
  heat_6h double precision not null,
  heat_24h double precision not null,
  heat_14d double precision not null,
  updated_at timestamptz not null
);
create index trending_heat on trending (heat_6h desc);
create index trending_newest on trending (updated_at);

-- Videos whose counters moved since they were looked at last, so that nobody has to look at all of them.
create table trending_moved (
  video_id text primary key
);

create function note_moved_video() returns trigger language plpgsql as $$
begin
  insert into trending_moved (video_id) values (new.video_id) on conflict do nothing;
  return null;
end $$;
create trigger note_moved_video after update of views, likes, dislikes on videos
for each row when (old.views is distinct from new.views or old.likes is distinct from new.likes or old.dislikes is distinct from new.dislikes)
execute function note_moved_video();
