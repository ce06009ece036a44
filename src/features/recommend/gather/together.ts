/** What the models say after the last watches: the graph, the vectors of taste, and what followed what since they were made. */
import { type Near, product } from '../../../kit/nearest.ts'
import { bestOf, nearTo, scoresOf, tasteOf } from '../items/scores.ts'
import type { Live } from '../live.ts'
import * as rules from '../rules.ts'
import type { Candidates } from './candidates.ts'

const FROM_GRAPH = 200

/** What the model knows of the last watches, in its numbers, and the vector of taste that follows from them. */
interface KnownToModel {
  numbers: number[]
  weights: number[]
  taste: Float32Array
  near: Near
}

/** Tells the candidates what follows from these watches, newest first. */
export function tellTogether(
  live: Live,
  candidates: Candidates,
  recent: readonly number[],
  shares: readonly number[],
): void {
  const known = knownTo(live, recent, shares)
  if (known) {
    tellGraph(live, candidates, known)
    tellTaste(live, candidates, known)
  }
  tellFollowing(live, candidates, recent)
}

function knownTo({ model }: Live, recent: readonly number[], shares: readonly number[]): KnownToModel | undefined {
  if (!model) return undefined
  const numbers: number[] = []
  const weights: number[] = []
  for (let rank = 0; rank < recent.length; rank++) {
    const number = model.numberOf(recent[rank]!)
    if (number < 0) continue
    numbers.push(number)
    weights.push(rules.fade(rank) * (0.25 + 0.75 * shares[rank]!))
  }
  if (numbers.length === 0) return undefined
  const taste = tasteOf(model, numbers, (at) => weights[at]!)
  return { numbers, weights, taste, near: nearTo(model, taste) }
}

/** By the model: watched by the same people, the best at 1. */
function tellGraph({ model }: Live, candidates: Candidates, { numbers, weights, taste, near }: KnownToModel): void {
  if (!model) return
  const scores = scoresOf(model, numbers, (at) => weights[at]!, { taste, near })
  const { items, values } = scores
  const best = bestOf(scores, FROM_GRAPH)
  const most = best.length === 0 ? 1 : values[best[0]!]!
  for (const at of best) {
    const video = model.videoOf[items[at]!]!
    if (video > 0) candidates.tell(video, rules.SIGNAL_AT.together, values[at]! / most)
  }
}

/** Along the vector of taste: the nearest of what the model knows and of what is too new for it, the best at 1. */
function tellTaste({ model, newcomers }: Live, candidates: Candidates, { taste, near }: KnownToModel): void {
  if (!model) return
  const fitting: number[] = []
  const fits: number[] = []
  // Those that are near come best first.
  let most = Math.max(1e-9, near.values[0] ?? 0)
  for (const [video, vector] of newcomers.vectors) {
    const fit = product(taste, 0, vector, 0, vector.length)
    if (fit <= 0) continue
    fitting.push(video)
    fits.push(fit)
    most = Math.max(most, fit)
  }
  for (let at = 0; at < fits.length; at++) candidates.tell(fitting[at]!, rules.SIGNAL_AT.taste, fits[at]! / most)
  for (let at = 0; at < near.places.length; at++) {
    const video = model.videoOf[near.places[at]!]!
    if (video > 0) candidates.tell(video, rules.SIGNAL_AT.taste, near.values[at]! / most)
  }
}

/** By what others watched after the last five: since the model was made, and in order. */
function tellFollowing(live: Live, candidates: Candidates, recent: readonly number[]): void {
  const found = new Map<number, number>()
  // By forEach: an iterator of a Map makes a pair for each of what may be hundreds.
  for (let rank = 0; rank < Math.min(5, recent.length); rank++) {
    const row = live.followers.get(recent[rank]!)
    if (!row) continue
    let sum = 0
    row.forEach((count) => {
      sum += count
    })
    const weight = 0.6 ** rank
    row.forEach((count, other) => {
      // Smoothed: one viewer's whim is no rule. Three of them are half of one.
      const share = (count / (sum + 2)) * (1 + 1 / row.size)
      found.set(other, (found.get(other) ?? 0) + weight * Math.min(1, 2 * share))
    })
  }
  found.forEach((value, video) => {
    candidates.tell(video, rules.SIGNAL_AT.following, Math.min(1, value))
  })
}
