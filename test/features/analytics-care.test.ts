/** What looks after the figures: audits, alarms, bytes and their cost, months. */
import { parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import {
  auditViews,
  breakdown,
  hearRequest,
  noteSent,
  raiseAlarms,
  rollUp,
  series,
  tidyAnalytics,
  writeClientData,
  writeSent,
} from '../../src/features/analytics/analytics.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { beacon, send, tokenFor, viewersInLog, watchable } from '../support/watching.ts'

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
  const viewsOnCard = async () => (await house.anyone.call('recommendHome', { query: {} })).items[0]?.video.views
  expect(await viewsOnCard()).toBe(0)
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

  await expect.poll(viewsOnCard).toBe(8)

  expect(await auditViews(house.app)).toBe(3)
  expect(await auditViews(house.app)).toBe(0)
  const after = await totalsOf(house, ana, videoId)
  expect([after.sums.views, after.sums.struck, after.audited.views]).toEqual([8, 3, 5])
  await expect.poll(viewsOnCard).toBe(5)
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
  const { clock, house, videoId } = cinema
  for (const days of [0, 1, 40, 300]) {
    clock.advance(days * DAY)
    const token = tokenFor(house.app, videoId, LENGTH, `of ${days}`)
    clock.advance(MINUTE)
    await send(house.anyone, beacon(token, `session${days}`, 0, { watchedMs: 50_000 }))
  }
  await rollUp(house.app)
  const query = { from: '2026-05-02T00:00:00Z', to: '2027-04-30T00:00:00Z' }
  const subject = `v${videoId}`
  const by = async (grain: 'month' | 'year') =>
    (await series(house.app, subject, { ...query, grain })).points.map(({ at, sums }) => [at.slice(0, 10), sums.views])
  expect(await by('month')).toEqual([
    ['2026-05-01', 2],
    ['2026-06-01', 1],
    ['2027-04-01', 1],
  ])
  expect(await by('year')).toEqual([
    ['2026-01-01', 3],
    ['2027-01-01', 1],
  ])
  const { rows } = await breakdown(house.app, subject, { ...query, by: 'device', compare: 'before', limit: 5 })
  expect(rows.map((row) => [row.sums.playbacks, row.before?.playbacks])).toEqual([[4, 0]])
})

test('what players say with their requests, and in events, tells how well it plays', async () => {
  await using cinema = await openCinema()
  const { house, ana, videoId } = cinema
  const address = '133.11.0.1'
  const headers = { 'cmcd-request': 'bl=21300,mtp=25400', 'cmcd-status': 'bs', 'user-agent': 'Mozilla/5.0 (iPhone)' }
  hearRequest(house.app, videoId, { address, headers, query: new URLSearchParams() })
  hearRequest(house.app, videoId, { address, headers: {}, query: new URLSearchParams('CMCD=mtp%3D25400') })
  hearRequest(house.app, videoId, { address, headers: {}, query: new URLSearchParams('unrelated=1') })
  const tell = (body: string) =>
    house.anyone.fetch('/cmcd', { method: 'POST', body, headers: { 'content-type': 'application/cmcd' } })
  const events = `e=ps,msd=840,cid="${videoId}"\ne=t,mtp=25400,cid="goneVideo1234"\ne=zz,cid="../../x",mtp=1\n`
  expect((await tell(events)).status).toBe(204)
  expect((await tell('x'.repeat(100_000))).status).toBe(413)
  await writeClientData(house.app)
  await rollUp(house.app)

  const ask = async (of: 'throughput' | 'bufferMs' | 'startupMs', by: 'all' | 'country' | 'device') =>
    (await ana.call('videoSpread', { params: { videoId }, query: { ...period, of, by } })).rows
  const [throughput] = await ask('throughput', 'all')
  expect(throughput?.count).toBe(2)
  expect(Math.abs(throughput!.p50 / 25_400_000 - 1)).toBeLessThan(0.06)
  expect((await ask('throughput', 'country')).map(({ member, count }) => [member, count])).toEqual([['JP', 2]])
  expect((await ask('bufferMs', 'device')).map(({ member }) => member)).toEqual(['phone'])
  expect((await ask('startupMs', 'all')).map(({ count }) => count)).toEqual([1])
  // They are signed by nobody, so they count nothing.
  const { sums } = await ana.call('videoTotals', { params: { videoId }, query: period })
  expect([sums.views, sums.playbacks]).toEqual([0, 0])
  expect(await house.app.meter.text()).toContain('client_data_total{kind="other",starved="false"} 1')
})

test('reports beyond their time go to the archive, which tells no viewers apart, and leave it in the end', async () => {
  await using cinema = await openCinema()
  const { clock, house, videoId } = cinema
  await tidyAnalytics(house.app)
  clock.advance(2 * 60 * MINUTE)
  const ben = await house.member('Ben')
  const token = tokenFor(house.app, videoId, LENGTH, ben)
  clock.advance(MINUTE)
  const source = { kind: 'search', detail: 'cats' } as const
  for (const sequence of [0, 1])
    await send(ben, beacon(token, 'archived', sequence, { watchedMs: 9000, sections: [[0, 9000, 1]], source }))
  await rollUp(house.app)
  const [viewer] = (await viewersInLog(house.app)) as [string, string]
  const keys = async () => {
    const found: string[] = []
    for await (const key of house.app.blobs.list('analytics/reports/')) found.push(key)
    return found
  }
  expect(await keys()).toEqual([])
  clock.advance(15 * DAY)
  await tidyAnalytics(house.app)
  await tidyAnalytics(house.app)

  expect(await keys()).toEqual(['analytics/reports/2026-05-04/14-0.parquet'])
  expect(await house.app.db.selectFrom('beacon_log').select('reports').execute()).toEqual([])
  const file = (await house.app.blobs.read('analytics/reports/2026-05-04/14-0.parquet', 1e6))!
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer
  const rows = await parquetReadObjects({ file: bytes })
  expect(rows).toHaveLength(2)
  const told = { video: videoId, playback: 0, sequence: 1, watched_ms: 9000, source: 'search', detail: 'cats' }
  expect(rows[1]).toMatchObject({ ...told, at: new Date(NOON + 121 * MINUTE), ended: false, startup_ms: null })
  expect(JSON.parse(rows[1]!.sections as string)).toEqual([0, 9000])
  expect(file.includes(viewer)).toBe(false)
  expect(file.includes('archived')).toBe(false)

  clock.advance(401 * DAY)
  await tidyAnalytics(house.app)
  expect(await keys()).toEqual([])
})
