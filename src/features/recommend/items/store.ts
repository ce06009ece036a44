/** SQL of what this process knows of the videos that may be suggested. */
import { sql } from 'kysely'
import type { App } from '../../../platform/app.ts'

export interface KnownRow {
  video_id: string
  channel_id: string
  title: string
  description: string
  category: string
  language: string | null
  tags: string[]
  published_at: Date
  created_at: Date
  duration_ms: number | null
  width: number | null
  height: number | null
  run_id: string | null
  thumbnail_key: string | null
  views: number
  recent: number
  likes: number
  dislikes: number
  /** Words that are said in it again and again. */
  spoken: string[]
  channel_handle: string
  channel_name: string
  channel_avatar_key: string | null
}

const KNOWN = sql`
  select v.video_id, v.channel_id, v.title, left(v.description, 400) as description, v.category, v.language, v.tags, v.published_at,
    v.created_at, v.duration_ms, v.width, v.height, v.run_id, v.thumbnail_key, v.views, v.likes, v.dislikes,
    c.handle as channel_handle, c.name as channel_name, c.avatar_key as channel_avatar_key,
    coalesce((select words from recommend_spoken s where s.video_id = v.video_id), '{}') as spoken
  from videos v join channels c on c.channel_id = v.channel_id
  where v.privacy = 'public' and v.state = 'ready' and v.published_at is not null`

/** Videos anybody may see, oldest first, page by page; with how often they were watched since `since`. */
export async function listKnown(
  app: App,
  after: { at: Date; videoId: string } | undefined,
  since: Date,
  limit: number,
): Promise<KnownRow[]> {
  const from = after ? sql`and (v.published_at, v.video_id) > (${after.at}, ${after.videoId})` : sql``
  const { rows } = await sql<KnownRow>`
    with page as (${KNOWN} ${from} order by v.published_at, v.video_id limit ${limit})
    select page.*,
      (select count(*) from counted_views c where c.video_id = page.video_id and c.hour >= ${since}) as recent
    from page order by published_at, video_id`.execute(app.db)
  return rows
}

/** Those of these videos that anybody may see. */
export async function loadKnown(app: App, videoIds: string[]): Promise<KnownRow[]> {
  const { rows } = await sql<KnownRow>`
    select known.*, 0 as recent from (${KNOWN} and v.video_id = any(${videoIds})) known`.execute(app.db)
  return rows
}

export type ChannelRow = Pick<KnownRow, 'channel_id' | 'channel_handle' | 'channel_name' | 'channel_avatar_key'>

export async function loadChannels(app: App, channelIds: string[]): Promise<ChannelRow[]> {
  return app.db
    .selectFrom('channels')
    .select(['channel_id', 'handle as channel_handle', 'name as channel_name', 'avatar_key as channel_avatar_key'])
    .where('channel_id', 'in', channelIds)
    .execute()
}
