/** SQL of analytics: the log of reports, what is known of playbacks, which views were counted. Sums are the warehouse's. */
import { sql } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { Heard } from './playbacks/playback.ts'
import type { Viewed } from './playbacks/views.ts'
import type { Candidate, Noted, Rolled, Visit } from './rollup.ts'

/** Any numbers, as long as everybody takes the same: rolling one shard, and adding to the sums, which all shards share. */
const ROLLING = 7_216_010
const ADDING = 7_216_012

export interface NewRow {
  shard: number
  reports: number
  body: Uint8Array
}

export async function appendBatches(app: App, at: Date, rows: NewRow[]): Promise<void> {
  await app.db
    .insertInto('beacon_log')
    .values(rows.map((row) => ({ at, ...row })))
    .execute()
}

/** How many reports wait in each shard, and since when; shards in which none does are left out. */
export async function countWaiting(app: App): Promise<{ shard: number; reports: number; since: Date }[]> {
  const { rows } = await sql<{ shard: number; reports: number; since: Date }>`
    select shard, sum(reports)::bigint as reports, min(at) as since
    from beacon_log where rolled_at is null group by shard`.execute(app.db)
  return rows
}

/** Which of these shards this transaction is the one to roll up, until it ends. */
export async function holdShards(app: App, shards: number[]): Promise<number[]> {
  const { rows } = await sql<{ shard: number }>`
    select shard from unnest(${shards}::integer[]) as s(shard) where pg_try_advisory_xact_lock(${ROLLING}::integer, shard)`.execute(
    app.db,
  )
  return rows.map((row) => row.shard)
}

/** Waits until this transaction is the one that adds to the sums, until it ends. */
export async function holdSums(app: App): Promise<void> {
  await sql`select pg_advisory_xact_lock(${ADDING})`.execute(app.db)
}

export interface LogRow {
  shard: number
  at: Date
  batch_id: number
  reports: number
  body: Buffer
}

/** The oldest rows that wait in these shards, at most `limit` of each. */
export async function listWaiting(app: App, shards: number[], limit: number): Promise<LogRow[]> {
  const { rows } = await sql<LogRow>`
    select s.shard, w.at, w.batch_id, w.reports, w.body from unnest(${shards}::integer[]) as s(shard)
    cross join lateral (
      select at, batch_id, reports, body from beacon_log
      where shard = s.shard and rolled_at is null order by batch_id limit ${sql.lit(limit)}
    ) w order by w.batch_id`.execute(app.db)
  return rows
}

export async function markRolled(app: App, rows: LogRow[], at: Date): Promise<void> {
  const ids = rows.map((row) => row.batch_id)
  const shards = [...new Set(rows.map((row) => row.shard))]
  const oldest = new Date(Math.min(...rows.map((row) => row.at.getTime())))
  await sql`update beacon_log set rolled_at = ${at} where shard = any(${shards}) and batch_id = any(${ids})
    and rolled_at is null and at >= ${oldest}`.execute(app.db)
}

/** Takes away the oldest notes of changes in other features, at most `limit`: they are added to the sums in this transaction. */
export async function takeNotes(app: App, limit: number): Promise<Noted[]> {
  const { rows } = await sql<{
    note_id: number
    at: Date
    video_id: string | null
    channel_id: string
    measure: string
    amount: number
  }>`
    delete from analytics_notes where note_id in (select note_id from analytics_notes order by note_id limit ${limit})
    returning note_id, at, video_id, channel_id, measure, amount`.execute(app.db)
  return rows
    .sort((a, b) => a.note_id - b.note_id)
    .map((row) => ({
      noteId: row.note_id,
      videoId: row.video_id ?? '',
      channelId: row.channel_id,
      measure: row.measure,
      by: row.amount,
      atMs: row.at.getTime(),
    }))
}

/** How long the oldest report has been waiting, in milliseconds; 0 when none is. */
export async function oldestWaitingMs(app: App, nowMs: number): Promise<number> {
  const row = await app.db
    .selectFrom('beacon_log')
    .select(sql<Date | null>`min(at)`.as('at'))
    .where('rolled_at', 'is', null)
    .executeTakeFirst()
  return row?.at ? Math.max(0, nowMs - row.at.getTime()) : 0
}

export async function channelsOf(app: App, videoIds: string[]): Promise<Map<string, string>> {
  if (videoIds.length === 0) return new Map()
  const { rows } = await sql<{ video_id: string; channel_id: string }>`
    select video_id, channel_id from videos where video_id = any(${videoIds})`.execute(app.db)
  return new Map(rows.map((row) => [row.video_id, row.channel_id]))
}

export async function loadVisits(app: App, sessions: string[]): Promise<Map<string, Heard>> {
  if (sessions.length === 0) return new Map()
  const { rows } = await sql<{ session: string; top_sequence: number; seen_sequences: number }>`
    select session, top_sequence, seen_sequences from page_visits where session = any(${sessions})`.execute(app.db)
  return new Map(rows.map((row) => [row.session, { top: row.top_sequence, seen: row.seen_sequences }]))
}

export async function saveVisits(app: App, visits: Rolled['visits']): Promise<void> {
  if (visits.size === 0) return
  const rows = [...visits.values()].map((it) => ({ s: it.session, h: it.atMs, t: it.top, n: it.seen }))
  await sql`
    insert into page_visits (session, heard_at, top_sequence, seen_sequences)
    select s, to_timestamp(h / 1000.0), t, n from json_to_recordset(${JSON.stringify(rows)}::json) as r(s text, h bigint, t integer, n bigint)
    on conflict (session) do update set
      heard_at = excluded.heard_at, top_sequence = excluded.top_sequence, seen_sequences = excluded.seen_sequences
  `.execute(app.db)
}

/**
 * Counts the views that have not been counted before: one per viewer, video and hour. Returns those that count, and adds
 * them to the videos' own numbers, which lists show; those are returned too.
 */
export async function countViews(
  app: App,
  candidates: Candidate[],
): Promise<{ counted: Candidate[]; viewed: Viewed[] }> {
  if (candidates.length === 0) return { counted: [], viewed: [] }
  const byKey = new Map(candidates.map((it) => [`${it.videoId} ${it.hourMs} ${it.viewer}`, it]))
  const rows = [...byKey.values()].map((it) => ({ v: it.videoId, h: it.hourMs, k: it.viewer }))
  const { rows: counted } = await sql<{ video_id: string; hour_ms: number; viewer_key: string }>`
    insert into counted_views (video_id, hour, viewer_key)
    select r.v, to_timestamp(r.h / 1000.0), r.k
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(v text, h bigint, k text)
    join videos on videos.video_id = r.v
    on conflict do nothing
    returning video_id, (extract(epoch from hour) * 1000)::bigint as hour_ms, viewer_key
  `.execute(app.db)
  const viewed = await addToVideos(
    app,
    counted.map((row) => row.video_id),
  )
  return { counted: counted.map((row) => byKey.get(`${row.video_id} ${row.hour_ms} ${row.viewer_key}`)!), viewed }
}

async function addToVideos(app: App, videoIds: string[]): Promise<Viewed[]> {
  if (videoIds.length === 0) return []
  const { rows } = await sql<{ video_id: string; views: number }>`
    update videos set views = views + more.count
    from (select video_id, count(*) as count from unnest(${videoIds}::text[]) as v(video_id) group by video_id order by video_id) as more
    where videos.video_id = more.video_id returning videos.video_id, videos.views
  `.execute(app.db)
  return rows.map((row) => [row.video_id, row.views])
}

/** Which of these members are new to the channel, and which came back; those who were there on that day already are left out. */
export async function noteMembers(app: App, visits: Visit[]): Promise<(Visit & { isNew: boolean })[]> {
  const noted: (Visit & { isNew: boolean })[] = []
  // Day by day, for of one member's first and second day only one is new.
  for (const dayMs of [...new Set(visits.map((it) => it.dayMs))].sort((a, b) => a - b)) {
    const today = visits.filter((it) => it.dayMs === dayMs)
    noted.push(
      ...(await noteDay(app, new Date(dayMs), new Map(today.map((it) => [`${it.channelId} ${it.viewer}`, it])))),
    )
  }
  return noted
}

async function noteDay(app: App, day: Date, visits: Map<string, Visit>): Promise<(Visit & { isNew: boolean })[]> {
  const all = [...visits.values()]
  const { rows } = await sql<{ channel_id: string; viewer_key: string; is_new: boolean }>`
    insert into channel_viewers as known (channel_id, viewer_key, last_day)
    select r.c, r.k, ${day}
    from unnest(${all.map((it) => it.channelId)}::text[], ${all.map((it) => it.viewer)}::text[]) as r(c, k)
    join channels on channels.channel_id = r.c
    on conflict (channel_id, viewer_key) do update set last_day = excluded.last_day where known.last_day < excluded.last_day
    returning channel_id, viewer_key, (xmax = 0) as is_new
  `.execute(app.db)
  return rows.map((row) => ({ ...visits.get(`${row.channel_id} ${row.viewer_key}`)!, isNew: row.is_new }))
}

/** Forgets counted views of hours before `hour`, at most `limit` of them; returns how many. */
export async function forgetViews(app: App, hour: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from counted_views where ctid in (select ctid from counted_views where hour < ${hour} limit ${limit})
  `.execute(app.db)
  return Number(numAffectedRows ?? 0n)
}

/** Forgets playbacks that began before `at` and page visits last heard before it, at most `limit` of each; returns how many. */
export async function forgetPlaybacks(app: App, at: Date, limit: number): Promise<number> {
  const played = await sql`
    delete from playbacks where ctid in (select ctid from playbacks where began_at < ${at} limit ${limit})`.execute(
    app.db,
  )
  const visited = await sql`
    delete from page_visits where ctid in (select ctid from page_visits where heard_at < ${at} limit ${limit})`.execute(
    app.db,
  )
  return Number(played.numAffectedRows ?? 0n) + Number(visited.numAffectedRows ?? 0n)
}

/** Makes the partition of the log for the hour that begins at `hour`, unless it is there. */
export async function makePartition(app: App, hour: Date): Promise<void> {
  const name = partitionOf(hour)
  const end = new Date(hour.getTime() + 3_600_000)
  await sql`create table if not exists ${sql.table(name)} partition of beacon_log
    for values from (${sql.lit(hour.toISOString())}) to (${sql.lit(end.toISOString())})`.execute(app.db)
}

/** Hours that ended before `at` and of which nothing waits any more: their partitions may go. Oldest first. */
export async function oldHours(app: App, at: Date): Promise<Date[]> {
  const last = partitionOf(new Date(at.getTime() - 3_600_000))
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'beacon_log'::regclass and c.relname ~ '^beacon_log_[0-9]{10}$' and c.relname <= ${last} order by 1`.execute(
    app.db,
  )
  const hours: Date[] = []
  for (const { name } of rows) {
    const waits = await sql`select 1 from ${sql.table(name)} where rolled_at is null limit 1`.execute(app.db)
    if (waits.rows.length > 0) continue
    const [, day, hour] = /^beacon_log_(\d{8})(\d{2})$/.exec(name)!
    hours.push(new Date(`${day!.slice(0, 4)}-${day!.slice(4, 6)}-${day!.slice(6)}T${hour}:00:00Z`))
  }
  return hours
}

/** Drops the partition of an hour. */
export async function dropPartition(app: App, hour: Date): Promise<void> {
  await sql`drop table if exists ${sql.table(partitionOf(hour))}`.execute(app.db)
}

/** Deletes what is too old of the hours that nobody had made a partition for. */
export async function forgetOther(app: App, at: Date): Promise<void> {
  await sql`delete from beacon_log_other where at < ${at} and rolled_at is not null`.execute(app.db)
}

function partitionOf(hour: Date): string {
  return `beacon_log_${hour.toISOString().slice(0, 13).replace(/\D/g, '')}`
}

/** A page of the log, from the row after this one. */
export async function listLog(app: App, after: { at: Date; batchId: number }, limit: number): Promise<LogRow[]> {
  return app.db
    .selectFrom('beacon_log')
    .select(['shard', 'at', 'batch_id', 'reports', 'body'])
    .where(sql<boolean>`(at, batch_id) > (${after.at}, ${after.batchId})`)
    .orderBy('at')
    .orderBy('batch_id')
    .limit(limit)
    .execute()
}

export async function replaceBody(app: App, row: LogRow, body: Uint8Array): Promise<void> {
  await app.db
    .updateTable('beacon_log')
    .set({ body })
    .where('at', '=', row.at)
    .where('batch_id', '=', row.batch_id)
    .execute()
}

/** Everything kept of one viewer outside the log; in the order in which the roller writes, so that neither waits crosswise. */
export async function forgetViewer(app: App, viewerKey: string): Promise<void> {
  await sql`delete from counted_views where viewer_key = ${viewerKey}`.execute(app.db)
  await sql`delete from channel_viewers where viewer_key = ${viewerKey}`.execute(app.db)
}

/** A channel, and the role of the account that asks in its team. */
export async function findChannel(
  app: App,
  handle: string,
  accountId: string | undefined,
): Promise<{ channel_id: string; account_id: string; team_role: 'owner' | 'editor' | 'viewer' | null } | undefined> {
  return app.db
    .selectFrom('channels')
    .leftJoin('channel_members', (join) =>
      join
        .onRef('channel_members.channel_id', '=', 'channels.channel_id')
        .on('channel_members.account_id', '=', accountId ?? '')
        .on('channel_members.accepted_at', 'is not', null),
    )
    .select(['channels.channel_id', 'channels.account_id', 'channel_members.role as team_role'])
    .where('handle', '=', handle)
    .executeTakeFirst()
}

export async function findPlaylist(
  app: App,
  playlistId: string,
): Promise<{ account_id: string; privacy: string } | undefined> {
  return app.db
    .selectFrom('playlists')
    .select(['account_id', 'privacy'])
    .where('playlist_id', '=', playlistId)
    .executeTakeFirst()
}

/** Titles of those of these videos that are there. */
export async function titlesOf(app: App, videoIds: string[]): Promise<Map<string, string>> {
  const { rows } = await sql<{ video_id: string; title: string }>`
    select video_id, title from videos where video_id = any(${videoIds})`.execute(app.db)
  return new Map(rows.map((row) => [row.video_id, row.title]))
}
