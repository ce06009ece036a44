/**
 * A small network with one trunk and a head per question: is it clicked, how long is it watched, is it finished, liked, sent away.
 * Where a video stood decides much of whether it was clicked: a shallow part that sees the place alone takes that up while
 * learning, and is left out when pages are ranked (Zhao et al., Recommending What Video to Watch Next, 2019). Watched time is
 * learned as they do at the same house: a logistic loss in which a watch weighs its minutes, so that the odds are the minutes
 * to be expected (Covington et al., 2016). Pure; the same examples give the same network.
 */
import { openSimd, padded, type Simd } from '../../../kit/simd.ts'

export const HEADS = ['click', 'minutes', 'finish', 'like', 'dismiss'] as const
export type Head = (typeof HEADS)[number]
export const HEAD_COUNT = HEADS.length

/** Examples in columns. */
export interface Examples {
  count: number
  width: number
  /** `width` numbers per example. */
  features: Float32Array
  bins: Uint8Array
  binCount: number
  /** One answer, 0 or 1, per head and example: `HEAD_COUNT` numbers. */
  answers: Uint8Array
  /** What a watch weighs for the head of minutes: its minutes. */
  minutes: Float32Array
}

export interface Network {
  width: number
  hidden: number
  means: Float32Array
  spreads: Float32Array
  /** hidden × width, then hidden. */
  trunk: Float32Array
  trunkBias: Float32Array
  /** HEAD_COUNT × (hidden + width): what the trunk says, and the features beside it. */
  heads: Float32Array
  headBias: Float32Array
  /** HEAD_COUNT × bins: what the place alone says. */
  places: Float32Array
  binCount: number
  /** Slope and offset per head that make odds out of what it says. */
  slopes: Float32Array
  offsets: Float32Array
}

const HIDDEN = 24
const BATCH = 128
const RATE = 0.004
const PULL = 1e-5

/** How much the heads weigh against each other: the rare answers are noisy. */
const HEAD_WEIGHTS: Record<Head, number> = { click: 1, minutes: 1, finish: 0.7, like: 0.4, dismiss: 0.4 }
const WEIGHT_OF = HEADS.map((head) => HEAD_WEIGHTS[head])

export function newNetwork(examples: Examples): Network {
  const { width, binCount, count } = examples
  const means = new Float32Array(width)
  const spreads = new Float32Array(width)
  for (let dim = 0; dim < width; dim++) {
    let sum = 0
    let squares = 0
    for (let at = 0; at < count; at++) {
      const value = examples.features[at * width + dim]!
      sum += value
      squares += value * value
    }
    means[dim] = sum / Math.max(1, count)
    spreads[dim] = Math.sqrt(Math.max(0, squares / Math.max(1, count) - means[dim]! ** 2)) || 1
  }
  const random = tosses(5)
  const trunk = Float32Array.from({ length: HIDDEN * width }, () => (random() * 2 - 1) * Math.sqrt(3 / width))
  const headBias = Float32Array.from(HEADS, (_, head) => {
    let sum = 0
    for (let at = 0; at < count; at++) sum += examples.answers[at * HEAD_COUNT + head]! * weightOf(examples, at, head)
    const rate = Math.min(0.99, Math.max(1e-4, sum / Math.max(1, count)))
    return Math.log(rate / (1 - rate))
  })
  return {
    width,
    hidden: HIDDEN,
    means,
    spreads,
    trunk,
    trunkBias: new Float32Array(HIDDEN).fill(0.01),
    heads: new Float32Array(HEAD_COUNT * (HIDDEN + width)),
    headBias,
    places: new Float32Array(HEAD_COUNT * binCount),
    binCount,
    slopes: new Float32Array(HEAD_COUNT).fill(1),
    offsets: new Float32Array(HEAD_COUNT),
  }
}

function weightOf(examples: Examples, at: number, head: number): number {
  return head === 1 && examples.answers[at * HEAD_COUNT + 1] === 1 ? examples.minutes[at]! : 1
}

/** Even tosses from 0 to 1, the same each time. */
function tosses(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

export interface Room {
  inputs: Float32Array
  hidden: Float32Array
  said: Float32Array
}

export function newRoom(network: Network): Room {
  return {
    inputs: new Float32Array(network.width),
    hidden: new Float32Array(network.hidden),
    said: new Float32Array(HEAD_COUNT),
  }
}

/** Fills `room.said` with the logits of one row of features; `bin` below 0 leaves the place out. */
export function say(network: Network, features: Float32Array, base: number, bin: number, room: Room): void {
  const { width, hidden, trunk, heads } = network
  for (let dim = 0; dim < width; dim++)
    room.inputs[dim] = (features[base + dim]! - network.means[dim]!) / network.spreads[dim]!
  for (let unit = 0; unit < hidden; unit++) {
    let sum = network.trunkBias[unit]!
    const line = unit * width
    for (let dim = 0; dim < width; dim++) sum += trunk[line + dim]! * room.inputs[dim]!
    room.hidden[unit] = sum > 0 ? sum : 0
  }
  const span = hidden + width
  for (let head = 0; head < HEAD_COUNT; head++) {
    let sum = network.headBias[head]! + (bin < 0 ? 0 : network.places[head * network.binCount + bin]!)
    const line = head * span
    for (let unit = 0; unit < hidden; unit++) sum += heads[line + unit]! * room.hidden[unit]!
    for (let dim = 0; dim < width; dim++) sum += heads[line + hidden + dim]! * room.inputs[dim]!
    room.said[head] = sum
  }
}

/** A network made ready to be asked of a whole page: its weights with means and spreads in them, and room for many rows. */
interface Ready {
  simd: Simd
  rows: Float32Array
  /** What the trunk says: a column per unit, and then a row per candidate. */
  columns: Float32Array
  hidden: Float32Array
  said: Float32Array
  /** One vector per unit, and two per head: of what the trunk says, and of the features. */
  units: Float32Array[]
  headsOfTrunk: Float32Array[]
  headsOfRows: Float32Array[]
}

/** So many rows are asked of at once. */
const AT_ONCE = 512

const ready = new WeakMap<Network, Ready>()
let saidOfAll = new Float32Array(AT_ONCE * HEAD_COUNT)

/**
 * What `say` says of each of these rows, the places left out: HEAD_COUNT numbers a row, until it is asked again. Only for a network that
 * has learned all it will.
 */
export function sayOfAll(network: Network, features: Float32Array, count: number): Float32Array {
  if (saidOfAll.length < count * HEAD_COUNT) saidOfAll = new Float32Array(2 * count * HEAD_COUNT)
  let made = ready.get(network)
  if (!made) {
    made = readyFor(network)
    ready.set(network, made)
  }
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = Math.min(AT_ONCE, count - from)
    sayOfSome(network, features, from, some, made)
    saidOfAll.set(made.said.subarray(0, some * HEAD_COUNT), from * HEAD_COUNT)
  }
  return saidOfAll
}

function sayOfSome({ width }: Network, features: Float32Array, from: number, count: number, it: Ready): void {
  const rowWidth = it.units[0]!.length
  const hiddenWidth = it.headsOfTrunk[0]!.length
  for (let at = 0; at < count; at++) {
    const base = (from + at) * width
    for (let dim = 0; dim < width; dim++) it.rows[at * rowWidth + dim] = features[base + dim]!
    // What is added whatever the features are.
    it.rows[at * rowWidth + width] = 1
  }
  for (const [unit, weights] of it.units.entries()) {
    it.simd.multiplyFloats(weights, it.rows, 0, count, it.columns)
    for (let at = 0; at < count; at++) it.hidden[at * hiddenWidth + unit] = Math.max(0, it.columns[at]!)
  }
  for (let head = 0; head < HEAD_COUNT; head++) {
    it.simd.multiplyFloats(it.headsOfRows[head]!, it.rows, 0, count, it.columns)
    for (let at = 0; at < count; at++) it.said[at * HEAD_COUNT + head] = it.columns[at]!
    it.simd.multiplyFloats(it.headsOfTrunk[head]!, it.hidden, 0, count, it.columns)
    for (let at = 0; at < count; at++) it.said[at * HEAD_COUNT + head]! += it.columns[at]!
  }
}

function readyFor(network: Network): Ready {
  const { width, hidden, trunk, trunkBias, heads, headBias } = network
  const [rowWidth, hiddenWidth] = [padded(width + 1, 4), padded(hidden, 4)]
  const vectors = (hidden + HEAD_COUNT) * rowWidth + HEAD_COUNT * hiddenWidth
  const simd = openSimd(4 * (vectors + AT_ONCE * (rowWidth + hiddenWidth + 1 + HEAD_COUNT)) + 4096)
  // Weights for features as they are: less the mean and by the spread is a factor, and something more in what is added.
  const ofFeatures = (weights: Float32Array, base: number, bias: number): Float32Array => {
    const vector = simd.floats(rowWidth)
    let sum = bias
    for (let dim = 0; dim < width; dim++) {
      vector[dim] = weights[base + dim]! / network.spreads[dim]!
      sum -= (weights[base + dim]! * network.means[dim]!) / network.spreads[dim]!
    }
    vector[width] = sum
    return vector
  }
  const span = hidden + width
  const ofHeads = Array.from({ length: HEAD_COUNT }, (_, head) => head)
  return {
    simd,
    rows: simd.floats(AT_ONCE * rowWidth),
    columns: simd.floats(AT_ONCE),
    hidden: simd.floats(AT_ONCE * hiddenWidth),
    said: new Float32Array(AT_ONCE * HEAD_COUNT),
    units: Array.from({ length: hidden }, (_, unit) => ofFeatures(trunk, unit * width, trunkBias[unit]!)),
    headsOfTrunk: ofHeads.map((head) => {
      const vector = simd.floats(hiddenWidth)
      vector.set(heads.subarray(head * span, head * span + hidden))
      return vector
    }),
    headsOfRows: ofHeads.map((head) => ofFeatures(heads, head * span + hidden, headBias[head]!)),
  }
}

/** Mean loss over examples `from` to `to`, summed over heads by their weights. */
export function lossOf(network: Network, examples: Examples, from: number, to: number): number {
  const room = newRoom(network)
  let sum = 0
  for (let at = from; at < to; at++) {
    say(network, examples.features, at * examples.width, examples.bins[at]!, room)
    for (let head = 0; head < HEAD_COUNT; head++) {
      const answer = examples.answers[at * HEAD_COUNT + head]!
      const logit = room.said[head]!
      // log(1 + e^x) - answer·x, safe at both ends.
      const loss = Math.max(0, logit) + Math.log1p(Math.exp(-Math.abs(logit))) - answer * logit
      sum += WEIGHT_OF[head]! * weightOf(examples, at, head) * loss
    }
  }
  return to > from ? sum / (to - from) : 0
}

interface Grown {
  value: Float32Array
  slope: Float32Array
  first: Float32Array
  second: Float32Array
}

function grown(value: Float32Array): Grown {
  const empty = () => new Float32Array(value.length)
  return { value, slope: empty(), first: empty(), second: empty() }
}

/**
 * Learns from examples 0 to `end` in shuffled batches (Adam: Kingma and Ba, 2015), `epochs` times at most, keeping what does best on
 * the examples from `end` on and stopping when that grows worse.
 */
export function teach(network: Network, examples: Examples, end: number, epochs: number): Network {
  const parts = [network.trunk, network.trunkBias, network.heads, network.headBias, network.places].map(grown)
  const order = Uint32Array.from({ length: end }, (_, at) => at)
  const random = tosses(11)
  let best = snapshot(network)
  let least = lossOf(network, examples, end, examples.count)
  let worse = 0
  let step = 0
  for (let epoch = 0; epoch < epochs && worse < 2; epoch++) {
    for (let at = end - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1))
      ;[order[at], order[other]] = [order[other]!, order[at]!]
    }
    for (let from = 0; from < end; from += BATCH) {
      const batch = order.subarray(from, Math.min(end, from + BATCH))
      gather(network, examples, batch, parts)
      step++
      for (const part of parts) move(part, step, batch.length)
    }
    const loss = lossOf(network, examples, end, examples.count)
    if (loss < least) {
      least = loss
      best = snapshot(network)
      worse = 0
    } else worse++
  }
  return best
}

function snapshot(network: Network): Network {
  const { trunk, trunkBias, heads, headBias, places } = network
  return {
    ...network,
    trunk: trunk.slice(),
    trunkBias: trunkBias.slice(),
    heads: heads.slice(),
    headBias: headBias.slice(),
    places: places.slice(),
  }
}

/** Adds the slopes of the loss of a batch. */
function gather(network: Network, examples: Examples, batch: Uint32Array, parts: Grown[]): void {
  const [trunk, trunkBias, heads, headBias, places] = parts as [Grown, Grown, Grown, Grown, Grown]
  const { width, hidden } = network
  const span = hidden + width
  const room = newRoom(network)
  const back = new Float32Array(hidden)
  for (const at of batch) {
    say(network, examples.features, at * width, examples.bins[at]!, room)
    back.fill(0)
    for (let head = 0; head < HEAD_COUNT; head++) {
      const chance = 1 / (1 + Math.exp(-room.said[head]!))
      const miss = chance - examples.answers[at * HEAD_COUNT + head]!
      const slope = WEIGHT_OF[head]! * weightOf(examples, at, head) * miss
      headBias.slope[head]! += slope
      places.slope[head * network.binCount + examples.bins[at]!]! += slope
      const line = head * span
      for (let unit = 0; unit < hidden; unit++) {
        heads.slope[line + unit]! += slope * room.hidden[unit]!
        back[unit]! += slope * network.heads[line + unit]!
      }
      for (let dim = 0; dim < width; dim++) heads.slope[line + hidden + dim]! += slope * room.inputs[dim]!
    }
    for (let unit = 0; unit < hidden; unit++) {
      if (room.hidden[unit]! <= 0) continue
      trunkBias.slope[unit]! += back[unit]!
      const line = unit * width
      for (let dim = 0; dim < width; dim++) trunk.slope[line + dim]! += back[unit]! * room.inputs[dim]!
    }
  }
}

function move({ value, slope, first, second }: Grown, step: number, count: number): void {
  const firstScale = 1 - 0.9 ** step
  const secondScale = 1 - 0.999 ** step
  for (let at = 0; at < value.length; at++) {
    const mean = slope[at]! / count + PULL * value[at]!
    slope[at] = 0
    first[at] = 0.9 * first[at]! + 0.1 * mean
    second[at] = 0.999 * second[at]! + 0.001 * mean * mean
    value[at]! -= (RATE * (first[at]! / firstScale)) / (Math.sqrt(second[at]! / secondScale) + 1e-8)
  }
}

/**
 * Sets slope and offset of each head so that its odds are right on examples from `from` on, which it has not learned from (Platt,
 * 1999). A head with hardly any answers there is left as it is.
 */
export function calibrate(network: Network, examples: Examples, from: number): void {
  const room = newRoom(network)
  const count = examples.count - from
  const said = new Float32Array(count * HEAD_COUNT)
  for (let at = 0; at < count; at++) {
    say(network, examples.features, (from + at) * examples.width, examples.bins[from + at]!, room)
    said.set(room.said, at * HEAD_COUNT)
  }
  for (let head = 0; head < HEAD_COUNT; head++) {
    let answers = 0
    for (let at = 0; at < count; at++) answers += examples.answers[(from + at) * HEAD_COUNT + head]!
    if (answers < 20 || answers > count - 20) continue
    const logits = Float64Array.from({ length: count }, (_, at) => said[at * HEAD_COUNT + head]!)
    const known = Uint8Array.from({ length: count }, (_, at) => examples.answers[(from + at) * HEAD_COUNT + head]!)
    const weights = Float64Array.from({ length: count }, (_, at) => weightOf(examples, from + at, head))
    const { slope, offset } = platt(logits, known, weights)
    // A slope below 0 would turn the head round: then there is nothing in it to be calibrated.
    if (slope <= 0.05 || slope > 5) continue
    network.slopes[head] = slope
    network.offsets[head] = offset
  }
}

/** Slope and offset of a logistic regression on one number, by Newton's method. */
export function platt(logits: Float64Array, answers: Uint8Array, weights: Float64Array) {
  let slope = 1
  let offset = 0
  for (let round = 0; round < 25; round++) {
    // A little pull towards 1 and 0 keeps the matrix regular.
    let [gs, go, ss, so, oo] = [slope - 1, offset, 1, 0, 1]
    for (let at = 0; at < logits.length; at++) {
      const chance = 1 / (1 + Math.exp(-(slope * logits[at]! + offset)))
      const miss = weights[at]! * (chance - answers[at]!)
      const bend = weights[at]! * chance * (1 - chance)
      gs += miss * logits[at]!
      go += miss
      ss += bend * logits[at]! ** 2
      so += bend * logits[at]!
      oo += bend
    }
    const size = ss * oo - so * so
    const [ds, dOff] = [(oo * gs - so * go) / size, (ss * go - so * gs) / size]
    slope -= ds
    offset -= dOff
    if (Math.abs(ds) + Math.abs(dOff) < 1e-9) break
  }
  return { slope, offset }
}

/** What a head says of a row, as calibrated logit, the place left out. */
export function calibrated(network: Network, said: Float32Array, head: number, base = 0): number {
  return network.slopes[head]! * said[base + head]! + network.offsets[head]!
}
