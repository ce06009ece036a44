/**
 * Cards of the videos that may be suggested, made of what this process has in memory: a page asks the database for none.
 */
import type { VideoCard } from '../../../contract/videos.ts'
import type { App } from '../../../platform/app.ts'
import { toCard } from '../../videos/videos.ts'
import type { Catalogue } from '../catalogue.ts'
import { CardPool } from '../items/cards.ts'
import * as store from '../items/store.ts'

export interface Cards {
  cards: CardPool
  /** By number of the channel in the catalogue. */
  channels: store.ChannelRow[]
}

type Known = Cards & { catalogue: Catalogue }

export function noCards(): Cards {
  return { cards: new CardPool(), channels: [] }
}

/** What a card of this video shows from now on. */
export function takeCard({ cards, channels, catalogue }: Known, video: number, row: store.KnownRow): void {
  cards.put(video, {
    title: row.title,
    thumbnailKey: row.thumbnail_key,
    runId: row.run_id,
    views: row.views,
    createdMs: row.created_at.getTime(),
    publishedMs: row.published_at.getTime(),
    durationMs: row.duration_ms,
    width: row.width,
    height: row.height,
  })
  const { channel_id, channel_handle, channel_name, channel_avatar_key } = row
  channels[catalogue.rows.channelOf(video)] = { channel_id, channel_handle, channel_name, channel_avatar_key }
}

/** The card of a video as everybody sees it; undefined for one that not everybody may see. */
export function cardAt(app: App, { cards, channels, catalogue }: Known, video: number): VideoCard | undefined {
  if (!catalogue.rows.isOpen(video)) return undefined
  const facts = cards.read(video)
  const channel = channels[catalogue.rows.channelOf(video)]
  if (!facts || !channel) return undefined
  return toCard(app, {
    video_id: catalogue.idOf(video),
    title: facts.title,
    privacy: 'public',
    state: 'ready',
    run_id: facts.runId,
    thumbnail_key: facts.thumbnailKey,
    duration_ms: facts.durationMs,
    width: facts.width,
    height: facts.height,
    views: facts.views,
    created_at: new Date(facts.createdMs),
    published_at: new Date(facts.publishedMs),
    channel_id: channel.channel_id,
    channel_handle: channel.channel_handle,
    channel_name: channel.channel_name,
    channel_avatar_key: channel.channel_avatar_key,
  })
}

/** Takes in how channels are called now, and what they look like. */
export async function takeChannels(app: App, { channels, catalogue }: Known, channelIds: string[]): Promise<void> {
  for (const row of await store.loadChannels(app, channelIds)) {
    const number = catalogue.findChannel(row.channel_id)
    if (number !== undefined && channels[number]) channels[number] = row
  }
}

/** Views as they are now; of a video that is not known, nothing. */
export function takeViews({ cards, catalogue }: Known, videoId: string, views: number): void {
  const video = catalogue.find(videoId)
  if (video !== undefined) cards.setViews(video, views)
}
