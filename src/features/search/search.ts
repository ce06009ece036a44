/** Search: finds public videos and channels, suggests how to go on, and learns from what was watched after. */
import { refuse } from '../../contract/refusals.ts'
import type { FoundVideo, SearchFilters, SearchResults, SearchSort, Suggestion } from '../../contract/search.ts'
import { channelRef } from '../../contract/shapes.ts'
import { newId } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { cardsOf } from '../videos/videos.ts'
import { normalKey } from './engine/analyse.ts'
import { type Hit, type Kind, MAX_DEPTH, type SearchAnswer, type SearchQuery } from './engine/engine.ts'
import { marksIn, passageOf, readText } from './engine/snippets.ts'
import * as gathered from './gather/store.ts'
import {
  type Keeper,
  keeperOf,
  REBUILT,
  readyKeeper,
  rebuildWanted,
  SHOWN_LIFE_MS,
  type Shown,
  shownBytes,
} from './keeper.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

export { settleClicks } from './learning.ts'
export { wantVectors } from './meaning/meaning.ts'
export { absorbMoved } from './trending.ts'

/** Channels and playlists beside the first results. */
const BESIDE = 3

export interface Asked extends SearchFilters {
  q: string
  sort: SearchSort
  after?: string | undefined
  limit: number
  facets: boolean
  explain: boolean
}

/** Begins to fill the index of this process, so that the first question does not have to wait for it. */
export function openSearch(app: App): void {
  keeperOf(app)
}

/**
 * Makes every process that has an index build it anew; the old one answers meanwhile. Tells how many documents each has then,
 * until none has been heard of for two seconds after the first, or `waitMs` are over.
 */
export async function rebuildSearch(app: App, waitMs: number, tell: (documents: number) => void): Promise<void> {
  const id = newId()
  const { promise: quiet, resolve } = Promise.withResolvers<void>()
  let timer = setTimeout(resolve, waitMs)
  const endMs = performance.now() + waitMs
  const stop = app.bus.hearShouts(REBUILT, (word) => {
    const said = JSON.parse(word) as { id: string; documents: number }
    if (said.id !== id) return
    tell(said.documents)
    clearTimeout(timer)
    timer = setTimeout(resolve, Math.max(0, Math.min(2000, endMs - performance.now())))
  })
  try {
    await app.bus.publish(rebuildWanted, { id })
    await quiet
  } finally {
    clearTimeout(timer)
    stop()
  }
}

/** One page of results. Refuses not_allowed to whoever wants explanations and is not staff. */
export async function search(app: App, viewer: Viewer, asked: Asked): Promise<SearchResults> {
  if (asked.explain && viewer.role !== 'admin' && viewer.role !== 'moderator') return refuse('not_allowed')
  const keeper = await readyKeeper(app)
  const query = await withNeighbours(keeper, toQuery(app, keeper, asked))
  const answer = await keeper.engine.search(query)
  const shown = await showHits(app, keeper, answer.hits)
  const hits = new Set(answer.marks)
  const items = answer.hits.flatMap((hit) => {
    const found = shown.get(hit.id)
    return found ? [toFound(hit, found, hits)] : []
  })
  const end = query.offset + query.limit
  const hasBeside = query.offset === 0 && asked.q !== '' && isUnfiltered(query)
  const hasMore = answer.total > end && end < MAX_DEPTH && answer.hits.length === query.limit
  return {
    items,
    ...(hasMore ? { next: String(end) } : {}),
    total: answer.total,
    strict: answer.strict,
    channels: hasBeside ? await findChannels(app, keeper, query) : [],
    playlists: hasBeside ? await findPlaylists(app, keeper, query) : [],
    ...(answer.didYouMean === undefined ? {} : { didYouMean: answer.didYouMean }),
    unknown: answer.unknown,
    ...(answer.facets ? { facets: answer.facets as SearchResults['facets'] } : {}),
  }
}

function toQuery(app: App, keeper: Keeper, asked: Asked): SearchQuery {
  const nowMs = app.clock.nowMs()
  const offset = Math.min(Number(asked.after ?? 0), MAX_DEPTH)
  return {
    kind: 'video',
    text: asked.q,
    filters: rules.toFilters(asked, nowMs),
    sort: asked.sort,
    offset,
    limit: Math.min(asked.limit, MAX_DEPTH - offset),
    facets: asked.facets,
    explain: asked.explain,
    expand: 'auto',
    nowMs,
    learned: keeper.learned.get(normalKey(asked.q)),
  }
}

/** What means alike stands beside what holds the words; in any other order than that of relevance it would have no place. */
async function withNeighbours({ meaning }: Keeper, query: SearchQuery): Promise<SearchQuery> {
  const text = normalKey(query.text)
  if (!meaning || text === '' || query.sort !== 'relevance') return query
  return { ...query, neighbours: await meaning.neighboursOf(text) }
}

function isUnfiltered({ filters, sort }: SearchQuery): boolean {
  return sort === 'relevance' && Object.keys(filters).length === 0
}

/** Of another kind the few that hold all words, best first. */
async function findBeside({ engine }: Keeper, query: SearchQuery, kind: Kind): Promise<string[]> {
  const { hits, strict } = await engine.search({
    ...query,
    kind,
    limit: BESIDE,
    facets: false,
    explain: false,
    expand: 'never',
    learned: undefined,
  })
  return strict ? hits.map(({ id }) => id) : []
}

async function findChannels(app: App, keeper: Keeper, query: SearchQuery): Promise<SearchResults['channels']> {
  const ids = await findBeside(keeper, query, 'channel')
  const missing = ids.filter((id) => keeper.channels.get(id) === undefined)
  const rows = missing.length === 0 ? [] : await gathered.listChannels(app, { accountIds: [], channelIds: missing })
  for (const row of rows) {
    const channel = { ...channelRef(row), videoCount: Number(row.video_count) }
    keeper.channels.set(channel.id, channel, { lifeMs: SHOWN_LIFE_MS })
  }
  return ids.flatMap((id) => {
    const channel = keeper.channels.get(id)
    return channel && channel.videoCount > 0 ? [channel] : []
  })
}

async function findPlaylists(app: App, keeper: Keeper, query: SearchQuery): Promise<SearchResults['playlists']> {
  const ids = await findBeside(keeper, query, 'playlist')
  const missing = ids.filter((id) => keeper.playlists.get(id) === undefined)
  if (missing.length > 0) await loadPlaylists(app, keeper, missing)
  const found = ids.flatMap((id) => keeper.playlists.get(id) ?? [])
  const firsts = await showHits(
    app,
    keeper,
    found.map(({ firstVideoId: id }) => ({ id, score: 0 })),
  )
  return found.map(({ playlist, firstVideoId }) => {
    const thumbnail = firsts.get(firstVideoId)?.card.thumbnail
    return { ...playlist, ...(thumbnail === undefined ? {} : { thumbnail }) }
  })
}

/** Counts what everybody may see of each; one with nothing of that is not shown. */
async function loadPlaylists(app: App, keeper: Keeper, ids: string[]): Promise<void> {
  const [rows, seen] = await Promise.all([gathered.listPlaylists(app, ids), gathered.listSeen(app, ids)])
  const seenOf = new Map(seen.map((row) => [row.playlist_id, row]))
  for (const row of rows) {
    const { count, first_video_id: firstVideoId } = seenOf.get(row.playlist_id) ?? {}
    if (firstVideoId === undefined) continue
    const playlist = { id: row.playlist_id, title: row.title, by: channelRef(row), videoCount: Number(count) }
    keeper.playlists.set(playlist.id, { playlist, firstVideoId }, { lifeMs: SHOWN_LIFE_MS })
  }
}

/** Anybody: what is kept for all is made for nobody in particular. */
const ANYBODY: Viewer = { accountId: undefined, role: 'anonymous', addressPrefix: '', viewerKey: '' }

/** What is shown of hits, from memory, else from the tables: hits that are no longer public fall out here. */
async function showHits(app: App, keeper: Keeper, hits: readonly Hit[]): Promise<Map<string, Shown>> {
  const shown = new Map<string, Shown>()
  const missing: string[] = []
  for (const { id } of hits) {
    const known = keeper.shown.get(id)
    if (known) shown.set(id, known)
    else missing.push(id)
  }
  if (missing.length === 0) return shown
  const loaded = await loadTogether(app, keeper, missing)
  for (const id of missing) {
    const found = loaded.get(id)
    if (found) shown.set(id, found)
  }
  return shown
}

/** Loads what is shown of these, together with what others want in the same turn. */
function loadTogether(app: App, keeper: Keeper, ids: readonly string[]): Promise<Map<string, Shown>> {
  if (keeper.wanted === undefined) {
    const all = new Set<string>()
    const load = new Promise((resolve) => setImmediate(resolve)).then(() => {
      keeper.wanted = undefined
      return loadShown(app, keeper, [...all])
    })
    keeper.wanted = { ids: all, load }
  }
  for (const id of ids) keeper.wanted.ids.add(id)
  return keeper.wanted.load
}

async function loadShown(app: App, keeper: Keeper, ids: string[]): Promise<Map<string, Shown>> {
  const [cards, descriptions] = await Promise.all([cardsOf(app, ANYBODY, ids), store.listDescriptions(app, ids)])
  const loaded = new Map<string, Shown>()
  for (const { video_id: id, description, language } of descriptions) {
    const card = cards.get(id)
    if (card?.privacy !== 'public' || card.state !== 'ready') continue
    const tag = language ?? undefined
    const it: Shown = { card, title: readText(card.title, tag), description: readText(description, tag) }
    keeper.shown.set(id, it, { size: shownBytes(it), lifeMs: SHOWN_LIFE_MS })
    loaded.set(id, it)
  }
  return loaded
}

function toFound(hit: Hit, { card, title, description }: Shown, hits: ReadonlySet<string>): FoundVideo {
  const snippet = hits.size === 0 ? undefined : passageOf(description, hits)
  return {
    video: card,
    titleMarks: hits.size === 0 ? [] : marksIn(title, hits),
    ...(snippet ? { snippet } : {}),
    ...(hit.momentMs === undefined ? {} : { momentMs: hit.momentMs }),
    ...(hit.explain ? { explain: { ...hit.explain, score: hit.score } } : {}),
  }
}

/** Ways to go on: own past searches first, then what others searched and watched, then titles. */
export async function suggest(app: App, viewer: Viewer, typed: string, limit: number): Promise<Suggestion[]> {
  const keeper = await readyKeeper(app)
  const key = normalKey(typed)
  const chosen = new Map<string, Suggestion>()
  const offer = (text: string, from: Suggestion['from']) => {
    const same = normalKey(text)
    if (chosen.size < limit && !chosen.has(same)) chosen.set(same, { text, from })
  }
  if (viewer.accountId !== undefined) {
    const own = (await store.listSearches(app, viewer.accountId, 200)).filter((row) => row.query_key.startsWith(key))
    for (const row of own.slice(0, key === '' ? limit : 3)) offer(row.query, 'history')
  }
  if (key === '') return [...chosen.values()]
  for (const query of hottest(keeper, key, limit)) if (await stillFinds(keeper, app, query)) offer(query, 'search')
  for (const text of await keeper.engine.suggest(typed.trimStart(), limit)) offer(text, 'title')
  return [...chosen.values()]
}

/** Of the queries that begin so the hottest. */
function hottest({ queries }: Keeper, key: string, limit: number): string[] {
  const { keys, heats } = queries
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  const found: string[] = []
  for (let at = low; at < keys.length && keys[at]!.startsWith(key) && found.length < 2000; at++) found.push(keys[at]!)
  return found.sort((a, b) => heats.get(b)! - heats.get(a)!).slice(0, limit)
}

/** Whether a query that others made still leads to something everybody may see: words of what was hidden since are not offered. */
async function stillFinds(keeper: Keeper, app: App, text: string): Promise<boolean> {
  const { total, strict }: SearchAnswer = await keeper.engine.search({
    kind: 'video',
    text: `${text} `,
    filters: {},
    sort: 'relevance',
    offset: 0,
    limit: 1,
    facets: false,
    explain: false,
    expand: 'never',
    nowMs: app.clock.nowMs(),
  })
  return total > 0 && strict
}

/** What there is to browse, from the index, and the commonest tags. */
export async function listTopics(app: App) {
  const keeper = await readyKeeper(app)
  const { facets } = await keeper.engine.search({
    kind: 'video',
    text: '',
    filters: {},
    sort: 'newest',
    offset: 0,
    limit: 1,
    facets: true,
    explain: false,
    expand: 'never',
    nowMs: app.clock.nowMs(),
  })
  const known = await app.cache.get<{ value: string; count: number }[]>('search:tags')
  const tags = known ?? (await store.countTags(app, 60))
  if (!known) await app.cache.set('search:tags', tags, 30_000)
  // A tag whose videos were hidden since the count is not shown.
  return { categories: facets?.category ?? [], languages: facets?.language ?? [], tags }
}
