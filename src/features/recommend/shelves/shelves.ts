/** The shelves beside a home page, and the topics above it. */
import type { HomePart, Shelf, Suggestion } from '../../../contract/recommend.ts'
import type { App } from '../../../platform/app.ts'
import type { Viewer } from '../../../platform/http/http.ts'
import type { Asking, Ranked } from '../gather/asking.ts'
import { ledFrom } from '../gather/sources.ts'
import { hotNow } from '../items/boards.ts'
import type { Live } from '../live.ts'
import * as rules from '../rules.ts'
import * as store from '../store.ts'
import type { Kept, Show } from './kept.ts'

type Topic = HomePart['topics'][number]

const SHELF = 12
const TOPIC_SHELVES = 2
const CHIPS = 12
/** So many of the warmest say which topics there are. */
const HOT = 300
/** Of the last watches, so many may be unfinished ones. */
const LATELY = 60

/** A shelf to be, with what may stand on it, and how few are too few. */
export interface Planned {
  shelf: Omit<Shelf, 'items'>
  kept: Kept[]
  least: number
}

/** What may stand on the shelves beside the first page, and topics to choose from. */
export async function planBeside(
  app: App,
  viewer: Viewer,
  memory: Live,
  asking: Asking,
  ranked: readonly Ranked[],
): Promise<{ planned: Planned[]; topics: Topic[] }> {
  const topics = topicsOf(memory, asking)
  const planned: Planned[] = []
  if (viewer.accountId !== undefined) {
    const rows = asking.read ?? (await store.listOfAccount(app, viewer.accountId, LATELY))
    planned.push({ shelf: { kind: 'unfinished' }, kept: unfinishedOf(memory, rows.slice(0, LATELY)), least: 1 })
    planned.push({ shelf: { kind: 'subscriptions' }, kept: newOfSubscriptions(memory, asking), least: 1 })
  }
  planned.push(...goingBack(memory, asking, ranked), ...ofTopics(memory, asking, ranked, topics))
  return { planned, topics }
}

/** The shelves with their cards; one that stands on a shelf, or on the page, is on no other. */
export function filledShelves(show: Show, planned: readonly Planned[], page: ReadonlySet<number>): Shelf[] {
  const shown = new Set(page)
  const shelves: Shelf[] = []
  for (const { shelf, kept, least } of planned) {
    const { items, videos } = firstOf(show, kept, shown)
    const why = items[0]?.why
    if (items.length < least || (shelf.kind === 'because' && why?.because !== 'watched')) continue
    for (const video of videos) shown.add(video)
    shelves.push({ ...shelf, ...(why?.because === 'watched' ? { title: why.title } : {}), items })
  }
  return shelves
}

/** As many as a shelf has room for, of those that are not shown yet. */
function firstOf(show: Show, kept: readonly Kept[], shown: ReadonlySet<number>) {
  const items: Suggestion[] = []
  const videos: number[] = []
  for (let at = 0; at < kept.length && items.length < SHELF; at++) {
    const it = kept[at]!
    const item = shown.has(it.video) ? undefined : show(it)
    if (!item) continue
    items.push(item)
    videos.push(it.video)
  }
  return { items, videos }
}

function unfinishedOf({ catalogue }: Live, rows: Awaited<ReturnType<typeof store.listOfAccount>>): Kept[] {
  return rows.flatMap((row): Kept[] => {
    const video = row.completed || row.position_ms < 10_000 ? undefined : catalogue.find(row.video_id)
    return video === undefined ? [] : [{ video, why: { because: 'unfinished', positionMs: row.position_ms } }]
  })
}

/** What goes with what was watched last, of what is ranked anyway: by what it leads to, and by its subject. */
function goingBack(memory: Live, asking: Asking, ranked: readonly Ranked[]): Planned[] {
  const last = asking.visit.videos[0]
  if (last === undefined) return []
  const { catalogue, followers, model } = memory
  const led = new Set(ledFrom(model, last))
  for (const video of followers.get(last)?.keys() ?? []) led.add(video)
  const tags = new Set(catalogue.rows.tagsOf(last))
  const first: Ranked[] = []
  const behind: Ranked[] = []
  for (const it of ranked) {
    if (led.has(it.video)) first.push(it)
    else if (catalogue.rows.hasTagOf(it.video, tags)) behind.push(it)
  }
  const byWorth = (one: Ranked, other: Ranked) => other.worth - one.worth
  const around = [...first.sort(byWorth), ...behind.sort(byWorth)].slice(0, 4 * SHELF)
  const kept = around.map(({ video }): Kept => ({ video, why: { because: 'watched', source: last } }))
  return [{ shelf: { kind: 'because' }, kept, least: 4 }]
}

/** Only topics that somebody chose or watches: a new viewer's page is mixed, and the topics stand above it. */
function ofTopics(memory: Live, asking: Asking, ranked: readonly Ranked[], topics: Topic[]): Planned[] {
  const { catalogue } = memory
  const watched = new Set(asking.visit.videos.slice(0, 20).map((video) => catalogue.topicOf(video)))
  const own = topics.filter((topic) => asking.topics.includes(topic) || watched.has(topic))
  return own.slice(0, TOPIC_SHELVES).map((topic) => {
    const number = catalogue.findTopic(topic)
    const ofTopic = ranked.filter((it) => it.topic === number).slice(0, 4 * SHELF)
    const kept = ofTopic.map(({ video }): Kept => ({ video, why: { because: 'topic', topic } }))
    return { shelf: { kind: 'topic', topic }, kept, least: 4 }
  })
}

function newOfSubscriptions({ catalogue }: Live, { standing, visit }: Asking): Kept[] {
  const seen = new Set(visit.videos)
  return standing.subscribed
    .flatMap((channelId) => catalogue.ofChannel(catalogue.findChannel(channelId) ?? 0, 4))
    .filter((video) => !seen.has(video) && !standing.notVideos.has(catalogue.idOf(video)))
    .sort((one, other) => catalogue.rows.publishedMsOf(other) - catalogue.rows.publishedMsOf(one))
    .slice(0, SHELF)
    .map((video) => ({ video, why: { because: 'subscribed' } }))
}

/** Topics that there are videos of: chosen and watched ones first, then those with most warm videos. */
function topicsOf(memory: Live, asking: Asking): Topic[] {
  const counts = new Map(warmTopics(memory, asking.nowMs))
  const add = (topic: string, by: number) => {
    const count = counts.get(topic)
    if (count !== undefined) counts.set(topic, count + by)
  }
  for (const topic of asking.topics) add(topic, 10_000)
  for (const [rank, video] of asking.visit.videos.slice(0, 20).entries())
    add(memory.catalogue.topicOf(video), 1000 * rules.fade(rank))
  const sorted = [...counts].sort((one, other) => other[1] - one[1]).map(([topic]) => topic as Topic)
  return sorted.filter((topic) => topic !== 'other').slice(0, CHIPS)
}

/** Counted once a second for all pages. */
const TOPICS_LIFE_MS = 1000
const countedTopics = new WeakMap<Live, { atMs: number; counts: Map<string, number> }>()

/** How many of the warmest videos each topic has. */
function warmTopics(memory: Live, nowMs: number): ReadonlyMap<string, number> {
  const known = countedTopics.get(memory)
  if (known && Math.abs(nowMs - known.atMs) < TOPICS_LIFE_MS) return known.counts
  const { catalogue } = memory
  const counts = new Map<string, number>()
  for (const video of hotNow(memory, nowMs).slice(0, HOT)) {
    if (!catalogue.rows.isOpen(video)) continue
    const topic = catalogue.topicOf(video)
    counts.set(topic, (counts.get(topic) ?? 0) + 1)
  }
  countedTopics.set(memory, { atMs: nowMs, counts })
  return counts
}
