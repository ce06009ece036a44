/**
 * From what is known of a viewer to a ranked list: candidates from many sides, signals of each, and the order. Reads memory only, in
 * a time that is bounded whatever was watched and however many videos there are.
 */
import type { Catalogue } from '../catalogue.ts'
import { hotFrom, hotIn, hotNow } from '../items/boards.ts'
import type { Live } from '../live.ts'
import * as rules from '../rules.ts'
import type { Asking, Ranked } from './asking.ts'
import { Candidates, SIGNAL_COUNT } from './candidates.ts'
import { fitsOf, type Profile, profileOf, top } from './profile.ts'
import { tellTogether } from './together.ts'
import { shortlist, weigh } from './weigh.ts'

const HOT_TAKEN = 120
const HOT_IN_LANGUAGE = 60
const HOT_NEAR = 60
const NEWEST_TAKEN = 50
/** Of the uploads on trial, so many in their turn: after some pages each has been a candidate. */
const TRIALS_TAKEN = 60

const candidates = new Candidates()

/** What may stand on a page of this viewer, not in order. Never what was seen, is not wanted, or may not be seen by all. */
export function rankFor(live: Live, asking: Asking): Ranked[] {
  return weigh(live, asking, candidates, gather(live, asking).best)
}

/** Places among the candidates. */
interface Gathered {
  /** What may stand on a page for what it is worth. */
  best: number[]
  /** What has its turn to be tried, some of it among the best. */
  onTrial: number[]
}

function gather(live: Live, asking: Asking): Gathered {
  const { catalogue } = live
  const { visit, from, nowMs } = asking
  const watched = from === undefined ? visit.videos : [from, ...visit.videos.filter((video) => video !== from)]
  const shares = from === undefined ? visit.shares : [3, ...visit.shares]
  const recent = watched.slice(0, rules.MEMORY)
  candidates.begin(barsOf(catalogue, asking, watched))
  tellTogether(live, candidates, recent, shares)
  const profile = profileOf(catalogue, asking.topics, recent, shares)
  const subscribed = numbersOf(asking.standing.subscribed, (id) => catalogue.findChannel(id))
  addAround(catalogue, profile, subscribed)
  const places = asking.languages.map((language) => catalogue.findLanguage(language))
  const languages = new Set(places.filter((language) => language !== undefined))
  const warmest = addWarm(live, asking, languages)
  const onTrial = addNew(live, nowMs)
  tellRest(catalogue, asking, { fitOf: fitsOf(catalogue, profile), subscribed, languages, ...warmest })
  return { best: shortlist(candidates, asking), onTrial }
}

function barsOf(catalogue: Catalogue, { standing, only }: Asking, watched: readonly number[]) {
  const unwanted = numbersOf(standing.notVideos, (id) => catalogue.find(id))
  return {
    catalogue,
    videos: unwanted.size === 0 ? watched : [...watched, ...unwanted],
    channels: numbersOf(standing.notChannels, (id) => catalogue.findChannel(id)),
    topic: only === undefined ? undefined : (catalogue.findTopic(only) ?? NO_TOPIC),
  }
}

/** No video is of it. */
const NO_TOPIC = -1

function numbersOf(words: Iterable<string>, find: (word: string) => number | undefined): Set<number> {
  const numbers = new Set<number>()
  for (const word of words) {
    const number = find(word)
    if (number !== undefined) numbers.add(number)
  }
  return numbers
}

/** What lies around the last watches by tag, topic and channel, and what the channels subscribed to have that is new. */
function addAround(catalogue: Catalogue, profile: Profile, subscribed: ReadonlySet<number>): void {
  for (const [tag] of top(profile.tags, 8)) candidates.addAll(catalogue.ofTag(tag, 40))
  for (const [topic] of top(profile.topics, 3)) candidates.addAll(catalogue.ofTopic(topic, 60))
  for (const [channel, value] of top(profile.channels, 8))
    for (const video of catalogue.ofChannel(channel, 10)) candidates.tell(video, rules.SIGNAL_AT.channel, value)
  for (const channel of subscribed) candidates.addAll(catalogue.ofChannel(channel, 5))
}

/** What is warm everywhere, in the viewer's languages and country, and, where one topic is asked for, in that. */
function addWarm(live: Live, asking: Asking, languages: ReadonlySet<number>) {
  const { catalogue } = live
  const { nowMs, only } = asking
  const hot = hotNow(live, nowMs)
  candidates.addAll(hot.slice(0, HOT_TAKEN))
  for (const language of languages) candidates.addAll(hotIn(live, language, nowMs).slice(0, HOT_IN_LANGUAGE))
  const near = new Map<number, number>()
  for (const { video, share } of hotFrom(live, asking.country ?? '', HOT_NEAR, nowMs)) {
    near.set(video, share)
    candidates.add(video)
  }
  const topic = only === undefined ? undefined : catalogue.findTopic(only)
  if (topic !== undefined) {
    candidates.addAll(catalogue.ofTopic(topic, 300))
    // Only what is of the topic is taken.
    candidates.addAll(hot)
  }
  return { near, hottest: Math.log1p(hot[0] === undefined ? 0 : catalogue.heatOf(hot[0], nowMs)) || 1 }
}

/** The newest, and of all that is on trial what has its turn. Where those on trial stand among the candidates. */
function addNew(live: Live, nowMs: number): number[] {
  const { catalogue } = live
  candidates.addAll(catalogue.newestOpen(NEWEST_TAKEN))
  const since = catalogue.firstSince(nowMs - rules.TRIAL_MS)
  const waiting = catalogue.newest.length - since
  const onTrial: number[] = []
  for (let count = Math.min(waiting, TRIALS_TAKEN); count > 0; count--) {
    const place = candidates.add(catalogue.newest[since + (live.turn++ % waiting)]!)
    if (place >= 0) onTrial.push(place)
  }
  return onTrial
}

interface Rest {
  fitOf(video: number): number
  subscribed: ReadonlySet<number>
  languages: ReadonlySet<number>
  /** What is warm in the viewer's country, from 0 to 1. */
  near: ReadonlyMap<number, number>
  /** The logarithm of the greatest heat. */
  hottest: number
}

/** The signals that follow from the video and the viewer alone. */
function tellRest(catalogue: Catalogue, { nowMs }: Asking, rest: Rest): void {
  const { fitOf, subscribed, languages, near, hottest } = rest
  const { videos, signals, count } = candidates
  // In a loop of its own: tags lie elsewhere, and waits for them overlap where nothing long stands between.
  for (let place = 0; place < count; place++)
    signals[place * SIGNAL_COUNT + rules.SIGNAL_AT.topic] = fitOf(videos[place]!)
  for (let place = 0; place < count; place++) {
    const video = videos[place]!
    const at = place * SIGNAL_COUNT
    const fresh = rules.freshness(catalogue.rows.publishedMsOf(video), nowMs)
    const heat = Math.log1p(catalogue.heatOf(video, nowMs)) / hottest
    const language = catalogue.rows.languageOf(video)
    if (subscribed.size > 0 && subscribed.has(catalogue.rows.channelOf(video)))
      signals[at + rules.SIGNAL_AT.subscribed] = 0.4 + 0.6 * fresh
    signals[at + rules.SIGNAL_AT.heat] = near.size === 0 ? heat : Math.max(heat, near.get(video) ?? 0)
    signals[at + rules.SIGNAL_AT.fresh] = fresh
    signals[at + rules.SIGNAL_AT.liking] = catalogue.rows.likingOf(video)
    // A video that does not say its language may be in any.
    signals[at + rules.SIGNAL_AT.language] =
      language === 0 || languages.size === 0 ? 0.5 : Number(languages.has(language))
  }
}

/** The first two or three pages are mixed; who comes further gets the rest by worth. */
const MIXED = 60

interface Order {
  order: Ranked[]
  /** What is on trial in it, each with its chance. */
  trials: Map<number, number>
}

/** A page: ranked and mixed. */
export function orderWithoutTrials(live: Live, asking: Asking): Order {
  const all = rankFor(live, asking)
  return { order: rules.mixed(all, Math.min(MIXED, all.length)), trials: new Map() }
}

/**
 * The same with new uploads in it that are on trial; that they were shown is counted. Only of those that were drawn is it asked what they
 * are worth.
 */
export function orderFor(live: Live, asking: Asking, random: () => number): Order {
  const { best, onTrial } = gather(live, asking)
  const isBest = new Set(best)
  const further = onTrial.filter((place) => !isBest.has(place))
  const drawn = asking.only === undefined ? drawTrials(live, asking, [...best, ...further], random) : []
  const places = [...best, ...drawn.flatMap(({ place }) => (isBest.has(place) ? [] : [place]))]
  const all = weigh(live, asking, candidates, places)
  const trials = new Map(drawn.map(({ video, chance }) => [video, chance]))
  const page = rules.mixed(all, Math.min(MIXED, all.length)).filter(({ video }) => !trials.has(video))
  for (const [at, { place }] of drawn.entries())
    page.splice(Math.min(rules.TRIAL_PLACES[at]!, page.length), 0, all[places.indexOf(place)]!)
  return { order: page, trials }
}

/** The signals that say how well a new video fits. */
const FITTING = [rules.SIGNAL_AT.topic, rules.SIGNAL_AT.channel, rules.SIGNAL_AT.together, rules.SIGNAL_AT.taste]

function fitting(place: number): number {
  const { signals } = candidates
  let most = 0
  for (let at = 0; at < FITTING.length; at++) most = Math.max(most, signals[place * SIGNAL_COUNT + FITTING[at]!]!)
  return most
}

function drawTrials({ catalogue, trials }: Live, { nowMs, visit }: Asking, places: number[], random: () => number) {
  // On a platform where most is new nothing needs a trial.
  const { newest } = catalogue
  const since = catalogue.firstSince(nowMs - rules.TRIAL_MS)
  if (since === newest.length || 2 * since < newest.length) return []
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  const waiting: (rules.Trial & { place: number })[] = []
  for (const place of places) {
    const video = candidates.videos[place]!
    const ageMs = nowMs - catalogue.rows.publishedMsOf(video)
    // Who has passed one over some times has said enough of it: its other shows are for other people.
    if (ageMs >= rules.TRIAL_MS || (visit.shown.get(video) ?? 0) >= rules.TRIAL_SHOWS_OF_ONE) continue
    const fit = fitting(place)
    least = Math.min(least, fit)
    most = Math.max(most, fit)
    const trial = trials.get(video)
    waiting.push({ place, video, fit, shown: trial?.shown ?? 0, taken: trial?.taken ?? 0, ageMs })
  }
  if (waiting.length === 0) return []
  const span = most - least
  for (const one of waiting) one.fit = span > 0 ? (one.fit - least) / span : 0.5
  return rules.drawTrials(waiting, rules.trialsAtOnce(waiting), random).map(({ trial: { place, video }, chance }) => {
    const trial = trials.get(video) ?? { shown: 0, taken: 0, newShown: 0, newTaken: 0 }
    trial.shown++
    trial.newShown++
    trials.set(video, trial)
    return { place, video, chance }
  })
}
