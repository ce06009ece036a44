/**
 * An online learner beside the network: a logistic regression over hashed facts and pairs of facts that moves with every outcome
 * (FTRL-proximal: McMahan et al., Ad Click Prediction, 2013). It learns what the network leaves open, starts from what the
 * network said, and says nothing of what it has not seen. Its memory is bounded by the table; two facts may share a place.
 */

export interface Online {
  /** Power of two. */
  readonly size: number
  readonly sums: Float32Array
  readonly squares: Float32Array
}

/** What hashes are made from: numbers that mean the same in every process. */
export interface OnlineFacts {
  viewer: number
  video: number
  channel: number
  topic: number
  language: number
  durationMs: number
}

export const ONLINE_SIZE = 2 ** 17
export const ONLINE_FACTS = 8

const ALPHA = 0.05
const BETA = 1
const L1 = 0.6
const L2 = 1

export function newOnline(size = ONLINE_SIZE): Online {
  return { size, sums: new Float32Array(size), squares: new Float32Array(size) }
}

/** FNV-1a of a word, its bits mixed. */
export function hashOf(word: string): number {
  let hash = 2166136261
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 16777619)
  return mixed(hash)
}

function mixed(hash: number): number {
  let it = Math.imul(hash ^ (hash >>> 16), 2246822519)
  it = Math.imul(it ^ (it >>> 13), 3266489917)
  return (it ^ (it >>> 16)) >>> 0
}

function pair(kind: number, one: number, two: number): number {
  return mixed(Math.imul(one ^ Math.imul(kind, 2654435761), 2246822519) ^ Math.imul(two + kind, 3266489917))
}

/** Places in the table of one candidate's facts; fills `places`. */
export function writePlaces(it: OnlineFacts, size: number, places: Uint32Array): void {
  const mask = size - 1
  const length = Math.min(6, Math.floor(Math.log2(1 + it.durationMs / 60_000)))
  places[0] = pair(1, it.video, 0) & mask
  places[1] = pair(2, it.channel, 0) & mask
  places[2] = pair(3, it.topic, it.language) & mask
  places[3] = pair(4, it.topic, length) & mask
  places[4] = pair(5, it.viewer, it.channel) & mask
  places[5] = pair(6, it.viewer, it.topic) & mask
  places[6] = pair(7, it.viewer, length) & mask
  places[7] = pair(8, it.viewer, it.language) & mask
}

function weightAt({ sums, squares }: Online, place: number): number {
  const sum = sums[place]!
  if (Math.abs(sum) <= L1) return 0
  return -(sum - Math.sign(sum) * L1) / ((BETA + Math.sqrt(squares[place]!)) / ALPHA + L2)
}

/** What is added to the logit. */
export function lean(online: Online, places: Uint32Array): number {
  let sum = 0
  for (let at = 0; at < ONLINE_FACTS; at++) sum += weightAt(online, places[at]!)
  return sum
}

/** Learns one outcome. `base` is the logit of everything else; `weight` how much the outcome says, such as how surely it was looked at. */
export function learn(online: Online, places: Uint32Array, base: number, taken: boolean, weight: number): void {
  const chance = 1 / (1 + Math.exp(-(base + lean(online, places))))
  const slope = weight * (chance - Number(taken))
  for (let at = 0; at < ONLINE_FACTS; at++) {
    const place = places[at]!
    const before = online.squares[place]!
    const after = before + slope * slope
    const sigma = (Math.sqrt(after) - Math.sqrt(before)) / ALPHA
    online.sums[place]! += slope - sigma * weightAt(online, place)
    online.squares[place] = after
  }
}
