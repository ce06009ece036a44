/** Decisions of recommending: what a watch is worth, how candidates are weighed, mixed and explained. Pure. */

const SECOND_MS = 1000
const DAY_MS = 24 * 3600 * SECOND_MS

/** Watches that say something about a viewer; what lies before them has faded anyway. */
export const MEMORY = 50
/** Videos that were seen are left out this far back; older ones are asked for by the database, page by page. */
export const SEEN = 1000
/** Who leaves before this, and before half of what is short, has given up. */
export const GLANCE_MS = 10_000

/** Whether enough was watched to say something: 30 s, or half of what is shorter than a minute. */
export function isQualified(watchedMs: number, durationMs: number): boolean {
  return watchedMs >= 30 * SECOND_MS || (durationMs > 0 && watchedMs >= durationMs / 2)
}

/** How much a watch says, 0 to 1: all of it for a whole video; a long one need not be watched whole. */
export function shareOf(watchedMs: number, durationMs: number): number {
  if (durationMs <= 0) return 0
  const part = Math.min(1, watchedMs / durationMs)
  const long = Math.min(1, watchedMs / (10 * 60 * SECOND_MS))
  return Math.max(part, long)
}

/** Shares are told again only when they have grown into the next quarter, so a long playback is a handful of rows. */
export function stepOf(share: number): number {
  return Math.ceil(share * 4)
}

/** The same of what does not say anything yet: that it was more than a glance is told, too. */
export function stepBefore(watchedMs: number): number {
  return watchedMs < GLANCE_MS ? 0 : 0.5
}

/** How much the `rank`-th last watch still counts, 0 being the last one. */
export function fade(rank: number): number {
  return 0.93 ** rank
}

/** What is known of a candidate, each from 0 to about 1. */
export interface Signals {
  /** Watched by the same people. */
  together: number
  /** Watched next after what was watched last. */
  following: number
  /** Along the directions of the viewer's taste. */
  taste: number
  /** Same tags and category as what was watched. */
  topic: number
  /** Of the channels that were watched. */
  channel: number
  subscribed: number
  /** Of late, by everybody. */
  heat: number
  fresh: number
  liking: number
  /** In a language of the viewer. */
  language: number
}

export const SIGNALS = [
  'together',
  'following',
  'taste',
  'topic',
  'channel',
  'subscribed',
  'heat',
  'fresh',
  'liking',
  'language',
] as const satisfies readonly (keyof Signals)[]

/** Where each signal stands in a row of them. */
export const SIGNAL_AT = Object.fromEntries(SIGNALS.map((name, at) => [name, at])) as Record<keyof Signals, number>

/** How much each signal counts before anything has been learned from what viewers take. */
export const WEIGHTS: Signals = {
  together: 1.0,
  following: 0.7,
  taste: 0.5,
  topic: 0.9,
  channel: 0.3,
  subscribed: 0.6,
  heat: 0.25,
  fresh: 0.25,
  liking: 0.15,
  language: 0.3,
}

export interface Variant {
  weights: Signals
  /** Whether what was learned from outcomes has a say. */
  isLearned: boolean
}

/** Other ways to order pages that can be tried against the usual one: the arms of experiments. */
export const VARIANTS: Record<string, Variant> = {
  usual: { weights: WEIGHTS, isLearned: true },
  handmade: { weights: WEIGHTS, isLearned: false },
  fresher: { weights: { ...WEIGHTS, fresh: 0.6 }, isLearned: true },
  calmer: { weights: { ...WEIGHTS, heat: 0.1 }, isLearned: true },
  closer: { weights: { ...WEIGHTS, together: 1.4, following: 1 }, isLearned: true },
  wider: { weights: { ...WEIGHTS, together: 0.6, following: 0.4, topic: 0.8 }, isLearned: true },
}

/** One arm of an experiment: a number per viewer, and how it stands against the first arm. */
export interface ArmReport {
  arm: string
  viewers: number
  pages: number
  watches: number
  /** Milliseconds watched per viewer: mean, and half the width of its 95 % interval; without one it is too early to tell. */
  mean: number
  margin?: number
  /** Share by which the mean is above that of the first arm, and half the width of its 95 % interval; where both can be told. */
  lift?: number
  liftMargin?: number
}

/** Sums of one viewer in one arm. */
export interface ArmViewer {
  arm: string
  pages: number
  watches: number
  watchedMs: number
}

/** Times watched are so uneven that a mean of fewer viewers is not near enough to a normal one for an interval to hold. */
export const FEWEST_OF_ARM = 30

/**
 * What an experiment says so far. Intervals by the normal approximation, that of the lift by the delta method; an arm with fewer
 * than thirty viewers has none, and nothing is said of how it stands against the first.
 */
export function reportOf(arms: readonly string[], viewers: readonly ArmViewer[]): ArmReport[] {
  const rows = arms.map((arm) => {
    const own = viewers.filter((it) => it.arm === arm)
    const count = own.length
    const sum = (of: (it: ArmViewer) => number) => own.reduce((total, it) => total + of(it), 0)
    const mean = count === 0 ? 0 : sum((it) => it.watchedMs) / count
    const variance = count < 2 ? 0 : sum((it) => (it.watchedMs - mean) ** 2) / (count - 1) / count
    return { arm, viewers: count, pages: sum((it) => it.pages), watches: sum((it) => it.watches), mean, variance }
  })
  const base = rows[0]
  return rows.map(({ variance, ...row }) => {
    if (row.viewers < FEWEST_OF_ARM) return row
    const margin = 1.96 * Math.sqrt(variance)
    if (!base || row.arm === base.arm || base.mean === 0 || base.viewers < FEWEST_OF_ARM) return { ...row, margin }
    const ratio = row.mean / base.mean
    const spread = Math.sqrt(variance / base.mean ** 2 + (ratio ** 2 * base.variance) / base.mean ** 2)
    return { ...row, margin, lift: ratio - 1, liftMargin: 1.96 * spread }
  })
}

/** The worth of signals, in the order of SIGNALS from `base` on. */
export function worthOf(rows: Float32Array, base: number, weights: Float32Array = USUAL_WEIGHTS): number {
  let sum = 0
  for (let at = 0; at < weights.length; at++) sum += weights[at]! * rows[base + at]!
  return sum
}

export function inOrder(weights: Signals): Float32Array {
  return Float32Array.from(SIGNALS, (name) => weights[name])
}

const USUAL_WEIGHTS = inOrder(WEIGHTS)

/** What is taken off a video that was shown so often and not watched. */
export function weariness(shown: number): number {
  return 0.15 * Math.min(shown, 10)
}

/** What is left of 1 after so long; quicker than a power of 2, and nothing after forty half-lives. */
export function halved(ageMs: number, halfLifeMs: number): number {
  if (ageMs <= 0) return 1
  const lives = ageMs / halfLifeMs
  return lives > 40 ? 0 : Math.exp(-Math.LN2 * lives)
}

const FRESH_HALF_LIFE_MS = 3 * DAY_MS
const FRESH_STEP_MS = DAY_MS / 96
/** By quarters of an hour, for it is asked of thousands for a page; after sixteen half-lives nothing is left that is written down. */
const FRESHNESS = Float64Array.from({ length: (16 * FRESH_HALF_LIFE_MS) / FRESH_STEP_MS }, (_, step) =>
  halved(step * FRESH_STEP_MS, FRESH_HALF_LIFE_MS),
)

/** New videos are pushed for some days, strongly on the first. */
export function freshness(publishedMs: number, nowMs: number): number {
  return FRESHNESS[Math.max(0, Math.floor((nowMs - publishedMs) / FRESH_STEP_MS))] ?? 0
}

/** What can be told, in the order in which it is told of equals. */
const TELLING = ['subscribed', 'together', 'following', 'channel', 'topic', 'taste', 'heat', 'fresh'] as const

const TELLING_AT = Uint8Array.from(TELLING, (name) => SIGNAL_AT[name])
const TELLING_WEIGHTS = Float64Array.from(TELLING, (name) => WEIGHTS[name])

/** Which signal speaks most for a candidate, its signals standing from `base` on: the reason that is told. */
export function mainReason(rows: Float32Array, base: number): keyof Signals {
  let best: keyof Signals = 'heat'
  let most = 0
  for (let at = 0; at < TELLING.length; at++) {
    const value = TELLING_WEIGHTS[at]! * rows[base + TELLING_AT[at]!]!
    if (value > most) {
      best = TELLING[at]!
      most = value
    }
  }
  return best
}

/** A candidate as the mixing sees it. */
export interface Candidate {
  video: number
  channel: number
  topic: number
  worth: number
}

export const MOST_PER_CHANNEL = 2

/**
 * Orders candidates so that neighbours differ: each place goes to the one with the greatest worth less what it repeats of
 * channel and topic shown before (maximal marginal relevance), and a channel comes at most twice among the first so many.
 * Whatever is left over by that rule follows behind, so nothing is lost where there are few channels.
 */
export function mixed<Item extends Candidate>(
  candidates: readonly Item[],
  count: number,
  mostPerChannel = MOST_PER_CHANNEL,
): Item[] {
  const rest = [...candidates].sort((one, other) => other.worth - one.worth || one.video - other.video)
  const top = rest[0]?.worth ?? 0
  const span = Math.max(1e-9, top - (rest[Math.min(rest.length - 1, 4 * count)]?.worth ?? 0))
  const pool = rest.slice(0, Math.max(100, 4 * count))
  const behind = rest.slice(pool.length)
  const channels = numbered(pool.map((it) => it.channel))
  const topics = numbered(pool.map((it) => it.topic))
  const worths = new Float64Array(pool.length)
  for (let at = 0; at < pool.length; at++) worths[at] = (pool[at]!.worth - top) / span
  const ofChannel = new Uint32Array(pool.length)
  const ofTopic = new Uint32Array(pool.length)
  const order: Item[] = []
  const held: Item[] = []
  const isTaken = new Uint8Array(pool.length)
  for (let left = pool.length; left > 0 && order.length < count; left--) {
    let best = -1
    let most = Number.NEGATIVE_INFINITY
    // Those behind are worth less, and repeating takes away from that: none of them can be the best one.
    for (let at = 0; at < pool.length && worths[at]! > most; at++) {
      if (isTaken[at]) continue
      const repeats = 0.25 * ofChannel[channels[at]!]! + 0.04 * Math.min(ofTopic[topics[at]!]!, 6)
      const value = worths[at]! - repeats
      if (value > most) {
        best = at
        most = value
      }
    }
    isTaken[best] = 1
    if (ofChannel[channels[best]!]! >= mostPerChannel) {
      held.push(pool[best]!)
      continue
    }
    ofChannel[channels[best]!]!++
    ofTopic[topics[best]!]!++
    order.push(pool[best]!)
  }
  return [...order, ...held, ...pool.filter((_, at) => !isTaken[at]), ...behind]
}

/** The same numbers counted from 0 on, in the order of their first coming. */
function numbered(values: readonly number[]): Uint32Array {
  const places = new Map<number, number>()
  const counted = new Uint32Array(values.length)
  for (let at = 0; at < values.length; at++) {
    const place = places.get(values[at]!)
    counted[at] = place ?? places.size
    if (place === undefined) places.set(values[at]!, places.size)
  }
  return counted
}

/** A new upload on trial: how often it was shown where it had not earned the place, and how often it was watched. */
export interface Trial {
  video: number
  shown: number
  taken: number
  /** How well it fits this viewer beside the others on trial: 0 the least, 1 the best. */
  fit: number
  ageMs: number
}

/** Every new upload is shown so often before it has to stand on its own. */
export const TRIAL_SHOWS = 200
/** To the same viewer not more often than this: whoever loads a page again and again does not use them up. */
export const TRIAL_SHOWS_OF_ONE = 3
export const TRIAL_MS = 2 * DAY_MS
/** Where videos on trial stand, from 0: seen by most, and not the first thing anybody sees. The later ones are for when many wait. */
export const TRIAL_PLACES = [2, 5, 8]

/** How far behind a trial is, 0 to 1: its shows are due evenly over its time, the first tenth of them at once. */
function arrearsOf({ shown, ageMs }: Trial): number {
  const due = TRIAL_SHOWS * Math.min(1, 0.1 + ageMs / TRIAL_MS)
  return Math.max(0, Math.min(1, (due - shown) / TRIAL_SHOWS))
}

/** How many are tried out on one page: two while most of them wait for shows that are due, three while they wait for many. */
export function trialsAtOnce(trials: readonly Trial[]): number {
  const arrears = trials.map(arrearsOf)
  const waiting = arrears.filter((it) => it > 0).length
  if (waiting * 2 <= trials.length) return 1
  return arrears.reduce((sum, it) => sum + it, 0) > 0.2 * trials.length ? 3 : 2
}

/**
 * Draws up to `count` of them to be tried out, one after the other, by how often each may be liked (the upper end of its watches among
 * shows, with a prior of one in eight), how well it fits, and how far behind it is. Also returns how likely each was to be drawn from what
 * was left: weights do not depend on chance, so that is what it was.
 */
export function drawTrials<It extends Trial>(
  trials: readonly It[],
  count: number,
  random: () => number,
): { trial: It; chance: number }[] {
  const hopes = trials.filter(({ shown }) => shown < TRIAL_SHOWS)
  const weights = hopes.map((it) => {
    const { shown, taken, fit } = it
    const mean = (taken + 1) / (Math.max(shown, taken) + 8)
    const spread = Math.sqrt((mean * (1 - mean)) / (shown + 9))
    return (mean + spread) * (0.05 + fit * fit) * (0.2 + arrearsOf(it))
  })
  const drawn: { trial: It; chance: number }[] = []
  while (drawn.length < count && hopes.length > 0) {
    let sum = 0
    for (const weight of weights) sum += weight
    let left = random() * sum
    let at = 0
    while (at < hopes.length - 1 && left > weights[at]!) left -= weights[at++]!
    drawn.push({ trial: hopes[at]!, chance: weights[at]! / sum })
    hopes.splice(at, 1)
    weights.splice(at, 1)
  }
  return drawn
}

/** The arm of an experiment a viewer falls into: the same one every time, and independent between experiments. */
export function armOf(experiment: string, viewer: string, arms: readonly string[]): string {
  let hash = 2166136261
  for (const letter of `${experiment}\n${viewer}`) hash = Math.imul(hash ^ letter.codePointAt(0)!, 16777619)
  // The low bits of FNV-1a are mixed least.
  hash = Math.imul(hash ^ (hash >>> 16), 2246822519)
  hash = Math.imul(hash ^ (hash >>> 13), 3266489917)
  return arms[((hash ^ (hash >>> 16)) >>> 0) % arms.length]!
}

/** Languages of a list such as `de-AT,en;q=0.8`, in its order, without regions; nothing for what is no such list. */
export function languagesOf(list: string | undefined): string[] {
  const tags = (list ?? '').slice(0, 200).split(',')
  const primary = tags.map((tag) => /^\s*([a-z]{2,3})\b/i.exec(tag)?.[1]?.toLowerCase())
  return [...new Set(primary.filter((tag) => tag !== undefined))].slice(0, 8)
}
