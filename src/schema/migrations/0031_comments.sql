-- Comments: threads of one level, written in the name of a channel. Sums are kept by triggers, as for reactions.
alter table videos
  add column comments_policy text not null default 'open' check (comments_policy in ('open', 'held', 'closed')),
  -- Comments and replies that are shown.
  add column comment_count bigint not null default 0;

create table comments (
  video_id text not null references videos on delete cascade,
  comment_id text not null unique,
  -- The comment that began the thread; null for that one itself. Its replies go with it.
  thread_id text,
  account_id text not null references accounts on delete cascade,
  channel_id text not null references channels (channel_id) on delete cascade,
  body text not null check (char_length(body) between 1 and 10000),
  -- held: waits for approval by the channel; hidden: taken away by staff.
  state text not null check (state in ('shown', 'held', 'hidden')),
  pinned boolean not null default false,
  hearted boolean not null default false,
  like_count integer not null default 0,
  reply_count integer not null default 0,
  -- What "top" goes by.
  weight integer not null generated always as (like_count + reply_count) stored,
  created_at timestamptz not null,
  edited_at timestamptz,
  primary key (video_id, comment_id),
  foreign key (video_id, thread_id) references comments (video_id, comment_id) on delete cascade
);
create index comments_newest on comments (video_id, created_at desc, comment_id desc) where thread_id is null and state = 'shown';
create index comments_top on comments (video_id, weight desc, created_at desc, comment_id desc) where thread_id is null and state = 'shown';
create unique index comments_pinned on comments (video_id) where pinned;
create index comments_replies on comments (video_id, thread_id, created_at, comment_id);
create index comments_held on comments (video_id, created_at desc, comment_id desc) where state = 'held';
create index comments_of_account on comments (account_id, created_at desc, comment_id desc);
create index comments_of_channel on comments (channel_id);

create table comment_likes (
  video_id text not null,
  comment_id text not null,
  account_id text not null references accounts on delete cascade,
  created_at timestamptz not null,
  primary key (video_id, comment_id, account_id),
  foreign key (video_id, comment_id) references comments (video_id, comment_id) on delete cascade
);
create index comment_likes_of_account on comment_likes (account_id, video_id);

create function count_comment() returns trigger language plpgsql as $$
declare
  more integer := 0;
begin
  if tg_op <> 'INSERT' and old.state = 'shown' then more := more - 1; end if;
  if tg_op <> 'DELETE' and new.state = 'shown' then more := more + 1; end if;
  if more <> 0 then
    if tg_op = 'DELETE' then
      update videos set comment_count = comment_count + more where video_id = old.video_id;
      if old.thread_id is not null then
        update comments set reply_count = reply_count + more where video_id = old.video_id and comment_id = old.thread_id;
      end if;
    else
      update videos set comment_count = comment_count + more where video_id = new.video_id;
      if new.thread_id is not null then
        update comments set reply_count = reply_count + more where video_id = new.video_id and comment_id = new.thread_id;
      end if;
    end if;
  end if;
  return null;
end $$;
create trigger count_comment after insert or delete or update of state on comments
for each row execute function count_comment();

create function count_comment_like() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    update comments set like_count = like_count + 1 where video_id = new.video_id and comment_id = new.comment_id;
  else
    update comments set like_count = like_count - 1 where video_id = old.video_id and comment_id = old.comment_id;
  end if;
  return null;
end $$;
create trigger count_comment_like after insert or delete on comment_likes
for each row execute function count_comment_like();
