-- Subscriptions: which channels an account follows, and whether it is told of each new video.
alter table channels add column subscriber_count bigint not null default 0;

create table subscriptions (
  account_id text not null references accounts on delete cascade,
  channel_id text not null references channels (channel_id) on delete cascade,
  notify text not null check (notify in ('all', 'none')),
  created_at timestamptz not null,
  primary key (account_id, channel_id)
);
create index subscriptions_newest on subscriptions (account_id, created_at desc, channel_id desc);
create index subscriptions_of_channel on subscriptions (channel_id, account_id);

create function count_subscription() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    update channels set subscriber_count = subscriber_count + 1 where channel_id = new.channel_id;
  else
    update channels set subscriber_count = subscriber_count - 1 where channel_id = old.channel_id;
  end if;
  return null;
end $$;
create trigger count_subscription after insert or delete on subscriptions
for each row execute function count_subscription();
