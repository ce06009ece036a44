/** Several workers roll up reports at the same time: each has its shards of the log, and all of them the same sums. */
import { expect, test } from 'vitest'
import { rollUp } from '../../src/features/analytics/analytics.ts'
import { rollShards } from '../../src/features/analytics/roller.ts'
import { SHARDS, shardOf } from '../../src/features/analytics/rules.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { openHouse } from '../support/house.ts'
import { beacon, send, tokenFor, watchable } from '../support/watching.ts'

const SECOND = 1000
const LENGTH = 200 * SECOND
const period = { from: '2026-05-04T00:00:00Z', to: '2026-05-05T00:00:00Z' }

test('workers that roll up side by side count every report once', async () => {
  const clock = fakeClock(Date.parse('2026-05-04T12:00:10Z'))
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const videoId = await watchable(house.app, ana, LENGTH)
  const players = Array.from({ length: 60 }, (_, number) => ({
    token: tokenFor(house.app, videoId, LENGTH, `stranger ${number}`),
    session: `player${number}`,
  }))
  const reportAll = async (sequence: number) => {
    clock.advance(40 * SECOND)
    const [fromMs, watchedMs] = [sequence * 40_000, (sequence + 1) * 40_000]
    const told = players.map(({ token, session }) =>
      send(house.anyone, beacon(token, session, sequence, { watchedMs, sections: [[fromMs, watchedMs, 1]] })),
    )
    expect(new Set(await Promise.all(told))).toEqual(new Set([204]))
  }

  await reportAll(0)
  const rolled = await Promise.all([rollShards(house.app, [0, 1]), rollShards(house.app, [2, 3])])
  expect(Math.min(...rolled)).toBeGreaterThan(0)
  await reportAll(1)
  // Two reach for the same: one has it, the other finds nothing to do.
  const both = await Promise.all([rollShards(house.app, [1]), rollShards(house.app, [1])])
  expect(both).toContain(0)
  await rollUp(house.app)

  const { sums, viewers } = await ana.call('videoTotals', { params: { videoId }, query: period })
  expect(sums).toMatchObject({ playbacks: 60, views: 60, watchedMs: 60 * 80_000 })
  expect(viewers).toBeGreaterThan(57)
  const { first, again } = await ana.call('videoRetention', { params: { videoId }, query: period })
  expect(first.slice(0, 40)).toEqual(new Array(40).fill(60))
  expect(Math.max(...again)).toBe(0)
})

test('playbacks are spread over all shards, evenly', () => {
  const counts = new Array<number>(SHARDS).fill(0)
  for (let number = 0; number < 4000; number++) counts[shardOf(`session${number}.kx3f2.aB-${number % 7}`)]!++
  for (const count of counts) expect(Math.abs(count - 4000 / SHARDS)).toBeLessThan(200)
})
