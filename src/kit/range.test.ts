/** Byte ranges, after RFC 9110 section 14. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readRange } from './range.ts'

test.each([
  [undefined, 100, 'whole'],
  ['bytes=0-0', 100, { from: 0, to: 0 }],
  ['bytes=0-', 100, { from: 0, to: 99 }],
  ['bytes=10-19', 100, { from: 10, to: 19 }],
  ['Bytes=10-19', 100, { from: 10, to: 19 }],
  ['bytes=90-1000', 100, { from: 90, to: 99 }],
  ['bytes=-10', 100, { from: 90, to: 99 }],
  ['bytes=-1000', 100, { from: 0, to: 99 }],
  ['bytes=99-', 100, { from: 99, to: 99 }],
  ['bytes=100-', 100, 'unsatisfiable'],
  ['bytes=100-200', 100, 'unsatisfiable'],
  ['bytes=-0', 100, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=-5', 0, 'unsatisfiable'],
  // What is malformed, of another unit or of several parts may be answered with the whole (14.2).
  ['bytes=20-10', 100, 'whole'],
  ['bytes=-', 100, 'whole'],
  ['bytes=a-b', 100, 'whole'],
  ['bytes=0-1,5-6', 100, 'whole'],
  ['items=0-1', 100, 'whole'],
  ['bytes=0-99999999999999999999', 100, 'whole'],
])('%s of %i bytes', (header, sizeBytes, expected) => {
  expect(readRange(header, sizeBytes)).toEqual(expected)
})

test('whatever comes, a range lies inside the body', () => {
  const header = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(), fc.nat()).map(([from, to]) => `bytes=${from}-${to}`),
    fc.nat().map((n) => `bytes=-${n}`),
  )
  fc.assert(
    fc.property(header, fc.nat({ max: 10_000 }), (text, sizeBytes) => {
      const range = readRange(text, sizeBytes)
      if (typeof range === 'string') return
      expect(range.from).toBeGreaterThanOrEqual(0)
      expect(range.to).toBeGreaterThanOrEqual(range.from)
      expect(range.to).toBeLessThan(sizeBytes)
    }),
  )
})
