/** Inner products by SIMD hold against plain ones. */
import { expect, test } from 'vitest'
import { openSimd, padded } from './simd.ts'

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

test('rows of any length are multiplied as they are one number at a time', () => {
  const random = seeded(1)
  for (const width of [4, 8, 12, 36, 64]) {
    const simd = openSimd(4096 * width)
    const query = simd.floats(width).map(() => 0)
    const held = simd.floats(width)
    const rows = simd.floats(20 * width)
    const out = simd.floats(20)
    for (let at = 0; at < rows.length; at++) rows[at] = random() - 0.5
    for (let at = 0; at < width; at++) held[at] = random() - 0.5
    expect(() => simd.multiplyFloats(query, rows, 0, 20, out)).toThrow('another memory')
    simd.multiplyFloats(held, rows, 3, 17, out)
    for (let row = 0; row < 17; row++) {
      let sum = 0
      for (let at = 0; at < width; at++) sum += held[at]! * rows[(row + 3) * width + at]!
      expect(out[row]).toBeCloseTo(sum, 5)
    }
    expect([...out.subarray(17)]).toEqual([0, 0, 0])
  }
})

test('rows of whole numbers are multiplied exactly, up to the greatest there are', () => {
  const random = seeded(2)
  for (const width of [16, 32, 64, 80]) {
    const simd = openSimd(4096 * width)
    const query = simd.shorts(width)
    const rows = simd.bytes(20 * width)
    const out = simd.wholes(20)
    for (let at = 0; at < rows.length; at++) rows[at] = Math.floor(random() * 256) - 128
    for (let at = 0; at < width; at++) query[at] = Math.floor(random() * 65_536) - 32_768
    simd.multiplyBytes(query, rows, 2, 18, out)
    for (let row = 0; row < 18; row++) {
      let sum = 0
      for (let at = 0; at < width; at++) sum += query[at]! * rows[(row + 2) * width + at]!
      expect(out[row]).toBe(sum)
    }
    const named = simd.wholes(4)
    named.set([19, 2, 7, 7])
    const listed = simd.wholes(4)
    simd.multiplyListed(query, rows, named, 4, listed)
    expect([...listed]).toEqual([out[17], out[0], out[5], out[5]])
    named[1] = 20
    expect(() => simd.multiplyListed(query, rows, named, 4, listed)).toThrow('no such row')
  }
})

test('what would be read or written beside its array is refused', () => {
  const simd = openSimd(4096)
  const query = simd.floats(8)
  const rows = simd.floats(80)
  expect(() => simd.multiplyFloats(query, rows, 1, 10, simd.floats(10))).toThrow('do not fit')
  expect(() => simd.multiplyFloats(query, rows, 0, 10, simd.floats(9))).toThrow()
  expect(() => simd.multiplyFloats(query.subarray(1), rows, 0, 1, simd.floats(1))).toThrow('do not fit')
  expect(() => simd.floats(65_536)).toThrow('opened for less')
  expect([padded(13, 4), padded(16, 16), padded(17, 16)]).toEqual([16, 16, 32])
})
