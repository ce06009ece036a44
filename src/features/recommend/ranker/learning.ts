/**
 * Learning to rank from pages that were shown: examples from pages and what became of them, a ranker made from the older ones, and how
 * it stands, against the weights set by hand and against another ranker, on the newest ones, which none of them has seen. Pure.
 */
import { SIGNALS, worthOf } from '../rules.ts'
import { FEATURE_COUNT, PLACE_BINS, placeBin } from './features.ts'
import { calibrate, type Examples, HEAD_COUNT, type Network, newNetwork, newRoom, say, teach } from './network.ts'
import { lean as leanOf, learn, newOnline, ONLINE_FACTS, type Online, type OnlineFacts, writePlaces } from './online.ts'
import { blend, type Ranker } from './ranker.ts'

/** A page, or a part of one, with what became of it. */
export interface ShownPage {
  atMs: number
  isNext: boolean
  firstPlace: number
  /** FEATURE_COUNT numbers per video. */
  features: Float32Array
  facts: OnlineFacts[]
  outcomes: Outcome[]
}

export interface Outcome {
  clicked: boolean
  watchedMs: number
  /** How much of the video was watched, 0 to 1. */
  share: number
  liked: boolean
  dismissed: boolean
}

export const NOTHING_HAPPENED: Outcome = { clicked: false, watchedMs: 0, share: 0, liked: false, dismissed: false }

/** A watch says no more than this many minutes: one film does not outweigh forty clips. */
const MOST_MINUTES = 20
const FINISHED = 0.7
const EPOCHS = 12

/** Pages with at least one outcome before a ranker is tried, and examples that are kept in memory at most. */
export const LEAST_TAKEN = 200
export const MOST_EXAMPLES = 600_000

/** Weights between hand-set and learned that are tried on pages not learned from. */
const TRUSTS = [0, 0.3, 0.6, 0.85, 1]
/** How much better than the weights alone the learned order must be before it counts. */
const LEAST_GAIN = 1.01

export interface RankerFigures {
  pages: number
  examples: number
  taken: number
  /** NDCG of what was watched, by minutes, on the newest pages: of hand-set weights, and of the mix that is served. */
  ndcg_by_hand: number
  ndcg: number
  trust: number
  /** Mean logarithmic loss of clicks on the newest pages: of the network, and of saying the same of all. */
  loss: number
  loss_of_rate: number
  /** Mean gap between foretold and true share of clicks, over ten groups from unlikely to likely. */
  calibration_gap: number
  [name: string]: number
}

export function examplesOf(pages: readonly ShownPage[]): Examples {
  const count = pages.reduce((sum, page) => sum + page.outcomes.length, 0)
  const examples: Examples = {
    count,
    width: FEATURE_COUNT,
    features: new Float32Array(count * FEATURE_COUNT),
    bins: new Uint8Array(count),
    binCount: PLACE_BINS,
    answers: new Uint8Array(count * HEAD_COUNT),
    minutes: new Float32Array(count),
  }
  let at = 0
  for (const page of pages) {
    examples.features.set(page.features.subarray(0, page.outcomes.length * FEATURE_COUNT), at * FEATURE_COUNT)
    for (const [place, it] of page.outcomes.entries()) {
      const minutes = Math.min(MOST_MINUTES, it.watchedMs / 60_000)
      examples.bins[at] = placeBin(page.firstPlace + place, page.isNext)
      examples.minutes[at] = minutes
      const answers = [it.clicked, it.clicked && minutes > 0, it.share >= FINISHED, it.liked, it.dismissed]
      examples.answers.set(answers.map(Number), at * HEAD_COUNT)
      at++
    }
  }
  return examples
}

/**
 * A ranker from pages in the order in which they were shown. The newest fifth is not learned from: it stops the learning in time,
 * calibrates, and says how far to trust. Undefined while too little was taken. `before` is what is served now: learning goes
 * on from there, and it is judged on the same pages.
 */
export function learnRanker(
  pages: readonly ShownPage[],
  before?: Ranker,
): { ranker: Ranker; figures: RankerFigures } | undefined {
  const taken = pages.reduce((sum, { outcomes }) => sum + outcomes.filter(({ clicked }) => clicked).length, 0)
  if (taken < LEAST_TAKEN) return undefined
  const cut = Math.floor(pages.length * 0.8)
  const [older, newest] = [pages.slice(0, cut), pages.slice(cut)]
  const examples = examplesOf(pages)
  const end = older.reduce((sum, { outcomes }) => sum + outcomes.length, 0)
  // What it learned of the places went with the pages of its time; the rest is a better start than noise.
  const start = before ? { ...newNetwork(examples), ...weightsOf(before.network) } : newNetwork(examples)
  const network = teach(start, examples, end, EPOCHS)
  calibrate(network, examples, end)
  const online = newOnline()
  for (const page of older) learnPage(online, network, page)
  const byHand = gainOf(newest, undefined)
  let trust = 0
  let ndcg = byHand
  for (const tried of TRUSTS.slice(1)) {
    const gain = gainOf(newest, { network, online, trust: tried })
    if (gain > Math.max(ndcg, byHand * LEAST_GAIN)) {
      trust = tried
      ndcg = gain
    }
  }
  const figures: RankerFigures = {
    pages: pages.length,
    examples: examples.count,
    taken,
    ndcg_by_hand: byHand,
    ndcg,
    trust,
    ...clickFigures(network, examples, end),
    ...(before ? { ndcg_before: gainOf(newest, before) } : {}),
  }
  // The online learner has yet to see the newest pages; from then on it learns as they are shown.
  for (const page of newest) learnPage(online, network, page)
  return { ranker: { network, online, trust }, figures }
}

function weightsOf({ trunk, trunkBias, heads, headBias, means, spreads }: Network): Partial<Network> {
  return {
    trunk: trunk.slice(),
    trunkBias: trunkBias.slice(),
    heads: heads.slice(),
    headBias: headBias.slice(),
    means: means.slice(),
    spreads: spreads.slice(),
  }
}

/** How surely a place was looked at, as pages are read from the top; what stood below and was not taken says little. */
export function lookedAt(place: number): number {
  return 1 / Math.log2(place + 2)
}

function learnPage(online: Online, network: Network, page: ShownPage): void {
  const room = newRoom(network)
  const places = new Uint32Array(ONLINE_FACTS)
  for (const [at, outcome] of page.outcomes.entries()) {
    const place = page.firstPlace + at
    say(network, page.features, at * FEATURE_COUNT, placeBin(place, page.isNext), room)
    writePlaces(page.facts[at]!, online.size, places)
    learn(online, places, room.said[0]!, outcome.clicked, outcome.clicked ? 1 : lookedAt(place))
  }
}

/**
 * NDCG of pages put in another order: what was watched counts by its minutes, and, since it was seen the less surely the further down
 * it stood, by the inverse of that. Pages of which nothing was watched say nothing.
 */
export function gainOf(pages: readonly ShownPage[], ranker: Ranker | undefined): number {
  let sum = 0
  let count = 0
  const places = new Uint32Array(ONLINE_FACTS)
  for (const page of pages) {
    const size = page.outcomes.length
    const gains = page.outcomes.map((it, at) =>
      it.clicked
        ? (0.1 + Math.min(MOST_MINUTES, it.watchedMs / 60_000)) / lookedAt(Math.min(11, page.firstPlace + at))
        : 0,
    )
    if (size < 2 || !gains.some((gain) => gain > 0)) continue
    const worths = Float64Array.from({ length: size }, (_, at) => handWorth(page.features, at * FEATURE_COUNT))
    const leans = new Float32Array(size)
    if (ranker) {
      for (let at = 0; at < size; at++) {
        writePlaces(page.facts[at]!, ranker.online.size, places)
        leans[at] = leanOf(ranker.online, places)
      }
      blend(ranker, page.features, leans, worths)
    }
    const order = gains.map((_, at) => at).sort((one, other) => worths[other]! - worths[one]! || one - other)
    const ideal = gains.toSorted((one, other) => other - one)
    const total = (list: number[]) => list.reduce((all, gain, rank) => all + gain / Math.log2(rank + 2), 0)
    sum += total(order.map((at) => gains[at]!)) / total(ideal)
    count++
  }
  return count === 0 ? 0 : sum / count
}

function handWorth(features: Float32Array, base: number): number {
  // Behind the signals stands how often it was shown, in tenths.
  return worthOf(features, base) - 1.5 * features[base + SIGNALS.length]!
}

function clickFigures(network: Network, examples: Examples, from: number) {
  const room = newRoom(network)
  const said: { chance: number; answer: number }[] = []
  for (let at = from; at < examples.count; at++) {
    say(network, examples.features, at * examples.width, examples.bins[at]!, room)
    const logit = network.slopes[0]! * room.said[0]! + network.offsets[0]!
    said.push({ chance: 1 / (1 + Math.exp(-logit)), answer: examples.answers[at * HEAD_COUNT]! })
  }
  const count = Math.max(1, said.length)
  const rate = Math.min(1 - 1e-6, Math.max(1e-6, said.reduce((sum, { answer }) => sum + answer, 0) / count))
  const lossOf = (chance: number, answer: number) => -Math.log(Math.max(1e-9, answer === 1 ? chance : 1 - chance))
  const sorted = said.toSorted((one, other) => one.chance - other.chance)
  let gap = 0
  for (let group = 0; group < 10; group++) {
    const part = sorted.slice(Math.floor((group * sorted.length) / 10), Math.floor(((group + 1) * sorted.length) / 10))
    gap += Math.abs(part.reduce((sum, it) => sum + it.chance - it.answer, 0))
  }
  return {
    loss: said.reduce((sum, it) => sum + lossOf(it.chance, it.answer), 0) / count,
    loss_of_rate: said.reduce((sum, it) => sum + lossOf(rate, it.answer), 0) / count,
    calibration_gap: gap / count,
  }
}
