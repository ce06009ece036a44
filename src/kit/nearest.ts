/**
 * The vectors with the greatest inner product, found without looking at all of them: vectors lie in cells around centres (k-means), and
 * only the cells whose centres fit best are read (an inverted file, as in Jégou et al., 2011). What is lost is what lies far from
 * its centre; how much is read is bounded, whatever there is. Pure.
 */

export interface Cells {
  readonly width: number
  readonly centres: Float32Array
  /** The cell of each vector; NO_CELL for a vector of zeros, which is near nothing. */
  readonly cellOf: Uint16Array
}

/** Vectors in the order of their cells: cell c is `offsets[c] .. offsets[c + 1]`, what is in no cell lies behind. */
export interface NearestIndex {
  readonly width: number
  readonly centres: Float32Array
  readonly offsets: Uint32Array
  readonly vectors: Float32Array
}

export const NO_CELL = 65_535
const MOST_CELLS = 512
const SAMPLE_PER_CELL = 40
const ROUNDS = 6

/** Sorts vectors into about as many cells as the root of their number. */
export function cellsOf(vectors: Float32Array, width: number): Cells {
  const count = vectors.length / width
  const filled: number[] = []
  for (let at = 0; at < count; at++) if (isFilled(vectors, at * width, width)) filled.push(at)
  const size = Math.max(1, Math.min(MOST_CELLS, Math.round(Math.sqrt(filled.length))))
  const centres = new Float32Array(size * width)
  const step = Math.max(1, Math.floor(filled.length / (size * SAMPLE_PER_CELL)))
  const sample = filled.filter((_, at) => at % step === 0)
  // Spread over the sample: the same vectors always give the same cells.
  for (let cell = 0; cell < size && sample.length > 0; cell++) {
    const from = sample[Math.floor((cell * sample.length) / size)]! * width
    centres.set(vectors.subarray(from, from + width), cell * width)
  }
  for (let round = 0; round < ROUNDS && sample.length > 0; round++) {
    const halves = halfNorms(centres, width)
    const sums = new Float32Array(size * width)
    const counts = new Uint32Array(size)
    for (const item of sample) {
      const cell = closest(vectors, item * width, centres, halves, width)
      counts[cell]!++
      for (let dim = 0; dim < width; dim++) sums[cell * width + dim]! += vectors[item * width + dim]!
    }
    for (let cell = 0; cell < size; cell++) {
      if (counts[cell] === 0) continue
      for (let dim = 0; dim < width; dim++) centres[cell * width + dim] = sums[cell * width + dim]! / counts[cell]!
    }
  }
  const halves = halfNorms(centres, width)
  const cellOf = new Uint16Array(count).fill(NO_CELL)
  for (const item of filled) cellOf[item] = closest(vectors, item * width, centres, halves, width)
  return { width, centres, cellOf }
}

function isFilled(vectors: Float32Array, base: number, width: number): boolean {
  for (let dim = 0; dim < width; dim++) if (vectors[base + dim] !== 0) return true
  return false
}

function halfNorms(centres: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: centres.length / width }, (_, cell) => {
    let sum = 0
    for (let dim = 0; dim < width; dim++) sum += centres[cell * width + dim]! ** 2
    return sum / 2
  })
}

/** The centre at the least distance: greatest inner product less half its square. */
function closest(vectors: Float32Array, base: number, centres: Float32Array, halves: Float32Array, width: number) {
  let best = 0
  let most = Number.NEGATIVE_INFINITY
  for (let cell = 0; cell < halves.length; cell++) {
    const value = product(vectors, base, centres, cell * width, width) - halves[cell]!
    if (value > most) {
      most = value
      best = cell
    }
  }
  return best
}

/** The inner product of two vectors of `width` numbers, added up in four sums that do not wait for one another. */
export function product(left: Float32Array, leftBase: number, right: Float32Array, rightBase: number, width: number) {
  let [one, two, three, four] = [0, 0, 0, 0]
  let dim = 0
  for (; dim + 3 < width; dim += 4) {
    one += left[leftBase + dim]! * right[rightBase + dim]!
    two += left[leftBase + dim + 1]! * right[rightBase + dim + 1]!
    three += left[leftBase + dim + 2]! * right[rightBase + dim + 2]!
    four += left[leftBase + dim + 3]! * right[rightBase + dim + 3]!
  }
  for (; dim < width; dim++) one += left[leftBase + dim]! * right[rightBase + dim]!
  return one + two + three + four
}

/** The order in which vectors lie cell by cell (what is in none at the end), and where each cell begins and the last one ends. */
export function orderByCell({ width, centres, cellOf }: Cells): { order: Uint32Array; offsets: Uint32Array } {
  const size = centres.length / width
  const offsets = new Uint32Array(size + 1)
  for (const cell of cellOf) if (cell !== NO_CELL) offsets[cell + 1]!++
  for (let cell = 0; cell < size; cell++) offsets[cell + 1]! += offsets[cell]!
  const next = offsets.slice()
  const order = new Uint32Array(cellOf.length)
  let behind = offsets[size]!
  for (const [at, cell] of cellOf.entries()) order[cell === NO_CELL ? behind++ : next[cell]!++] = at
  return { order, offsets }
}

export interface Near {
  /** Its place among the vectors. */
  at: number
  value: number
}

/** The `count` vectors with the greatest inner product found among at most `mostRead`, greatest first. */
export function nearest(index: NearestIndex, vector: Float32Array, count: number, mostRead: number): Near[] {
  const { width, centres, offsets, vectors } = index
  const size = offsets.length - 1
  const fits = new Float32Array(size)
  for (let cell = 0; cell < size; cell++) fits[cell] = product(vector, 0, centres, cell * width, width)
  const order = Uint32Array.from(fits.keys()).sort((one, other) => fits[other]! - fits[one]! || one - other)
  const best = new Best(count)
  let read = 0
  for (const cell of order) {
    if (read >= mostRead) break
    const from = offsets[cell]!
    const end = Math.min(offsets[cell + 1]!, from + mostRead - read)
    read += end - from
    let at = from
    for (; at + 3 < end; at += 4) {
      four(vector, vectors, at * width, width)
      for (let more = 0; more < 4; more++) best.take(at + more, FOUR[more]!)
    }
    for (; at < end; at++) best.take(at, product(vector, 0, vectors, at * width, width))
  }
  return best.end()
}

const FOUR = new Float64Array(4)

/** The inner products with four vectors that lie one behind the other: each number of the one is read once. */
function four(vector: Float32Array, vectors: Float32Array, base: number, width: number): void {
  let [one, two, three, last] = [0, 0, 0, 0]
  const second = base + width
  const third = second + width
  const fourth = third + width
  for (let dim = 0; dim < width; dim++) {
    const value = vector[dim]!
    one += value * vectors[base + dim]!
    two += value * vectors[second + dim]!
    three += value * vectors[third + dim]!
    last += value * vectors[fourth + dim]!
  }
  FOUR[0] = one
  FOUR[1] = two
  FOUR[2] = three
  FOUR[3] = last
}

/** The greatest values that came, greatest first; of equals the one that came first. */
class Best {
  readonly #found: Uint32Array
  readonly #values: Float32Array
  #kept = 0

  constructor(count: number) {
    this.#found = new Uint32Array(count)
    this.#values = new Float32Array(count).fill(Number.NEGATIVE_INFINITY)
  }

  take(at: number, value: number): void {
    const count = this.#values.length
    if (this.#kept === count && value <= this.#values[count - 1]!) return
    let place = this.#kept < count ? this.#kept++ : count - 1
    while (place > 0 && this.#values[place - 1]! < value) {
      this.#values[place] = this.#values[place - 1]!
      this.#found[place] = this.#found[place - 1]!
      place--
    }
    this.#values[place] = value
    this.#found[place] = at
  }

  end(): Near[] {
    return Array.from(this.#found.subarray(0, this.#kept), (at, place) => ({ at, value: this.#values[place]! }))
  }
}
