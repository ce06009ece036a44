/** What cards are made of, packed: everything that was put in comes out again. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CardFacts, CardPool } from './cards.ts'

const facts: fc.Arbitrary<CardFacts> = fc.record({
  title: fc.string({ unit: 'grapheme', maxLength: 300 }),
  thumbnailKey: fc.option(fc.string({ minLength: 1, maxLength: 120 })),
  runId: fc.option(fc.string({ minLength: 1, maxLength: 30 })),
  views: fc.nat(),
  createdMs: fc.nat(),
  publishedMs: fc.integer({ min: 1, max: 2 ** 43 }),
  durationMs: fc.option(fc.nat(86_400_000 * 7)),
  width: fc.option(fc.integer({ min: 2, max: 16_384 })),
  height: fc.option(fc.integer({ min: 2, max: 16_384 })),
})

test('cards that are put in, and in again, are read as they were put in last', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 3000 }), facts), { maxLength: 60 }), (puts) => {
      const pool = new CardPool()
      const last = new Map<number, CardFacts>()
      for (const [video, it] of puts) {
        pool.put(video, it)
        last.set(video, it)
      }
      for (const [video, it] of last) expect(pool.read(video)).toEqual(it)
      expect(pool.read(0)).toBeUndefined()
      expect(pool.read(99_999)).toBeUndefined()
    }),
  )
})

test('many cards lie in many pieces, and only views that are told change', () => {
  const pool = new CardPool()
  const one = (video: number): CardFacts => ({
    title: `Über die Wiese ${video}`,
    thumbnailKey: `videos/v${video}/thumbnail.jpg`,
    runId: 'run',
    views: video,
    createdMs: 1,
    publishedMs: 2,
    durationMs: 3,
    width: 1920,
    height: 1080,
  })
  for (let video = 1; video < 100_000; video++) pool.put(video, one(video))

  pool.setViews(50_000, 7)
  pool.setViews(200_000, 7)
  for (const video of [1, 49_999, 50_001, 99_999]) expect(pool.read(video)).toEqual(one(video))
  expect(pool.read(50_000)).toEqual({ ...one(50_000), views: 7 })
})
