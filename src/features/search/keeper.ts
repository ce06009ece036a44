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
import type { App } from '../../platform/app.ts'
import { eventKind } from '../../platform/bus/bus.ts'
import { metric } from '../../platform/meter.ts'
import type { SearchEngine } from './engine/engine.ts'
import { memoryEngine } from './engine/memory-engine.ts'
import { openSearchEngine } from './engine/opensearch/opensearch-engine.ts'
import type { ReadText } from './engine/snippets.ts'
import { everything } from './gather/documents.ts'
import { followChanges } from './gather/follow.ts'
import { type Meaning, openMeaning } from './meaning/meaning.ts'
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
/** A question that comes while the index is being filled waits so long. */
const WAIT_MS = 5000
const HEAR_MS = 10_000
const REFRESH_MS = 60_000
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

/** A playlist as it is shown; its picture is that of the first video that everybody may see. */
export interface ShownPlaylist {
  playlist: Omit<SearchResults['playlists'][number], 'thumbnail'>
  firstVideoId: string
}

/** About what an entry takes: a card, and for each token its places and two words, most of them parts of the text. */
export function shownBytes({ title, description }: Shown): number {
  return 1500 + 2 * description.text.length + 60 * (title.words.length + description.words.length)
}

export interface Keeper {
  readonly engine: SearchEngine
  /** Neighbours in meaning, where the settings name an encoder. */
  readonly meaning: Meaning | undefined
  readonly shown: Lru<Shown>
  readonly channels: Lru<SearchResults['channels'][number]>
  readonly playlists: Lru<ShownPlaylist>
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
  const engine = openEngine(app)
  const keeper: Keeper = {
    engine,
    meaning: openMeaning(app),
    shown: new Lru(SHOWN_BYTES, () => performance.now()),
    channels: new Lru(5000, () => performance.now()),
    playlists: new Lru(5000, () => performance.now()),
    wanted: undefined,
    learned: new Map(),
    queries: { keys: [], heats: new Map() },
    ready: Promise.resolve(),
  }
  followChanges(app, {
    engine,
    forget(kind, id) {
      if (kind === 'video') {
        keeper.shown.delete(id)
        // What is counted of playlists, and their first pictures.
        keeper.playlists.clear()
      } else keeper[kind === 'channel' ? 'channels' : 'playlists'].delete(id)
    },
    settled: async () => app.meter.set(indexedDocuments, {}, (await engine.size()).documents),
  })
  app.bus.listen(rebuildWanted, ({ body }) => {
    fill(app, keeper)
      .then((documents) => app.bus.shout(REBUILT, JSON.stringify({ id: body.id, documents })))
      .catch((error) => app.log.error({ error: String(error) }, 'search index not rebuilt'))
  })
  keeper.ready = begin(app, keeper)
  return keeper
}

function openEngine(app: App): SearchEngine {
  const address = app.config['search.engine']
  return address === '' ? memoryEngine() : openSearchEngine(address, app.config['search.engine_prefix'])
}

/** Fills the index, and tries again until the database lets it. */
async function begin(app: App, keeper: Keeper): Promise<void> {
  for (let waitMs = 200; ; waitMs = Math.min(waitMs * 2, 5000)) {
    try {
      await untilHeard(app)
      // One that others hold too is there already, unless this is the first process of all.
      const isShared = app.config['search.engine'] !== ''
      if (!isShared || (await keeper.engine.size()).documents === 0) await fill(app, keeper)
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
