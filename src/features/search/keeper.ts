/**
 * Keeps the index of this process true: filled from the database when the first question comes (or at the start of the API),
 * and after every event about a video brought to what the database says then. What it holds can be lost at any moment: the
 * next process fills its own.
 */
import { refuse } from '../../contract/refusals.ts'
import type { SearchResults } from '../../contract/search.ts'
import type { VideoCard } from '../../contract/videos.ts'
import { newId } from '../../kit/ids.ts'
import { Lru } from '../../kit/lru.ts'
import { MAX_TEXT_BYTES, readCues } from '../../media/vtt.ts'
import type { App } from '../../platform/app.ts'
import { eventKind } from '../../platform/bus/bus.ts'
import { metric } from '../../platform/meter.ts'
import { videoChanged } from '../videos/videos.ts'
import type { SearchDocument, SearchEngine } from './engine/engine.ts'
import { memoryEngine } from './engine/memory-engine.ts'
import type { ReadText } from './engine/snippets.ts'
import { energyOf, HALF_LIVES, learnedFactor, looksPersonal, MIN_VIEWERS, watchedHours } from './rules.ts'
import * as store from './store.ts'

/** Every process that keeps an index builds it anew. */
export const rebuildWanted = eventKind<{ id: string }>('search.rebuild')
/** Shouted by each that has, with the id of the wish and how many documents it holds. */
export const REBUILT = 'search.rebuilt'
/** Told to oneself: once it is heard, nothing that commits from here on is missed. */
const listening = eventKind<{ id: string }>('search.listening')

const indexedDocuments = metric({
  kind: 'gauge',
  name: 'search_documents',
  says: 'Documents in the search index of this process.',
  labels: [],
})
const indexBytes = metric({
  kind: 'gauge',
  name: 'search_index_bytes',
  says: 'Memory of the search index of this process.',
  labels: [],
})
const indexLag = metric({
  kind: 'histogram',
  name: 'search_index_lag_seconds',
  says: 'From hearing of a change to finding it.',
  labels: [],
  buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
})

const PAGE = 2000
/** A question that comes while the index is being filled waits so long. */
const WAIT_MS = 5000
const HEAR_MS = 10_000
/** Changes that are brought in together. */
const BATCH = 500
const REFRESH_MS = 60_000
/** Of what is said, so many texts of a video are searched, and so many read at a time. */
const MOST_TEXTS = 4
const TEXTS_AT_ONCE = 8
const MOST_OUTCOMES = 200_000
const MOST_QUERIES = 100_000
/** What is shown is asked for anew after this long, should the word of a change have been lost; views may be that old. */
export const SHOWN_LIFE_MS = 60_000
/** Memory for what is shown, as estimated by `shownBytes`. */
const SHOWN_BYTES = 96 * 1024 * 1024

/** A result as it is shown to anybody, with its texts read. */
export interface Shown {
  card: VideoCard
  title: ReadText
  description: ReadText
}

/** About what an entry takes: a card, and for each token its places and two words, most of them parts of the text. */
export function shownBytes({ title, description }: Shown): number {
  return 1500 + 2 * description.text.length + 60 * (title.words.length + description.words.length)
}

export interface Keeper {
  readonly engine: SearchEngine
  readonly shown: Lru<Shown>
  readonly channels: Lru<SearchResults['channels'][number]>
  /** Ids whose cards are being waited for, brought together so that searches at the same time ask the database once. */
  wanted: { ids: Set<string>; load: Promise<Map<string, Shown>> } | undefined
  /** By folded query: factors of the videos that were watched after it. */
  learned: Map<string, Map<string, number>>
  /** Folded queries that others may be offered, in order, and how hot each is. */
  queries: { keys: string[]; heats: Map<string, number> }
  /** Resolves when everything that was in the database at the start can be found. */
  ready: Promise<void>
}

const keepers = new WeakMap<object, Keeper>()

/** The keeper of this process, opened now if there was none. */
export function keeperOf(app: App): Keeper {
  // The same object in every transaction of one app.
  const known = keepers.get(app.blobs)
  if (known) return known
  const opened = open(app)
  keepers.set(app.blobs, opened)
  return opened
}

/** The keeper, once it can answer. Refuses not_available_now when that takes longer than somebody should wait. */
export async function readyKeeper(app: App): Promise<Keeper> {
  const keeper = keeperOf(app)
  refreshSometimes(app, keeper)
  if (isReady.has(keeper)) return keeper
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), WAIT_MS)
  })
  const said = await Promise.race([keeper.ready.then(() => 'ready' as const), tooLong]).finally(() =>
    clearTimeout(timer),
  )
  return said === 'ready'
    ? keeper
    : refuse('not_available_now', 'the search index is being built', { 'retry-after': '2' })
}

const isReady = new WeakSet<Keeper>()
const refreshedAt = new WeakMap<Keeper, { ms: number; heats: Date }>()

function open(app: App): Keeper {
  const engine = memoryEngine()
  const keeper: Keeper = {
    engine,
    shown: new Lru(SHOWN_BYTES, () => performance.now()),
    channels: new Lru(5000, () => performance.now()),
    wanted: undefined,
    learned: new Map(),
    queries: { keys: [], heats: new Map() },
    ready: Promise.resolve(),
  }
  const dirty = new Map<string, { accountId: string; heardMs: number }>()
  let isWorking = false
  const workOff = () => {
    if (isWorking) return
    isWorking = true
    bringIn(app, keeper, dirty)
      .catch((error) => app.log.error({ error: String(error) }, 'search index gave up on changes'))
      .finally(() => {
        isWorking = false
        if (dirty.size > 0) workOff()
      })
  }
  app.bus.listen(videoChanged, ({ body }) => {
    keeper.shown.delete(body.videoId)
    dirty.set(body.videoId, { accountId: body.accountId, heardMs: performance.now() })
    workOff()
  })
  app.bus.listen(rebuildWanted, ({ body }) => {
    fill(app, keeper)
      .then((documents) => app.bus.shout(REBUILT, JSON.stringify({ id: body.id, documents })))
      .catch((error) => app.log.error({ error: String(error) }, 'search index not rebuilt'))
  })
  keeper.ready = begin(app, keeper)
  return keeper
}

/** Fills the index, and tries again until the database lets it. */
async function begin(app: App, keeper: Keeper): Promise<void> {
  for (let waitMs = 200; ; waitMs = Math.min(waitMs * 2, 5000)) {
    try {
      await untilHeard(app)
      await fill(app, keeper)
      isReady.add(keeper)
      return
    } catch (error) {
      app.log.warn({ error: String(error) }, 'search index not filled yet')
      await new Promise((resolve) => setTimeout(resolve, waitMs).unref())
    }
  }
}

/** Resolves once events are heard: what commits after that is in an event, what committed before it is in the tables. */
async function untilHeard(app: App): Promise<void> {
  const id = newId()
  let timer: NodeJS.Timeout | undefined
  let stop = () => {}
  const heard = new Promise<void>((resolve, reject) => {
    stop = app.bus.listen(listening, ({ body }) => {
      if (body.id === id) resolve()
    })
    timer = setTimeout(() => reject(new Error('events are not heard')), HEAR_MS)
  })
  try {
    await Promise.all([app.bus.publish(listening, { id }), heard])
  } finally {
    clearTimeout(timer)
    stop()
  }
}

/** Builds the index from the tables, a page at a time, while an older one goes on answering. */
async function fill(app: App, keeper: Keeper): Promise<number> {
  const startMs = performance.now()
  await keeper.engine.rebuild(everything(app))
  const { documents, bytes } = await keeper.engine.size()
  app.meter.set(indexedDocuments, {}, documents)
  app.meter.set(indexBytes, {}, bytes)
  app.log.info({ documents, bytes, tookMs: Math.round(performance.now() - startMs) }, 'search index filled')
  return documents
}

async function* everything(app: App): AsyncGenerator<SearchDocument[]> {
  const nowMs = app.clock.nowMs()
  for (let after = ''; ; ) {
    const rows = await store.pageForIndex(app, after, PAGE)
    if (rows.length > 0) yield await toDocuments(app, rows, nowMs)
    if (rows.length < PAGE) break
    after = rows.at(-1)!.video_id
  }
  for (let after = ''; ; ) {
    const rows = await store.pageOfChannels(app, after, PAGE)
    const full = rows.filter((row) => Number(row.video_count) > 0)
    if (full.length > 0) yield full.map(toChannelDocument)
    if (rows.length < PAGE) break
    after = rows.at(-1)!.channel_id
  }
}

/** Brings in what changed, until nothing is left: asked of the database now, so it does not matter in what order it was heard. */
async function bringIn(
  app: App,
  keeper: Keeper,
  dirty: Map<string, { accountId: string; heardMs: number }>,
): Promise<void> {
  for (let failures = 0; dirty.size > 0; ) {
    const batch = [...dirty].slice(0, BATCH)
    for (const [videoId] of batch) dirty.delete(videoId)
    try {
      const ids = batch.map(([videoId]) => videoId)
      const rows = await store.listForIndex(app, ids)
      const there = new Set(rows.map((row) => row.video_id))
      await keeper.engine.remove(
        'video',
        ids.filter((id) => !there.has(id)),
      )
      await keeper.engine.put(await toDocuments(app, rows, app.clock.nowMs()))
      for (const id of ids) keeper.shown.delete(id)
      await bringInChannels(app, keeper, {
        accountIds: [...new Set(batch.map(([, { accountId }]) => accountId))],
        channelIds: [...new Set(rows.map((row) => row.channel_id))],
      })
      for (const [, { heardMs }] of batch) app.meter.observe(indexLag, {}, (performance.now() - heardMs) / 1000)
      failures = 0
    } catch (error) {
      // The database is away or closing: what was heard stays to be done, as long as there is hope.
      if (++failures > 20) {
        dirty.clear()
        throw error
      }
      for (const [videoId, it] of batch) if (!dirty.has(videoId)) dirty.set(videoId, it)
      app.log.warn({ error: String(error) }, 'search index waits for the database')
      await new Promise((resolve) => setTimeout(resolve, 250 * failures).unref())
    }
  }
  app.meter.set(indexedDocuments, {}, (await keeper.engine.size()).documents)
}

async function bringInChannels(
  app: App,
  keeper: Keeper,
  of: { accountIds: string[]; channelIds: string[] },
): Promise<void> {
  const rows = await store.listChannels(app, of)
  for (const row of rows) keeper.channels.delete(row.channel_id)
  const [full, empty] = [
    rows.filter((row) => Number(row.video_count) > 0),
    rows.filter((row) => Number(row.video_count) === 0),
  ]
  await keeper.engine.put(full.map(toChannelDocument))
  await keeper.engine.remove(
    'channel',
    empty.map((row) => row.channel_id),
  )
}

async function toDocuments(app: App, rows: readonly store.IndexRow[], nowMs: number): Promise<SearchDocument[]> {
  const texts = await store.listTexts(
    app,
    rows.map((row) => row.video_id),
  )
  const spoken = new Map<string, NonNullable<SearchDocument['captions']>[number][]>()
  for (let from = 0; from < texts.length; from += TEXTS_AT_ONCE) {
    const some = texts.slice(from, from + TEXTS_AT_ONCE)
    const read = await Promise.all(some.map((text) => readSpoken(app, text.video_id, text.text_id)))
    for (const [index, { video_id: id, language }] of some.entries()) {
      const known = spoken.get(id) ?? []
      if (known.length < MOST_TEXTS) spoken.set(id, [...known, { language, cues: read[index]! }])
    }
  }
  return rows.map((row) => {
    const captions = spoken.get(row.video_id)
    return { ...toDocument(row, nowMs), ...(captions ? { captions } : {}) }
  })
}

/** The cues of a text, without marks of speakers and styles. One that is being replaced right now reads as empty; its event is on the way. */
async function readSpoken(app: App, videoId: string, textId: string): Promise<{ startMs: number; text: string }[]> {
  const bytes = await app.blobs.read(`videos/${videoId}/captions/${textId}.vtt`, MAX_TEXT_BYTES)
  const cues = bytes ? (readCues(bytes.toString('utf8')) ?? []) : []
  return cues.map(({ startMs, text }) => ({ startMs, text: text.replace(/<[^>]*>/g, ' ') }))
}

function toDocument(row: store.IndexRow, nowMs: number): SearchDocument {
  const durationMs = Number(row.duration_ms ?? 0)
  const lately = row.heat_14d === null ? 0 : energyOf(row.heat_14d, HALF_LIVES.heat_14d, nowMs)
  return {
    id: row.video_id,
    kind: 'video',
    title: row.title,
    description: row.description,
    tags: row.tags,
    channelId: row.channel_id,
    channel: `${row.channel_name} ${row.channel_handle}`,
    language: row.language ?? undefined,
    category: row.category,
    publishedMs: row.published_at.getTime(),
    durationMs,
    shortSide: Math.min(row.width ?? 0, row.height ?? 0),
    views: Number(row.views),
    watchedHours: watchedHours(lately, durationMs),
  }
}

function toChannelDocument(row: store.ChannelRow): SearchDocument {
  return {
    id: row.channel_id,
    kind: 'channel',
    title: row.name,
    description: row.description,
    tags: [row.handle],
    channelId: row.channel_id,
    channel: row.handle,
    publishedMs: row.created_at.getTime(),
    durationMs: 0,
    shortSide: 0,
    views: Number(row.video_count),
    watchedHours: 0,
  }
}

/** Priors, learned factors and queries change slowly: brought up to date by whoever asks, at most once a minute, beside the answer. */
function refreshSometimes(app: App, keeper: Keeper): void {
  const nowMs = performance.now()
  const last = refreshedAt.get(keeper)
  if (last && nowMs - last.ms < REFRESH_MS) return
  const heats = last?.heats ?? app.clock.now()
  refreshedAt.set(keeper, { ms: nowMs, heats })
  void keeper.ready
    .then(() => refresh(app, keeper, heats))
    .then((upTo) => refreshedAt.set(keeper, { ms: nowMs, heats: upTo }))
    .catch((error) => app.log.warn({ error: String(error) }, 'what searches taught was not read'))
}

/** Reads what searches taught and what became hot since; returns up to when. */
export async function refresh(app: App, keeper: Keeper, since: Date): Promise<Date> {
  const outcomes = await store.listOutcomes(app, MOST_OUTCOMES)
  const learned = new Map<string, Map<string, number>>()
  for (const { query_key: key, video_id: id, clicks, watches } of outcomes) {
    if (!learned.has(key)) learned.set(key, new Map())
    learned.get(key)!.set(id, learnedFactor(clicks, watches))
  }
  keeper.learned = learned
  const queries = (await store.listQueries(app, MIN_VIEWERS, MOST_QUERIES)).filter(
    (row) => !looksPersonal(row.query_key),
  )
  keeper.queries = {
    keys: queries.map((row) => row.query_key).sort(),
    heats: new Map(queries.map((row) => [row.query_key, row.heat])),
  }
  // A little again each time: rows become visible later than they were stamped.
  const rows = await store.listHeatsSince(app, new Date(since.getTime() - 30_000), 100_000)
  const nowMs = app.clock.nowMs()
  await keeper.engine.popularity(
    'video',
    rows.map((row) => ({
      id: row.video_id,
      views: Number(row.views),
      watchedHours: watchedHours(energyOf(row.heat_14d, HALF_LIVES.heat_14d, nowMs), Number(row.duration_ms ?? 0)),
    })),
  )
  return rows.at(-1)?.updated_at ?? since
}
