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
  madeCards: MadeCards
}

/** Cards as they were shown, a place for each by its number: what many pages show is made once. */
interface MadeCards {
  videos: Uint32Array
  cards: (VideoCard | undefined)[]
}

/** A card is kept when its place is asked for it the second time in turn: what is kept for a moment only is work for the collector. */
const PLACES = 16_384

type Known = Cards & { catalogue: Catalogue }

export function noCards(): Cards {
  return { cards: new CardPool(), channels: [], madeCards: noneMade() }
}

function noneMade(): MadeCards {
  return { videos: new Uint32Array(PLACES), cards: new Array<VideoCard | undefined>(PLACES).fill(undefined) }
}

function forgetMade({ videos, cards }: MadeCards, video: number): void {
  const place = video % PLACES
  if (videos[place] === video) cards[place] = undefined
}

/** What a card of this video shows from now on. */
export function takeCard({ cards, channels, catalogue, madeCards }: Known, video: number, row: store.KnownRow): void {
  forgetMade(madeCards, video)
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

/** The card of a video as everybody sees it; undefined for one that not everybody may see. Nobody may change it: others are shown the same one. */
export function cardAt(app: App, known: Known, video: number): VideoCard | undefined {
  if (!known.catalogue.rows.isOpen(video)) return undefined
  const { videos, cards } = known.madeCards
  const place = video % PLACES
  if (videos[place] !== video) {
    videos[place] = video
    cards[place] = undefined
    return cardOf(app, known, video)
  }
  cards[place] ??= cardOf(app, known, video)
  return cards[place]
}

function cardOf(app: App, { cards, channels, catalogue }: Known, video: number): VideoCard | undefined {
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
export async function takeChannels(app: App, known: Known, channelIds: string[]): Promise<void> {
  const { channels, catalogue } = known
  for (const row of await store.loadChannels(app, channelIds)) {
    const number = catalogue.findChannel(row.channel_id)
    if (number !== undefined && channels[number]) channels[number] = row
  }
  // Which of them were the channel's is not known.
  known.madeCards = noneMade()
}

/** Views as they are now; of a video that is not known, nothing. */
export function takeViews({ cards, catalogue, madeCards }: Known, videoId: string, views: number): void {
  const video = catalogue.find(videoId)
  if (video === undefined) return
  forgetMade(madeCards, video)
  cards.setViews(video, views)
}
