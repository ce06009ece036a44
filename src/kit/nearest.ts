/**
 * The vectors with the greatest inner product, found without looking at all of them: vectors lie in cells around centres (k-means), and
 * only the cells whose centres fit best are read (an inverted file, as in Jégou et al., 2011). What is lost is what lies far from
 * its centre; how much is read is bounded, whatever there is. Pure.
 */
import type { ByteRows } from './byte-rows.ts'
import { openSimd, padded } from './simd.ts'
import { heaviest } from './sparse-rows.ts'

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

/** What was found: places among the vectors and inner products, the greatest first. */
export interface Near {
  places: Uint32Array
  values: Float32Array
}

/** Makes the `count` vectors with the greatest inner products above 0 be found, among at most `mostRead`. */
export type Find = (vector: Float32Array, count: number, mostRead: number) => Near

/** Searches an index whose vectors `rows` holds as bytes, those in cells first. At most `mostAtOnce` are read by one search. */
export function openSearch(index: NearestIndex, rows: ByteRows, mostAtOnce: number): Find {
  const { width, centres, offsets } = index
  const size = offsets.length - 1
  const floatWidth = padded(width, 4)
  const simd = openSimd(4 * (size * (floatWidth + 1) + floatWidth) + 64)
  const ownCentres = simd.floats(size * floatWidth)
  for (let cell = 0; cell < size; cell++)
    ownCentres.set(centres.subarray(cell * width, (cell + 1) * width), cell * floatWidth)
  const query = simd.floats(floatWidth)
  const fits = simd.floats(size)
  const values = new Float32Array(mostAtOnce)
  const all = Uint32Array.from(values.keys())
  /** What was read, stretch by stretch: where each ends among the values, and what to add to a place there for one among the vectors. */
  const ends = new Uint32Array(size)
  const shifts = new Int32Array(size)

  return (vector, wanted, mostRead) => {
    query.set(vector)
    simd.multiplyFloats(query, ownCentres, 0, size, fits)
    rows.ask(vector)
    const most = Math.min(mostRead, mostAtOnce)
    let read = 0
    for (let cells = 0; cells < size && read < most; cells++) {
      const cell = greatest(fits)
      fits[cell] = Number.NEGATIVE_INFINITY
      const from = offsets[cell]!
      const more = Math.min(offsets[cell + 1]! - from, most - read)
      rows.ofRange(from, more, values, read)
      shifts[cells] = from - read
      read += more
      ends[cells] = read
    }
    const best = heaviest(values, all.subarray(0, read), wanted)
    const near = { places: new Uint32Array(best.length), values: new Float32Array(best.length) }
    for (let at = 0; at < best.length; at++) {
      let cells = 0
      while (ends[cells]! <= best[at]!) cells++
      near.places[at] = best[at]! + shifts[cells]!
      near.values[at] = values[best[at]!]!
    }
    return near
  }
}

/** Where the greatest of these stands; of equals the first. */
function greatest(values: Float32Array): number {
  let best = 0
  for (let at = 1; at < values.length; at++) if (values[at]! > values[best]!) best = at
  return best
}
