/** Places in lists: what is written is read, and nothing else is. */
import { expect, test } from 'vitest'
import { cutPage, readPlace, writePlace } from './places.ts'

test('a place that was written is read', () => {
  const word = writePlace([-3, 1_800_000_000_000, 'abcDEF123456'])
  expect(readPlace(word, 'number', 'number', 'id')).toEqual([-3, 1_800_000_000_000, 'abcDEF123456'])
})

test('a word that we cannot have written is no place', () => {
  const good = writePlace([5, 'abcDEF123456'])
  expect(readPlace(good, 'number')).toBeUndefined()
  expect(readPlace(good, 'id', 'number')).toBeUndefined()
  for (const forged of [
    '',
    'x',
    writePlace(["5' or 1=1", 'abcDEF123456']),
    writePlace([1e21, 'abcDEF123456']),
    writePlace([5, 'ab']),
  ])
    expect(readPlace(forged, 'number', 'id'), forged).toBeUndefined()
})

test('a page is cut where one row more was read, and the last page has no next', () => {
  const rows = [1, 2, 3, 4]
  expect(cutPage(rows, 3, (row) => [row])).toEqual({ rows: [1, 2, 3], next: writePlace([3]) })
  expect(cutPage(rows, 4, (row) => [row])).toEqual({ rows })
})
