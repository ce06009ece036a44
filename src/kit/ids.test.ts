/** Identifiers and secrets. */
import { expect, test } from 'vitest'
import { looksLikeId, newId, newSecret } from './ids.ts'

test('ids have the length asked for, look like ids, and do not repeat', () => {
  const ids = Array.from({ length: 20_000 }, () => newId())
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id) => id.length === 12 && looksLikeId(id))).toBe(true)
  expect(newId(30)).toHaveLength(30)
})

test('every letter comes equally often', () => {
  const counts = new Map<string, number>()
  for (const letter of newId(62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  expect(counts.size).toBe(62)
  // A thousand of each are expected, with a spread of 31: ten of those are beyond chance.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(310)
})

test('texts from outside that are no ids are told apart', () => {
  for (const text of ['', 'short', 'a'.repeat(33), '../../etc', 'abcdefgh ', 'äbcdefghi', 'abc-defgh', 'abcdefgh\n'])
    expect(looksLikeId(text), text).toBe(false)
})

test('secrets hold 256 bits and fit an address', () => {
  expect(newSecret()).toMatch(/^[A-Za-z0-9_-]{43}$/)
})
