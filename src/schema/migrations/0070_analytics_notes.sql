-- Likes, comments and subscriptions as analytics counts them: a note for each change, in the transaction of the change, taken
-- away in the transaction that adds it to the sums. So each counts once, however it comes or goes.
create table analytics_notes (
  note_id bigint generated always as identity primary key,
  at timestamptz not null,
  video_id text,
  channel_id text not null,
  measure text not null,
  amount integer not null
);

create function note_reaction() returns trigger language plpgsql as $$
begin
  -- Of a video that goes with its reactions nobody asks any more: it is not found here.
  if tg_op <> 'INSERT' then
    insert into analytics_notes (at, video_id, channel_id, measure, amount)
    select coalesce(new.created_at, now()), video_id, channel_id, case when old.liked then 'likes' else 'dislikes' end, -1
    from videos where video_id = old.video_id;
  end if;
  if tg_op <> 'DELETE' then
    insert into analytics_notes (at, video_id, channel_id, measure, amount)
    select new.created_at, video_id, channel_id, case when new.liked then 'likes' else 'dislikes' end, 1
    from videos where video_id = new.video_id;
  end if;
  return null;
end $$;
create trigger note_reaction after insert or delete or update of liked on reactions
for each row execute function note_reaction();

create function note_comment() returns trigger language plpgsql as $$
begin
  insert into analytics_notes (at, video_id, channel_id, measure, amount)
  select new.created_at, video_id, channel_id, 'comments', 1 from videos where video_id = new.video_id;
  return null;
end $$;
create trigger note_comment after insert on comments for each row execute function note_comment();

create function note_subscription() returns trigger language plpgsql as $$
begin
  insert into analytics_notes (at, channel_id, measure, amount)
  select case when tg_op = 'INSERT' then new.created_at else now() end, channel_id,
    case when tg_op = 'INSERT' then 'subscribed' else 'unsubscribed' end, 1
  from channels where channel_id = coalesce(new.channel_id, old.channel_id);
  return null;
end $$;
create trigger note_subscription after insert or delete on subscriptions
for each row execute function note_subscription();
