/** From signals to worths: first all candidates by the weights, then those that may stand on a page by all that was learned. */
import { heaviest } from '../../../kit/sparse-rows.ts'
import { type Live, NOBODY } from '../live.ts'
import { experienceOf, FEATURE_COUNT, type Surroundings, waveOf, writeFeatures } from '../ranker/features.ts'
import { lean, ONLINE_FACTS, writePlaces } from '../ranker/online.ts'
import { blend } from '../ranker/ranker.ts'
import * as rules from '../rules.ts'
import type { Asking, Ranked } from './asking.ts'
import { type Candidates, SIGNAL_COUNT } from './candidates.ts'

/** So many are weighed by all that was learned: the pages that may be cut from one ranking, and as many that stand behind them. */
const WEIGHED = 200
/** More than any weariness takes away: only what is above 0 is compared. */
const ABOVE = 100

// Columns that are used again for the next page: what a page leaves behind outside the heap is counted, and asks for a collection of everything.
let roughly = new Float32Array(2048)
let inTurn = Uint32Array.from({ length: 2048 }, (_, at) => at)
let leans = new Float32Array(512)
let worths = new Float64Array(512)

/** The places of the best by the weights, best first. */
export function shortlist({ videos, signals, count }: Candidates, asking: Asking): number[] {
  const weights = weightsOf(asking)
  const { shown } = asking.visit
  if (roughly.length < count) {
    roughly = new Float32Array(2 * count)
    inTurn = Uint32Array.from({ length: 2 * count }, (_, at) => at)
  }
  for (let place = 0; place < count; place++) {
    const worth = ABOVE + rules.worthOf(signals, place * SIGNAL_COUNT, weights)
    roughly[place] = shown.size === 0 ? worth : worth - rules.weariness(shown.get(videos[place]!) ?? 0)
  }
  return Array.from(heaviest(roughly, inTurn.subarray(0, count), WEIGHED))
}

function weightsOf({ variant }: Asking): Float32Array {
  return rules.inOrder(variant?.weights ?? rules.WEIGHTS)
}

/** The candidates at these places with their worths: by the weights, and as far as it is trusted by what was learned from outcomes. */
export function weigh(live: Live, asking: Asking, candidates: Candidates, places: readonly number[]): Ranked[] {
  const { catalogue, model, ranker, online } = live
  const { visit, nowMs, variant } = asking
  const last = asking.from ?? visit.videos[0]
  const lastChannel = last === undefined ? -1 : catalogue.rows.channelOf(last)
  const lastTopic = last === undefined ? -1 : catalogue.rows.topicOf(last)
  const weights = weightsOf(asking)
  const rows = new Float32Array(places.length * FEATURE_COUNT)
  if (leans.length < places.length) {
    leans = new Float32Array(2 * places.length)
    worths = new Float64Array(2 * places.length)
  }
  leans.fill(0)
  const hashed = new Uint32Array(ONLINE_FACTS)
  const facts = { viewer: asking.viewer ?? 0, video: 0, channel: 0, topic: 0, language: 0, durationMs: 0 }
  const isLearned = variant?.isLearned ?? true
  // One for all: what differs is written anew.
  const surroundings: Surroundings = {
    shown: 0,
    ageMs: 0,
    durationMs: 0,
    heat: 0,
    isKnown: false,
    experience: experienceOf(visit.videos.length),
    hasAccount: asking.standing !== NOBODY,
    sameChannel: false,
    sameTopic: false,
    isNext: asking.from !== undefined,
    wave: waveOf(nowMs),
  }
  const ranked = places.map((place, at): Ranked => {
    const video = candidates.videos[place]!
    const channel = catalogue.rows.channelOf(video)
    const topic = catalogue.rows.topicOf(video)
    surroundings.shown = visit.shown.get(video) ?? 0
    surroundings.ageMs = nowMs - catalogue.rows.publishedMsOf(video)
    surroundings.durationMs = catalogue.rows.durationMsOf(video)
    surroundings.heat = catalogue.heatOf(video, nowMs)
    surroundings.isKnown = (model?.numberOf(video) ?? -1) >= 0
    surroundings.sameChannel = channel === lastChannel
    surroundings.sameTopic = topic === lastTopic
    const base = at * FEATURE_COUNT
    writeFeatures(candidates.signals, place * SIGNAL_COUNT, surroundings, rows, base)
    worths[at] = rules.worthOf(rows, base, weights)
    if (isLearned) {
      catalogue.writeFacts(video, facts)
      writePlaces(facts, online.size, hashed)
      leans[at] = lean(online, hashed)
    }
    return { video, channel, topic, worth: 0, rows, base }
  })
  if (isLearned) blend(ranker, rows, leans, worths.subarray(0, ranked.length))
  for (let at = 0; at < ranked.length; at++) {
    const it = ranked[at]!
    it.worth = worths[at]! - rules.weariness(visit.shown.get(it.video) ?? 0)
  }
  return ranked
}
