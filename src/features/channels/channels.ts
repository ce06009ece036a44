/** Channels: where the videos of an account are published. */
import type { Channel } from '../../contract/channels.ts'
import { refuse } from '../../contract/refusals.ts'
import type { ChannelRef } from '../../contract/shapes.ts'
import type { VideoCard } from '../../contract/videos.ts'
import { newId } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import * as videos from '../videos/videos.ts'
import { handlesFor } from './rules.ts'
import * as store from './store.ts'

/** Opens the channel of an account, under the handle that was asked for or one made from its name. Refuses handle_taken. */
export async function openChannel(
  app: App,
  given: { accountId: string; name: string; handle?: string | undefined },
): Promise<ChannelRef> {
  const channelId = newId()
  const candidates = given.handle === undefined ? handlesFor(given.name, () => newId(5).toLowerCase()) : [given.handle]
  for (const handle of candidates) {
    const row = {
      account_id: given.accountId,
      channel_id: channelId,
      handle,
      name: given.name,
      description: '',
      created_at: app.clock.now(),
    }
    if (await store.insertChannel(app, row)) return { id: channelId, handle, name: given.name }
  }
  return refuse('handle_taken')
}

/** The channel of an account. Every account has one. */
export async function channelOf(app: App, accountId: string): Promise<ChannelRef> {
  const row = await store.findOfAccount(app, accountId)
  if (!row) return refuse('channel_not_found')
  return { id: row.channel_id, handle: row.handle, name: row.name }
}

/** One channel as everyone sees it; the count is of its public videos that are ready. */
export async function getChannel(app: App, handle: string): Promise<Channel> {
  const row = await findChannel(app, handle)
  return {
    id: row.channel_id,
    handle: row.handle,
    name: row.name,
    description: row.description,
    created: row.created_at.toISOString(),
    videoCount: await videos.countPublished(app, row.channel_id),
  }
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

async function findChannel(app: App, handle: string) {
  return (await store.findByHandle(app, handle)) ?? refuse('channel_not_found')
}
