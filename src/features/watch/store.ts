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
 * Keeps where a member stopped, unless they have paused their history. A video once completed stays so; one that is gone
 * by now is no error.
 */
export async function keepStop(app: App, stop: Stop): Promise<void> {
  await sql`
    insert into watch_history (account_id, video_id, position_ms, watched_ms, completed, updated_at)
    select account_id, ${stop.videoId}, ${stop.positionMs}, ${stop.watchedMs}, ${stop.completed}, ${stop.at}
    from accounts
    where account_id = ${stop.accountId} and exists (select from videos where video_id = ${stop.videoId})
      and not exists (select from history_pauses where account_id = ${stop.accountId})
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
