/**
 * The strongest directions of a sparse matrix (a truncated singular value decomposition), by subspace iteration. Both sides are
 * damped by the root of their sums, so strengths lie between 0 and 1 and no busy row or popular item rules.
 */
import { rowSums, type SparseRows, transpose } from './sparse-rows.ts'

/** An orthonormal basis of the strongest directions of the damped matrix, strongest first, and their strengths. */
export interface Spectrum {
  readonly width: number
  /** One row of `width` numbers per item. */
  readonly basis: Float32Array
  readonly strengths: Float64Array
  readonly itemSums: Float64Array
}

/** Subspace iteration from a fixed start, so that the same rows always give the same vectors. */
export function spectrumOf(rows: SparseRows, width: number, rounds: number): Spectrum {
  const { itemCount, offsets, items, weights } = rows
  const itemSums = rowSums(transpose(rows))
  const sums = rowSums(rows)
  const size = Math.max(1, Math.min(width, itemCount, sums.length))
  const ofItem = itemSums.map((sum) => (sum > 0 ? 1 / Math.sqrt(sum) : 0))
  let basis = noise(itemCount * size)
  let strengths = new Float64Array(size)
  for (let round = 0; round <= rounds; round++) {
    orthonormalise(basis, size)
    const image = new Float32Array(basis.length)
    const row = new Float64Array(size)
    // One row after the other, times the basis, and that back onto every item in it.
    for (let at0 = 0; at0 < sums.length; at0++) {
      const share = sums[at0]! > 0 ? 1 / sums[at0]! : 0
      row.fill(0)
      for (let at = offsets[at0]!; at < offsets[at0 + 1]!; at++) {
        const item = items[at]!
        const factor = ofItem[item]! * (weights?.[at] ?? 1)
        const base = item * size
        for (let dim = 0; dim < size; dim++) row[dim]! += factor * basis[base + dim]!
      }
      for (let at = offsets[at0]!; at < offsets[at0 + 1]!; at++) {
        const item = items[at]!
        const factor = share * ofItem[item]! * (weights?.[at] ?? 1)
        const base = item * size
        for (let dim = 0; dim < size; dim++) image[base + dim]! += factor * row[dim]!
      }
    }
    if (round < rounds) {
      basis = image
      continue
    }
    // Within the subspace the directions themselves are those of a small symmetric matrix (Rayleigh and Ritz).
    const { values, vectors } = eigen(inner(basis, image, size), size)
    basis = turned(basis, vectors, size)
    strengths = values.map((value) => Math.sqrt(Math.max(0, value)))
  }
  return { width: size, basis, strengths, itemSums }
}

function noise(length: number): Float32Array {
  let state = 1
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2147483648 - 1
  })
}

/** Makes the columns orthonormal, by the Cholesky root of their inner products; twice, since once loses digits. */
function orthonormalise(basis: Float32Array, size: number): void {
  for (let pass = 0; pass < 2; pass++) {
    const products = inner(basis, basis, size)
    const root = choleskyRoot(products, size)
    for (let base = 0; base < basis.length; base += size) {
      for (let dim = 0; dim < size; dim++) {
        let value = basis[base + dim]!
        for (let before = 0; before < dim; before++) value -= root[dim * size + before]! * basis[base + before]!
        basis[base + dim] = root[dim * size + dim]! > 0 ? value / root[dim * size + dim]! : 0
      }
    }
  }
}

/** Inner products of the columns of two tall matrices. */
function inner(left: Float32Array, right: Float32Array, size: number): Float64Array {
  const products = new Float64Array(size * size)
  for (let base = 0; base < left.length; base += size) {
    for (let row = 0; row < size; row++) {
      const value = left[base + row]!
      if (value === 0) continue
      const line = row * size
      for (let column = 0; column < size; column++) products[line + column]! += value * right[base + column]!
    }
  }
  return products
}

/** Lower triangle L with L·Lᵀ = the matrix; a column that depends on those before it gets a 0 on the diagonal. */
function choleskyRoot(matrix: Float64Array, size: number): Float64Array {
  const root = new Float64Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column]!
      for (let at = 0; at < column; at++) sum -= root[row * size + at]! * root[column * size + at]!
      if (row === column) root[row * size + row] = sum > 1e-9 * matrix[row * size + row]! ? Math.sqrt(sum) : 0
      else root[row * size + column] = root[column * size + column]! > 0 ? sum / root[column * size + column]! : 0
    }
  }
  return root
}

function turned(basis: Float32Array, vectors: Float64Array, size: number): Float32Array {
  const image = new Float32Array(basis.length)
  const row = new Float64Array(size)
  for (let base = 0; base < basis.length; base += size) {
    row.fill(0)
    for (let from = 0; from < size; from++) {
      const value = basis[base + from]!
      for (let to = 0; to < size; to++) row[to]! += value * vectors[from * size + to]!
    }
    image.set(row, base)
  }
  return image
}

/** Eigenvalues, greatest first, and eigenvectors in columns, of a small symmetric matrix, by Jacobi's rotations. */
function eigen(symmetric: Float64Array, size: number): { values: Float64Array; vectors: Float64Array } {
  const matrix = symmetric.slice()
  const vectors = new Float64Array(size * size)
  for (let dim = 0; dim < size; dim++) vectors[dim * size + dim] = 1
  for (let sweep = 0; sweep < 12; sweep++) {
    let rest = 0
    for (let one = 0; one < size; one++) {
      for (let two = one + 1; two < size; two++) {
        const off = matrix[one * size + two]!
        rest += off * off
        if (Math.abs(off) < 1e-12) continue
        const angle = (matrix[two * size + two]! - matrix[one * size + one]!) / (2 * off)
        const tangent = (angle >= 0 ? 1 : -1) / (Math.abs(angle) + Math.sqrt(angle * angle + 1))
        const cosine = 1 / Math.sqrt(tangent * tangent + 1)
        rotate(matrix, vectors, size, one, two, cosine, tangent * cosine)
      }
    }
    if (rest < 1e-16) break
  }
  const order = Array.from({ length: size }, (_, dim) => dim).sort(
    (one, two) => matrix[two * size + two]! - matrix[one * size + one]!,
  )
  const sorted = new Float64Array(size * size)
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) sorted[row * size + column] = vectors[row * size + order[column]!]!
  return { values: Float64Array.from(order, (dim) => matrix[dim * size + dim]!), vectors: sorted }
}

function rotate(
  matrix: Float64Array,
  vectors: Float64Array,
  size: number,
  one: number,
  two: number,
  cosine: number,
  sine: number,
): void {
  for (let at = 0; at < size; at++) {
    const left = matrix[at * size + one]!
    const right = matrix[at * size + two]!
    matrix[at * size + one] = cosine * left - sine * right
    matrix[at * size + two] = sine * left + cosine * right
  }
  for (let at = 0; at < size; at++) {
    const left = matrix[one * size + at]!
    const right = matrix[two * size + at]!
    matrix[one * size + at] = cosine * left - sine * right
    matrix[two * size + at] = sine * left + cosine * right
    const first = vectors[at * size + one]!
    const second = vectors[at * size + two]!
    vectors[at * size + one] = cosine * first - sine * second
    vectors[at * size + two] = sine * first + cosine * second
  }
}
