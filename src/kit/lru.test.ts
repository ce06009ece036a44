/** The small map that forgets. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Lru } from './lru.ts'

test('forgets what was used longest ago when it is full', () => {
  const map = new Lru<number>(3, () => 0)
  for (const key of ['a', 'b', 'c']) map.set(key, 1)
  map.get('a')
  map.set('d', 1)
  expect(['a', 'b', 'c', 'd'].filter((key) => map.get(key) !== undefined)).toEqual(['a', 'c', 'd'])
})

test('forgets a value when its life is over', () => {
  let nowMs = 0
  const map = new Lru<string>(10, () => nowMs)
  map.set('a', 'x', { lifeMs: 100 })
  nowMs = 99
  expect(map.get('a')).toBe('x')
  nowMs = 100
  expect(map.get('a')).toBeUndefined()
  expect(map.heldSize).toBe(0)
})

test('keeps nothing that is larger than it all, and drops the old value of that key', () => {
  const map = new Lru<string>(10, () => 0)
  map.set('a', 'small', { size: 2 })
  map.set('a', 'huge', { size: 11 })
  expect(map.get('a')).toBeUndefined()
  expect(map.heldSize).toBe(0)
})

test('never holds more than its size, whatever is put in, and always the last thing that fits', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 12 }))), (puts) => {
      const map = new Lru<number>(10, () => 0)
      for (const [key, size] of puts) {
        map.set(key, size, { size })
        expect(map.heldSize).toBeLessThanOrEqual(10)
        expect(map.get(key)).toBe(size <= 10 ? size : undefined)
      }
    }),
  )
})
