/** Channels: where videos are published, how they look, and which of them an account has. */
import type { Channel, TeamRole } from '../../contract/channels.ts'
import { refuse } from '../../contract/refusals.ts'
import { type ChannelRef, channelRef } from '../../contract/shapes.ts'
import type { VideoCard } from '../../contract/videos.ts'
import { newId } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import { eventKind } from '../../platform/bus/bus.ts'
import type { Viewer } from '../../platform/http/http.ts'
import * as videos from '../videos/videos.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

type ChannelRow = store.ChannelRow

/** A name, handle, picture or owner is another, or the channel is gone: told by the database itself, whoever changed it (migration 0120). */
export const channelChanged = eventKind<{ channelId: string }>('channels.changed')

/** Opens a channel of an account, under the handle that was asked for or one made from its name. Refuses handle_taken. */
export async function openChannel(
  app: App,
  given: { accountId: string; name: string; handle?: string | undefined; description?: string },
): Promise<ChannelRef> {
  const channelId = newId()
  const candidates =
    given.handle === undefined ? rules.handlesFor(given.name, () => newId(5).toLowerCase()) : [given.handle]
  for (const handle of candidates) {
    const row = {
      account_id: given.accountId,
      channel_id: channelId,
      handle,
      name: given.name,
      description: given.description ?? '',
      created_at: app.clock.now(),
    }
    if (await store.insertChannel(app, row)) return { id: channelId, handle, name: given.name }
  }
  return refuse('handle_taken')
}

/** Opens another channel of the account. Refuses handle_taken, and too_many at the end of what one needs. */
export async function createChannel(
  app: App,
  viewer: Viewer,
  given: { name: string; handle?: string | undefined; description: string },
): Promise<Channel> {
  const accountId = viewer.accountId!
  const made = await app.together(async (app) => {
    await store.lockAccount(app, accountId)
    if ((await store.countOfAccount(app, accountId)) >= rules.MOST_CHANNELS)
      return refuse('too_many', `an account has at most ${rules.MOST_CHANNELS} channels`)
    return openChannel(app, { accountId, ...given })
  })
  return getChannel(app, made.handle, viewer)
}

/** The first channel of an account, in whose name it speaks. Every account has one. */
export async function channelOf(app: App, accountId: string): Promise<ChannelRef> {
  const row = await store.findOfAccount(app, accountId)
  return row ? channelRef(row) : refuse('channel_not_found')
}

/** The row of a channel. Refuses channel_not_found. */
export async function findChannel(app: App, handle: string): Promise<ChannelRow> {
  return (await store.findByHandle(app, handle)) ?? refuse('channel_not_found')
}

/** The accounts behind these handles, of those that are there. */
export async function accountsOfHandles(app: App, handles: string[]): Promise<string[]> {
  const rows = await store.findByHandles(app, [...new Set(handles)])
  return [...new Set(rows.map((row) => row.account_id))]
}

/** One channel as a viewer sees it; the count is of its public videos that are ready. */
export async function getChannel(app: App, handle: string, viewer?: Viewer): Promise<Channel> {
  const row = await findChannel(app, handle)
  return toChannel(app, row, viewer)
}

async function toChannel(app: App, row: ChannelRow, viewer: Viewer | undefined): Promise<Channel> {
  const [videoCount, featured, myRole] = await Promise.all([
    videos.countPublished(app, row.channel_id),
    row.featured_video_id === null ? undefined : featuredOf(app, row.featured_video_id),
    viewer === undefined ? undefined : roleOn(app, viewer, row),
  ])
  return {
    ...channelRef(row),
    description: row.description,
    ...(row.banner_key === null ? {} : { banner: `/${row.banner_key}` }),
    links: row.links as Channel['links'],
    created: row.created_at.toISOString(),
    videoCount,
    subscriberCount: Number(row.subscriber_count),
    ...(featured ? { featured } : {}),
    ...(myRole ? { myRole } : {}),
  }
}

async function featuredOf(app: App, videoId: string): Promise<VideoCard | undefined> {
  const row = await videos.loadVideo(app, videoId)
  return row && row.privacy === 'public' && row.state === 'ready' ? videos.toCard(app, row) : undefined
}

/** What a viewer may do on a channel; undefined for those who only visit. Administrators may what owners may. */
export async function roleOn(app: App, viewer: Viewer, row: ChannelRow): Promise<TeamRole | undefined> {
  if (viewer.accountId === undefined) return undefined
  if (viewer.accountId === row.account_id || viewer.role === 'admin') return 'owner'
  const part = await store.findRole(app, row.channel_id, viewer.accountId)
  return part?.accepted ? part.role : undefined
}

/** The channel, if this viewer has one of these roles there. Refuses channel_not_found, not_allowed. */
export async function channelFor(app: App, viewer: Viewer, handle: string, ...roles: TeamRole[]): Promise<ChannelRow> {
  const row = await findChannel(app, handle)
  const role = await roleOn(app, viewer, row)
  if (role === undefined || !roles.includes(role)) return refuse('not_allowed')
  return row
}

export interface ChannelEdit {
  name?: string | undefined
  handle?: string | undefined
  description?: string | undefined
  links?: Channel['links'] | undefined
  featuredVideoId?: string | null | undefined
}

/** Changes what is given. Editors may change everything but the handle, which is the address others know. */
export async function editChannel(app: App, viewer: Viewer, handle: string, edit: ChannelEdit): Promise<Channel> {
  const row = await channelFor(app, viewer, handle, ...(edit.handle === undefined ? rules.EDITORS : rules.OWNERS))
  const { links, featuredVideoId, ...words } = edit
  if (featuredVideoId) {
    const video = await videos.seeVideo(app, viewer, featuredVideoId)
    if (video.channel_id !== row.channel_id) return refuse('video_not_found')
  }
  const given = Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined))
  const saved = await store.updateChannel(app, row.channel_id, {
    ...given,
    ...(links === undefined ? {} : { links: JSON.stringify(links) }),
    ...(featuredVideoId === undefined ? {} : { featured_video_id: featuredVideoId }),
  })
  if (!saved) return refuse('handle_taken')
  return getChannel(app, edit.handle ?? handle, viewer)
}

/** Closes a channel. Refuses channel_not_empty, last_channel, not_allowed. */
export async function removeChannel(app: App, viewer: Viewer, handle: string): Promise<void> {
  const row = await channelFor(app, viewer, handle, ...rules.OWNERS)
  await app.together(async (app) => {
    await store.lockAccount(app, row.account_id)
    if ((await store.countOfAccount(app, row.account_id)) < 2) return refuse('last_channel')
    if (await videos.hasVideos(app, row.channel_id)) return refuse('channel_not_empty')
    await store.deleteChannel(app, row.channel_id)
  })
  await app.blobs.removeAll(`channels/${row.channel_id}/`)
}

/** The public videos of a channel, newest first. */
export async function listChannelVideos(
  app: App,
  handle: string,
  page: videos.PageAsked,
): Promise<{ items: VideoCard[]; next?: string }> {
  const { channel_id } = await findChannel(app, handle)
  return videos.listOfChannel(app, channel_id, page)
}

/** Every video of a channel, for its team. */
export async function listAllChannelVideos(app: App, viewer: Viewer, handle: string, page: videos.PageAsked) {
  const { channel_id } = await channelFor(app, viewer, handle, ...rules.TEAM)
  return videos.listAllOfChannel(app, viewer, channel_id, page)
}
