/** Sketches: how near their answers come to the exact ones. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { percentileOf, stepOf } from './histogram.ts'
import { addHash, countDifferent, joinPacked, newSketch, packSketch } from './hyperloglog.ts'

const hashOf = (thing: string) =>
  createHash('sha1').update(thing).digest().readUIntBE(0, 6) * 16 + (createHash('md5').update(thing).digest()[0]! & 15)

test.each([0, 1, 10, 300, 5_000, 40_000, 200_000])('%i different things are counted within 2.5 %', (count) => {
  const sketch = newSketch()
  for (let number = 0; number < count; number++) {
    addHash(sketch, hashOf(`thing ${number}`))
    if (number % 3 === 0) addHash(sketch, hashOf(`thing ${number}`))
  }
  expect(Math.abs(countDifferent(sketch) - count)).toBeLessThanOrEqual(count * 0.025)
})

test.each([50, 30_000])('sketches of %i things survive packing, and joined they count what either saw', (count) => {
  const [left, right] = [newSketch(), newSketch()]
  for (let number = 0; number < count; number++) {
    addHash(left, hashOf(`a ${number}`))
    addHash(right, hashOf(number % 2 ? `a ${number}` : `b ${number}`))
  }
  const joined = newSketch()
  joinPacked(joined, packSketch(left))
  expect(countDifferent(joined)).toBe(countDifferent(left))
  joinPacked(joined, packSketch(right))
  expect(Math.abs(countDifferent(joined) - count * 1.5)).toBeLessThanOrEqual(count * 1.5 * 0.025)
})

test('what is no sketch is refused', () => {
  expect(() => joinPacked(newSketch(), new Uint8Array([2, 0, 0, 0]))).toThrow(RangeError)
  expect(() => joinPacked(newSketch(), new Uint8Array([0, 255, 0, 1]))).toThrow(RangeError)
})

test('percentiles of any size are within five per cent', () => {
  const values = Array.from({ length: 20_000 }, (_, index) => Math.exp((index / 20_000) * 15))
  const counts = new Map<number, number>()
  for (const value of values) counts.set(stepOf(value), (counts.get(stepOf(value)) ?? 0) + 1)
  for (const share of [0.01, 0.5, 0.75, 0.95, 0.99]) {
    const exact = values[Math.floor(values.length * share)]!
    expect(Math.abs(percentileOf(counts, share) / exact - 1)).toBeLessThan(0.05)
  }
  expect(percentileOf(new Map(), 0.5)).toBe(0)
})
