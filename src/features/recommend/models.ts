/**
 * Models: made by a worker from everything that was watched, compared with the one that is served on days neither has seen, kept as
 * one blob each, and swapped whole. Going back to an earlier one is a change of one row.
 */
import assert from 'node:assert/strict'
import { refuse } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import {
  affinity,
  FACTOR_SHAPE,
  type Factors,
  GRAPH_SHAPE,
  type ItemGraph,
  itemFactors,
  itemGraph,
  MOST_PER_ROW,
  spread,
  takeIn,
} from '../../kit/item-graph.ts'
import { type Quality, qualityOf, type Scorer } from '../../kit/ranking-quality.ts'
import { heaviest, type SparseRows } from '../../kit/sparse-rows.ts'
import type { App } from '../../platform/app.ts'
import { eventKind } from '../../platform/bus/bus.ts'
import { metric } from '../../platform/meter.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import type { Catalogue } from './catalogue.ts'
import { fade, MEMORY } from './rules.ts'
import * as store from './store.ts'

/** Another version is served from now on. */
export const modelServed = eventKind<{ version: string }>('recommend.served')

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
/** A watch of this long ago says half as much. */
const HALF_LIFE_MS = 30 * DAY_MS
const VIEWERS_PER_PAGE = 5000
const MOST_WATCHES = 20_000_000
const MODELS_KEPT = 5
const MOST_BLOB_BYTES = 2 ** 31
/** With fewer watches than this there is nothing to compare on, and the newer model is served. */
const COMPARABLE = 200
const DEPTH = 20
/** A model that foretells its last days so much worse than the served one foretold its own is kept but not served. */
const TOLERANCE = 0.7

export interface Model {
  videoIds: string[]
  graph: ItemGraph
  factors: Factors
}

/** A model in the numbers of this process's catalogue. */
export interface LoadedModel extends Model {
  version: string
  /** Number in the catalogue by number in the model; 0 for what is not there any more. */
  videoOf: Uint32Array
  /** The other way round; -1 for what is newer than the model. */
  numberOf(video: number): number
}

/** What was watched, as rows of numbers, with times. */
export interface History {
  videoIds: string[]
  rows: { items: number[]; shares: number[]; atMs: number[] }[]
}

/** Everything that was watched lately, in bounded memory: the newest half a year, at most 20 million watches. */
export async function readHistory(app: App): Promise<History> {
  const since = new Date(app.clock.nowMs() - WINDOW_MS)
  const numbers = new Map<string, number>()
  const history: History = { videoIds: [], rows: [] }
  let count = 0
  for (let after = ''; count < MOST_WATCHES; ) {
    const rows = await store.listWatches(app, since, after, VIEWERS_PER_PAGE)
    let viewer = ''
    for (const row of rows) {
      if (row.viewer !== viewer) history.rows.push({ items: [], shares: [], atMs: [] })
      viewer = row.viewer
      let number = numbers.get(row.video_id)
      if (number === undefined) {
        number = history.videoIds.push(row.video_id) - 1
        numbers.set(row.video_id, number)
      }
      const last = history.rows.at(-1)!
      last.items.push(number)
      last.shares.push(row.share)
      last.atMs.push(row.at.getTime())
    }
    if (viewer === '') break
    count += rows.length
    after = viewer
  }
  return history
}

/** The watches before `untilMs`, as the graphs take them: faded by age, raised by how much was watched. */
export function watchesOf(history: History, untilMs: number): SparseRows {
  const offsets = new Uint32Array(history.rows.length + 1)
  const items: number[] = []
  const weights: number[] = []
  for (const [row, it] of history.rows.entries()) {
    const first = Math.max(0, it.items.length - MOST_PER_ROW)
    for (let at = first; at < it.items.length; at++) {
      if (it.atMs[at]! >= untilMs) continue
      items.push(it.items[at]!)
      weights.push((0.25 + 0.75 * it.shares[at]!) * 2 ** (-(untilMs - it.atMs[at]!) / HALF_LIFE_MS))
    }
    offsets[row + 1] = items.length
  }
  return {
    itemCount: history.videoIds.length,
    offsets,
    items: Uint32Array.from(items),
    weights: Float32Array.from(weights),
  }
}

/** Numbers that a model may have in its graph and in each of its tables of vectors: half a gigabyte, and 64 MB each. */
const MOST_EDGES = 64_000_000
const MOST_VECTOR_NUMBERS = 16_000_000

/** A model of everything that was watched. The more videos there are, the fewer edges and directions each of them gets. */
export function makeModel(videoIds: string[], watches: SparseRows): Model {
  const count = Math.max(1, videoIds.length)
  const edges = Math.min(GRAPH_SHAPE.width, Math.floor(MOST_EDGES / count))
  // With few videos there are few directions worth the name.
  const directions = Math.min(FACTOR_SHAPE.width, Math.max(8, count >> 3), Math.floor(MOST_VECTOR_NUMBERS / count))
  return {
    videoIds,
    graph: itemGraph(watches, { ...GRAPH_SHAPE, width: edges }),
    factors: itemFactors(watches, { ...FACTOR_SHAPE, width: directions }),
  }
}

/**
 * Scores by graph and vectors together, each brought to the same scale: fills `scores` with what a viewer of these videos (last one
 * last) may like, and leaves 0 at what is not suggested and at what was watched.
 */
export function scoreWith(
  { graph, factors }: Pick<Model, 'graph' | 'factors'>,
  watched: ArrayLike<number>,
  shareOf: (at: number) => number,
  scores: Float32Array,
  touched: Uint32Array,
  mix = VECTOR_MIX,
): number {
  const vector = new Float32Array(factors.width)
  let count = 0
  for (let at = 0; at < watched.length; at++) {
    count = spread(graph, watched[at]!, shareOf(at), scores, touched, count)
    if (mix > 0) takeIn(factors, watched[at]!, shareOf(at), vector)
  }
  if (count > BLENDED) count = keepBest(scores, touched, count)
  if (mix > 0 && count > 0) blend(factors, vector, scores, touched.subarray(0, count), mix)
  for (let at = 0; at < watched.length; at++) scores[watched[at]!] = 0
  return count
}

/** How much the vectors say beside the graph; tuned on the validation file of the bench. */
export const VECTOR_MIX = 0.5

/** What the graph finds best is weighed by the vectors too; the rest would not come to the top, and would cost most of the time. */
const BLENDED = 2000

function keepBest(scores: Float32Array, touched: Uint32Array, count: number): number {
  const best = heaviest(scores, touched.subarray(0, count), BLENDED)
  const values = Float32Array.from(best, (item) => scores[item]!)
  for (let at = 0; at < count; at++) scores[touched[at]!] = 0
  for (const [at, item] of best.entries()) scores[item] = values[at]!
  touched.set(best)
  return best.length
}

function blend(factors: Factors, vector: Float32Array, scores: Float32Array, items: Uint32Array, mix: number): void {
  const own = new Float32Array(items.length)
  let ofGraph = 0
  let ofOwn = 0
  for (const [at, item] of items.entries()) {
    own[at] = affinity(factors, vector, item)
    ofGraph += scores[item]! ** 2
    ofOwn += own[at]! ** 2
  }
  const graphScale = 1 / (Math.sqrt(ofGraph / items.length) || 1)
  const ownScale = mix / (Math.sqrt(ofOwn / items.length) || 1)
  // Above 0, since 0 means that something is not suggested at all.
  let least = Number.POSITIVE_INFINITY
  for (const [at, item] of items.entries()) {
    scores[item] = scores[item]! * graphScale + own[at]! * ownScale
    least = Math.min(least, scores[item]!)
  }
  for (const item of items) scores[item]! += 1e-6 - Math.min(0, least)
}

/** What was watched before a moment and what came after it, viewer by viewer, in the numbers of the model. */
function cutAt(model: Model, history: History, fromMs: number): { before: number[][]; later: number[][] } {
  const number = new Map(model.videoIds.map((videoId, at) => [videoId, at]))
  const toModel = history.videoIds.map((videoId) => number.get(videoId) ?? -1)
  const before: number[][] = []
  const later: number[][] = []
  for (const { items, atMs } of history.rows) {
    const known = items.map((item) => toModel[item]!)
    const cut = atMs.findIndex((at) => at >= fromMs)
    const end = cut < 0 ? items.length : cut
    before.push(known.slice(0, end).filter((item) => item >= 0))
    later.push(before.at(-1)!.length === 0 ? [] : known.slice(end))
  }
  return { before, later }
}

/** How well a model foretells what was watched from `fromMs` on, by those who had watched something before. */
export function judge(model: Model, history: History, fromMs: number): Quality {
  const { before, later } = cutAt(model, history, fromMs)
  return qualityOf({ itemCount: model.videoIds.length, later, depth: DEPTH }, scorerOf(model, before))
}

function scorerOf(model: Model, before: number[][]): Scorer {
  const touched = new Uint32Array(model.videoIds.length)
  return (viewer, scores) => {
    // All that was watched is left out, and the last of it is what is gone by.
    const watched = before[viewer]!
    const recent = watched.slice(-MEMORY)
    scoreWith(model, recent, (at) => fade(recent.length - 1 - at), scores, touched)
    for (const item of watched) scores[item] = 0
  }
}

export interface Evaluation {
  watches: number
  videos: number
  viewers: number
  cutMs: number
  trainingSeconds: number
  /** By what is suggested from. `coldRecall` is the recall of videos with fewer than five watches before the cut. */
  methods: Record<string, Quality & { coldRecall: number }>
}

const COLD = 5

/**
 * Replays history: trains on the first nine tenths by time, asks for what the same viewers watched in the last tenth, over the full
 * catalogue, and holds it against popularity and, where tags are known, the newest videos with a tag in common.
 */
export function evaluate(history: History, facts?: { tags: readonly string[]; publishedMs: number }[]): Evaluation {
  const times = Float64Array.from(history.rows.flatMap((row) => row.atMs)).sort()
  const cutMs = times[Math.floor(times.length * 0.9)] ?? 0
  const startMs = performance.now()
  const watches = watchesOf(history, cutMs)
  const model = makeModel(history.videoIds, watches)
  const trainingSeconds = (performance.now() - startMs) / 1000
  const { before, later } = cutAt(model, history, cutMs)
  const counts = new Float32Array(history.videoIds.length)
  for (const item of watches.items) counts[item]!++
  const scorers: Record<string, Scorer> = {
    model: scorerOf(model, before),
    popularity: (viewer, scores) => {
      scores.set(counts)
      for (const item of before[viewer]!) scores[item] = 0
    },
    ...(facts ? { 'same tag, newest': newestOfTags(facts, before) } : {}),
  }
  const itemCount = history.videoIds.length
  const cold = later.map((items) => items.filter((item) => counts[item]! < COLD))
  const methods = Object.fromEntries(
    Object.entries(scorers).map(([name, scorer]) => [
      name,
      {
        ...qualityOf({ itemCount, later, depth: DEPTH }, scorer),
        coldRecall: qualityOf({ itemCount, later: cold, depth: DEPTH }, scorer).recall,
      },
    ]),
  )
  return { watches: times.length, videos: itemCount, viewers: history.rows.length, cutMs, trainingSeconds, methods }
}

function newestOfTags(facts: { tags: readonly string[]; publishedMs: number }[], before: number[][]): Scorer {
  const byTag = new Map<string, number[]>()
  for (const [item, { tags }] of facts.entries())
    for (const tag of tags) byTag.set(tag, [...(byTag.get(tag) ?? []), item])
  return (viewer, scores) => {
    const tags = new Set(before[viewer]!.slice(-MEMORY).flatMap((item) => facts[item]!.tags))
    for (const tag of tags) for (const item of byTag.get(tag) ?? []) scores[item] = facts[item]!.publishedMs / 1e6
    for (const item of before[viewer]!) scores[item] = 0
  }
}

/** The same for what this platform knows. */
export async function evaluateOwn(app: App): Promise<Evaluation> {
  const history = await readHistory(app)
  const rows = new Map((await store.listTags(app, history.videoIds)).map((row) => [row.video_id, row]))
  const facts = history.videoIds.map((videoId) => {
    const row = rows.get(videoId)
    return { tags: row?.tags ?? [], publishedMs: row?.published_at?.getTime() ?? 0 }
  })
  return evaluate(history, facts)
}

/** Lines of `user item [time]`, between spaces, tabs or commas; without times the order of the lines is that of time. */
export function historyFromLines(lines: Iterable<string>): History {
  const items = new Map<string, number>()
  const users = new Map<string, { items: number[]; shares: number[]; atMs: number[] }>()
  const seen = new Set<string>()
  let count = 0
  for (const line of lines) {
    const [user, item, time] = line.trim().split(/[\s,]+/)
    if (!user || !item || seen.has(`${user} ${item}`)) continue
    seen.add(`${user} ${item}`)
    const row = users.get(user) ?? { items: [], shares: [], atMs: [] }
    users.set(user, row)
    if (!items.has(item)) items.set(item, items.size)
    row.items.push(items.get(item)!)
    row.shares.push(1)
    row.atMs.push(time === undefined || Number.isNaN(Number(time)) ? count : Number(time))
    count++
  }
  const rows = [...users.values()].map((row) => {
    // A stable order: what happened at the same time stays as it stood in the file.
    const order = row.items.map((_, at) => at).sort((one, other) => row.atMs[one]! - row.atMs[other]!)
    const sorted = (values: number[]) => order.map((at) => values[at]!)
    return { items: sorted(row.items), shares: row.shares, atMs: sorted(row.atMs) }
  })
  return { videoIds: [...items.keys()], rows }
}

/** Trains, compares, keeps, and serves the new model unless it is clearly worse. May run twice. */
export async function runTraining(app: App): Promise<void> {
  const startMs = performance.now()
  const history = await readHistory(app)
  const nowMs = app.clock.nowMs()
  const watchCount = history.rows.reduce((sum, row) => sum + row.items.length, 0)
  if (watchCount === 0) return
  // Judged by the last tenth of what was watched, on a model that has not seen it; then made from all.
  const times = history.rows.flatMap((row) => row.atMs).sort((one, other) => one - other)
  const cutMs = times[Math.floor(times.length * 0.9)]!
  const figures: Record<string, number> = { watches: watchCount, videos: history.videoIds.length }
  let isWorse = false
  if (watchCount >= COMPARABLE) {
    const trial = judge(makeModel(history.videoIds, watchesOf(history, cutMs)), history, cutMs)
    Object.assign(figures, { recall: trial.recall, ndcg: trial.ndcg, coverage: trial.coverage, gini: trial.gini })
    const served = await store.servedModel(app)
    const before = served?.figures.ndcg
    if (before !== undefined) {
      figures.ndcg_before = before
      isWorse = trial.ndcg < before * TOLERANCE
    }
    for (const measure of ['recall', 'ndcg', 'coverage', 'gini'] as const) {
      app.meter.set(modelQuality, { measure }, trial[measure])
    }
  }
  const model = makeModel(history.videoIds, watchesOf(history, nowMs))
  figures.seconds = (performance.now() - startMs) / 1000
  app.meter.observe(trainSeconds, {}, figures.seconds)
  const version = newId()
  const blobKey = `recommend/${version}`
  await app.blobs.put(blobKey, toBytes(model))
  await app.together(async (app) => {
    await store.insertModel(app, { version, made_at: app.clock.now(), blob_key: blobKey, figures })
    if (isWorse) return
    await store.serveModel(app, version)
    await app.bus.publish(modelServed, { version })
  })
  app.log.info({ version, served: !isWorse, ...figures }, 'model of suggestions made')
  await forgetOld(app)
}

async function forgetOld(app: App): Promise<void> {
  const old = (await store.listModels(app, 100)).filter((row) => !row.served).slice(MODELS_KEPT)
  for (const row of old) {
    await store.deleteModel(app, row.version)
    await app.blobs.remove(row.blob_key)
  }
}

/** Serves another version that is still kept. Refuses not_found. */
export async function serveVersion(app: App, version: string): Promise<void> {
  await app.together(async (app) => {
    if (!(await store.serveModel(app, version))) refuse('not_found', `there is no model ${version}`)
    await app.bus.publish(modelServed, { version })
  })
}

/** The model that is served, in the catalogue's numbers; undefined while there is none. */
export async function loadServed(app: App, catalogue: Catalogue): Promise<LoadedModel | undefined> {
  const row = await store.servedModel(app)
  const bytes = row && (await app.blobs.read(row.blob_key, MOST_BLOB_BYTES))
  if (!row || !bytes) return undefined
  return loadedModel(row.version, fromBytes(bytes), catalogue)
}

/** A model in the numbers of a catalogue. */
export function loadedModel(version: string, model: Model, catalogue: Catalogue): LoadedModel {
  const videoOf = Uint32Array.from(model.videoIds, (videoId) => catalogue.find(videoId) ?? 0)
  const numbers = new Int32Array(catalogue.size).fill(-1)
  for (const [number, video] of videoOf.entries()) if (video > 0) numbers[video] = number
  return { ...model, version, videoOf, numberOf: (video) => numbers[video] ?? -1 }
}

const FORMAT = 1

/** A line of JSON that says what follows, then the arrays as they lie in memory (little-endian), each on a multiple of 8 bytes. */
export function toBytes({ videoIds, graph, factors }: Model): Buffer {
  const arrays = { offsets: graph.offsets, neighbours: graph.neighbours, weights: graph.weights, ...arraysOf(factors) }
  const sizes = Object.entries(arrays).map(([name, array]) => [name, array.length])
  const head = Buffer.from(JSON.stringify({ format: FORMAT, width: factors.width, sizes, videoIds }))
  const length = Buffer.alloc(8)
  length.writeUInt32LE(head.length)
  const parts: Uint8Array[] = [length, head, Buffer.alloc(-head.length & 7)]
  for (const array of Object.values(arrays)) {
    const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength)
    parts.push(bytes, Buffer.alloc(-bytes.length & 7))
  }
  return Buffer.concat(parts)
}

function arraysOf({ taken, given }: Factors) {
  return { taken, given }
}

export function fromBytes(bytes: Buffer): Model {
  const headBytes = bytes.readUInt32LE(0)
  const head = JSON.parse(bytes.toString('utf8', 8, 8 + headBytes)) as {
    format: number
    width: number
    sizes: [string, number][]
    videoIds: string[]
  }
  assert.equal(head.format, FORMAT, 'a model of another format')
  let at = 8 + headBytes + (-headBytes & 7)
  const read = new Map<string, ArrayBuffer>()
  for (const [name, length] of head.sizes) {
    // Copied, since the buffer may lie on any address.
    read.set(name, new Uint8Array(bytes.subarray(at, at + 4 * length)).buffer)
    at += 4 * length + (-(4 * length) & 7)
  }
  const of = (name: string) => read.get(name)!
  return {
    videoIds: head.videoIds,
    graph: {
      offsets: new Uint32Array(of('offsets')),
      neighbours: new Uint32Array(of('neighbours')),
      weights: new Float32Array(of('weights')),
    },
    factors: { width: head.width, taken: new Float32Array(of('taken')), given: new Float32Array(of('given')) },
  }
}
