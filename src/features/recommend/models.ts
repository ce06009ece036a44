/**
 * Models of items: made by a worker from everything that was watched, compared with the one that is served on days neither has seen,
 * kept as one blob each, and swapped whole. Going back to an earlier one is a change of one row.
 */
import { refuse } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import { MOST_PER_ROW } from '../../kit/item-graph.ts'
import { growing, type SparseRows } from '../../kit/sparse-rows.ts'
import type { App } from '../../platform/app.ts'
import { metric } from '../../platform/meter.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import type { Catalogue } from './catalogue.ts'
import { fromBytes, toBytes } from './items/bytes.ts'
import { type Evaluation, evaluate, judge, tryTower, tuneMix } from './items/evaluation.ts'
import { type History, watchesOf } from './items/history.ts'
import { type Model, makeModel, withTower } from './items/model.ts'
import { WORD_PLACES, wordsOf } from './items/words.ts'
import { modelServed } from './ranker/training.ts'
import { readAllSpoken } from './spoken/spoken.ts'
import * as store from './store.ts'

/** Makes a model anew, and serves it if it is no worse. */
export const trainModel = jobKind<Record<string, never>>({
  name: 'recommend.train',
  lane: 'bulk',
  maxAttempts: 3,
  maxCrashes: 2,
})

const trainSeconds = metric({
  kind: 'histogram',
  name: 'recommend_train_seconds',
  says: 'Time to make one model of suggestions.',
  labels: [],
  buckets: [0.1, 1, 10, 60, 300, 1800],
})
const modelQuality = metric({
  kind: 'gauge',
  name: 'recommend_model_quality',
  says: 'What the newest model reached on the last day: recall and NDCG among 20, coverage, and Gini coefficient of what it suggests.',
  labels: ['measure'],
})

const DAY_MS = 24 * 3_600_000
const WINDOW_MS = 180 * DAY_MS
const VIEWERS_PER_PAGE = 5000
const MOST_WATCHES = 20_000_000
const MODELS_KEPT = 5
const MOST_BLOB_BYTES = 2 ** 31
/** With fewer watches than this there is nothing to compare on, and the newer model is served. */
const COMPARABLE = 200
/** A model that foretells its last days so much worse than the served one foretold its own is kept but not served. */
const TOLERANCE = 0.7
/** The same where both are judged by the same days. */
const TOLERANCE_OF_SAME_DAYS = 0.95
/** Watches that a platform needs to tune its own mix. */
const TUNABLE = 5000
const VIDEOS_PER_PAGE = 5000
const MOST_VIDEOS = 4_000_000

/** A model in the numbers of this process's catalogue. */
export interface LoadedModel extends Model {
  version: string
  madeMs: number
  /** Number in the catalogue by number in the model; 0 for what is not there any more. */
  videoOf: Uint32Array
  /** The other way round; -1 for what is newer than the model. */
  numberOf(video: number): number
}

/** Everything that was watched lately, in bounded memory: the newest half a year, at most 20 million watches. */
export async function readHistory(app: App): Promise<History> {
  const since = new Date(app.clock.nowMs() - WINDOW_MS)
  const page = { members: VIEWERS_PER_PAGE, most: MOST_PER_ROW }
  const numbers = new Map<string, number>()
  const history: History = { videoIds: [], rows: [] }
  let count = 0
  for (const list of [store.listMemberWatches, store.listVisitWatches]) {
    for (let after = ''; count < MOST_WATCHES; ) {
      const rows = await list(app, since, after, page)
      let viewer = ''
      for (const row of rows) {
        if (row.viewer !== viewer) history.rows.push({ items: [], shares: [], atMs: [] })
        viewer = row.viewer
        if (row.video_id === null) continue
        let number = numbers.get(row.video_id)
        if (number === undefined) {
          number = history.videoIds.push(row.video_id) - 1
          numbers.set(row.video_id, number)
        }
        const last = history.rows.at(-1)!
        last.items.push(number)
        last.shares.push(row.share)
        last.atMs.push(row.at_ms)
        count++
      }
      if (viewer === '') break
      after = viewer
    }
  }
  return history
}

/** Words of these videos, and of all others that may be seen: those get numbers behind. */
async function readWords(app: App, videoIds: string[]): Promise<{ videoIds: string[]; words: SparseRows }> {
  const numbers = new Map(videoIds.map((videoId, at) => [videoId, at]))
  const all = [...videoIds]
  const rows: Uint32Array[] = []
  for (let after = ''; all.length < MOST_VIDEOS; ) {
    const page = await store.listSaid(app, after, VIDEOS_PER_PAGE)
    for (const row of page) {
      const number = numbers.get(row.video_id) ?? all.push(row.video_id) - 1
      rows[number] = wordsOf({
        title: row.title,
        description: row.description,
        tags: row.tags,
        channelId: row.channel_id,
        category: row.category,
        language: row.language ?? '',
        spoken: row.spoken,
      })
    }
    if (page.length < VIDEOS_PER_PAGE) break
    after = page.at(-1)!.video_id
  }
  const offsets = new Uint32Array(all.length + 1)
  const items = growing(Uint32Array)
  for (let at = 0; at < all.length; at++) {
    const own = rows[at]
    if (own) for (const place of own) items.push(place)
    offsets[at + 1] = offsets[at]! + (own?.length ?? 0)
  }
  return { videoIds: all, words: { itemCount: WORD_PLACES, offsets, items: items.end() } }
}

/** Replays what this platform has watched. */
export async function evaluateOwn(app: App): Promise<Evaluation> {
  const watched = await readHistory(app)
  const { videoIds, words } = await readWords(app, watched.videoIds)
  const history = { ...watched, videoIds }
  const rows = new Map((await store.listTags(app, history.videoIds)).map((row) => [row.video_id, row]))
  const facts = history.videoIds.map((videoId) => {
    const row = rows.get(videoId)
    return { tags: row?.tags ?? [], publishedMs: row?.published_at?.getTime() ?? 0 }
  })
  return evaluate(history, facts, words)
}

/** Trains, compares, keeps, and serves the new model unless it is worse than the served one on days that neither has seen. May run twice. */
export async function runTraining(app: App): Promise<void> {
  const startMs = performance.now()
  const watched = await readHistory(app)
  const nowMs = app.clock.nowMs()
  const watchCount = watched.rows.reduce((sum, row) => sum + row.items.length, 0)
  if (watchCount === 0) return
  await readAllSpoken(app)
  const { videoIds, words } = await readWords(app, watched.videoIds)
  const history = { ...watched, videoIds }
  const served = await readServed(app)
  // Judged by the last tenth of what was watched, on a model that has not seen it; then made from all.
  const times = Float64Array.from(history.rows.flatMap((row) => row.atMs)).sort()
  const figures: Record<string, number> = { watches: watchCount, videos: videoIds.length }
  let isWorse = false
  let trial: Model | undefined
  if (watchCount >= COMPARABLE) {
    const tenthMs = times[Math.floor(times.length * 0.9)]!
    // What was watched since the served model was made is new to both; where that is too little, the last tenth has to do.
    const servedMs = served?.row.made_at.getTime() ?? 0
    const isFair = servedMs >= tenthMs && watchCount - before(times, servedMs) >= COMPARABLE
    const cutMs = isFair ? servedMs : tenthMs
    trial = makeModel(videoIds, watchesOf(history, cutMs), { words, before: served?.model })
    if (watchCount >= TUNABLE) trial = tunedTo(trial, history, cutMs, figures)
    const { mix } = trial
    const reached = judge(trial, history, cutMs)
    const { recall, ndcg, coverage, gini } = reached
    Object.assign(figures, {
      recall,
      ndcg,
      coverage,
      gini,
      mix_vectors: mix.vectors,
      mix_head: mix.head,
      tower: Number(trial.tower.width > 0),
    })
    if (served && isFair) figures.ndcg_before = judge(served.model, history, cutMs).ndcg
    else if (served?.row.figures.ndcg !== undefined) figures.ndcg_before = served.row.figures.ndcg
    if (figures.ndcg_before !== undefined)
      isWorse = ndcg < figures.ndcg_before * (isFair ? TOLERANCE_OF_SAME_DAYS : TOLERANCE)
    for (const measure of ['recall', 'ndcg', 'coverage', 'gini'] as const) {
      app.meter.set(modelQuality, { measure }, reached[measure])
    }
  }
  // The one with everything in it goes on from where the one without the last days ended.
  const all = watchesOf(history, nowMs)
  const plain = makeModel(videoIds, all, {
    words,
    before: trial ?? served?.model,
    ...(trial ? { mix: trial.mix } : {}),
  })
  const model = trial && trial.tower.width > 0 ? withTower(plain, videoIds, all) : plain
  figures.seconds = (performance.now() - startMs) / 1000
  app.meter.observe(trainSeconds, {}, figures.seconds)
  // Somebody went back to the served one: what comes after it waits.
  const isServed = !isWorse && served?.row.held !== true
  const version = newId()
  const blobKey = `recommend/${version}`
  await app.blobs.put(blobKey, toBytes(model))
  await app.together(async (app) => {
    await store.insertModel(app, { version, kind: 'items', made_at: app.clock.now(), blob_key: blobKey, figures })
    if (!isServed) return
    await store.serveModel(app, version, 'training')
    await app.bus.publish(modelServed, { version })
  })
  app.log.info({ version, served: isServed, ...figures }, 'model of suggestions made')
  await forgetOld(app)
}

/** The same model with the mix, and with or without the tower, that foretell best what came after; says what both reached. */
function tunedTo(trial: Model, history: History, cutMs: number, figures: Record<string, number>): Model {
  const plain = tuneMix(trial, history, cutMs)
  const towered = withTower(trial, history.videoIds, watchesOf(history, cutMs))
  const tower = tryTower({ towered, plain }, history, cutMs)
  Object.assign(figures, { ndcg_folded: plain.ndcg, ndcg_tower: tower.ndcg })
  return tower.isBetter ? { ...towered, mix: tower.mix } : { ...trial, mix: plain.mix }
}

/** How many of the sorted times lie before this one. */
function before(times: Float64Array, untilMs: number): number {
  let count = 0
  while (count < times.length && times[count]! < untilMs) count++
  return count
}

/** The served model as it was made, in its own numbers. */
async function readServed(app: App): Promise<{ row: store.ModelRow; model: Model } | undefined> {
  const row = await store.servedModel(app, 'items')
  const bytes = row && (await app.blobs.read(row.blob_key, MOST_BLOB_BYTES))
  const model = bytes && fromBytes(bytes)
  return row && model && { row, model }
}

async function forgetOld(app: App): Promise<void> {
  const all = await store.listModels(app, 200)
  const ofKind = (kind: string) => all.filter((row) => !row.served && row.kind === kind).slice(MODELS_KEPT)
  const old = [...ofKind('items'), ...ofKind('ranker')]
  for (const row of old) {
    await store.deleteModel(app, row.version)
    await app.blobs.remove(row.blob_key)
  }
}

/** Serves another version that is still kept; one that is not the newest until somebody serves the newest. Refuses not_found. */
export async function serveVersion(app: App, version: string): Promise<void> {
  await app.together(async (app) => {
    if (!(await store.serveModel(app, version, 'hand'))) refuse('not_found', `there is no model ${version}`)
    await app.bus.publish(modelServed, { version })
  })
}

/** The model that is served, in the catalogue's numbers, `known` where it is still that one; undefined while there is none. */
export async function loadServed(
  app: App,
  catalogue: Catalogue,
  known?: LoadedModel,
): Promise<LoadedModel | undefined> {
  const row = await store.servedModel(app, 'items')
  if (row && known?.version === row.version) return known
  const bytes = row && (await app.blobs.read(row.blob_key, MOST_BLOB_BYTES))
  const model = bytes && fromBytes(bytes)
  return row && model && loadedModel(row.version, row.made_at.getTime(), model, catalogue)
}

/** A model in the numbers of a catalogue. */
export function loadedModel(version: string, madeMs: number, model: Model, catalogue: Catalogue): LoadedModel {
  const videoOf = Uint32Array.from(model.videoIds, (videoId) => catalogue.find(videoId) ?? 0)
  const numbers = new Int32Array(catalogue.size).fill(-1)
  for (const [number, video] of videoOf.entries()) if (video > 0) numbers[video] = number
  return { ...model, version, madeMs, videoOf, numberOf: (video) => numbers[video] ?? -1 }
}
