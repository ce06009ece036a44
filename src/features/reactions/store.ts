/** SQL of reactions. The sums on videos are moved by triggers (migration 0030). */
import { sql } from 'kysely'
import type { App } from '../../platform/app.ts'

/** Sets what an account thinks of a video; setting it again changes nothing. A video or account that is gone is no error. */
export async function saveReaction(app: App, videoId: string, accountId: string, liked: boolean): Promise<void> {
  await sql`
    insert into reactions (video_id, account_id, liked, created_at)
    select v.video_id, a.account_id, ${liked}, ${app.clock.now()}
    from videos v, accounts a where v.video_id = ${videoId} and a.account_id = ${accountId}
    on conflict (video_id, account_id) do update set liked = excluded.liked, created_at = excluded.created_at
    where reactions.liked <> excluded.liked
  `.execute(app.db)
}

export async function deleteReaction(app: App, videoId: string, accountId: string): Promise<void> {
  await app.db.deleteFrom('reactions').where('video_id', '=', videoId).where('account_id', '=', accountId).execute()
}

/** The sums, and what this account thinks; undefined for a video that is gone. */
export async function loadReactions(app: App, videoId: string, accountId: string | undefined) {
  const mine = accountId === undefined ? '' : accountId
  return app.db
    .selectFrom('videos')
    .leftJoin('reactions', (join) =>
      join.onRef('reactions.video_id', '=', 'videos.video_id').on('reactions.account_id', '=', mine),
    )
    .select(['videos.likes', 'videos.dislikes', 'reactions.liked'])
    .where('videos.video_id', '=', videoId)
    .executeTakeFirst()
}

/** The videos an account likes, last liked first. */
export async function listLiked(
  app: App,
  accountId: string,
  after: readonly [number, string] | undefined,
  limit: number,
) {
  let query = app.db
    .selectFrom('reactions')
    .select(['video_id', 'created_at'])
    .where('account_id', '=', accountId)
    .where('liked', '=', true)
  if (after) query = query.where(sql<boolean>`(created_at, video_id) < (${new Date(after[0])}, ${after[1]})`)
  return query.orderBy('created_at', 'desc').orderBy('video_id', 'desc').limit(limit).execute()
}
