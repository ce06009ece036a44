/**
 * A learned way from what somebody watched to a vector in the space of items: what folding in gives, what was watched lately and what was
 * watched last, through a linear map and a layer of hinges beside it. Learned by foretelling the next choice among many that were
 * drawn by how often they are chosen (softmax over samples, corrected for how they were drawn: Bengio and Senécal, 2008; Yi et al.,
 * 2019). It starts from folding in, so that with little to learn from it stays near it. Pure.
 */
import { foldIn, type Vectors } from './least-squares.ts'
import type { SparseRows } from './sparse-rows.ts'

export interface Tower {
  /** Of the vectors that come out; 0 where there is no tower. */
  readonly width: number
  readonly hidden: number
  /** The linear map (width times inputs), the hinges (hidden times inputs, then their biases), and what comes of them (width times hidden). */
  readonly weights: Float32Array
}

export interface TowerShape {
  hidden: number
  /** Examples of one person, so that who watches most does not decide for all. */
  perRow: number
  /** Examples altogether. */
  most: number
  epochs: number
  /** Drawn anew for each batch, shared by its examples. */
  negatives: number
  batch: number
  rate: number
  /** Choices before the next one that are looked at. */
  memory: number
  /** How much the so-many-th last choice counts. */
  fade(rank: number): number
}

export const NO_TOWER: Tower = { width: 0, hidden: 0, weights: new Float32Array(0) }

/** Folded in, of late, and last: the weights of choices to these powers say what is taken of each. */
const POWERS = [3, 12] as const
const PARTS = POWERS.length + 1
/** Inner products of learned vectors lie between 0 and 1; a choice among many needs more contrast to begin with. */
const CONTRAST = 8
/** Fewer examples than this teach nothing that holds. */
const LEAST = 500

/** The parts that a tower goes from, one after the other: `chosen` in any order, `shares` saying how much each counts. */
function inputOf(vectors: Vectors, taste: Float32Array, chosen: ArrayLike<number>, shares: Float32Array): Float32Array {
  const { width, items } = vectors
  const input = new Float32Array(PARTS * width)
  input.set(taste)
  let most = 0
  for (const share of shares) most = Math.max(most, share)
  for (const [part, power] of POWERS.entries()) {
    const to = (part + 1) * width
    let mass = 0
    for (let at = 0; at < chosen.length; at++) {
      const share = (shares[at]! / most) ** power
      mass += share
      const from = chosen[at]! * width
      for (let dim = 0; dim < width; dim++) input[to + dim]! += share * items[from + dim]!
    }
    if (mass > 0) for (let dim = 0; dim < width; dim++) input[to + dim]! /= mass
  }
  return input
}

/** The vector of somebody who chose these; `taste` is what folding in gives for them. */
export function towerVector(
  tower: Tower,
  vectors: Vectors,
  taste: Float32Array,
  chosen: ArrayLike<number>,
  shares: Float32Array,
): Float32Array {
  const { width, hidden } = tower
  const out = new Float32Array(width)
  forward(tower, inputOf(vectors, taste, chosen, shares), new Float32Array(hidden), out)
  return out
}

function forward(
  { width, hidden, weights }: Tower,
  input: Float32Array,
  hinges: Float32Array,
  out: Float32Array,
): void {
  const size = input.length
  const inner = width * size
  const biases = inner + hidden * size
  const outer = biases + hidden
  for (let unit = 0; unit < hidden; unit++) {
    let sum = weights[biases + unit]!
    for (let at = 0, base = inner + unit * size; at < size; at++) sum += weights[base + at]! * input[at]!
    hinges[unit] = sum > 0 ? sum : 0
  }
  for (let dim = 0; dim < width; dim++) {
    let sum = 0
    for (let at = 0, base = dim * size; at < size; at++) sum += weights[base + at]! * input[at]!
    for (let unit = 0, base = outer + dim * hidden; unit < hidden; unit++) sum += weights[base + unit]! * hinges[unit]!
    out[dim] = sum
  }
}

/** Adds to `slopes` what this example says, `pull` being the slope of the loss along what came out. */
function backward(
  { width, hidden, weights }: Tower,
  input: Float32Array,
  hinges: Float32Array,
  pull: Float32Array,
  slopes: Float32Array,
): void {
  const size = input.length
  const inner = width * size
  const biases = inner + hidden * size
  const outer = biases + hidden
  const back = new Float32Array(hidden)
  for (let dim = 0; dim < width; dim++) {
    const slope = pull[dim]!
    for (let at = 0, base = dim * size; at < size; at++) slopes[base + at]! += slope * input[at]!
    for (let unit = 0, base = outer + dim * hidden; unit < hidden; unit++) {
      slopes[base + unit]! += slope * hinges[unit]!
      back[unit]! += slope * weights[base + unit]!
    }
  }
  for (let unit = 0; unit < hidden; unit++) {
    if (hinges[unit] === 0) continue
    const slope = back[unit]!
    slopes[biases + unit]! += slope
    for (let at = 0, base = inner + unit * size; at < size; at++) slopes[base + at]! += slope * input[at]!
  }
}

/** Rows in the order of time. No tower where there is too little to learn from. */
export function learnTower(vectors: Vectors, rows: SparseRows, shape: TowerShape): Tower {
  const { width } = vectors
  const random = randomFrom(17)
  const examples = examplesOf(rows, shape, random)
  if (examples.length < LEAST) return NO_TOWER
  const tower = newTower(width, shape.hidden, random)
  const odds = oddsOf(rows)
  const slopes = new Float32Array(tower.weights.length)
  const step = stepper(tower.weights, shape.rate)
  const passes = Math.ceil((shape.epochs * examples.length) / shape.batch)
  for (let pass = 0; pass < passes; pass++) {
    const drawn = drawNegatives(vectors, rows, shape.negatives, random)
    slopes.fill(0)
    for (let at = 0; at < shape.batch; at++) {
      const [row, place] = examples[(pass * shape.batch + at) % examples.length]!
      learnFrom(tower, vectors, rows, row, place, shape, drawn, odds, slopes)
    }
    // Slower and slower, so that the last batches do not decide.
    step(slopes, 1 / shape.batch, 1 - pass / passes)
  }
  return tower
}

/** Which choice of which row is to be foretold, in a random order. */
function examplesOf(rows: SparseRows, { perRow, most }: TowerShape, random: () => number): [number, number][] {
  const all: [number, number][] = []
  const rowCount = rows.offsets.length - 1
  const share = Math.min(1, most / Math.max(1, rowCount * perRow))
  for (let row = 0; row < rowCount; row++) {
    const size = rows.offsets[row + 1]! - rows.offsets[row]!
    if (size < 3 || random() > share) continue
    // The last ones: what comes next is asked of a page too, and taste changes.
    const first = Math.max(2, size - perRow)
    for (let place = first; place < size; place++) all.push([row, place])
  }
  for (let at = all.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[all[at], all[other]] = [all[other]!, all[at]!]
  }
  return all
}

interface Drawn {
  items: Uint32Array
  /** Their vectors, one after the other. */
  vectors: Float32Array
}

function drawNegatives({ width, items }: Vectors, rows: SparseRows, count: number, random: () => number): Drawn {
  const drawn = Uint32Array.from({ length: count }, () => rows.items[Math.floor(random() * rows.items.length)]!)
  const vectors = new Float32Array(count * width)
  for (const [at, item] of drawn.entries()) vectors.set(items.subarray(item * width, (item + 1) * width), at * width)
  return { items: drawn, vectors }
}

/** Logarithms of how likely each item is to be drawn. */
function oddsOf(rows: SparseRows): Float32Array {
  const counts = new Float32Array(rows.itemCount)
  for (const item of rows.items) counts[item]!++
  return counts.map((count) => Math.log(Math.max(1, count) / rows.items.length))
}

function learnFrom(
  tower: Tower,
  vectors: Vectors,
  rows: SparseRows,
  row: number,
  place: number,
  shape: TowerShape,
  drawn: Drawn,
  odds: Float32Array,
  slopes: Float32Array,
): void {
  const { width, items } = vectors
  const end = rows.offsets[row]! + place
  const from = Math.max(rows.offsets[row]!, end - shape.memory)
  const chosen = rows.items.subarray(from, end)
  const target = rows.items[end]!
  const shares = Float32Array.from(chosen, (_, at) => shape.fade(chosen.length - 1 - at))
  const input = inputOf(vectors, foldIn(vectors, chosen, shares), chosen, shares)
  const hinges = new Float32Array(tower.hidden)
  const out = new Float32Array(width)
  forward(tower, input, hinges, out)
  const count = drawn.items.length
  const logits = new Float32Array(count)
  const own = dotAt(out, items, target * width) - odds[target]!
  let most = own
  for (let at = 0; at < count; at++) {
    const item = drawn.items[at]!
    logits[at] = item === target ? Number.NEGATIVE_INFINITY : dotAt(out, drawn.vectors, at * width) - odds[item]!
    most = Math.max(most, logits[at]!)
  }
  let sum = Math.exp(own - most)
  for (let at = 0; at < count; at++) sum += logits[at] = Math.exp(logits[at]! - most)
  const pull = new Float32Array(width)
  const missing = Math.exp(own - most) / sum - 1
  for (let dim = 0; dim < width; dim++) pull[dim] = missing * items[target * width + dim]!
  for (let at = 0; at < count; at++) {
    const share = logits[at]! / sum
    if (share < 1e-6) continue
    for (let dim = 0; dim < width; dim++) pull[dim]! += share * drawn.vectors[at * width + dim]!
  }
  backward(tower, input, hinges, pull, slopes)
}

function dotAt(left: Float32Array, right: Float32Array, base: number): number {
  let sum = 0
  for (let dim = 0; dim < left.length; dim++) sum += left[dim]! * right[base + dim]!
  return sum
}

/** Gives what folding in gives, and hinges that say nothing yet. */
function newTower(width: number, hidden: number, random: () => number): Tower {
  const size = PARTS * width
  const weights = new Float32Array(width * size + hidden * size + hidden + width * hidden)
  for (let dim = 0; dim < width; dim++) weights[dim * size + dim] = CONTRAST
  const spread = 2 / Math.sqrt(size)
  for (let at = width * size; at < (width + hidden) * size; at++) weights[at] = spread * (random() - 0.5)
  return { width, hidden, weights }
}

/** Steps by the means of slopes and of their squares (Adam: Kingma and Ba, 2014). */
function stepper(weights: Float32Array, rate: number) {
  const means = new Float32Array(weights.length)
  const squares = new Float32Array(weights.length)
  let steps = 0
  return (slopes: Float32Array, scale: number, slowness: number): void => {
    steps++
    const length = (rate * slowness * Math.sqrt(1 - 0.999 ** steps)) / (1 - 0.9 ** steps)
    for (let at = 0; at < weights.length; at++) {
      const slope = slopes[at]! * scale
      means[at] = 0.9 * means[at]! + 0.1 * slope
      squares[at] = 0.999 * squares[at]! + 0.001 * slope * slope
      weights[at]! -= (length * means[at]!) / (Math.sqrt(squares[at]!) + 1e-8)
    }
  }
}

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}
