/** SQL of the history: reads what watching keeps (watch_history), and forgets it. */
import { type SqlBool, sql } from 'kysely'
import type { App } from '../../platform/app.ts'

/** What an account has watched, last first; with words, only videos that have all of them in title or channel. */
export async function listOf(
  app: App,
  accountId: string,
  words: string[],
  after: readonly [number, string] | undefined,
  limit: number,
) {
  let query = app.db
    .selectFrom('watch_history')
    .select(['watch_history.video_id', 'position_ms', 'completed', 'updated_at'])
    .where('watch_history.account_id', '=', accountId)
  if (after)
    query = query.where(
      sql<SqlBool>`(watch_history.updated_at, watch_history.video_id) < (${new Date(after[0])}, ${after[1]})`,
    )
  for (const word of words) {
    const pattern = `%${word.replace(/[\\%_]/g, '\\$&')}%`
    query = query.where(
      sql<SqlBool>`exists (
        select from videos join channels using (channel_id) where videos.video_id = watch_history.video_id
          and (videos.title ilike ${pattern} or channels.name ilike ${pattern} or channels.handle ilike ${pattern})
      )`,
    )
  }
  return query
    .orderBy('watch_history.updated_at', 'desc')
    .orderBy('watch_history.video_id', 'desc')
    .limit(limit)
    .execute()
}

export async function deleteAll(app: App, accountId: string): Promise<void> {
  await app.db.deleteFrom('watch_history').where('account_id', '=', accountId).execute()
}

export async function deleteOne(app: App, accountId: string, videoId: string): Promise<void> {
  await app.db.deleteFrom('watch_history').where('account_id', '=', accountId).where('video_id', '=', videoId).execute()
}

export async function isPaused(app: App, accountId: string): Promise<boolean> {
  const row = await app.db
    .selectFrom('history_pauses')
    .select('account_id')
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return row !== undefined
}

export async function insertPause(app: App, accountId: string): Promise<void> {
  await app.db
    .insertInto('history_pauses')
    .values({ account_id: accountId, created_at: app.clock.now() })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function deletePause(app: App, accountId: string): Promise<void> {
  await app.db.deleteFrom('history_pauses').where('account_id', '=', accountId).execute()
}
