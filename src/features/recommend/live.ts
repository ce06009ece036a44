/**
 * What this process remembers of what is going on: the catalogue, the served model, and what has been watched since, so that the next
 * page differs from the last one. All of it can be lost at any moment: PostgreSQL is the truth, and the next process reads it anew.
 */
import { newId } from '../../kit/ids.ts'
import { Lru } from '../../kit/lru.ts'
import type { App } from '../../platform/app.ts'
import { metric } from '../../platform/meter.ts'
import { Catalogue, HEAT_HALF_LIFE_MS } from './catalogue.ts'
import { type Boards, noBoards, warmIn } from './items/boards.ts'
import { allKnown, followChanges, saidIn, takeIn } from './items/intake.ts'
import { type Newcomers, noNewcomers, placeAnew, takeSaid } from './items/newcomers.ts'
import { type LoadedModel, loadServed } from './models.ts'
import { newOnline, type Online } from './ranker/online.ts'
import type { Ranker } from './ranker/ranker.ts'
import { learnTaken, type Shown } from './ranker/shown.ts'
import { loadRanker, modelServed } from './ranker/training.ts'
import * as rules from './rules.ts'
import { type Cards, noCards } from './shelves/cards.ts'
import * as store from './store.ts'
import { type Lately, warmCountries } from './warmth/countries.ts'
import { beginningOf, forgetSteps } from './watches/steps.ts'

const knownVideos = metric({
  kind: 'gauge',
  name: 'recommend_videos',
  says: 'Videos that this process may suggest.',
  labels: [],
})
const heardWatches = metric({
  kind: 'counter',
  name: 'recommend_watches_total',
  says: 'Watches that this process has learned from.',
  labels: [],
})

const HOUR_MS = 3_600_000
/** Watches read at the start that the served model may not know. */
const LATEST = 50_000
const LATEST_MS = 7 * 24 * HOUR_MS
const VISITS = 100_000
/** Who watches more in one visit is no person, and teaches nothing. */
const MOST_OF_ONE_VISIT = 300
/** What followed what, per video. */
const MOST_FOLLOWERS = 64
const STANDING_LIFE_MS = 30_000
const WATCHED = 'recommend.watched'
const CHANGED = 'recommend.changed'

/** What a viewer watched, last first. */
export interface Visit {
  videos: number[]
  shares: number[]
  /** How often each video stood on a page of this viewer without being watched; the newest last. */
  shown: Map<number, number>
  /** What stood on the last page and has not been watched yet: the place, and the logit it was expected with. */
  open: Map<number, number>
  /** Whether what the database knows is in it. */
  whole: boolean
  heard: number
}

/** What an account wants, does not want, and follows. */
export interface Standing {
  /** Keeps no history at the moment: nothing is learned from what this account does. */
  isPaused: boolean
  notVideos: Set<string>
  notChannels: Set<string>
  topics: string[]
  subscribed: string[]
}

export const NOBODY: Standing = {
  isPaused: false,
  notVideos: new Set(),
  notChannels: new Set(),
  topics: [],
  subscribed: [],
}

export interface Live extends Boards, Cards {
  catalogue: Catalogue
  model: LoadedModel | undefined
  /** Videos that the model does not know. */
  newcomers: Newcomers
  ranker: Ranker | undefined
  /** Learns from every outcome that this process sees. */
  online: Online
  shown: Shown
  visits: Lru<Visit>
  standings: Lru<Standing>
  /** What was watched after what since the model was made, and around it. */
  followers: Map<number, Map<number, number>>
  trials: Map<number, { shown: number; taken: number; newShown: number; newTaken: number }>
  /** Counts through what is on trial, so that each has its turn to be a candidate. */
  turn: number
  /** Words this process has shouted, known when they come back. */
  self: string
  ready: Promise<void>
  /** Resolves when every change that was heard so far is taken in. */
  settled(): Promise<void>
}

const lives = new WeakMap<object, Live>()

/** The memory of this process, once it is filled. */
export async function liveOf(app: App): Promise<Live> {
  // The same object in every transaction of one app.
  let live = lives.get(app.blobs)
  if (!live) {
    live = open(app)
    lives.set(app.blobs, live)
  }
  await live.ready
  return live
}

/** Without waiting, and only if this process keeps one: for watches, which are kept in the database anyway. */
export function liveIfOpen(app: App): Live | undefined {
  return lives.get(app.blobs)
}

/** A memory without anything in it. */
export function emptyLive(now: () => number): Live {
  return {
    catalogue: new Catalogue(),
    model: undefined,
    newcomers: noNewcomers(),
    ranker: undefined,
    online: newOnline(),
    shown: { pages: [], seen: 0 },
    visits: new Lru(VISITS, now),
    standings: new Lru(VISITS, now),
    followers: new Map(),
    ...noBoards(),
    ...noCards(),
    trials: new Map(),
    turn: 0,
    self: newId(),
    ready: Promise.resolve(),
    settled: async () => {},
  }
}

function open(app: App): Live {
  const live = emptyLive(() => app.clock.nowMs())

  live.settled = followChanges(app, live, () => app.meter.set(knownVideos, {}, live.catalogue.openCount))
  app.bus.listen(modelServed, () => {
    void loadModels(app, live).catch((error) =>
      app.log.error({ error: String(error) }, 'the model of suggestions was not loaded'),
    )
  })
  app.bus.hearShouts(WATCHED, (word) => {
    const { from, watches } = JSON.parse(word) as { from: string; watches: NotedWatch[] }
    if (from !== live.self) for (const watch of watches) hearOf(app, live, watch)
  })
  app.bus.hearShouts(CHANGED, (word) => {
    const [from, accountId] = word.split(' ')
    // Here it was forgotten at once, and by now there may be something new to remember.
    if (from !== live.self) forget(app, live, accountId!)
  })
  live.ready = fill(app, live).catch((error) => {
    // The next one who asks tries again.
    lives.delete(app.blobs)
    throw error
  })
  return live
}

async function fill(app: App, live: Live): Promise<void> {
  const nowMs = app.clock.nowMs()
  const since = new Date(nowMs - 3 * HEAT_HALF_LIFE_MS)
  const madeMs = (await store.servedModel(app, 'items'))?.made_at.getTime() ?? Number.POSITIVE_INFINITY
  // What changes from here on is heard of.
  await app.bus.catchUp()
  const lately: Lately[] = []
  for await (const row of allKnown(app, since)) {
    const video = takeIn(live, row, nowMs)
    if (row.recent > 0) lately.push({ videoId: row.video_id, video, count: row.recent })
    if (row.published_at.getTime() > madeMs) takeSaid(live.newcomers, undefined, video, saidIn(row))
  }
  await warmCountries(app, live, lately)
  await loadModels(app, live)
  const latest = await store.listLatest(app, new Date(nowMs - LATEST_MS), LATEST)
  for (const { viewer, video_id, share } of latest) {
    const video = live.catalogue.find(video_id)
    if (video !== undefined) follow(live, visitOf(live, viewer), video, share)
  }
  // Only the order of these watches was needed; who they were is asked when they come.
  live.visits = new Lru(VISITS, () => app.clock.nowMs())
  for (const trial of await store.listTrials(app, new Date(nowMs - rules.TRIAL_MS))) {
    const video = live.catalogue.find(trial.videoId)
    if (video !== undefined)
      live.trials.set(video, { shown: trial.shown, taken: trial.taken, newShown: 0, newTaken: 0 })
  }
  app.meter.set(knownVideos, {}, live.catalogue.openCount)
}

/** Takes in what is served now; what is served still is not read again. */
async function loadModels(app: App, live: Live): Promise<void> {
  const model = await loadServed(app, live.catalogue, live.model)
  const ranker = await loadRanker(app, live.ranker)
  live.model = model
  placeAnew(live.newcomers, model)
  // The worker's learner has seen what every process showed: it takes the place of this one's own.
  if (ranker !== live.ranker) live.online = ranker?.online ?? newOnline()
  live.ranker = ranker
}

/** A watch that says something; where it is known, with the country it came from. */
export interface NotedWatch {
  viewer: string
  videoId: string
  share: number
  country?: string | undefined
  /** It was counted before; since then this viewer began anew. */
  isAgain?: boolean
}

/** What one shout has room for. */
const IN_A_SHOUT = 20

/** Watches that say something: keeps them where nobody else does, and tells every process. */
export async function noteWatches(app: App, watches: readonly NotedWatch[]): Promise<void> {
  const visits = watches.filter(({ viewer }) => viewer.startsWith('viewer:'))
  await store.keepVisits(
    app,
    visits.map(({ viewer, videoId, share }) => ({ viewerKey: viewer.slice('viewer:'.length), videoId, share })),
  )
  const live = liveIfOpen(app)
  const all = watches.map(({ viewer, videoId, share, country, isAgain }) => ({
    ...{ viewer, videoId, share, country },
    ...(isAgain ? { isAgain } : {}),
  }))
  if (live) for (const watch of all) hearOf(app, live, watch)
  const told: Promise<void>[] = []
  for (let at = 0; at < all.length; at += IN_A_SHOUT)
    told.push(
      app.bus.shout(WATCHED, JSON.stringify({ from: live?.self ?? '', watches: all.slice(at, at + IN_A_SHOUT) })),
    )
  await Promise.all(told)
}

/** An account changed what it wants, or began anew: every process asks again. */
export async function noteChanged(app: App, accountId: string): Promise<void> {
  const live = liveIfOpen(app)
  if (live) forget(app, live, accountId)
  await app.bus.shout(CHANGED, `${live?.self ?? ''} ${accountId}`)
}

/** What it watches from now on is news again, even of a playback that was heard of before. */
function forget(app: App, live: Live, accountId: string): void {
  live.standings.delete(accountId)
  live.visits.delete(`account:${accountId}`)
  forgetSteps(app, `account:${accountId}`)
}

/** A viewer of whom nothing is known, or, if that is `whole`, who has watched nothing. */
export function newVisit(whole: boolean): Visit {
  return { videos: [], shares: [], shown: new Map(), open: new Map(), whole, heard: 0 }
}

const SHOWN_KEPT = 400

/** These stood on a page: what is passed over again and again makes room for something else. */
export function noteShown(visit: Visit, videos: readonly number[], firstPlace = 0): void {
  for (const [at, video] of videos.entries()) visit.open.set(video, firstPlace + at)
  for (const video of videos) {
    const times = visit.shown.get(video) ?? 0
    visit.shown.delete(video)
    visit.shown.set(video, times + 1)
  }
  for (const oldest of visit.shown.keys()) {
    if (visit.shown.size <= SHOWN_KEPT) break
    visit.shown.delete(oldest)
  }
}

function visitOf(live: Live, viewer: string): Visit {
  const known = live.visits.get(viewer)
  if (known) return known
  const visit: Visit = newVisit(false)
  live.visits.set(viewer, visit)
  return visit
}

function hearOf(app: App, live: Live, { viewer, videoId, share, country, isAgain }: NotedWatch): void {
  const video = live.catalogue.find(videoId)
  if (isAgain) {
    if (video !== undefined) putFirst(visitOf(live, viewer), video, share)
    return
  }
  app.meter.count(heardWatches, {})
  takeWatch(live, viewer, videoId, share, app.clock.nowMs(), country)
}

/** Learns from one watch. */
export function takeWatch(
  live: Live,
  viewer: string,
  videoId: string,
  share: number,
  nowMs: number,
  country = '',
): void {
  const video = live.catalogue.find(videoId)
  if (video === undefined) return
  const visit = visitOf(live, viewer)
  visit.heard++
  const isNews = visit.videos[0] !== video
  if (visit.heard <= MOST_OF_ONE_VISIT && isNews) {
    live.catalogue.warm(video, 1, nowMs)
    live.warmed.add(video)
    warmIn(live, country, video, nowMs)
    const trial = live.trials.get(video)
    if (trial) {
      trial.taken++
      trial.newTaken++
    }
  }
  if (visit.heard <= MOST_OF_ONE_VISIT && visit.open.delete(video))
    learnTaken(live.catalogue, live.online, viewer, video, share)
  follow(live, visit, video, share)
}

/** Puts a watch first in the visit, and counts what it came after. */
function follow(live: Live, visit: Visit, video: number, share: number): void {
  const before = visit.videos.slice(0, 4)
  if (!putFirst(visit, video, share) || visit.heard > MOST_OF_ONE_VISIT) return
  for (const [rank, other] of before.entries()) {
    count(live, other, video, 1 / (rank + 1))
    // Those who come from the other side may like it too, though less surely.
    count(live, video, other, 0.3 / (rank + 1))
  }
}

/** Whether it is the first watch of this video that is known. */
function putFirst(visit: Visit, video: number, share: number): boolean {
  const at = visit.videos.indexOf(video)
  if (at === 0) {
    visit.shares[0] = Math.max(visit.shares[0]!, share)
    return false
  }
  if (at > 0) {
    visit.videos.splice(at, 1)
    visit.shares.splice(at, 1)
  }
  visit.videos.unshift(video)
  visit.shares.unshift(share)
  if (visit.videos.length > rules.SEEN) {
    visit.videos.pop()
    visit.shares.pop()
  }
  return at < 0
}

function count(live: Live, from: number, to: number, by: number): void {
  const row = live.followers.get(from) ?? new Map<number, number>()
  live.followers.set(from, row)
  row.set(to, (row.get(to) ?? 0) + by)
  if (row.size <= MOST_FOLLOWERS) return
  let least = to
  for (const [other, sum] of row) if (other !== to && (least === to || sum < row.get(least)!)) least = other
  row.delete(least)
}

interface Asker {
  visit: Visit
  standing: Standing
  /** What the database said of the watches of an account, where it was asked just now. */
  read?: store.AccountWatch[]
}

/**
 * What this viewer watched, with what the database knows, and what they want and follow; of an account also what of its watches was asked
 * for just now. One question, with which it is also asked whether anything has changed that this process has not heard of: of that it hears
 * first, so that what was taken away before somebody asked stands on no page.
 */
export async function knowAsker(app: App, live: Live, viewer: string): Promise<Asker> {
  const { isBehind, ...asker } = await (viewer.startsWith('account:')
    ? askAccount(app, live, viewer.slice('account:'.length))
    : askVisit(app, live, viewer))
  if (isBehind) await app.bus.catchUp()
  await live.settled()
  return asker
}

async function askVisit(app: App, live: Live, viewer: string): Promise<Asker & { isBehind: boolean }> {
  const known = live.visits.get(viewer)
  if (known?.whole) return { visit: known, standing: NOBODY, isBehind: await store.isBehind(app) }
  const [rows, isBehind] = await Promise.all([
    store.listOfVisit(app, viewer.slice('viewer:'.length), rules.SEEN),
    store.isBehind(app),
  ])
  return { visit: wholeWith(live, viewer, rows), standing: NOBODY, isBehind }
}

async function askAccount(app: App, live: Live, accountId: string): Promise<Asker & { isBehind: boolean }> {
  const viewer = `account:${accountId}`
  const known = live.visits.get(viewer)
  const standing = live.standings.get(accountId)
  if (known?.whole && standing) return { visit: known, standing, isBehind: await store.isBehind(app) }
  const beginning = beginningOf(app, viewer)
  const asked = known?.whole
    ? { standing: await store.loadStanding(app, accountId, MOST_ASKED), watched: undefined }
    : await store.loadMember(app, accountId, { ...MOST_ASKED, watches: rules.SEEN })
  // What has changed since the question is asked for anew, before what it was is kept.
  if (beginningOf(app, viewer) !== beginning) return askAccount(app, live, accountId)
  const kept = keepStanding(live, accountId, asked.standing)
  const isBehind = asked.standing.is_behind
  if (!asked.watched) return { visit: known!, standing: kept, isBehind }
  return { visit: wholeWithWatches(live, viewer, asked.watched), standing: kept, read: asked.watched, isBehind }
}

function wholeWithWatches(live: Live, viewer: string, watched: readonly store.AccountWatch[]): Visit {
  const rows = watched.map((row) => ({
    video_id: row.video_id,
    share: row.completed ? 1 : rules.shareOf(row.watched_ms, Number.POSITIVE_INFINITY),
  }))
  return wholeWith(live, viewer, rows)
}

/** While it was asked more may have been watched: that stays first. */
function wholeWith(live: Live, viewer: string, rows: readonly { video_id: string; share: number }[]): Visit {
  const visit = visitOf(live, viewer)
  const seen = new Set(visit.videos)
  for (const { video_id, share } of rows) {
    const video = live.catalogue.find(video_id)
    if (video === undefined || seen.has(video)) continue
    visit.videos.push(video)
    visit.shares.push(share)
  }
  visit.whole = true
  return visit
}

const MOST_ASKED = { wishes: 5000, channels: 500 }

function keepStanding(live: Live, accountId: string, row: store.StandingRow): Standing {
  const of = (wanted: store.WishRow['kind']) =>
    row.wishes.flatMap(([kind, subject]) => (kind === wanted ? [subject] : []))
  const standing: Standing = {
    isPaused: row.is_paused,
    notVideos: new Set(of('not_video')),
    notChannels: new Set([...of('not_channel'), ...row.blocked]),
    topics: of('topic'),
    subscribed: row.subscribed,
  }
  live.standings.set(accountId, standing, { lifeMs: STANDING_LIFE_MS })
  return standing
}
