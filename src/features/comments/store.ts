/** SQL of comments. The sums on videos and threads are moved by triggers (migration 0031). */
import { type Selectable, type SqlBool, sql } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { CommentsTable } from '../../schema/tables.ts'

/** A comment with the channel in whose name it was written, and whether the one who asks likes it. */
export type CommentRow = Selectable<CommentsTable> & {
  handle: string
  name: string
  avatar_key: string | null
  liked: boolean
}

/** Weight (for "top") or nothing, time, id. */
export type TopPlace = readonly [weight: number, atMs: number, id: string]
export type TimePlace = readonly [atMs: number, id: string]

function rows(app: App, accountId: string | undefined) {
  const liked =
    accountId === undefined
      ? sql<boolean>`false`
      : sql<boolean>`exists (
          select from comment_likes l
          where l.video_id = comments.video_id and l.comment_id = comments.comment_id and l.account_id = ${accountId}
        )`
  return app.db
    .selectFrom('comments')
    .innerJoin('channels', 'channels.channel_id', 'comments.channel_id')
    .selectAll('comments')
    .select(['channels.handle', 'channels.name', 'channels.avatar_key'])
    .select(liked.as('liked'))
}

/** The beginnings of threads: from the first on with the pinned one before all, then heaviest first, then newest. */
export async function listTop(
  app: App,
  videoId: string,
  accountId: string | undefined,
  after: TopPlace | undefined,
  limit: number,
): Promise<CommentRow[]> {
  let query = threads(app, videoId, accountId, after !== undefined)
  if (after)
    query = query.where(
      sql<SqlBool>`(comments.weight, comments.created_at, comments.comment_id) < (${after[0]}, ${new Date(after[1])}, ${after[2]})`,
    )
  return query
    .orderBy('comments.pinned', 'desc')
    .orderBy('comments.weight', 'desc')
    .orderBy('comments.created_at', 'desc')
    .orderBy('comments.comment_id', 'desc')
    .limit(limit)
    .execute()
}

/** The same, newest first. */
export async function listNewest(
  app: App,
  videoId: string,
  accountId: string | undefined,
  after: TimePlace | undefined,
  limit: number,
): Promise<CommentRow[]> {
  let query = threads(app, videoId, accountId, after !== undefined)
  if (after)
    query = query.where(sql<SqlBool>`(comments.created_at, comments.comment_id) < (${new Date(after[0])}, ${after[1]})`)
  return query
    .orderBy('comments.pinned', 'desc')
    .orderBy('comments.created_at', 'desc')
    .orderBy('comments.comment_id', 'desc')
    .limit(limit)
    .execute()
}

function threads(app: App, videoId: string, accountId: string | undefined, withoutPinned: boolean) {
  // States and flags stand in the text, so that a prepared statement may use the indexes that hold for them only.
  const query = rows(app, accountId)
    .where('comments.video_id', '=', videoId)
    .where('comments.thread_id', 'is', null)
    .where('comments.state', '=', sql.lit('shown'))
  return withoutPinned ? query.where('comments.pinned', '=', sql.lit(false)) : query
}

/** What an account has written below a video that waits for approval. */
export async function listOwnHeld(app: App, videoId: string, accountId: string, limit: number): Promise<CommentRow[]> {
  return rows(app, accountId)
    .where('comments.video_id', '=', videoId)
    .where('comments.state', '=', sql.lit('held'))
    .where('comments.account_id', '=', accountId)
    .where('comments.thread_id', 'is', null)
    .orderBy('comments.created_at', 'desc')
    .limit(limit)
    .execute()
}

/** The replies of a thread, oldest first: those that are shown, and the account's own. */
export async function listReplies(
  app: App,
  videoId: string,
  threadId: string,
  accountId: string | undefined,
  after: TimePlace | undefined,
  limit: number,
): Promise<CommentRow[]> {
  let query = rows(app, accountId)
    .where('comments.video_id', '=', videoId)
    .where('comments.thread_id', '=', threadId)
    .where((it) => {
      const shown = it('comments.state', '=', sql.lit('shown'))
      return accountId === undefined ? shown : it.or([shown, it('comments.account_id', '=', accountId)])
    })
  if (after)
    query = query.where(sql<SqlBool>`(comments.created_at, comments.comment_id) > (${new Date(after[0])}, ${after[1]})`)
  return query.orderBy('comments.created_at').orderBy('comments.comment_id').limit(limit).execute()
}

export async function loadComment(
  app: App,
  videoId: string,
  commentId: string,
  accountId?: string,
): Promise<CommentRow | undefined> {
  return rows(app, accountId)
    .where('comments.video_id', '=', videoId)
    .where('comments.comment_id', '=', commentId)
    .executeTakeFirst()
}

/** What waits for approval on the channels an account has, owns with others or edits; newest first. */
export async function listHeld(app: App, accountId: string, after: TimePlace | undefined, limit: number) {
  let query = rows(app, accountId)
    .innerJoin('videos', 'videos.video_id', 'comments.video_id')
    .select(['videos.title as video_title', 'videos.channel_id as video_channel_id'])
    .where('comments.state', '=', sql.lit('held'))
    .where(
      sql<SqlBool>`videos.channel_id in (
        select channel_id from channels where account_id = ${accountId}
        union all
        select channel_id from channel_members
        where account_id = ${accountId} and accepted_at is not null and role in ('owner', 'editor')
      )`,
    )
  if (after)
    query = query.where(sql<SqlBool>`(comments.created_at, comments.comment_id) < (${new Date(after[0])}, ${after[1]})`)
  return query.orderBy('comments.created_at', 'desc').orderBy('comments.comment_id', 'desc').limit(limit).execute()
}

export type NewComment = Pick<
  CommentsTable,
  'video_id' | 'comment_id' | 'thread_id' | 'account_id' | 'channel_id' | 'body' | 'state' | 'created_at'
>

export async function insertComment(app: App, row: NewComment): Promise<void> {
  await app.db.insertInto('comments').values(row).execute()
}

export type CommentChange = Partial<
  Pick<Selectable<CommentsTable>, 'body' | 'state' | 'pinned' | 'hearted' | 'edited_at'>
>

export async function updateComment(
  app: App,
  videoId: string,
  commentId: string,
  change: CommentChange,
): Promise<void> {
  if (Object.keys(change).length === 0) return
  await app.db
    .updateTable('comments')
    .set(change)
    .where('video_id', '=', videoId)
    .where('comment_id', '=', commentId)
    .execute()
}

/** Inside a transaction: of two who pin at once, the second finds what the first has pinned. */
export async function unpinAll(app: App, videoId: string): Promise<void> {
  await app.db.selectFrom('videos').select('video_id').where('video_id', '=', videoId).forNoKeyUpdate().execute()
  await app.db
    .updateTable('comments')
    .set({ pinned: false })
    .where('video_id', '=', videoId)
    .where('pinned', '=', true)
    .execute()
}

export async function deleteComment(app: App, videoId: string, commentId: string): Promise<void> {
  await app.db.deleteFrom('comments').where('video_id', '=', videoId).where('comment_id', '=', commentId).execute()
}

/** Likes a comment that is shown; liking it again changes nothing. */
export async function insertLike(app: App, videoId: string, commentId: string, accountId: string): Promise<void> {
  await sql`
    insert into comment_likes (video_id, comment_id, account_id, created_at)
    select video_id, comment_id, ${accountId}, ${app.clock.now()} from comments
    where video_id = ${videoId} and comment_id = ${commentId} and state = 'shown'
    on conflict do nothing
  `.execute(app.db)
}

export async function deleteLike(app: App, videoId: string, commentId: string, accountId: string): Promise<void> {
  await app.db
    .deleteFrom('comment_likes')
    .where('video_id', '=', videoId)
    .where('comment_id', '=', commentId)
    .where('account_id', '=', accountId)
    .execute()
}

/** When an account was made. */
export async function findAccountBirth(app: App, accountId: string): Promise<Date | undefined> {
  const row = await app.db
    .selectFrom('accounts')
    .select('created_at')
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return row?.created_at
}
