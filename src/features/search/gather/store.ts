/** SQL of what the index is filled from: what everybody may see, and nothing else. */
import { sql } from 'kysely'
import type { App } from '../../../platform/app.ts'

/** A public video that is ready, as the index needs it. */
export interface IndexRow {
  video_id: string
  channel_id: string
  channel_name: string
  channel_handle: string
  title: string
  description: string
  tags: string[]
  category: string
  language: string | null
  duration_ms: number | null
  width: number | null
  height: number | null
  views: number
  published_at: Date
  heat_14d: number | null
}

function publicVideos(app: App) {
  return app.db
    .selectFrom('videos')
    .innerJoin('channels', 'channels.channel_id', 'videos.channel_id')
    .leftJoin('trending', 'trending.video_id', 'videos.video_id')
    .where('videos.privacy', '=', 'public')
    .where('videos.state', '=', 'ready')
    .select([
      'videos.video_id',
      'videos.channel_id',
      'channels.name as channel_name',
      'channels.handle as channel_handle',
      'title',
      'videos.description',
      'tags',
      'category',
      'language',
      'duration_ms',
      'width',
      'height',
      'views',
      'trending.heat_14d',
    ])
    .select(sql<Date>`coalesce(videos.published_at, videos.created_at)`.as('published_at'))
}

/** Of these videos those that everybody may find. */
export async function listForIndex(app: App, videoIds: string[]): Promise<IndexRow[]> {
  return publicVideos(app).where('videos.video_id', 'in', videoIds).execute()
}

/** All that everybody may find, a page at a time in the order of ids. */
export async function pageForIndex(app: App, afterId: string, limit: number): Promise<IndexRow[]> {
  return publicVideos(app).where('videos.video_id', '>', afterId).orderBy('videos.video_id').limit(limit).execute()
}

/** Those of a channel, a page at a time in the order of ids. */
export async function pageOfChannelVideos(
  app: App,
  channelId: string,
  afterId: string,
  limit: number,
): Promise<IndexRow[]> {
  return publicVideos(app)
    .where('videos.channel_id', '=', channelId)
    .where('videos.video_id', '>', afterId)
    .orderBy('videos.video_id')
    .limit(limit)
    .execute()
}

/** What is said in these videos: one text for each language and kind, oldest first. */
export async function listTexts(app: App, videoIds: string[]) {
  if (videoIds.length === 0) return []
  return app.db
    .selectFrom('captions')
    .select(['video_id', 'language', 'text_id'])
    .where('video_id', 'in', videoIds)
    .orderBy('changed_at')
    .execute()
}

export interface ChannelRow {
  channel_id: string
  name: string
  handle: string
  avatar_key: string | null
  description: string
  created_at: Date
  video_count: number
}

function channelsWithCount(app: App) {
  return app.db
    .selectFrom('channels')
    .select(['channel_id', 'name', 'handle', 'avatar_key', 'description', 'created_at'])
    .select((it) =>
      it
        .selectFrom('videos')
        .select((count) => count.fn.countAll<number>().as('count'))
        .whereRef('videos.channel_id', '=', 'channels.channel_id')
        .where('privacy', '=', 'public')
        .where('state', '=', 'ready')
        .$asScalar()
        .$notNull()
        .as('video_count'),
    )
}

/** The channels of these accounts or ids, with how many public videos each has. */
export async function listChannels(
  app: App,
  of: { accountIds: string[]; channelIds: string[] },
): Promise<ChannelRow[]> {
  if (of.accountIds.length + of.channelIds.length === 0) return []
  return channelsWithCount(app)
    .where((it) =>
      it.or([it('account_id', 'in', [...of.accountIds, '']), it('channel_id', 'in', [...of.channelIds, ''])]),
    )
    .execute()
}

export async function pageOfChannels(app: App, afterId: string, limit: number): Promise<ChannelRow[]> {
  return channelsWithCount(app).where('channel_id', '>', afterId).orderBy('channel_id').limit(limit).execute()
}

/** A public playlist with something in it, under the oldest channel of its account. */
export interface PlaylistRow {
  playlist_id: string
  title: string
  description: string
  updated_at: Date
  channel_id: string
  name: string
  handle: string
  avatar_key: string | null
}

function publicPlaylists(app: App) {
  return app.db
    .selectFrom('playlists')
    .innerJoinLateral(
      (it) =>
        it
          .selectFrom('channels')
          .select(['channel_id', 'handle', 'name', 'avatar_key'])
          .whereRef('channels.account_id', '=', 'playlists.account_id')
          .orderBy('channels.created_at')
          .orderBy('channels.channel_id')
          .limit(1)
          .as('own'),
      (join) => join.onTrue(),
    )
    .where('privacy', '=', 'public')
    .where('kind', '=', 'own')
    .where('item_count', '>', 0)
    .select(['playlist_id', 'title', 'description', 'updated_at'])
    .select(['own.channel_id', 'own.handle', 'own.name', 'own.avatar_key'])
}

/** Of these playlists those that everybody may find. */
export async function listPlaylists(app: App, playlistIds: string[]): Promise<PlaylistRow[]> {
  if (playlistIds.length === 0) return []
  return publicPlaylists(app).where('playlist_id', 'in', playlistIds).execute()
}

export async function pageOfPlaylists(app: App, afterId: string, limit: number): Promise<PlaylistRow[]> {
  return publicPlaylists(app).where('playlist_id', '>', afterId).orderBy('playlist_id').limit(limit).execute()
}

/** Those of the accounts that these channels belong to. */
export async function listPlaylistsBeside(app: App, channelIds: string[]): Promise<PlaylistRow[]> {
  if (channelIds.length === 0) return []
  return publicPlaylists(app)
    .where('playlists.account_id', 'in', (it) =>
      it.selectFrom('channels').select('account_id').where('channel_id', 'in', channelIds),
    )
    .execute()
}

/** Of these playlists how many videos everybody may see, and the first of them. */
export async function listSeen(app: App, playlistIds: string[]) {
  if (playlistIds.length === 0) return []
  const { rows } = await sql<{ playlist_id: string; count: number; first_video_id: string }>`
    select playlist_id, count(*)::int8 as count, (array_agg(video_id order by position))[1] as first_video_id
    from playlists join playlist_items using (account_id, playlist_id) join videos using (video_id)
    where playlist_id = any(${playlistIds}) and playlists.privacy = 'public'
      and videos.privacy = 'public' and videos.state = 'ready'
    group by playlist_id
  `.execute(app.db)
  return rows
}
