/** What looks after the figures: audits, alarms, bytes and their cost, months. */
import { expect, test } from 'vitest'
import { auditViews, noteSent, raiseAlarms, rollUp, writeSent } from '../../src/features/analytics/analytics.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { beacon, send, tokenFor, watchable } from '../support/watching.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE
const NOON = Date.parse('2026-05-04T12:00:10Z')
const LENGTH = 200 * SECOND

const period = { from: '2026-05-04T00:00:00Z', to: '2026-05-07T00:00:00Z' }

async function openCinema() {
  const clock = fakeClock(NOON)
  const house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const videoId = await watchable(house.app, ana, LENGTH)
  return { clock, house, ana, videoId, [Symbol.asyncDispose]: () => house.close() }
}

async function totalsOf(house: House, who: Member, videoId: string) {
  await rollUp(house.app)
  return who.call('videoTotals', { params: { videoId }, query: period })
}

test('counted views are looked at again, and what no person watches is taken back', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const ben = await house.member('Ben')
  // Eight views of one video on one day; the sixth and further ones are too many.
  for (let hour = 0; hour < 8; hour++) {
    const token = tokenFor(house.app, videoId, LENGTH, ben)
    clock.advance(MINUTE)
    await send(ben, beacon(token, `again${hour}`, 0, { watchedMs: 50_000 }))
    await rollUp(house.app)
    clock.advance(59 * MINUTE)
  }
  const before = await ana.call('videoTotals', { params: { videoId }, query: period })
  expect([before.sums.views, before.audited.views]).toEqual([8, 8])
  expect(Date.parse(before.audited.until)).toBeLessThanOrEqual(NOON)

  expect(await auditViews(house.app)).toBe(3)
  expect(await auditViews(house.app)).toBe(0)
  const after = await totalsOf(house, ana, videoId)
  expect([after.sums.views, after.sums.struck, after.audited.views]).toEqual([8, 3, 5])
  expect(Date.parse(after.audited.until)).toBeGreaterThan(NOON + 7 * 60 * MINUTE)
  expect((await ana.call('getVideo', { params: { videoId } })).views).toBe(5)
  // What was taken back is not counted again.
  const token = tokenFor(house.app, videoId, LENGTH, ben)
  clock.advance(MINUTE)
  await send(ben, beacon(token, 'again9', 0, { watchedMs: 50_000 }))
  await rollUp(house.app)
  clock.advance(2 * 60 * MINUTE)
  expect(await auditViews(house.app)).toBe(1)
})

test('the owner hears once when playbacks do not start any more, and of a sudden crowd', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const crowd = async (label: string, count: number, started: boolean) => {
    const token = tokenFor(house.app, videoId, LENGTH, label)
    clock.advance(MINUTE)
    const beacons = Array.from({ length: count }, (_, number) =>
      beacon(token, `${label}${number}x`, 0, {
        watchedMs: started ? 10_000 : 0,
        ended: !started,
        quality: { ...(started ? { startupMs: 300 } : {}), stalls: 0, stalledMs: 0, switches: 0, errors: 0 },
      }),
    )
    await house.anyone.call('sendBeacons', { body: { beacons } })
    await rollUp(house.app)
  }
  const told = async () => {
    await raiseAlarms(house.app)
    const { items } = await ana.call('listNotifications', {})
    return items.map(({ kind, video }) => [kind, video?.title]).sort()
  }
  await crowd('usual', 120, true)
  clock.advance(DAY)
  expect(await told()).toEqual([])
  await crowd('broken', 60, false)
  expect(await told()).toContainEqual(['starts_fell', 'A walk'])
  const count = (await told()).length
  expect((await told()).length).toBe(count)
  clock.advance(DAY)
  await crowd('famous', 400, true)
  expect(await told()).toContainEqual(['audience_grew', 'A walk'])
})

test('bytes sent and stored are in the figures, and cost what the operator says', async () => {
  const clock = fakeClock(NOON)
  await using house = await openHouse({ clock, settings: { 'analytics.price_sent': 2, 'analytics.price_stored': 1 } })
  const ana = await house.member('Ana')
  const videoId = await watchable(house.app, ana, LENGTH)
  await house.app.db.updateTable('videos').set({ source_bytes: 3e9 }).where('video_id', '=', videoId).execute()
  noteSent(house.app, videoId, 3e9)
  noteSent(house.app, videoId, 2e9)
  noteSent(house.app, 'goneVideo1234', 5)
  await writeSent(house.app)
  await writeSent(house.app)
  const { sums, storedBytes, cost } = await totalsOf(house, ana, videoId)
  expect([sums.sentBytes, storedBytes, cost?.sent, cost?.currency]).toEqual([5e9, 3e9, 10, 'EUR'])
  // Three gigabytes for three days of a month.
  expect(cost?.stored).toBeCloseTo((3 * 3) / (365.25 / 12), 5)
})

test('months and years are those of the calendar', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  for (const days of [0, 1, 40, 300]) {
    clock.advance(days * DAY)
    const token = tokenFor(house.app, videoId, LENGTH, `of ${days}`)
    clock.advance(MINUTE)
    await send(house.anyone, beacon(token, `session${days}`, 0, { watchedMs: 50_000 }))
  }
  await rollUp(house.app)
  const query = { from: '2026-05-02T00:00:00Z', to: '2027-04-30T00:00:00Z' }
  const by = async (grain: 'month' | 'year') =>
    (await ana.call('videoSeries', { params: { videoId }, query: { ...query, grain } })).points.map(({ at, sums }) => [
      at.slice(0, 10),
      sums.views,
    ])
  expect(await by('month')).toEqual([
    ['2026-05-01', 2],
    ['2026-06-01', 1],
    ['2027-04-01', 1],
  ])
  expect(await by('year')).toEqual([
    ['2026-01-01', 3],
    ['2027-01-01', 1],
  ])
  const asked = { ...query, by: 'device', compare: 'before' } as const
  const { rows } = await ana.call('videoBreakdown', { params: { videoId }, query: asked })
  expect(rows.map((row) => [row.sums.playbacks, row.before?.playbacks])).toEqual([[4, 0]])
})
