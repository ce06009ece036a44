/** The cache in memory keeps the promises of the port, and its own: it does not grow without end. */
import { expect, test } from 'vitest'
import { memoryCache } from '../../src/platform/cache/memory-cache.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { cacheConformance } from './cache.ts'

cacheConformance('the cache in memory', async () => {
  const clock = fakeClock()
  const cache = memoryCache(clock)
  return { cache, clock, close: () => cache.close() }
})

test('the cache in memory forgets what was used longest ago rather than grow', async () => {
  const cache = memoryCache(fakeClock(), 10_000)
  await cache.set('used', 'x'.repeat(500), 60_000)
  for (let index = 0; index < 100; index++) {
    await cache.set(`key ${index}`, 'x'.repeat(500), 60_000)
    expect(await cache.get('used')).toBeDefined()
  }
  expect(await cache.get('key 0')).toBeUndefined()
  expect(await cache.get('key 99')).toBeDefined()
})
