/** Recommending: pages made for one viewer from everything that was watched, up to a moment ago, and what viewers say about them. */
import assert from 'node:assert/strict'
import type { Shelf, Suggestion, Why } from '../../contract/recommend.ts'
import { refuse } from '../../contract/refusals.ts'
import type { VideoCard } from '../../contract/videos.ts'
import { newId } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import type { Asked, Viewer } from '../../platform/http/http.ts'
import { metric } from '../../platform/meter.ts'
import { visitorOf } from '../analytics/analytics.ts'
import { mayEdit, seeVideo } from '../videos/videos.ts'
import { runningExperiments } from './desk/desk.ts'
import { type Asking, featuresOf, type Ranked } from './gather/asking.ts'
import { orderFor, rankFor } from './gather/gather.ts'
import { sourcesOf } from './gather/sources.ts'
import * as live from './live.ts'
import { trainModel } from './models.ts'
import { FEATURE_COUNT, FEATURES_VERSION, packFeatures, unpackFeatures } from './ranker/features.ts'
import { hashOf } from './ranker/online.ts'
import { closePage, notePage as noteShownPage } from './ranker/shown.ts'
import { forgetPages } from './ranker/store.ts'
import { PAGES_LIFE_MS, trainRanker } from './ranker/training.ts'
import * as rules from './rules.ts'
import { cardsFor, filled, idsOf, type Kept } from './shelves/kept.ts'
import { filledShelves, likelyOf, planBeside } from './shelves/shelves.ts'
import * as store from './store.ts'

export {
  askDigests,
  beginExperiment,
  endExperiment,
  figuresOfPages,
  listExperiments,
  reportExperiment,
  sendDigests,
} from './desk/desk.ts'
export { addWish, chooseTopics, removeWish, resetTastes, tastes } from './desk/wishes.ts'
export { type Evaluation, evaluate } from './items/evaluation.ts'
export { historyFromLines } from './items/history.ts'
export { keepShown, startKeeping } from './keeping.ts'
export { evaluateOwn, runTraining, serveVersion, trainModel } from './models.ts'
export { hearWatch } from './ranker/heard.ts'
export { runRankerTraining, trainRanker } from './ranker/training.ts'
export { listModels } from './store.ts'

const pageSeconds = metric({
  kind: 'histogram',
  name: 'recommend_page_seconds',
  says: 'Time to make one page of suggestions, cards included.',
  labels: ['surface'],
  buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5],
})
const trialsShown = metric({
  kind: 'counter',
  name: 'recommend_trials_total',
  says: 'New videos that were shown to find out who likes them.',
  labels: [],
})

const DAY_MS = 24 * 3_600_000
/** Pages that follow the first are cut from the same ranking, so that nothing comes twice. */
const RANKED_KEPT = 192
const RANKED_LIFE_MS = 10 * 60_000
/** What stands further down than this is not learned from. */
const LEARNED_FROM = 96
const VISITS_LIFE_MS = 90 * DAY_MS

type Topic = NonNullable<Shelf['topic']>

/** What the ranking was asked of a page: its place on the whole page, and who may be learned from. */
interface Showing {
  surface: 'home' | 'next'
  firstPlace: number
}

export interface HomeAsked {
  after?: string | undefined
  limit: number
  topic?: Topic | undefined
  topics?: string | undefined
  languages?: string | undefined
  /** By a machine, or by somebody who asks not to be followed: nothing is learned from what is shown. */
  unheard?: boolean
  /** Two letters; empty where it is not known, or not to be used. */
  country?: string
}

/** Whether nothing may be learned from whoever asks, and where they are. */
export function askerOf(asked: Pick<Asked, 'headers' | 'address'>): { unheard: boolean; country: string } {
  const { device, doNotTrack, country } = visitorOf(asked)
  return { unheard: device === 'bot' || doNotTrack, country }
}

function viewerName(viewer: Viewer): string {
  return viewer.accountId === undefined ? `viewer:${viewer.viewerKey}` : `account:${viewer.accountId}`
}

/** A page of home. The first one has shelves and topics beside it. An `after` that has faded begins anew. */
export async function home(app: App, viewer: Viewer, asked: HomeAsked, browserLanguages: string | undefined) {
  const startMs = performance.now()
  const kept = await keptPage(app, viewer, asked.after)
  const memory = await live.liveOf(app)
  const asking = await askingOf(app, viewer, memory, asked, browserLanguages)
  if (kept === undefined) {
    asking.variant = await armVariant(app, viewerName(viewer))
    closePage(memory.catalogue, memory.online, asking.visit.open, viewerName(viewer))
  }
  const { order, ranked } = kept ? { order: kept.rest, ranked: [] } : await rankHome(app, viewer, memory, asking)
  const isFirst = kept === undefined && asked.after === undefined && asked.topic === undefined
  const beside = isFirst ? await planBeside(app, viewer, memory, asking, ranked) : { planned: [], topics: [] }
  const read = cardsFor(app, viewer)
  const top = order.slice(0, asked.limit)
  // One question for nearly all cards of the answer.
  await read(idsOf([...top, ...likelyOf(beside.planned, new Set(top.map(({ id }) => id)))]))
  const { items, rest } = await filled(read, asking.standing, order, asked.limit)
  const firstPlace = kept?.firstPlace ?? 0
  live.noteShown(
    asking.visit,
    items.map(({ video }) => memory.catalogue.find(video.id) ?? 0),
    firstPlace,
  )
  if (!asked.unheard) notePage(app, viewer, memory, asking, order, items, { surface: 'home', firstPlace })
  const next = rest.length === 0 ? undefined : await keepPage(app, viewer, rest, firstPlace + items.length)
  const shown = new Set(items.map(({ video }) => video.id))
  const shelves: Shelf[] = await filledShelves(read, asking.standing, beside.planned, shown)
  app.meter.observe(pageSeconds, { surface: 'home' }, (performance.now() - startMs) / 1000)
  return { items, ...(next === undefined ? {} : { next }), shelves, topics: beside.topics }
}

/** The way of the arm this viewer falls into, where experiments run; that it was shown is kept. */
async function armVariant(app: App, viewer: string): Promise<rules.Variant | undefined> {
  let variant: rules.Variant | undefined
  for (const { name, arms } of await runningExperiments(app)) {
    const arm = rules.armOf(name, viewer, arms)
    await store.addExposure(app, { experiment: name, viewer, arm, surface: 'home' })
    variant ??= rules.VARIANTS[arm]
  }
  return variant
}

async function askingOf(
  app: App,
  viewer: Viewer,
  memory: live.Live,
  asked: Pick<HomeAsked, 'topic' | 'topics' | 'languages' | 'country'>,
  browserLanguages: string | undefined,
): Promise<Asking> {
  const [{ visit, read }, standing] = await Promise.all([
    live.wholeVisit(app, memory, viewerName(viewer)),
    live.standingOf(app, memory, viewer.accountId),
  ])
  const chosen = asked.topics?.split(',').slice(0, 10) ?? []
  return {
    nowMs: app.clock.nowMs(),
    visit,
    ...(read ? { read } : {}),
    standing,
    viewer: hashOf(viewerName(viewer)),
    topics: [...standing.topics, ...chosen],
    languages: rules.languagesOf(asked.languages ?? browserLanguages),
    country: asked.country ?? '',
    only: asked.topic,
  }
}

/** The order of the whole page, with the reason of each. */
async function rankHome(app: App, viewer: Viewer, memory: live.Live, asking: Asking) {
  const { order, trials } = orderFor(memory, asking, Math.random)
  if (trials.size > 0) app.meter.count(trialsShown, {}, trials.size)
  const listed = order.slice(0, RANKED_KEPT)
  const ids = listed.map(({ video }) => memory.catalogue.idOf(video))
  // What was seen longer ago than memory goes back is asked for by name.
  const done =
    viewer.accountId !== undefined && asking.visit.videos.length >= rules.SEEN
      ? await store.completedAmong(app, viewer.accountId, ids)
      : new Set<string>()
  const sources = sourcesOf(memory, asking.visit, ledTo(listed))
  const kept = listed.flatMap((it, at): Kept[] => {
    if (done.has(ids[at]!)) return []
    const row = at < LEARNED_FROM ? { row: featuresOf(it) } : {}
    const chance = trials.get(it.video)
    if (chance !== undefined) return [{ id: ids[at]!, why: { because: 'new' }, chance, ...row }]
    return [{ id: ids[at]!, why: whyOf(memory, sources, it), ...row }]
  })
  return { order: kept, ranked: order }
}

/** What is on the page for something that was watched: its videos. */
function ledTo(listed: readonly Ranked[]): number[] {
  return listed.flatMap(({ video, rows, base }) => {
    const reason = rules.mainReason(rows, base)
    return reason === 'together' || reason === 'following' ? [video] : []
  })
}

/** `sources` says of each video what it follows from most strongly. */
function whyOf({ catalogue }: live.Live, sources: Map<number, number>, { video, rows, base }: Ranked): Why {
  const reason = rules.mainReason(rows, base)
  if (reason === 'subscribed' || reason === 'channel' || reason === 'taste') return { because: reason }
  if (reason === 'topic') return { because: 'topic', topic: catalogue.topicOf(video) as Topic }
  if (reason === 'fresh') return { because: 'new' }
  if (reason !== 'together' && reason !== 'following') return { because: 'popular' }
  const source = sources.get(video)
  // The title is put in when cards are read: it may have changed, and the video may not be seen any more.
  return source === undefined
    ? { because: 'taste' }
    : { because: 'watched', videoId: catalogue.idOf(source), title: '' }
}

/** What comes after a page, as it is kept until somebody asks for it. */
interface StoredPage {
  rest: Kept[]
  firstPlace: number
}

/** Remembers what was shown, for the ranking to learn from; not of those who keep no history. */
function notePage(
  app: App,
  viewer: Viewer,
  memory: live.Live,
  asking: Asking,
  order: Kept[],
  items: Suggestion[],
  { surface, firstPlace }: Showing,
): void {
  if (asking.standing.isPaused) return
  const byId = new Map(order.map((it) => [it.id, it]))
  const known = items.map(({ video }) => byId.get(video.id))
  // What stood behind a video that is not learned from would be learned at another place than it had.
  const gap = known.findIndex((it) => it?.row === undefined)
  const listed = (gap < 0 ? known : known.slice(0, gap)) as (Kept & { row: Float32Array })[]
  if (listed.length === 0) return
  const features = Buffer.concat(listed.map((it) => packFeatures(it.row)))
  assert.equal(features.length, listed.length * FEATURE_COUNT * 2)
  const tried = listed.flatMap(({ chance }, at) => (chance === undefined ? [] : [{ at, chance }]))
  noteShownPage(memory.shown, {
    page_id: newId(),
    account_id: viewer.accountId ?? null,
    viewer_key: viewer.accountId === undefined ? viewer.viewerKey : null,
    surface,
    shown_at: app.clock.now(),
    first_place: firstPlace,
    video_ids: listed.map(({ id }) => id),
    features,
    features_version: FEATURES_VERSION,
    trial_places: tried.map(({ at }) => at),
    trial_chances: tried.map(({ chance }) => chance),
  })
}

async function keptPage(app: App, viewer: Viewer, after: string | undefined): Promise<StoredPage | undefined> {
  if (after === undefined) return undefined
  const found = await app.cache.get<StoredPage & { rows: string }>(`recommend:page:${viewerName(viewer)}:${after}`)
  if (!found) return undefined
  const rows = unpackFeatures(Buffer.from(found.rows, 'base64'))
  const rest = found.rest.map((it, at) => {
    const row = rows.subarray(at * FEATURE_COUNT, (at + 1) * FEATURE_COUNT)
    return row.length === 0 ? it : { ...it, row }
  })
  return { rest, firstPlace: found.firstPlace }
}

/** What was ranked by goes in one piece: a piece for each video would be most of what a page leaves behind. */
async function keepPage(app: App, viewer: Viewer, rest: Kept[], firstPlace: number): Promise<string> {
  const after = newId()
  const rows = Buffer.concat(rest.flatMap(({ row }) => (row === undefined ? [] : [packFeatures(row)]))).toString(
    'base64',
  )
  const bare = rest.map(({ row, ...it }) => it)
  await app.cache.set(`recommend:page:${viewerName(viewer)}:${after}`, { rest: bare, rows, firstPlace }, RANKED_LIFE_MS)
  return after
}

/** The first cards of what home would suggest to an account, without a request and without trials. */
export async function suggestedTo(app: App, accountId: string, count: number): Promise<VideoCard[]> {
  const viewer: Viewer = { accountId, role: 'member', addressPrefix: '', viewerKey: '' }
  const memory = await live.liveOf(app)
  const asking = await askingOf(app, viewer, memory, {}, undefined)
  const order = rules.mixed(rankFor(memory, asking), 4 * count)
  const kept = order.map(({ video }): Kept => ({ id: memory.catalogue.idOf(video), why: { because: 'taste' } }))
  const { items } = await filled(cardsFor(app, viewer), asking.standing, kept, count)
  return items.map(({ video }) => video)
}

/** What to watch after a video. Refuses video_not_found. */
export async function upNext(
  app: App,
  viewer: Viewer,
  videoId: string,
  { limit, unheard, country }: Pick<HomeAsked, 'limit' | 'unheard' | 'country'>,
  languages: string | undefined,
) {
  const startMs = performance.now()
  const current = await seeVideo(app, viewer, videoId)
  const memory = await live.liveOf(app)
  const asking = await askingOf(app, viewer, memory, { country: country ?? '' }, current.language ?? languages)
  const from = memory.catalogue.find(videoId)
  const all = rankFor(memory, { ...asking, from })
  const pinned = await store.findPin(app, videoId)
  const order = rules.mixed(all, Math.min(2 * limit, all.length), 4)
  const sources = sourcesOf(memory, asking.visit, ledTo(order))
  const kept = order.map((it): Kept => {
    const why = whyOf(memory, sources, it)
    return {
      row: featuresOf(it),
      id: memory.catalogue.idOf(it.video),
      why: why.because === 'watched' && why.videoId === videoId ? { because: 'taste' } : why,
    }
  })
  const first: Kept[] = pinned === undefined ? [] : [{ id: pinned, why: { because: 'pinned' } }]
  const rest = kept.filter(({ id }) => id !== pinned && id !== videoId)
  const { items } = await filled(cardsFor(app, viewer), asking.standing, [...first, ...rest], limit)
  const ranked = pinned === undefined ? items : items.filter(({ video }) => video.id !== pinned)
  if (!unheard)
    notePage(app, viewer, memory, asking, rest, ranked, { surface: 'next', firstPlace: items.length - ranked.length })
  app.meter.observe(pageSeconds, { surface: 'next' }, (performance.now() - startMs) / 1000)
  return { items }
}

/** Pins what follows a video; null takes the pin away. Refuses video_not_found, not_allowed, bad_request. */
export async function pinNext(app: App, viewer: Viewer, videoId: string, next: string | null): Promise<void> {
  const video = await seeVideo(app, viewer, videoId)
  if (!mayEdit(viewer, video)) return refuse('not_allowed')
  if (next === videoId) return refuse('bad_request', 'body.next: a video cannot follow itself')
  if (next !== null) await seeVideo(app, viewer, next)
  await store.setPin(app, videoId, next)
}

/** The history of an account became shorter, or it wants to hear of others than before: what is remembered of it is asked for anew. */
export async function forgetAccount(app: App, accountId: string): Promise<void> {
  await live.noteChanged(app, accountId)
}

/** The clock's task: asks for new models, and forgets visits and pages of long ago. */
export async function tidyRecommendations(app: App): Promise<void> {
  await app.queue.add(trainModel, {}, { key: 'all' })
  await app.queue.add(trainRanker, {}, { key: 'all' })
  const before = new Date(app.clock.nowMs() - VISITS_LIFE_MS)
  while ((await store.forgetVisits(app, before, 5000)) === 5000);
  const pagesBefore = new Date(app.clock.nowMs() - PAGES_LIFE_MS)
  while ((await forgetPages(app, pagesBefore, 5000)) === 5000);
}
