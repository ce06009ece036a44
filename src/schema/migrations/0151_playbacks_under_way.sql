-- Playbacks under way are kept by the worker that rolls them up, and written down as one packed row of changes per shard and
-- batch; a playback gets a row of its own when nothing has been heard of it for a while. What is known of one is its
-- last change, and its row where there is none. See src/features/analytics/playbacks/under-way.ts.
create table playback_changes (
  shard integer not null,
  -- Counts the batches of a shard. Earlier turns are deleted once all that they say has been said again, or has its row.
  turn bigint not null,
  -- Compressed lines of JSON; see src/features/analytics/playbacks/packed.ts.
  body bytea not null,
  primary key (shard, turn)
);
alter table playback_changes alter column body set storage external;

-- Nobody needs to know whose playback it is: it is told from others by its session. A worker of before, which
-- knows nothing of changes, cannot roll up any more without this column.
alter table playbacks drop column viewer_key;
