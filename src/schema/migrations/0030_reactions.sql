-- Reactions: what an account thinks of a video. The sums on videos move in the same transaction, by triggers, so that they
-- are right however a reaction comes or goes: also when an account is deleted and its reactions with it.
create table reactions (
  video_id text not null references videos on delete cascade,
  account_id text not null references accounts on delete cascade,
  liked boolean not null,
  created_at timestamptz not null,
  primary key (video_id, account_id)
);
create index reactions_of_account on reactions (account_id, liked, created_at desc, video_id desc);

create function count_reaction() returns trigger language plpgsql as $$
declare
  more_likes integer := 0;
  more_dislikes integer := 0;
begin
  if tg_op <> 'INSERT' then
    more_likes := more_likes - old.liked::integer;
    more_dislikes := more_dislikes - (not old.liked)::integer;
  end if;
  if tg_op <> 'DELETE' then
    more_likes := more_likes + new.liked::integer;
    more_dislikes := more_dislikes + (not new.liked)::integer;
  end if;
  if more_likes <> 0 or more_dislikes <> 0 then
    update videos set likes = likes + more_likes, dislikes = dislikes + more_dislikes
    where video_id = coalesce(new.video_id, old.video_id);
  end if;
  return null;
end $$;
create trigger count_reaction after insert or update or delete on reactions
for each row execute function count_reaction();
