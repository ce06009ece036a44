/**
 * How good suggestions are, judged by what was held back: recall and NDCG over the full catalogue, ties by the mean rank of
 * those that are tied, and how much of the catalogue is ever suggested. Pure.
 */

/** Fills `scores` for one person; 0 or less means: not suggested. Of what was chosen before nothing may be asked. */
export type Scorer = (person: number, scores: Float32Array) => void

export interface Quality {
  people: number
  /** Held-back items found among the first `depth`, as a share of all that was held back of the person. */
  recall: number
  ndcg: number
  /** Share of the catalogue that was suggested to anybody. */
  coverage: number
  /** How unevenly suggestions fall on items: 0 all alike, 1 all on one. */
  gini: number
}

export interface HeldBack {
  itemCount: number
  /** By person: what was chosen later. Those without any are not asked. */
  later: ArrayLike<number>[]
  depth: number
}

export function qualityOf({ itemCount, later, depth }: HeldBack, score: Scorer): Quality {
  const scores = new Float32Array(itemCount)
  const suggested = new Float64Array(itemCount)
  let people = 0
  let recall = 0
  let ndcg = 0
  for (const [person, wanted] of later.entries()) {
    if (wanted.length === 0) continue
    scores.fill(0)
    score(person, scores)
    const top = topOf(scores, depth)
    for (const item of top) suggested[item]!++
    const found = gainsOf(scores, top, wanted, depth)
    let ideal = 0
    for (let rank = 1; rank <= Math.min(depth, wanted.length); rank++) ideal += 1 / Math.log2(rank + 1)
    recall += found.hits / wanted.length
    ndcg += found.gain / ideal
    people++
  }
  const share = people === 0 ? 0 : 1 / people
  return {
    people,
    recall: recall * share,
    ndcg: ndcg * share,
    coverage: coverageOf(suggested),
    gini: giniOf(suggested),
  }
}

function gainsOf(scores: Float32Array, top: Uint32Array, wanted: ArrayLike<number>, depth: number) {
  const last = top.length < depth ? 0 : scores[top[depth - 1]!]!
  let hits = 0
  let gain = 0
  for (let at = 0; at < wanted.length; at++) {
    const value = scores[wanted[at]!]!
    if (value <= 0 || value < last) continue
    const rank = meanRank(scores, top, value, value === last)
    if (rank > depth) continue
    hits++
    gain += 1 / Math.log2(rank + 1)
  }
  return { hits, gain }
}

/** The mean place, from 1, of all that share this value. Ties at the edge of the list reach beyond it. */
function meanRank(scores: Float32Array, top: Uint32Array, value: number, atTheEdge: boolean): number {
  let above = 0
  let same = 0
  for (const item of top) {
    if (scores[item]! > value) above++
    else if (scores[item] === value) same++
  }
  if (atTheEdge) {
    same = 0
    for (const score of scores) if (score === value) same++
  }
  return above + (same + 1) / 2
}

/** The items with the greatest scores above 0, greatest first. */
export function topOf(scores: Float32Array, depth: number): Uint32Array {
  const items = new Uint32Array(depth)
  let size = 0
  let least = 0
  for (let item = 0; item < scores.length; item++) {
    const value = scores[item]!
    if (value <= least) continue
    let at = size < depth ? size++ : depth - 1
    while (at > 0 && scores[items[at - 1]!]! < value) {
      items[at] = items[at - 1]!
      at--
    }
    items[at] = item
    if (size === depth) least = scores[items[depth - 1]!]!
  }
  return items.slice(0, size)
}

function coverageOf(suggested: Float64Array): number {
  let covered = 0
  for (const count of suggested) if (count > 0) covered++
  return suggested.length === 0 ? 0 : covered / suggested.length
}

function giniOf(suggested: Float64Array): number {
  const sorted = suggested.slice().sort()
  let sum = 0
  let weighted = 0
  for (const [rank, count] of sorted.entries()) {
    sum += count
    weighted += (rank + 1) * count
  }
  const count = sorted.length
  return sum === 0 ? 0 : (2 * weighted) / (count * sum) - (count + 1) / count
}
