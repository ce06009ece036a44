/** SQL of videos: the rows everything else hangs on, and what lists show of them. */
import { type Selectable, sql } from 'kysely'
import { STAND_IN } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'
import type { VideosTable } from '../../schema/tables.ts'

/** A video with the channel it is published on, and what the one who asks may do there. */
export type VideoRow = Selectable<VideosTable> & {
  channel_handle: string
  channel_name: string
  channel_avatar_key: string | null
  /** The account that owns the channel, often but not always the one that uploaded the video. */
  channel_account_id: string
  /** The role of the one who asks in the channel's team; null without one, and in lists, which do not ask. */
  team_role: 'owner' | 'editor' | 'viewer' | null
}

export interface ProgressRow {
  video_id: string
  segments_done: number
  segments_total: number
}

/** A place in a list: the time of the last row that was shown, and its id. */
export interface Place {
  at: Date
  videoId: string
}

function rowsWithoutRole(app: App) {
  return app.db
    .selectFrom('videos')
    .innerJoin('channels', 'channels.channel_id', 'videos.channel_id')
    .selectAll('videos')
    .select([
      'channels.handle as channel_handle',
      'channels.name as channel_name',
      'channels.avatar_key as channel_avatar_key',
      'channels.account_id as channel_account_id',
    ])
}

function rows(app: App) {
  return rowsWithoutRole(app).select(sql<null>`null`.as('team_role'))
}

function rowsFor(app: App, accountId: string) {
  return rowsWithoutRole(app)
    .leftJoin('channel_members', (join) =>
      join
        .onRef('channel_members.channel_id', '=', 'videos.channel_id')
        .on('channel_members.account_id', '=', accountId)
        .on('channel_members.accepted_at', 'is not', null),
    )
    .select('channel_members.role as team_role')
}

/** With an account, also its role in the team of the video's channel. */
export async function loadVideo(app: App, videoId: string, accountId?: string): Promise<VideoRow | undefined> {
  const query = accountId === undefined ? rows(app) : rowsFor(app, accountId)
  return query.where('videos.video_id', '=', videoId).executeTakeFirst()
}

/** The same, with how far the making of the run that is served has come; null before there is one. */
export async function loadVideoInFull(
  app: App,
  videoId: string,
  accountId?: string,
): Promise<(VideoRow & { segments_done: number | null; segments_total: number | null }) | undefined> {
  const query = accountId === undefined ? rows(app) : rowsFor(app, accountId)
  return query
    .leftJoinLateral(
      (from) =>
        from
          .selectFrom('spans')
          .select([doneOfSpans.as('segments_done'), allOfSpans.as('segments_total')])
          .whereRef('spans.video_id', '=', 'videos.video_id')
          .whereRef('spans.run_id', '=', 'videos.run_id')
          .as('made'),
      (join) => join.onTrue(),
    )
    .select(['made.segments_done', 'made.segments_total'])
    .where('videos.video_id', '=', videoId)
    .executeTakeFirst()
}

const doneOfSpans = sql<number>`sum(segments_done)::bigint`
const allOfSpans = sql<number>`sum((to_segment - from_segment) * cardinality(renditions))::bigint`

/** What a card is made of, and who may see it: a third of a row. */
export type CardRow = Pick<
  VideoRow,
  | 'video_id'
  | 'account_id'
  | 'channel_id'
  | 'title'
  | 'privacy'
  | 'state'
  | 'run_id'
  | 'thumbnail_key'
  | 'duration_ms'
  | 'width'
  | 'height'
  | 'views'
  | 'created_at'
  | 'published_at'
  | 'channel_handle'
  | 'channel_name'
  | 'channel_avatar_key'
  | 'channel_account_id'
  | 'team_role'
>

/** What is shown of a video on its card: the same for everybody where it is public. */
export type ShownRow = Omit<CardRow, 'account_id' | 'channel_account_id' | 'team_role'>

/** What was asked for and is not of the version that is known; `video_id` is null where the video is gone. */
export type ChangedCard = { asked: string; version: string } & (CardRow | { [Column in keyof CardRow]: null })

/**
 * Of these videos, those that are of another version than the caller knows (null for none), in no promised order. The versions go and the
 * cards come as one text each: to take rows and lists apart value by value would be most of what asking for them costs.
 */
export async function loadChangedCards(
  app: App,
  videoIds: string[],
  versions: (string | null)[],
  accountId?: string,
): Promise<ChangedCard[]> {
  const { rows } = await sql<{ cards: ChangedCard[] }>`
    select coalesce(json_agg(card), '[]') as cards from (
      select it.asked, concat_ws(' ', v.xmin, v.ctid, c.xmin, c.ctid) as version,
        v.video_id, v.account_id, v.channel_id, v.title, v.privacy, v.state, v.run_id, v.thumbnail_key, v.duration_ms,
        v.width, v.height, v.views, v.created_at, v.published_at, c.handle as channel_handle, c.name as channel_name,
        c.avatar_key as channel_avatar_key, c.account_id as channel_account_id, m.role as team_role
      from unnest(string_to_array(${videoIds.join('|')}, '|'), string_to_array(${versions.map((it) => it ?? '').join('|')}, '|'))
        as it (asked, known)
      left join (videos v join channels c on c.channel_id = v.channel_id) on v.video_id = it.asked
      left join channel_members m on m.channel_id = v.channel_id and m.account_id = ${accountId ?? null}
        and m.accepted_at is not null
      where it.known is distinct from concat_ws(' ', v.xmin, v.ctid, c.xmin, c.ctid)) card`.execute(app.db)
  const { cards } = rows[0]!
  // JSON has no times.
  for (const card of cards) {
    if (card.created_at !== null) card.created_at = new Date(card.created_at)
    if (card.published_at !== null) card.published_at = new Date(card.published_at)
  }
  return cards
}

/** The row, locked until the transaction ends, so that two changes of state follow one another. */
export async function lockVideo(app: App, videoId: string): Promise<Selectable<VideosTable> | undefined> {
  return app.db.selectFrom('videos').selectAll().where('video_id', '=', videoId).forUpdate().executeTakeFirst()
}

/** The channel that an account publishes on unless it says otherwise. */
export async function findChannelId(app: App, accountId: string): Promise<string | undefined> {
  const row = await app.db
    .selectFrom('channels')
    .select('channel_id')
    .where('account_id', '=', accountId)
    .orderBy('created_at')
    .orderBy('channel_id')
    .limit(1)
    .executeTakeFirst()
  return row?.channel_id
}

/** A channel by its handle, and what this account may do there. */
export async function findChannelFor(app: App, handle: string, accountId: string) {
  return app.db
    .selectFrom('channels')
    .leftJoin('channel_members', (join) =>
      join
        .onRef('channel_members.channel_id', '=', 'channels.channel_id')
        .on('channel_members.account_id', '=', accountId)
        .on('channel_members.accepted_at', 'is not', null),
    )
    .select(['channels.channel_id', 'channels.account_id as channel_account_id', 'channel_members.role as team_role'])
    .where('channels.handle', '=', handle)
    .executeTakeFirst()
}

export type NewVideo = Pick<
  VideosTable,
  | 'video_id'
  | 'account_id'
  | 'channel_id'
  | 'title'
  | 'description'
  | 'tags'
  | 'category'
  | 'language'
  | 'licence'
  | 'privacy'
  | 'created_at'
> & { review: 'wanted' | null; wished_privacy: 'public' | 'unlisted' | null }

export async function insertVideo(app: App, row: NewVideo): Promise<void> {
  await app.db
    .insertInto('videos')
    .values({ ...row, state: 'uploading' })
    .execute()
}

export type VideoChange = Partial<
  Pick<
    VideosTable,
    | 'title'
    | 'description'
    | 'tags'
    | 'category'
    | 'language'
    | 'licence'
    | 'privacy'
    | 'state'
    | 'reason_code'
    | 'reason_detail'
    | 'source_key'
    | 'source_name'
    | 'source_bytes'
    | 'run_id'
    | 'duration_ms'
    | 'width'
    | 'height'
    | 'thumbnail_key'
    | 'published_at'
    | 'optimised_at'
  > & {
    comments_policy: 'open' | 'held' | 'closed'
    embed_hosts: string[] | null
    hidden_reason: string | null
    hidden_at: Date | null
    publish_at: Date | null
    review: 'wanted' | 'passed' | null
    wished_privacy: 'public' | 'unlisted' | null
  }
>

export async function updateVideo(app: App, videoId: string, change: VideoChange): Promise<void> {
  if (Object.keys(change).length === 0) return
  await app.db.updateTable('videos').set(change).where('video_id', '=', videoId).execute()
}

/** False when there was none. */
export async function deleteVideo(app: App, videoId: string): Promise<boolean> {
  const { numDeletedRows } = await app.db.deleteFrom('videos').where('video_id', '=', videoId).executeTakeFirst()
  return numDeletedRows > 0n
}

/** Where the bytes of a video's uploads lie while they arrive. */
export async function listStagingKeys(app: App, videoId: string): Promise<string[]> {
  const found = await app.db
    .selectFrom('uploads')
    .select('staging_key')
    .distinct()
    .where('video_id', '=', videoId)
    .execute()
  return found.map((row) => row.staging_key)
}

/** Public videos that are ready, newest first, of one channel or of all. */
export async function listPublished(
  app: App,
  channelId: string | undefined,
  after: Place | undefined,
  limit: number,
): Promise<VideoRow[]> {
  let query = rows(app).where('videos.privacy', '=', sql.lit('public')).where('videos.state', '=', sql.lit('ready'))
  if (channelId !== undefined) query = query.where('videos.channel_id', '=', channelId)
  if (after) query = query.where(sql<boolean>`(videos.published_at, videos.video_id) < (${after.at}, ${after.videoId})`)
  return query.orderBy('videos.published_at', 'desc').orderBy('videos.video_id', 'desc').limit(limit).execute()
}

export async function listOfAccount(
  app: App,
  accountId: string,
  after: Place | undefined,
  limit: number,
): Promise<VideoRow[]> {
  let query = rows(app).where('videos.account_id', '=', accountId)
  if (after) query = query.where(sql<boolean>`(videos.created_at, videos.video_id) < (${after.at}, ${after.videoId})`)
  return query.orderBy('videos.created_at', 'desc').orderBy('videos.video_id', 'desc').limit(limit).execute()
}

/** Every video of a channel, in whatever state. */
export async function listAllOfChannel(
  app: App,
  channelId: string,
  after: Place | undefined,
  limit: number,
): Promise<VideoRow[]> {
  let query = rows(app).where('videos.channel_id', '=', channelId)
  if (after) query = query.where(sql<boolean>`(videos.created_at, videos.video_id) < (${after.at}, ${after.videoId})`)
  return query.orderBy('videos.created_at', 'desc').orderBy('videos.video_id', 'desc').limit(limit).execute()
}

/** The videos that `fromAccount` has on a channel belong to `toAccount` from now on. */
export async function handOver(app: App, channelId: string, fromAccount: string, toAccount: string): Promise<void> {
  await app.db
    .updateTable('videos')
    .set({ account_id: toAccount })
    .where('channel_id', '=', channelId)
    .where('account_id', '=', fromAccount)
    .execute()
}

/** Whether a channel has any video at all. */
export async function hasVideos(app: App, channelId: string): Promise<boolean> {
  const row = await app.db
    .selectFrom('videos')
    .select('video_id')
    .where('channel_id', '=', channelId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export async function countPublished(app: App, channelId: string): Promise<number> {
  const { count } = await app.db
    .selectFrom('videos')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('channel_id', '=', channelId)
    .where('privacy', '=', sql.lit('public'))
    .where('state', '=', sql.lit('ready'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Bytes of the sources an account has stored. */
export async function sumSources(app: App, accountId: string): Promise<number> {
  const { sum } = await app.db
    .selectFrom('videos')
    .select(sql<number>`coalesce(sum(source_bytes), 0)::bigint`.as('sum'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  return Number(sum)
}

/** Segments made and planned in the runs that these videos serve; videos without a run are left out. */
export async function countSegments(app: App, videoIds: string[]): Promise<ProgressRow[]> {
  if (videoIds.length === 0) return []
  return app.db
    .selectFrom('spans')
    .innerJoin('videos', (join) =>
      join.onRef('videos.video_id', '=', 'spans.video_id').onRef('videos.run_id', '=', 'spans.run_id'),
    )
    .select('spans.video_id')
    .select([doneOfSpans.as('segments_done'), allOfSpans.as('segments_total')])
    .where('spans.video_id', 'in', videoIds)
    .groupBy('spans.video_id')
    .execute()
}

/** The files of the run that is served, smallest picture first, sound last; without what only stands in for a rung. */
export async function listFiles(app: App, videoId: string, runId: string) {
  return app.db
    .selectFrom('video_files')
    .selectAll()
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('rendition', 'not like', `%${STAND_IN}`)
    .orderBy('kind', 'desc')
    .orderBy('height')
    .orderBy('rendition')
    .execute()
}

/** How much of the file that is on its way has been stored; undefined when none is. Parts of one file count together. */
export async function sumUpload(
  app: App,
  videoId: string,
): Promise<{ offset_bytes: number; length_bytes: number } | undefined> {
  const row = await app.db
    .selectFrom('uploads')
    .select(sql<number | null>`sum(offset_bytes) filter (where kind <> 'final')::bigint`.as('offset_bytes'))
    .select(sql<number | null>`sum(length_bytes) filter (where kind <> 'final')::bigint`.as('length_bytes'))
    .where('video_id', '=', videoId)
    .where('finished_at', 'is', null)
    .executeTakeFirst()
  if (!row || row.length_bytes === null) return undefined
  return { offset_bytes: Number(row.offset_bytes), length_bytes: Number(row.length_bytes) }
}

/** Videos whose time to become public has come. */
export async function listDue(app: App, now: Date, limit: number): Promise<string[]> {
  const found = await app.db
    .selectFrom('videos')
    .select('video_id')
    .where('publish_at', '<=', now)
    .orderBy('publish_at')
    .limit(limit)
    .execute()
  return found.map((row) => row.video_id)
}

/** Videos that wait for staff, oldest first. */
export async function listToReview(app: App, limit: number): Promise<VideoRow[]> {
  return rows(app)
    .where('videos.review', '=', sql.lit('wanted'))
    .orderBy('videos.created_at')
    .orderBy('videos.video_id')
    .limit(limit)
    .execute()
}
