/** The queue in PostgreSQL keeps the promises of the port, also while a clock is wrong. */
import { expect, test } from 'vitest'
import { fakeClock } from '../../src/platform/clock.ts'
import { jobKind } from '../../src/platform/queue/queue.ts'
import { openPlatform } from '../support/house.ts'
import { queueConformance } from './queue.ts'

queueConformance('the queue in PostgreSQL', openPlatform)

test('a clock that was ahead and is put back keeps nobody waiting: neither new jobs, nor second tries, nor dead leases', async () => {
  const clock = fakeClock()
  const DAY_MS = 86_400_000
  await using platform = await openPlatform({ clock })
  const { queue } = platform.app
  const kind = jobKind<string>({ name: 'test.leap', lane: 'now', maxAttempts: 3, maxCrashes: 2 })
  const claim = async () => (await queue.claim('tester', 'now', [kind], 10, 10_000)).map(({ input }) => input)

  clock.advance(DAY_MS)
  await queue.add(kind, 'failed')
  await queue.add(kind, 'left')
  const [failed] = await queue.claim('tester', 'now', [kind], 1, 10_000)
  await queue.fail(failed!, 'once', 1000)
  expect(await claim()).toEqual(['left'])
  await queue.add(kind, 'new')
  clock.advance(-DAY_MS)
  expect((await claim()).sort()).toEqual(['failed', 'left', 'new'])

  // A wait that was set by the right clock is kept.
  await queue.add(kind, 'later', { delayMs: DAY_MS })
  expect(await claim()).toEqual([])
})
