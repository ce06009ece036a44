/** The ranker of pages as a model: made by a worker from pages that were shown, compared with the served one, kept, and swapped whole. */
import { newId } from '../../../kit/ids.ts'
import type { App } from '../../../platform/app.ts'
import { eventKind } from '../../../platform/bus/bus.ts'
import { jobKind } from '../../../platform/queue/queue.ts'
import * as models from '../store.ts'
import { FEATURE_COUNT, FEATURES_VERSION, unpackFeatures } from './features.ts'
import { LEAST_TAKEN, learnRanker, MOST_EXAMPLES, type Outcome, type ShownPage } from './learning.ts'
import { hashOf } from './online.ts'
import { type Ranker, rankerFromBytes, rankerToBytes } from './ranker.ts'
import * as store from './store.ts'

/** Another version of a model is served from now on. */
export const modelServed = eventKind<{ version: string }>('recommend.served')

/** Makes a ranker from what pages showed, and serves it if it orders the newest ones no worse. */
export const trainRanker = jobKind<Record<string, never>>({
  name: 'recommend.train_ranker',
  lane: 'bulk',
  maxAttempts: 3,
  maxCrashes: 2,
})

const HOUR_MS = 3_600_000
/** Pages older than this are forgotten. */
export const PAGES_LIFE_MS = 28 * 24 * HOUR_MS
/** What happens so long after a page was shown is not laid to its account; younger pages are not learned from yet. */
const ATTRIBUTED_MS = 6 * HOUR_MS
const MOST_BLOB_BYTES = 2 ** 26
const PAGES_AT_ONCE = 1000
/** A ranker that orders the newest pages so much worse than the served one is kept and not served. */
const TOLERANCE = 0.98

/** Trains, compares, keeps and serves. Does nothing while too little has become of what was shown. May run twice. */
export async function runRankerTraining(app: App): Promise<void> {
  const startMs = performance.now()
  const pages = await readPages(app)
  const served = await loadRanker(app, undefined)
  const learned = learnRanker(pages, served)
  if (!learned) {
    app.log.info({ pages: pages.length, least: LEAST_TAKEN }, 'too little became of what was shown to learn from')
    return
  }
  const { ranker, figures } = learned
  figures.seconds = (performance.now() - startMs) / 1000
  const isWorse = figures.ndcg_before !== undefined && figures.ndcg < figures.ndcg_before * TOLERANCE
  const isServed = !isWorse && (await models.servedModel(app, 'ranker'))?.held !== true
  const version = newId()
  const blobKey = `recommend/${version}`
  await app.blobs.put(blobKey, rankerToBytes(ranker))
  await app.together(async (app) => {
    await models.insertModel(app, { version, kind: 'ranker', made_at: app.clock.now(), blob_key: blobKey, figures })
    if (!isServed) return
    await models.serveModel(app, version, 'training')
    await app.bus.publish(modelServed, { version })
  })
  app.log.info({ version, served: isServed, ...figures }, 'ranker of suggestions made')
}

/** The newest pages whose time is over, oldest first, with what became of them; bounded by their videos. */
async function readPages(app: App): Promise<ShownPage[]> {
  const nowMs = app.clock.nowMs()
  const until = new Date(nowMs - ATTRIBUTED_MS)
  const since = new Date(nowMs - PAGES_LIFE_MS)
  const pages: ShownPage[] = []
  let examples = 0
  // Newest first: the last page that showed a video before it was watched led to the watch, those before it did not.
  const led = new Set<string>()
  for (let before: store.PageWithOutcomes | undefined; examples < MOST_EXAMPLES; ) {
    const rows = await store.listPages(app, { since, until, before, version: FEATURES_VERSION, limit: PAGES_AT_ONCE })
    const facts = new Map(
      (await store.listFacts(app, [...new Set(rows.flatMap((row) => row.video_ids))])).map((row) => [
        row.video_id,
        row,
      ]),
    )
    for (const row of rows) {
      const page = pageOf(row, facts, led)
      pages.push(page)
      examples += page.outcomes.length
    }
    if (rows.length < PAGES_AT_ONCE) break
    before = rows.at(-1)
  }
  return pages.reverse()
}

function pageOf(row: store.PageWithOutcomes, facts: Map<string, store.FactsRow>, led: Set<string>): ShownPage {
  const name = row.account_id === null ? `viewer:${row.viewer_key}` : `account:${row.account_id}`
  const viewer = hashOf(name)
  const watches = new Map<string, (typeof row.watches)[number]>()
  for (const it of row.watches) {
    const key = `${name} ${it.video_id}`
    if (led.has(key)) continue
    led.add(key)
    watches.set(it.video_id, it)
  }
  const liked = new Set(row.liked)
  const dismissed = new Set(row.dismissed)
  const features = unpackFeatures(row.features)
  const videoIds = row.video_ids.slice(0, features.length / FEATURE_COUNT)
  return {
    atMs: row.shown_at.getTime(),
    isNext: row.surface === 'next',
    firstPlace: row.first_place,
    features,
    facts: videoIds.map((videoId) => {
      const it = facts.get(videoId)
      return {
        viewer,
        video: hashOf(videoId),
        channel: hashOf(it?.channel_id ?? ''),
        topic: hashOf(it?.category ?? ''),
        language: hashOf(it?.language?.split('-')[0] ?? ''),
        durationMs: Number(it?.duration_ms ?? 0),
      }
    }),
    outcomes: videoIds.map((videoId): Outcome => {
      const watch = watches.get(videoId)
      return {
        clicked: watch !== undefined,
        watchedMs: watch?.watched_ms ?? 0,
        share: watch?.share ?? 0,
        liked: liked.has(videoId),
        dismissed: dismissed.has(videoId),
      }
    }),
  }
}

/** The ranker that is served; `known` where it is still that one, undefined while there is none that this program can read. */
export async function loadRanker(app: App, known: (Ranker & { version?: string }) | undefined) {
  const row = await models.servedModel(app, 'ranker')
  if (!row) return undefined
  if (known?.version === row.version) return known
  const bytes = await app.blobs.read(row.blob_key, MOST_BLOB_BYTES)
  const ranker = bytes && rankerFromBytes(bytes)
  return ranker && { ...ranker, version: row.version }
}
