/**
 * Vectors with a byte for each number, a quarter of the memory they would take: inner products with one vector at a time are right within
 * a hundredth or so of the greatest, which is enough to put them in an order. Pure, but for the room that is used again.
 */
import { openSimd, padded } from './simd.ts'

export interface ByteRows {
  /** What is asked for from now on: products with this vector. */
  ask(vector: Float32Array): void
  /** Fills `out` from `to` on with the products of `count` rows, at most `mostAtOnce`, from row `from` on. */
  ofRange(from: number, count: number, out: Float32Array, to: number): void
  /** Fills `out` with the products of these rows, the first `count`, at most `mostAtOnce`. */
  ofRows(rows: ArrayLike<number>, count: number, out: Float32Array): void
}

const MOST_BYTE = 127
/** The sum of 500 products with bytes of 127 stays within 32 bits, and no vector is as wide. */
const MOST_SHORT = 32_767

/** Of the first `count` rows of these vectors. */
export function openByteRows(vectors: Float32Array, width: number, count: number, mostAtOnce: number): ByteRows {
  const byteWidth = padded(width, 16)
  const simd = openSimd(count * byteWidth + 2 * byteWidth + 8 * mostAtOnce + 64)
  const bytes = simd.bytes(count * byteWidth)
  const shorts = simd.shorts(byteWidth)
  const products = simd.wholes(mostAtOnce)
  const list = simd.wholes(mostAtOnce)
  const scales = new Float32Array(count)
  for (let row = 0; row < count; row++) scales[row] = toBytes(vectors, row * width, width, bytes, row * byteWidth)
  let asked = 0
  return {
    ask(vector) {
      let most = 0
      for (const value of vector) most = Math.max(most, Math.abs(value))
      const scale = most === 0 ? 0 : MOST_SHORT / most
      for (let dim = 0; dim < width; dim++) shorts[dim] = Math.round(vector[dim]! * scale)
      asked = most / MOST_SHORT
    },
    ofRange(from, size, out, to) {
      simd.multiplyBytes(shorts, bytes, from, size, products)
      for (let at = 0; at < size; at++) out[to + at] = asked * products[at]! * scales[from + at]!
    },
    ofRows(rows, size, out) {
      for (let at = 0; at < size; at++) list[at] = rows[at]!
      simd.multiplyListed(shorts, bytes, list, size, products)
      for (let at = 0; at < size; at++) out[at] = asked * products[at]! * scales[rows[at]!]!
    },
  }
}

/** Writes a vector as bytes, its greatest number as 127; returns what each is worth. */
function toBytes(vectors: Float32Array, from: number, width: number, bytes: Int8Array, to: number): number {
  let most = 0
  for (let dim = 0; dim < width; dim++) most = Math.max(most, Math.abs(vectors[from + dim]!))
  if (most === 0) return 0
  const scale = MOST_BYTE / most
  for (let dim = 0; dim < width; dim++) bytes[to + dim] = Math.round(vectors[from + dim]! * scale)
  return 1 / scale
}
