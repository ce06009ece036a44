/**
 * What may stand on a page, in its order and with the reason of each, in columns: nearly two hundred videos for every page, most of which
 * nobody ever asks for. Only what is about to be shown becomes more than numbers.
 */
import type { Shelf } from '../../../contract/recommend.ts'
import { MIB } from '../../../kit/bytes.ts'
import { newId } from '../../../kit/ids.ts'
import { Lru } from '../../../kit/lru.ts'
import type { App } from '../../../platform/app.ts'
import type { Ranked } from '../gather/asking.ts'
import { sourcesOf } from '../gather/sources.ts'
import type { Live, Visit } from '../live.ts'
import { PACKED_BYTES, packRow } from '../ranker/features.ts'
import * as rules from '../rules.ts'
import type { Kept } from './kept.ts'

type Topic = NonNullable<Shelf['topic']>

/** What is told of a video; where it follows from one that was watched, that stands beside. */
const REASONS = ['popular', 'watched', 'subscribed', 'topic', 'channel', 'taste', 'new'] as const
const REASON_AT = Object.fromEntries(REASONS.map((name, at) => [name, at])) as Record<(typeof REASONS)[number], number>

export interface Listing {
  /** By number in the catalogue. */
  videos: Uint32Array
  reasons: Uint8Array
  /** What was watched and led there; 0 where another reason is told. */
  sources: Uint32Array
  /** How likely a video on trial was to be tried here; 0 of all others. */
  chances: Float64Array
  /** What the first `learned` were ranked by, as it is written down: PACKED_BYTES of each. */
  features: Buffer
  learned: number
}

/** What stands further down than this is not learned from. */
const LEARNED_FROM = 96

/** This order as a listing. `next` is what is being watched, which is no reason to tell. */
export function listingOf(
  live: Live,
  visit: Visit,
  order: readonly Ranked[],
  { trials, next }: { trials?: ReadonlyMap<number, number>; next?: number | undefined },
): Listing {
  const { length } = order
  const learned = Math.min(LEARNED_FROM, length)
  const listing: Listing = {
    videos: new Uint32Array(length),
    reasons: new Uint8Array(length),
    sources: new Uint32Array(length),
    chances: new Float64Array(length),
    features: Buffer.allocUnsafeSlow(learned * PACKED_BYTES),
    learned,
  }
  const led: number[] = []
  for (let at = 0; at < length; at++) {
    const { video, rows, base } = order[at]!
    listing.videos[at] = video
    if (at < learned) packRow(rows, base, listing.features, at)
    const chance = trials?.get(video)
    listing.chances[at] = chance ?? 0
    const reason = chance === undefined ? reasonOf(rows, base) : 'new'
    listing.reasons[at] = REASON_AT[reason]
    if (reason === 'watched') led.push(at)
  }
  const found = sourcesOf(
    live,
    visit,
    led.map((at) => listing.videos[at]!),
  )
  for (const [place, at] of led.entries()) {
    const source = found[place]!
    if (source === 0 || source === next) listing.reasons[at] = REASON_AT.taste
    else listing.sources[at] = source
  }
  return listing
}

function reasonOf(rows: Float32Array, base: number): (typeof REASONS)[number] {
  const reason = rules.mainReason(rows, base)
  if (reason === 'subscribed' || reason === 'channel' || reason === 'taste' || reason === 'topic') return reason
  if (reason === 'fresh') return 'new'
  return reason === 'together' || reason === 'following' ? 'watched' : 'popular'
}

/** The one at this place of a listing, as it is shown. */
export function keptAt({ catalogue }: Live, { videos, reasons, sources }: Listing, at: number): Kept {
  const video = videos[at]!
  const because = REASONS[reasons[at]!]!
  if (because === 'watched') return { video, why: { because, source: sources[at]! } }
  if (because === 'topic') return { video, why: { because, topic: catalogue.topicOf(video) as Topic } }
  return { video, why: { because } }
}

/** The same without those videos. */
export function listingWithout(listing: Listing, isGone: (video: number) => boolean): Listing {
  const places = [...listing.videos.keys()].filter((at) => !isGone(listing.videos[at]!))
  if (places.length === listing.videos.length) return listing
  const of = (column: ArrayLike<number>) => places.map((at) => column[at]!)
  const learned = places.filter((at) => at < listing.learned)
  return {
    videos: Uint32Array.from(of(listing.videos)),
    reasons: Uint8Array.from(of(listing.reasons)),
    sources: Uint32Array.from(of(listing.sources)),
    chances: Float64Array.from(of(listing.chances)),
    features: Buffer.concat(learned.map((at) => featuresAt(listing, at))),
    learned: learned.length,
  }
}

/** What the one at this place was ranked by, as it is written down; only of the first `learned`. */
export function featuresAt({ features }: Listing, at: number): Buffer {
  return features.subarray(at * PACKED_BYTES, (at + 1) * PACKED_BYTES)
}

/** What comes after a page, until somebody asks for it. */
export interface Rest {
  viewer: string
  listing: Listing
  /** Where in the listing it goes on, and on the whole page. */
  from: number
  firstPlace: number
}

const REST_LIFE_MS = 10 * 60_000
/** Some eight thousand of them. */
const REST_BYTES = 64 * MIB

const memories = new WeakMap<object, Lru<Rest>>()

/** Keeps what comes after a page; returns the word it is asked for with. */
export function keepRest(app: App, rest: Rest): string {
  let memory = memories.get(app.blobs)
  if (!memory) {
    memory = new Lru(REST_BYTES, () => app.clock.nowMs())
    memories.set(app.blobs, memory)
  }
  const after = newId()
  const { videos, features } = rest.listing
  memory.set(after, rest, { size: features.length + videos.length * 17 + 500, lifeMs: REST_LIFE_MS })
  return after
}

/** What was kept of this viewer under this word; undefined where it has faded. */
export function restOf(app: App, viewer: string, after: string): Rest | undefined {
  const rest = memories.get(app.blobs)?.get(after)
  return rest?.viewer === viewer ? rest : undefined
}
