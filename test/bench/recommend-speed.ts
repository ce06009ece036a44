/**
 * How fast pages of suggestions are made on a large platform: a million videos and ten million watches, generated so that few videos
 * have most of the watches and viewers keep to a few topics, in the memory that the platform serves from and through the code
 * that ranks its pages; reading the chosen cards from the database is not part of it. Arguments: videos, watches.
 */
import type { Catalogue } from '../../src/features/recommend/catalogue.ts'
import { orderFor } from '../../src/features/recommend/gather.ts'
import { makeModel } from '../../src/features/recommend/items/model.ts'
import { emptyLive, NOBODY, newVisit, takeWatch } from '../../src/features/recommend/live.ts'
import { loadedModel } from '../../src/features/recommend/models.ts'
import type { SparseRows } from '../../src/kit/sparse-rows.ts'
import type { BenchResult } from './figures.ts'
import { seeded } from './search-quality.ts'

const DAY_MS = 24 * 3_600_000
const TOPICS = ['music', 'gaming', 'news', 'sports', 'film', 'science', 'travel', 'food', 'howto', 'comedy']
const NOW_MS = Date.UTC(2026, 0, 1)
const WATCHES_PER_VIEWER = 50
const PAGES_PER_SECOND = 200
const PAGE = 24

export async function run(args: string[]): Promise<BenchResult> {
  const videoCount = Number(args[0] ?? 1_000_000)
  const watchCount = Number(args[1] ?? 10_000_000)
  const random = seeded(11)
  const live = emptyLive(() => NOW_MS)
  const videoIds = fill(live.catalogue, videoCount, random)
  const rows = watchesOf(videoCount, watchCount, random)

  const trainMs = performance.now()
  const model = makeModel(videoIds, rows)
  const trainSeconds = (performance.now() - trainMs) / 1000
  live.model = loadedModel('bench', NOW_MS, model, live.catalogue)
  for (let video = 1; video < live.catalogue.size; video++) live.warmed.add(video)

  // First of all once for nothing: the board of the warmest, and code that is compiled.
  const pageOf = (viewer: number) => {
    const visit = live.visits.get(`account:${viewer}`) ?? visitFrom(rows, viewer)
    live.visits.set(`account:${viewer}`, visit)
    const asking = { nowMs: NOW_MS, visit, standing: NOBODY, topics: [], languages: ['en'] }
    return orderFor(live, asking, random).order.slice(0, PAGE)
  }
  const viewers = rows.offsets.length - 1
  for (let count = 0; count < 300; count++) pageOf(Math.floor(random() * viewers))

  // Open loop: a page that is late makes the next one wait, and the wait counts.
  const waits: number[] = []
  const busy: number[] = []
  const startMs = performance.now()
  for (let page = 0; page < 20 * PAGES_PER_SECOND; page++) {
    const dueMs = startMs + (page * 1000) / PAGES_PER_SECOND
    while (performance.now() < dueMs) await new Promise((resolve) => setImmediate(resolve))
    const beganMs = performance.now()
    pageOf(Math.floor(random() * viewers))
    waits.push(performance.now() - dueMs)
    busy.push(performance.now() - beganMs)
  }

  const before = pageOf(7).map(({ video }) => video)
  const reactMs = performance.now()
  takeWatch(live, 'account:7', videoIds[before[0]! - 1]!, 1, NOW_MS)
  const after = pageOf(7).map(({ video }) => video)
  const reactedMs = performance.now() - reactMs
  const differs = after.join() !== before.join() && !after.includes(before[0]!)

  const updates = 200_000
  const updateMs = performance.now()
  for (let count = 0; count < updates; count++) {
    const viewer = `account:${Math.floor(random() * viewers)}`
    takeWatch(live, viewer, videoIds[popular(videoCount, random)]!, 1, NOW_MS)
  }
  const perSecond = updates / ((performance.now() - updateMs) / 1000)
  const figures = {
    page_p50_ms: percentile(waits, 0.5),
    page_p99_ms: percentile(waits, 0.99),
    page_busy_p99_ms: percentile(busy, 0.99),
    reaction_ms: reactedMs,
    page_differs: Number(differs),
    updates_per_s: perSecond,
    graph_training_s: trainSeconds,
    rss_mib: process.memoryUsage().rss / 2 ** 20,
  }
  return {
    figures,
    summary:
      `${videoCount} videos, ${rows.items.length} watches: a page ranked in ${figures.page_p50_ms.toFixed(1)} ms p50, ${figures.page_p99_ms.toFixed(1)} ms p99 ` +
      `at ${PAGES_PER_SECOND}/s on one core, reacting in ${reactedMs.toFixed(1)} ms, ${Math.round(perSecond)} watches/s taken in, ${figures.rss_mib.toFixed(0)} MiB`,
  }
}

function fill(catalogue: Catalogue, count: number, random: () => number): string[] {
  const videoIds: string[] = []
  for (let video = 0; video < count; video++) {
    const topic = topicOf(video)
    const videoId = `v${video.toString(36).padStart(10, '0')}`
    videoIds.push(videoId)
    catalogue.put(
      {
        videoId,
        channelId: `c${Math.floor(video / 20).toString(36)}`,
        category: TOPICS[topic % TOPICS.length]!,
        language: random() < 0.6 ? 'en' : 'de',
        tags: [`t${topic}`, `u${Math.floor(random() * 5000)}`, `w${Math.floor(random() * 50_000)}`],
        publishedMs: NOW_MS - Math.floor(random() * 1500) * DAY_MS,
        durationMs: 300_000,
        heat: 5000 / (1 + rankOf(video, count)) ** 0.8,
        likes: 10,
        dislikes: 1,
      },
      NOW_MS,
    )
  }
  return videoIds
}

/** Subjects finer than categories: two hundred of them, every video in one. */
function topicOf(video: number): number {
  return video % 200
}

/** Popularity has nothing to do with age here: places are scattered over the numbers. */
function rankOf(video: number, count: number): number {
  return (video * 7919) % count
}

/** A video by its popularity: the chance of a place falls with its power of about one, as on the trending lists of real sites. */
function popular(count: number, random: () => number): number {
  const rank = Math.floor(count ** random()) - 1
  return inverse(Math.min(rank, count - 1), count)
}

const inverses = new Map<number, number>()

/** The video at a place: 7919 turned round modulo the count. */
function inverse(rank: number, count: number): number {
  let factor = inverses.get(count)
  if (factor === undefined) {
    let [older, newer, a, b] = [0, 1, count, 7919 % count]
    while (b > 0) {
      const times = Math.floor(a / b)
      ;[older, newer] = [newer, older - times * newer]
      ;[a, b] = [b, a - times * b]
    }
    factor = ((older % count) + count) % count
    inverses.set(count, factor)
  }
  return Number((BigInt(rank) * BigInt(factor)) % BigInt(count))
}

/** Viewers keep to three subjects, but for one watch in five. */
function watchesOf(videoCount: number, watchCount: number, random: () => number): SparseRows {
  const viewers = Math.floor(watchCount / WATCHES_PER_VIEWER)
  const offsets = new Uint32Array(viewers + 1)
  const items = new Uint32Array(watchCount)
  let size = 0
  for (let viewer = 0; viewer < viewers; viewer++) {
    const own = [0, 1, 2].map(() => Math.floor(random() * 200))
    const seen = new Set<number>()
    for (let watch = 0; watch < WATCHES_PER_VIEWER; watch++) {
      let video = popular(videoCount, random)
      if (random() < 0.8) video = Math.min(videoCount - 1, video - (video % 200) + own[Math.floor(random() * 3)]!)
      if (seen.has(video)) continue
      seen.add(video)
      items[size++] = video
    }
    offsets[viewer + 1] = size
  }
  return { itemCount: videoCount, offsets, items: items.subarray(0, size) }
}

function visitFrom(rows: SparseRows, viewer: number) {
  const videos: number[] = []
  // Numbers in the catalogue begin at 1.
  for (let at = rows.offsets[viewer]!; at < rows.offsets[viewer + 1]!; at++) videos.push(rows.items[at]! + 1)
  return { ...newVisit(true), videos, shares: videos.map(() => 1) }
}

function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}
