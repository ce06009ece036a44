/** SQL of playbacks: the rows of those that rest, and the changes of those under way. */
import { sql } from 'kysely'
import type { App } from '../../../platform/app.ts'
import { type Playback, packParts, unpackParts } from './playback.ts'

export async function loadPlaybacks(app: App, keys: { videoId: string; session: string }[]): Promise<Playback[]> {
  if (keys.length === 0) return []
  const { rows } = await sql<{
    video_id: string
    session: string
    began_ms: number
    heard_ms: number
    watched_ms: number
    counted: boolean
    top_sequence: number
    seen_sequences: number
    parts: string
    quality: number[]
  }>`
    select p.video_id, p.session, watched_ms, counted, top_sequence, seen_sequences, parts, quality,
      (extract(epoch from began_at) * 1000)::bigint as began_ms, (extract(epoch from heard_at) * 1000)::bigint as heard_ms
    from unnest(${listed(keys.map((it) => it.videoId))}::text[], ${listed(keys.map((it) => it.session))}::text[]) as k(video_id, session)
    join playbacks p on p.video_id = k.video_id and p.session = k.session
  `.execute(app.db)
  return rows.map((row) => ({
    videoId: row.video_id,
    session: row.session,
    beganMs: row.began_ms,
    heardMs: row.heard_ms,
    watchedMs: row.watched_ms,
    counted: row.counted,
    top: row.top_sequence,
    seen: row.seen_sequences,
    parts: unpackParts(row.parts),
    quality: row.quality,
  }))
}

/** Keys hold letters, digits, `-`, `_` and points, so a list of them is an array in PostgreSQL's text form as it stands. */
const listed = (values: readonly (string | number | boolean)[]) => `{${values.join(',')}}`

export async function savePlaybacks(app: App, playbacks: Playback[]): Promise<void> {
  if (playbacks.length === 0) return
  const column = (of: (it: Playback) => string | number | boolean) => listed(playbacks.map(of))
  await sql`
    insert into playbacks (video_id, session, began_at, heard_at, watched_ms, counted, top_sequence, seen_sequences, parts, quality)
    select v, s, to_timestamp(b / 1000.0), to_timestamp(h / 1000.0), w, c, t, n, p, q::integer[]
    from unnest(
      ${column((it) => it.videoId)}::text[], ${column((it) => it.session)}::text[],
      ${column((it) => it.beganMs)}::bigint[], ${column((it) => it.heardMs)}::bigint[],
      ${column((it) => it.watchedMs)}::bigint[], ${column((it) => it.counted)}::boolean[], ${column((it) => it.top)}::integer[],
      ${column((it) => it.seen)}::bigint[], ${column((it) => packParts(it.parts))}::text[],
      ${column((it) => `"{${it.quality.join(',')}}"`)}::text[]
    ) as r(v, s, b, h, w, c, t, n, p, q)
    on conflict (video_id, session) do update set
      heard_at = excluded.heard_at, watched_ms = excluded.watched_ms, counted = excluded.counted,
      top_sequence = excluded.top_sequence, seen_sequences = excluded.seen_sequences, parts = excluded.parts, quality = excluded.quality
  `.execute(app.db)
}

/** Which turns of these shards are there; shards without any are left out. */
export async function listTurns(app: App, shards: number[]): Promise<{ shard: number; first: number; last: number }[]> {
  const { rows } = await sql<{ shard: number; first: number; last: number }>`
    select shard, min(turn) as first, max(turn) as last from playback_changes
    where shard = any(${shards}) group by shard`.execute(app.db)
  return rows
}

/** Changes of a shard after this turn, in their order. */
export async function listChanges(
  app: App,
  shard: number,
  after: number,
  limit: number,
): Promise<{ turn: number; body: Buffer }[]> {
  return app.db
    .selectFrom('playback_changes')
    .select(['turn', 'body'])
    .where('shard', '=', shard)
    .where('turn', '>', after)
    .orderBy('turn')
    .limit(limit)
    .execute()
}

export async function saveChanges(app: App, changes: { shard: number; turn: number; body: Buffer }[]): Promise<void> {
  await sql`
    insert into playback_changes (shard, turn, body)
    select * from unnest(${changes.map((it) => it.shard)}::integer[], ${changes.map((it) => it.turn)}::bigint[],
      ${changes.map((it) => it.body)}::bytea[])`.execute(app.db)
}

/** Deletes the turns of shards before these. */
export async function forgetChanges(app: App, before: { shard: number; turn: number }[]): Promise<void> {
  await sql`
    delete from playback_changes c
    using unnest(${before.map((it) => it.shard)}::integer[], ${before.map((it) => it.turn)}::bigint[]) as b(shard, turn)
    where c.shard = b.shard and c.turn < b.turn`.execute(app.db)
}
