/** From signals to worths: first all candidates by the weights, then those that may stand on a page by all that was learned. */
import { heaviest } from '../../../kit/sparse-rows.ts'
import { type Live, NOBODY } from '../live.ts'
import { FEATURE_COUNT, writeFeatures } from '../ranker/features.ts'
import { lean, ONLINE_FACTS, writePlaces } from '../ranker/online.ts'
import { blend } from '../ranker/ranker.ts'
import * as rules from '../rules.ts'
import type { Asking, Ranked } from './asking.ts'
import { type Candidates, SIGNAL_COUNT } from './candidates.ts'

/** So many are weighed by all that was learned: the pages that may be cut from one ranking, and as many that stand behind them. */
const WEIGHED = 480
/** More than any weariness takes away: only what is above 0 is compared. */
const ABOVE = 100

/** The best by the weights, best first, and whatever of `tried` is not among them. By place. */
export function shortlist({ videos, signals, count }: Candidates, asking: Asking, tried: Iterable<number>): number[] {
  const weights = Float32Array.from(rules.SIGNALS, (name) => (asking.variant?.weights ?? rules.WEIGHTS)[name])
  const { shown } = asking.visit
  const worths = new Float32Array(count)
  const places = new Uint32Array(count)
  for (let place = 0, at = 0; place < count; place++) {
    let sum = ABOVE
    for (let dim = 0; dim < SIGNAL_COUNT; dim++) sum += weights[dim]! * signals[at++]!
    worths[place] = shown.size === 0 ? sum : sum - rules.weariness(shown.get(videos[place]!) ?? 0)
    places[place] = place
  }
  const best = [...heaviest(worths, places, WEIGHED)]
  if (best.length === count) return best
  const isIn = new Set(best)
  return [...best, ...new Set(tried).difference(isIn)]
}

/** The candidates at these places with their worths: by the weights, and as far as it is trusted by what was learned from outcomes. */
export function weigh(live: Live, asking: Asking, candidates: Candidates, places: readonly number[]): Ranked[] {
  const { catalogue, model, ranker, online } = live
  const { visit, nowMs, variant } = asking
  const last = asking.from ?? visit.videos[0]
  const rows = new Float32Array(places.length * FEATURE_COUNT)
  const leans = new Float32Array(places.length)
  const worths = new Float64Array(places.length)
  const facts = new Uint32Array(ONLINE_FACTS)
  const isLearned = variant?.isLearned ?? true
  const ranked = places.map((place, at): Ranked => {
    const video = candidates.videos[place]!
    const channel = catalogue.channel[video]!
    const topic = catalogue.topic[video]!
    const signals = candidates.signalsAt(place)
    const surroundings = {
      shown: visit.shown.get(video) ?? 0,
      ageMs: nowMs - catalogue.publishedMs[video]!,
      durationMs: catalogue.durationMs[video]!,
      heat: catalogue.heatOf(video, nowMs),
      isKnown: (model?.numberOf(video) ?? -1) >= 0,
      watched: visit.videos.length,
      hasAccount: asking.standing !== NOBODY,
      sameChannel: last !== undefined && catalogue.channel[last] === channel,
      sameTopic: last !== undefined && catalogue.topic[last] === topic,
      isNext: asking.from !== undefined,
      hour: (nowMs / 3_600_000) % 24,
    }
    writeFeatures(signals, surroundings, rows, at * FEATURE_COUNT)
    worths[at] = rules.worthOf(signals, variant?.weights)
    if (isLearned) {
      writePlaces(catalogue.factsOf(video, asking.viewer ?? 0), online.size, facts)
      leans[at] = lean(online, facts)
    }
    const features = rows.subarray(at * FEATURE_COUNT, (at + 1) * FEATURE_COUNT)
    return { video, channel, topic, worth: 0, signals, features }
  })
  if (isLearned) blend(ranker, rows, leans, worths)
  for (const [at, it] of ranked.entries()) it.worth = worths[at]! - rules.weariness(visit.shown.get(it.video) ?? 0)
  return ranked
}
