/** Runs of bytes against sets of single bytes. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOf, joined, type Stretch, within, without } from './stretches.ts'

const anyStretches = fc.array(
  fc.tuple(fc.nat(60), fc.nat(12)).map(([from, length]): Stretch => ({ from, to: from + length })),
  { maxLength: 12 },
)
const bytes = (stretches: readonly Stretch[]) =>
  new Set(stretches.flatMap(({ from, to }) => Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n)))

test('stretches joined hold the same bytes, in order and apart', () => {
  fc.assert(
    fc.property(anyStretches, (some) => {
      const all = joined(some)
      expect(bytes(all)).toEqual(bytes(some))
      expect(bytesOf(all)).toBe(bytes(some).size)
      for (const [n, { from }] of all.entries()) if (n > 0) expect(from).toBeGreaterThan(all[n - 1]!.to)
    }),
  )
})

test('what is left of some without others is what only the first hold', () => {
  fc.assert(
    fc.property(anyStretches, anyStretches, (some, others) => {
      const left = without(joined(some), joined(others))
      expect(bytes(left)).toEqual(bytes(some).difference(bytes(others)))
      expect(left).toEqual(joined(left))
    }),
  )
})

test('a run lies within some when each of its bytes does', () => {
  fc.assert(
    fc.property(anyStretches, fc.nat(60), fc.nat(12), (some, from, length) => {
      const held = bytes(some)
      const each = Array.from({ length }, (_, n) => held.has(from + n)).every(Boolean)
      expect(within(joined(some), from, from + length)).toBe(each)
    }),
  )
})

test('small gaps are bridged where that is asked for', () => {
  const some = [
    { from: 0, to: 10 },
    { from: 14, to: 20 },
    { from: 30, to: 31 },
  ]
  expect(joined(some, 4)).toEqual([
    { from: 0, to: 20 },
    { from: 30, to: 31 },
  ])
})
