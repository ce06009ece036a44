/**
 * From words to vectors: a linear map by ridge regression, so that something nobody has chosen yet gets a vector from what is said of
 * it, in the same space as what many have chosen. All columns at once, by conjugate gradients on the normal equations. Pure.
 */
import type { SparseRows } from './sparse-rows.ts'

export interface WordMap {
  readonly width: number
  /** Power of two; words are hashed into so many places. */
  readonly places: number
  /** `width` numbers per place. */
  readonly weights: Float32Array
}

const ROUNDS = 12

/**
 * Learns the map. Row i of `words` holds the places of thing i, each once; `targets` its vector; `trust` how much that vector is worth,
 * 0 to 1. Time: rounds times entries times width.
 */
export function learnWordMap(
  words: SparseRows,
  targets: Float32Array,
  trust: Float32Array,
  width: number,
  pull: number,
): WordMap {
  const places = words.itemCount
  const weights = new Float32Array(places * width)
  const rest = timesTurned(words, targets, trust, places, width)
  const way = rest.slice()
  const line = new Float64Array(width)
  const norms = columnNorms(rest, rest, width, line).slice()
  for (let round = 0; round < ROUNDS; round++) {
    const image = timesTurned(words, imageOf(words, way, trust, width), trust, places, width)
    for (let at = 0; at < image.length; at++) image[at]! += pull * way[at]!
    const along = columnNorms(way, image, width, line)
    const lengths = Float64Array.from(norms, (norm, dim) => (along[dim]! > 1e-20 ? norm / along[dim]! : 0))
    for (let base = 0; base < weights.length; base += width) {
      for (let dim = 0; dim < width; dim++) {
        weights[base + dim]! += lengths[dim]! * way[base + dim]!
        rest[base + dim]! -= lengths[dim]! * image[base + dim]!
      }
    }
    const next = columnNorms(rest, rest, width, line).slice()
    for (let base = 0; base < way.length; base += width) {
      for (let dim = 0; dim < width; dim++) {
        const turn = norms[dim]! > 1e-20 ? next[dim]! / norms[dim]! : 0
        way[base + dim] = rest[base + dim]! + turn * way[base + dim]!
      }
    }
    norms.set(next)
  }
  return { width, places, weights }
}

/** The vector of these places; of no words, zeros. Each word counts for less the more there are, so that lengths are alike. */
export function vectorOfWords(map: WordMap, places: ArrayLike<number>): Float32Array {
  const vector = new Float32Array(map.width)
  const share = shareOf(places.length)
  for (let at = 0; at < places.length; at++) {
    const base = places[at]! * map.width
    for (let dim = 0; dim < map.width; dim++) vector[dim]! += share * map.weights[base + dim]!
  }
  return vector
}

function shareOf(count: number): number {
  return count === 0 ? 0 : 1 / Math.sqrt(count)
}

/** Of what is worth nothing no image is made: it would be left out anyway. */
function imageOf(words: SparseRows, weights: Float32Array, trust: Float32Array, width: number): Float32Array {
  const count = words.offsets.length - 1
  const image = new Float32Array(count * width)
  for (let row = 0; row < count; row++) {
    if (trust[row] === 0) continue
    const share = shareOf(words.offsets[row + 1]! - words.offsets[row]!)
    const to = row * width
    for (let at = words.offsets[row]!; at < words.offsets[row + 1]!; at++) {
      const base = words.items[at]! * width
      for (let dim = 0; dim < width; dim++) image[to + dim]! += share * weights[base + dim]!
    }
  }
  return image
}

function timesTurned(words: SparseRows, rows: Float32Array, trust: Float32Array, places: number, width: number) {
  const sums = new Float32Array(places * width)
  for (let row = 0; row + 1 < words.offsets.length; row++) {
    const share = trust[row]! * shareOf(words.offsets[row + 1]! - words.offsets[row]!)
    if (share === 0) continue
    const from = row * width
    for (let at = words.offsets[row]!; at < words.offsets[row + 1]!; at++) {
      const base = words.items[at]! * width
      for (let dim = 0; dim < width; dim++) sums[base + dim]! += share * rows[from + dim]!
    }
  }
  return sums
}

function columnNorms(left: Float32Array, right: Float32Array, width: number, sums: Float64Array): Float64Array {
  sums.fill(0)
  for (let base = 0; base < left.length; base += width)
    for (let dim = 0; dim < width; dim++) sums[dim]! += left[base + dim]! * right[base + dim]!
  return sums
}
