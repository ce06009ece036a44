-- The log of reports is cut into shards by playback, so that several workers can roll it up at the same time.
alter table beacon_log add column shard integer not null default 0;
drop index beacon_log_waiting;
create index beacon_log_waiting on beacon_log (shard, batch_id) where rolled_at is null;

-- Playbacks come in the order of their times, and are looked for by age only to be forgotten: a summary for
-- each hundred pages is enough, and costs next to nothing where thousands come in a second.
drop index playbacks_began;
create index playbacks_began on playbacks using brin (began_at) with (autosummarize = on);
