/**
 * Vectors of people and items such that their inner product tells who chooses what: implicit alternating least squares (Hu et al.,
 * 2008; regularised by how often each appears, as in Rendle et al., Revisiting the Performance of iALS, 2022). Each side is
 * solved for in turn, a few steps of conjugate gradients per row from where it stood (Takács et al., 2011). Pure, but for room that is used again.
 */
import { product } from './nearest.ts'
import { openSimd, padded, type Simd } from './simd.ts'
import { type SparseRows, transpose } from './sparse-rows.ts'

export interface Vectors {
  readonly width: number
  /** One row of `width` numbers per item. */
  readonly items: Float32Array
  /** `unchosen` times the inner products of all items' columns: what every item nobody chose says. `width` squared. */
  readonly gram: Float32Array
}

export interface VectorShape {
  width: number
  epochs: number
  /** Weight of everything that was not chosen, beside 1 for what was. */
  unchosen: number
  /** Strength of the pull towards 0, times the power `busyness` of how much is known of a row. */
  pull: number
  busyness: number
  /** Steps of conjugate gradients per row and epoch. */
  steps: number
}

/** Tuned on the validation file of the bench. */
export const VECTOR_SHAPE: VectorShape = {
  width: 64,
  epochs: 8,
  unchosen: 0.01,
  pull: 0.003,
  busyness: 1,
  steps: 3,
}

/**
 * Learns vectors of items. `before` are those of an earlier model, by item, so that a model that has seen nearly the same needs few
 * epochs; rows of zeros there, and where it is absent, start from noise.
 */
export function itemVectors(rows: SparseRows, shape: VectorShape = VECTOR_SHAPE, before?: Float32Array): Vectors {
  const { width, unchosen } = shape
  const byItem = transpose(rows)
  const people = new Float32Array((rows.offsets.length - 1) * width)
  const items = before?.slice() ?? new Float32Array(rows.itemCount * width)
  startFromNoise(items, byItem, width)
  for (let epoch = 0; epoch < shape.epochs; epoch++) {
    improve(people, rows, items, shape, rows.itemCount)
    improve(items, byItem, people, shape, people.length / width)
  }
  return { width, items, gram: gramOf(items, width, unchosen) }
}

function startFromNoise(items: Float32Array, byItem: SparseRows, width: number): void {
  let state = 7
  const spread = 0.1 / Math.sqrt(width)
  for (let item = 0; item + 1 < byItem.offsets.length; item++) {
    if (byItem.offsets[item] === byItem.offsets[item + 1]) continue
    let isSet = false
    for (let at = item * width; at < (item + 1) * width && !isSet; at++) isSet = items[at] !== 0
    if (isSet) continue
    for (let at = item * width; at < (item + 1) * width; at++) {
      let sum = 0
      for (let toss = 0; toss < 4; toss++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        sum += state / 4294967296 - 0.5
      }
      items[at] = sum * 1.7 * spread
    }
  }
}

/** Moves every row of `own` towards the best answer to `other`. */
function improve(own: Float32Array, rows: SparseRows, other: Float32Array, shape: VectorShape, others: number): void {
  const { width } = shape
  const gram = gramOf(other, width, shape.unchosen)
  const work = newWork(width)
  for (let row = 0; row + 1 < rows.offsets.length; row++) {
    const vector = own.subarray(row * width, (row + 1) * width)
    const from = rows.offsets[row]!
    const to = rows.offsets[row + 1]!
    if (from === to) {
      vector.fill(0)
      continue
    }
    const pull = shape.pull * (to - from + shape.unchosen * others) ** shape.busyness
    solve(vector, rows.items.subarray(from, to), rows.weights?.subarray(from, to), other, gram, pull, shape.steps, work)
  }
}

interface Work {
  rest: Float32Array
  way: Float32Array
  image: Float32Array
}

function newWork(width: number): Work {
  return { rest: new Float32Array(width), way: new Float32Array(width), image: new Float32Array(width) }
}

/** Conjugate gradients on (gram + Σ w·v·vᵀ + pull) x = Σ w·v, from what `x` holds. */
function solve(
  x: Float32Array,
  chosen: Uint32Array,
  weights: Float32Array | undefined,
  vectors: Float32Array,
  gram: Float32Array,
  pull: number,
  steps: number,
  work: Work,
): void {
  const { rest } = work
  const width = x.length
  apply(x, chosen, weights, vectors, gram, pull, rest)
  for (let dim = 0; dim < width; dim++) rest[dim] = -rest[dim]!
  for (let at = 0; at < chosen.length; at++) {
    const base = chosen[at]! * width
    const weight = weights === undefined ? 1 : weights[at]!
    for (let dim = 0; dim < width; dim++) rest[dim]! += weight * vectors[base + dim]!
  }
  descend(x, steps, work, (way, image) => apply(way, chosen, weights, vectors, gram, pull, image))
}

/** Moves `x` by conjugate gradients, `rest` being what is left of the equations where it stands. `imageOf` multiplies with their matrix. */
function descend(
  x: Float32Array,
  steps: number,
  { rest, way, image }: Work,
  imageOf: (way: Float32Array, image: Float32Array) => void,
): void {
  const width = x.length
  way.set(rest)
  let norm = dot(rest, rest)
  for (let step = 0; step < steps && norm > 1e-20; step++) {
    imageOf(way, image)
    const length = norm / dot(way, image)
    for (let dim = 0; dim < width; dim++) {
      x[dim]! += length * way[dim]!
      rest[dim]! -= length * image[dim]!
    }
    const next = dot(rest, rest)
    const turn = next / norm
    for (let dim = 0; dim < width; dim++) way[dim] = rest[dim]! + turn * way[dim]!
    norm = next
  }
}

function apply(
  x: Float32Array,
  chosen: Uint32Array,
  weights: Float32Array | undefined,
  vectors: Float32Array,
  gram: Float32Array,
  pull: number,
  image: Float32Array,
): void {
  const width = x.length
  for (let row = 0; row < width; row++) {
    const base = row * width
    image[row] = pull * x[row]! + product(gram, base, x, 0, width)
  }
  for (let at = 0; at < chosen.length; at++) {
    const base = chosen[at]! * width
    let sum = product(vectors, base, x, 0, width)
    if (weights !== undefined) sum *= weights[at]!
    for (let dim = 0; dim < width; dim++) image[dim]! += sum * vectors[base + dim]!
  }
}

function dot(left: Float32Array, right: Float32Array): number {
  return product(left, 0, right, 0, left.length)
}

function gramOf(vectors: Float32Array, width: number, times: number): Float32Array {
  const sums = new Float64Array(width * width)
  for (let base = 0; base < vectors.length; base += width) {
    for (let row = 0; row < width; row++) {
      const value = vectors[base + row]!
      if (value === 0) continue
      const line = row * width
      for (let dim = row; dim < width; dim++) sums[line + dim]! += value * vectors[base + dim]!
    }
  }
  const gram = new Float32Array(width * width)
  for (let row = 0; row < width; row++)
    for (let dim = 0; dim < width; dim++)
      gram[row * width + dim] = times * (dim >= row ? sums[row * width + dim]! : sums[dim * width + row]!)
  return gram
}

/**
 * The vector of somebody new, from what they chose (weights 0 to 1): the same equations, solved as far as it matters. All zeros when
 * nothing is known of what they chose.
 */
export function foldIn(
  { width, items, gram }: Vectors,
  chosen: Uint32Array,
  weights: Float32Array,
  shape: VectorShape = VECTOR_SHAPE,
): Float32Array {
  const it = folding(width, chosen.length)
  const { rows, columns, products, sums, work } = it
  const { wide, high } = it
  const vector = new Float32Array(wide)
  for (let row = 0; row < width; row++) it.gram.set(gram.subarray(row * width, (row + 1) * width), row * wide)
  // Nothing of somebody before.
  for (const column of [work.rest, columns, products]) column.fill(0)
  for (let at = 0; at < chosen.length; at++) {
    const base = chosen[at]! * width
    const weight = weights[at]!
    for (let dim = 0; dim < width; dim++) {
      const value = items[base + dim]!
      rows[at * wide + dim] = value
      columns[dim * high + at] = weight * value
      work.rest[dim]! += weight * value
    }
  }
  const pull = shape.pull * (chosen.length + (shape.unchosen * items.length) / width) ** shape.busyness
  // Everything that was chosen stands in rows, and weighed in columns, so that what they say is two products of a matrix and a vector.
  descend(vector, 2 * shape.steps, work, (way, image) => {
    it.simd.multiplyFloats(way, it.gram, 0, width, image)
    it.simd.multiplyFloats(way, rows, 0, chosen.length, products)
    it.simd.multiplyFloats(products, columns, 0, width, sums)
    for (let dim = 0; dim < width; dim++) image[dim]! += pull * way[dim]! + sums[dim]!
  })
  return vector.subarray(0, width)
}

/** Room for the equations of one person, used again for the next: numbers of a vector, and of choices, each with what fills it up to four. */
interface Folding {
  wide: number
  high: number
  simd: Simd
  gram: Float32Array
  rows: Float32Array
  columns: Float32Array
  products: Float32Array
  sums: Float32Array
  work: Work
}

const foldings = new Map<string, Folding>()

function folding(width: number, choices: number): Folding {
  // A few sizes for all: of people with few choices, and with many.
  const high = 2 ** Math.max(4, Math.ceil(Math.log2(Math.max(1, choices))))
  const wide = padded(width, 4)
  const name = `${width} ${high}`
  let made = foldings.get(name)
  if (!made) {
    const simd = openSimd(4 * (wide * (wide + 2 * high + 4) + high) + 256)
    const numbers = (length: number) => simd.floats(length)
    made = {
      ...{ wide, high, simd },
      gram: numbers(wide * wide),
      rows: numbers(high * wide),
      columns: numbers(wide * high),
      products: numbers(high),
      sums: numbers(wide),
      work: { rest: numbers(wide), way: numbers(wide), image: numbers(wide) },
    }
    foldings.set(name, made)
  }
  return made
}
