/** What every cache must do, whatever it is made of. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cache } from '../../src/platform/cache/cache.ts'
import type { FakeClock } from '../../src/platform/clock.ts'

export interface CacheUnderTest {
  cache: Cache
  clock: FakeClock
  close(): Promise<void>
}

export function cacheConformance(name: string, open: () => Promise<CacheUnderTest>): void {
  describe(name, () => {
    let under: CacheUnderTest
    let cache: Cache
    beforeAll(async () => {
      under = await open()
      cache = under.cache
    })
    afterAll(() => under?.close())

    test('keeps a value for its life and no longer', async () => {
      await cache.set('a', { n: 1, list: ['ä', null] }, 1000)
      expect(await cache.get('a')).toEqual({ n: 1, list: ['ä', null] })
      under.clock.advance(999)
      expect(await cache.get('a')).toBeDefined()
      under.clock.advance(1)
      expect(await cache.get('a')).toBeUndefined()
    })

    test('gives everybody a value of his own', async () => {
      const value = { list: [1] }
      await cache.set('own', value, 10_000)
      value.list.push(2)
      const first = await cache.get<{ list: number[] }>('own')
      first!.list.push(3)
      expect(await cache.get('own')).toEqual({ list: [1] })
    })

    test('removes, replaces, and knows nothing of what was never put in', async () => {
      await cache.set('b', 1, 10_000)
      await cache.set('b', false, 10_000)
      expect(await cache.get('b')).toBe(false)
      await cache.remove('b')
      await cache.remove('b')
      expect(await cache.get('b')).toBeUndefined()
    })

    test('lets a burst through up to the limit, then a steady rate', async () => {
      for (let use = 0; use < 5; use++) expect((await cache.take('limit', 5, 10_000)).ok).toBe(true)
      const no = await cache.take('limit', 5, 10_000)
      expect(no).toEqual({ ok: false, waitMs: 2000 })
      under.clock.advance(1999)
      expect((await cache.take('limit', 5, 10_000)).ok).toBe(false)
      under.clock.advance(1)
      expect((await cache.take('limit', 5, 10_000)).ok).toBe(true)
      expect((await cache.take('limit', 5, 10_000)).ok).toBe(false)
      under.clock.advance(10_000)
      for (let use = 0; use < 5; use++) expect((await cache.take('limit', 5, 10_000)).ok).toBe(true)
    })

    test('limits one key without touching another, and a limit of nothing lets nothing through', async () => {
      expect((await cache.take('one', 1, 1000)).ok).toBe(true)
      expect((await cache.take('one', 1, 1000)).ok).toBe(false)
      expect((await cache.take('two', 1, 1000)).ok).toBe(true)
      expect((await cache.take('none', 0, 1000)).ok).toBe(false)
    })
  })
}
