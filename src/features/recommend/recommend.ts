/** Recommending: pages made for one viewer from everything that was watched, up to a moment ago, and what viewers say about them. */
import type { Shelf } from '../../contract/recommend.ts'
import { refuse } from '../../contract/refusals.ts'
import type { VideoCard } from '../../contract/videos.ts'
import { newId } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import type { Asked, Viewer } from '../../platform/http/http.ts'
import { metric } from '../../platform/meter.ts'
import { BetweenWork, watchForFlood } from '../../platform/steady-memory.ts'
import { visitorOf } from '../analytics/analytics.ts'
import { mayEdit, seeVideo } from '../videos/videos.ts'
import { runningExperiments } from './desk/desk.ts'
import type { Asking } from './gather/asking.ts'
import { orderFor, orderWithoutTrials, rankFor } from './gather/gather.ts'
import * as live from './live.ts'
import { trainModel } from './models.ts'
import { FEATURES_VERSION } from './ranker/features.ts'
import { hashOf } from './ranker/online.ts'
import { closePage, notePage as noteShownPage } from './ranker/shown.ts'
import { forgetPages } from './ranker/store.ts'
import { PAGES_LIFE_MS, trainRanker } from './ranker/training.ts'
import * as rules from './rules.ts'
import { filled, type Kept, showingTo } from './shelves/kept.ts'
import { featuresAt, keepRest, keptAt, type Listing, listingOf, listingWithout, restOf } from './shelves/listing.ts'
import { filledShelves, planBeside } from './shelves/shelves.ts'
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
export { addWish, chooseTopics, removeWish, removeWishes, resetTastes, tastes } from './desk/wishes.ts'
export { type Evaluation, evaluate } from './items/evaluation.ts'
export { historyFromLines, type LinesRead } from './items/history.ts'
export { keepShown, startKeeping } from './keeping.ts'
export { evaluateOwn, runTraining, serveVersion, trainModel } from './models.ts'
export { runRankerTraining, trainRanker } from './ranker/training.ts'
export { listModels } from './store.ts'
export { hearWatch } from './watches/heard.ts'

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

const pagesMade = new BetweenWork()

/** A page of home. The first one has shelves and topics beside it. An `after` that has faded begins anew. */
export async function home(app: App, viewer: Viewer, asked: HomeAsked, browserLanguages: string | undefined) {
  return pagesMade.during(() => makeHome(app, viewer, asked, browserLanguages))
}

async function makeHome(app: App, viewer: Viewer, asked: HomeAsked, browserLanguages: string | undefined) {
  const startMs = performance.now()
  const name = viewerName(viewer)
  const memory = await live.liveOf(app)
  const asking = await askingOf(app, viewer, memory, asked, browserLanguages)
  const rest = asked.after === undefined ? undefined : restOf(app, name, asked.after)
  const isLearnedFrom = !asked.unheard && !asking.standing.isPaused
  if (rest === undefined) {
    if (isLearnedFrom) asking.variant = await armVariant(app, name)
    closePage(memory.catalogue, memory.online, asking.visit.open, name)
  }
  const { listing, ranked } = rest
    ? { listing: notSeenSince(rest, asking.visit), ranked: [] }
    : await rankHome(app, viewer, memory, asking, isLearnedFrom)
  const isFirst = rest === undefined && asked.after === undefined && asked.topic === undefined
  const beside = isFirst ? await planBeside(app, viewer, memory, asking, ranked) : { planned: [], topics: [] }
  const show = showingTo(app, memory, asking.standing)
  const order = {
    count: listing.videos.length,
    at: (place: number) => keptAt(memory, listing, place),
    from: rest?.from ?? 0,
  }
  const { items, places, next: from } = filled(show, order, asked.limit)
  const firstPlace = rest?.firstPlace ?? 0
  const shown = places.map((place) => listing.videos[place]!)
  live.noteShown(asking.visit, shown, firstPlace)
  if (!asked.unheard) notePage(app, viewer, memory, asking, listing, places, { surface: 'home', firstPlace })
  const after =
    from >= order.count
      ? undefined
      : keepRest(app, { viewer: name, listing, from, firstPlace: firstPlace + items.length })
  const shelves = filledShelves(show, beside.planned, new Set(shown))
  app.meter.observe(pageSeconds, { surface: 'home' }, (performance.now() - startMs) / 1000)
  return { items, ...(after === undefined ? {} : { next: after }), shelves, topics: beside.topics }
}

/** What is left of a ranking, without what was watched since it was made; what stands before it stays, so that places do too. */
function notSeenSince({ listing, from }: { listing: Listing; from: number }, visit: live.Visit): Listing {
  const left = new Set(listing.videos.subarray(from))
  const seen = new Set(visit.videos.filter((video) => left.has(video)))
  return seen.size === 0 ? listing : listingWithout(listing, (video) => seen.has(video))
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

/** As many pages within a second leave so much behind that all of memory would be collected every few seconds, and nobody answered meanwhile. */
const PAGES_OF_A_FLOOD = 50
const notePages = watchForFlood(PAGES_OF_A_FLOOD)

async function askingOf(
  app: App,
  viewer: Viewer,
  memory: live.Live,
  asked: Pick<HomeAsked, 'topic' | 'topics' | 'languages' | 'country'>,
  browserLanguages: string | undefined,
): Promise<Asking> {
  const name = viewerName(viewer)
  notePages(1)
  const { visit, standing, read } = await live.knowAsker(app, memory, name)
  const chosen = asked.topics?.split(',').slice(0, 10) ?? []
  return {
    nowMs: app.clock.nowMs(),
    visit,
    ...(read ? { read } : {}),
    standing,
    viewer: hashOf(name),
    topics: [...standing.topics, ...chosen],
    languages: rules.languagesOf(asked.languages ?? browserLanguages),
    country: asked.country ?? '',
    only: asked.topic,
  }
}

/** The order of the whole page, with the reason of each. New uploads are tried out only on those who can be learned from. */
async function rankHome(app: App, viewer: Viewer, memory: live.Live, asking: Asking, isLearnedFrom: boolean) {
  const { order, trials } = isLearnedFrom ? orderFor(memory, asking, Math.random) : orderWithoutTrials(memory, asking)
  if (trials.size > 0) app.meter.count(trialsShown, {}, trials.size)
  const listing = listingOf(memory, asking.visit, order.slice(0, RANKED_KEPT), { trials })
  // What was seen longer ago than memory goes back is asked for by name.
  if (viewer.accountId === undefined || asking.visit.videos.length < rules.SEEN) return { listing, ranked: order }
  const idOf = (video: number) => memory.catalogue.idOf(video)
  const done = await store.completedAmong(app, viewer.accountId, Array.from(listing.videos, idOf))
  return { listing: listingWithout(listing, (video) => done.has(idOf(video))), ranked: order }
}

/** Remembers what was shown, for the ranking to learn from; not of those who keep no history. */
function notePage(
  app: App,
  viewer: Viewer,
  memory: live.Live,
  asking: Asking,
  listing: Listing,
  places: readonly number[],
  { surface, firstPlace }: Showing,
): void {
  if (asking.standing.isPaused) return
  // What stood behind a video that is not learned from would be learned at another place than it had.
  const noted = places.filter((place) => place < listing.learned)
  if (noted.length === 0) return
  const tried = noted.flatMap((place, at) => (listing.chances[place] === 0 ? [] : [at]))
  noteShownPage(memory.shown, {
    page_id: newId(),
    account_id: viewer.accountId ?? null,
    viewer_key: viewer.accountId === undefined ? viewer.viewerKey : null,
    surface,
    shown_at: app.clock.now(),
    first_place: firstPlace,
    video_ids: noted.map((place) => memory.catalogue.idOf(listing.videos[place]!)),
    features: Buffer.concat(noted.map((place) => featuresAt(listing, place))),
    features_version: FEATURES_VERSION,
    trial_places: tried,
    trial_chances: tried.map((at) => listing.chances[noted[at]!]!),
  })
}

/** The first cards of what home would suggest to an account, without a request, without trials and without those it is told to leave out. */
export async function suggestedTo(
  app: App,
  accountId: string,
  count: number,
  except: readonly string[],
): Promise<VideoCard[]> {
  const viewer: Viewer = { accountId, role: 'member', addressPrefix: '', viewerKey: '' }
  const memory = await live.liveOf(app)
  const asking = await askingOf(app, viewer, memory, {}, undefined)
  const order = rules.mixed(rankFor(memory, asking), 4 * count + except.length)
  const kept = order
    .map(({ video }): Kept => ({ video, why: { because: 'taste' } }))
    .filter(({ video }) => !except.includes(memory.catalogue.idOf(video)))
  const all = { count: kept.length, at: (place: number) => kept[place]!, from: 0 }
  const { items } = filled(showingTo(app, memory, asking.standing), all, count)
  return items.map(({ video }) => video)
}

type NextAsked = Pick<HomeAsked, 'limit' | 'unheard' | 'country'>

/** What to watch after a video. Refuses video_not_found. */
export async function upNext(
  app: App,
  viewer: Viewer,
  videoId: string,
  asked: NextAsked,
  languages: string | undefined,
) {
  return pagesMade.during(() => makeNext(app, viewer, videoId, asked, languages))
}

async function makeNext(
  app: App,
  viewer: Viewer,
  videoId: string,
  { limit, unheard, country }: NextAsked,
  languages: string | undefined,
) {
  const startMs = performance.now()
  const current = await seeVideo(app, viewer, videoId)
  const memory = await live.liveOf(app)
  const asking = await askingOf(app, viewer, memory, { country: country ?? '' }, current.language ?? languages)
  const from = memory.catalogue.find(videoId)
  const all = rankFor(memory, { ...asking, from })
  const pinned = await store.findPin(app, videoId)
  const [own, other] = [from, pinned === undefined ? undefined : memory.catalogue.find(pinned)]
  const order = rules
    .mixed(all, Math.min(2 * limit, all.length), 4)
    .filter(({ video }) => video !== own && video !== other)
  const listing = listingOf(memory, asking.visit, order, { next: from })
  const show = showingTo(app, memory, asking.standing)
  const pin = other === undefined ? undefined : show({ video: other, why: { because: 'pinned' } })
  const first = pin ? [pin] : []
  const listed = { count: order.length, at: (place: number) => keptAt(memory, listing, place), from: 0 }
  const { items: ranked, places } = filled(show, listed, limit - first.length)
  if (!unheard) notePage(app, viewer, memory, asking, listing, places, { surface: 'next', firstPlace: first.length })
  const items = [...first, ...ranked]
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
