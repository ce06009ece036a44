/** What is kept of watching: where members stopped. */
import { sql } from 'kysely'
import type { App } from '../../platform/app.ts'

export interface Stop {
  accountId: string
  videoId: string
  positionMs: number
  watchedMs: number
  completed: boolean
  at: Date
}

/**
 * Keeps where members stopped, unless they have paused their history; of one member and video what came last. A video once
 * completed stays so; one that is gone by now is no error. Rows are written in the order of their keys, so that two processes
 * never wait for each other crosswise.
 */
export async function keepStops(app: App, stops: Stop[]): Promise<void> {
  const latest = new Map(stops.map((it) => [`${it.accountId} ${it.videoId}`, it]))
  const rows = [...latest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, it]) => it)
  await sql`
    insert into watch_history (account_id, video_id, position_ms, watched_ms, completed, updated_at)
    select accounts.account_id, videos.video_id, it.position_ms, it.watched_ms, it.completed, it.at
    from unnest(${rows.map((it) => it.accountId)}::text[], ${rows.map((it) => it.videoId)}::text[],
      ${rows.map((it) => it.positionMs)}::bigint[], ${rows.map((it) => it.watchedMs)}::bigint[],
      ${rows.map((it) => it.completed)}::boolean[], ${rows.map((it) => it.at)}::timestamptz[])
      as it (account_id, video_id, position_ms, watched_ms, completed, at)
    join accounts on accounts.account_id = it.account_id
    join videos on videos.video_id = it.video_id
    where not exists (select from history_pauses where account_id = it.account_id)
    on conflict (account_id, video_id) do update set
      position_ms = excluded.position_ms,
      watched_ms = greatest(watch_history.watched_ms, excluded.watched_ms),
      completed = watch_history.completed or excluded.completed,
      updated_at = excluded.updated_at
  `.execute(app.db)
}

/** Where this member stopped in this video, in milliseconds. */
export async function findStop(app: App, accountId: string, videoId: string): Promise<number | undefined> {
  const row = await app.db
    .selectFrom('watch_history')
    .select('position_ms')
    .where('account_id', '=', accountId)
    .where('video_id', '=', videoId)
    .executeTakeFirst()
  return row === undefined ? undefined : Number(row.position_ms)
}
