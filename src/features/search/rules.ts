/** Decisions about search and trending: what a filter means, what a click is worth, what is hot. Pure. */
import type { SearchFilters } from '../../contract/search.ts'
import type { Filters } from './engine/engine.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const AGES = { day: DAY_MS, week: 7 * DAY_MS, month: 31 * DAY_MS, year: 366 * DAY_MS }
const LENGTHS = { short: [0, 4], medium: [4, 20], long: [20, Number.POSITIVE_INFINITY] } as const
/** Short sides; a little less than the name says, for pictures cut to odd shapes. */
const QUALITIES = { hd: 700, full_hd: 1060, '4k': 2100 }

/** Filters as people choose them, as the engine needs them. */
export function toFilters(given: SearchFilters, nowMs: number): Filters {
  const filters: Filters = {}
  const after = [
    ...(given.published ? [nowMs - AGES[given.published]] : []),
    ...(given.publishedAfter ? [Date.parse(given.publishedAfter)] : []),
  ]
  if (after.length > 0) filters.publishedAfterMs = Math.max(...after)
  if (given.publishedBefore) filters.publishedBeforeMs = Date.parse(given.publishedBefore)
  if (given.length) {
    const [from, to] = LENGTHS[given.length]
    if (from > 0) filters.minDurationMs = from * MINUTE_MS
    if (Number.isFinite(to)) filters.maxDurationMs = to * MINUTE_MS
  }
  if (given.quality) filters.minShortSide = QUALITIES[given.quality]
  if (given.captionLanguage) filters.captions = given.captionLanguage
  else if (given.captions) filters.captions = true
  if (given.language) filters.language = given.language
  if (given.category) filters.category = given.category
  if (given.channel) filters.channelId = given.channel
  if (given.tag) filters.tag = given.tag
  if (given.live) filters.live = given.live
  return filters
}

/**
 * What a click counts for the place it was made at: people look at the tenth result far more rarely than at the first, so a
 * click there says more (inverse propensity weighting), up to a limit, for few clicks must not decide.
 */
export function clickWeight(place: number): number {
  return Math.min(4, 1 + place * 0.2)
}

/**
 * Factor for a video after a query it was watched for: the share of it that was watched for each click, smoothed by a Beta
 * prior, and little until several have watched.
 */
export function learnedFactor(clicks: number, watches: number): number {
  const rate = (watches + 1) / (clicks + 4)
  const sure = watches / (watches + 5)
  return 1 + 0.6 * rate * sure
}

/** Different viewers that must have watched something after a query before it is suggested to others. */
export const MIN_VIEWERS = 3

/** Queries that may hold what belongs to somebody alone: addresses, numbers of phones and cards. Never suggested. */
export function looksPersonal(query: string): boolean {
  return /@|\d[\d\s().-]{6,}/.test(query) || query.length > 60
}

/** Milliseconds of the half-lives. */
export const HALF_LIVES = { heat_1h: HOUR_MS, heat_6h: 6 * HOUR_MS, heat_24h: DAY_MS, heat_14d: 14 * DAY_MS } as const
export type HeatName = keyof typeof HALF_LIVES
export type Heats = Record<HeatName, number>

const LANDMARK_MS = Date.UTC(2020, 0, 1)
/** What nothing is, as a logarithm: far below anything that ever happened. */
export const COLD = -1e6

/**
 * A heat after events worth `weight` at `atMs`: the logarithm of the sum of what it was and what they are, both told as of
 * the landmark (forward decay; Cormode et al. 2009). Negative weights cool, down to nothing.
 */
export function heatWith(heat: number, halfLifeMs: number, atMs: number, weight: number): number {
  const now = (atMs - LANDMARK_MS) / halfLifeMs
  const scale = Math.max(heat, now)
  const sum = 2 ** (heat - scale) + weight * 2 ** (now - scale)
  return sum <= 0 ? COLD : scale + Math.log2(sum)
}

/** The decayed sum of a heat as of now. */
export function energyOf(heat: number, halfLifeMs: number, nowMs: number): number {
  return 2 ** (heat - (nowMs - LANDMARK_MS) / halfLifeMs)
}

/** What counters moved by, in units of views. */
export function worthOf(moved: { views: number; likes: number; dislikes: number; comments: number }): number {
  return moved.views + 3 * moved.likes - 2 * moved.dislikes + 2 * moved.comments
}

/** What a longer window promises counts like so many events in a shorter one. */
const PROMISE = 4

/**
 * How trending a video is: how much happens, how well it is liked, minus age. Energies become events per window by the factor ln 2, since
 * a steady rate r keeps a decayed sum of r·h/ln 2.
 */
export function trendingScore(
  it: Heats & { likes: number; dislikes: number; publishedMs: number },
  nowMs: number,
): number {
  const ageHours = Math.max(0, nowMs - it.publishedMs) / HOUR_MS
  return (
    Math.log1p(6 * hourlyRate(it, nowMs)) + 0.4 * likedness(it.likes, it.dislikes) - 0.2 * Math.log1p(ageHours / 24)
  )
}

/**
 * Events an hour now: by the last day, corrected by the last six hours, corrected by the last one. Each is the mean of a Gamma
 * distribution whose mean the longer window set and that has seen the events of the shorter one, so that an hour with many events decides
 * alone and one with few hardly at all (Gelman et al., Bayesian Data Analysis, 3rd ed., 2.6).
 */
function hourlyRate(it: Heats, nowMs: number): number {
  const events = (name: HeatName) => Math.LN2 * energyOf(it[name], HALF_LIVES[name], nowMs)
  const corrected = (rate: number, hours: number, events: number) =>
    rate === 0 ? 0 : (events + PROMISE) / (hours + PROMISE / rate)
  return corrected(corrected(events('heat_24h') / 24, 6, events('heat_6h')), 1, events('heat_1h'))
}

/** Lower bound of Wilson's interval (95 %) of the share of likes, from -0.5 to 0.5; 0 while nobody has said anything. */
function likedness(likes: number, dislikes: number): number {
  const count = likes + dislikes
  if (count === 0) return 0
  const z = 1.96
  const share = likes / count
  const middle = share + (z * z) / (2 * count)
  const spread = z * Math.sqrt((share * (1 - share) + (z * z) / (4 * count)) / count)
  return (middle - spread) / (1 + (z * z) / count) - 0.5
}

/** Hours a video was watched lately, from its decayed views: half of it each time, and of long ones at most three hours. */
export function watchedHours(views: number, durationMs: number): number {
  return views * Math.min(3, durationMs / HOUR_MS) * 0.5
}
