/** A table of ids says what a Map would say. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdNumbers } from './id-numbers.ts'
import { newId } from './ids.ts'

const word = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0aZ-_z9A'), minLength: 12, maxLength: 12 }),
  fc.string({ maxLength: 14 }),
  fc.string({ unit: fc.constantFrom(...'abü!'), minLength: 12, maxLength: 12 }),
)

test('whatever words there are, each has the number it was given last', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(word, fc.integer({ min: 1, max: 2 ** 32 - 1 }))), fc.array(word), (given, asked) => {
      const table = new IdNumbers()
      const map = new Map(given)
      for (const [word, number] of given) table.set(word, number)
      for (const word of [...map.keys(), ...asked]) expect(table.get(word)).toBe(map.get(word))
    }),
  )
})

test('many ids are all found, and no others', () => {
  const ids = Array.from({ length: 20_000 }, () => newId())
  const table = new IdNumbers()
  for (const [at, id] of ids.entries()) table.set(id, at + 1)

  expect(ids.map((id) => table.get(id))).toEqual(ids.map((_, at) => at + 1))
  expect(ids.filter((id) => table.get([...id].reverse().join('')) !== undefined).length).toBeLessThan(3)
})
