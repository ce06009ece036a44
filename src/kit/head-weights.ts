/**
 * What choosing one of the most chosen items says of each other one: a linear model in closed form whose regularisation comes from
 * leaving entries out at random (EDLAE: Steck, Autoencoders that don't overfit towards the Identity, 2020). Takes time with the
 * cube of the number of items and memory with its square, hence only the head of a catalogue. Pure.
 */
import { rowSums, type SparseRows, transpose } from './sparse-rows.ts'

export interface HeadShape {
  /** Items at most. */
  most: number
  /** Share of entries that are thought away. */
  dropped: number
  pull: number
}

/** Weights among a few items: `weights[from * items.length + to]`. */
export interface HeadWeights {
  readonly items: Uint32Array
  readonly weights: Float32Array
}

export const HEAD_SHAPE: HeadShape = { most: 1500, dropped: 0.33, pull: 100 }

export function headWeights(rows: SparseRows, shape: HeadShape = HEAD_SHAPE): HeadWeights {
  const sums = rowSums(transpose(rows))
  const items = Uint32Array.from(sums.keys())
    .filter((item) => sums[item]! > 0)
    .sort((one, other) => sums[other]! - sums[one]! || one - other)
    .slice(0, shape.most)
  const size = items.length
  const matrix = productsOf(rows, items)
  const raise = shape.dropped / (1 - shape.dropped)
  for (let at = 0; at < size; at++) matrix[at * size + at] = matrix[at * size + at]! * (1 + raise) + shape.pull
  const inverse = inverseOf(matrix, size)
  const weights = new Float32Array(size * size)
  for (let to = 0; to < size; to++) {
    const scale = -1 / inverse[to * size + to]!
    for (let from = 0; from < size; from++)
      if (from !== to) weights[from * size + to] = inverse[from * size + to]! * scale
  }
  return { items, weights }
}

/** How often each two of these items were chosen together, weighted; once chosen on the diagonal. */
function productsOf(rows: SparseRows, items: Uint32Array): Float64Array {
  const size = items.length
  const placeOf = new Int32Array(rows.itemCount).fill(-1)
  for (const [place, item] of items.entries()) placeOf[item] = place
  const products = new Float64Array(size * size)
  const places: number[] = []
  const values: number[] = []
  for (let row = 0; row + 1 < rows.offsets.length; row++) {
    places.length = 0
    values.length = 0
    for (let at = rows.offsets[row]!; at < rows.offsets[row + 1]!; at++) {
      const place = placeOf[rows.items[at]!]!
      if (place < 0) continue
      places.push(place)
      values.push(rows.weights?.[at] ?? 1)
    }
    for (let one = 0; one < places.length; one++) {
      const base = places[one]! * size
      for (let two = 0; two < places.length; two++) products[base + places[two]!]! += values[one]! * values[two]!
    }
  }
  return products
}

/** The inverse of a symmetric positive definite matrix, by its Cholesky root; the matrix is used up. */
export function inverseOf(matrix: Float64Array, size: number): Float64Array {
  // L, in the lower triangle, row by row: every inner loop runs along rows, as memory lies.
  for (let row = 0; row < size; row++) {
    const line = row * size
    for (let column = 0; column <= row; column++) {
      const other = column * size
      let sum = matrix[line + column]!
      for (let at = 0; at < column; at++) sum -= matrix[line + at]! * matrix[other + at]!
      matrix[line + column] = row === column ? Math.sqrt(sum) : sum / matrix[other + column]!
    }
  }
  // Rows of Lᵀ's inverse, so row `at` holds column `at` of the inverse of L.
  const turned = new Float64Array(size * size)
  for (let column = 0; column < size; column++) {
    const own = column * size
    turned[own + column] = 1 / matrix[own + column]!
    for (let row = column + 1; row < size; row++) {
      const line = row * size
      let sum = 0
      for (let at = column; at < row; at++) sum += matrix[line + at]! * turned[own + at]!
      turned[own + row] = -sum / matrix[line + row]!
    }
  }
  const inverse = matrix
  for (let row = 0; row < size; row++) {
    for (let column = row; column < size; column++) {
      const [one, two] = [row * size, column * size]
      let sum = 0
      for (let at = column; at < size; at++) sum += turned[one + at]! * turned[two + at]!
      inverse[row * size + column] = sum
    }
  }
  for (let row = 0; row < size; row++)
    for (let column = 0; column < row; column++) inverse[row * size + column] = inverse[column * size + row]!
  return inverse
}
