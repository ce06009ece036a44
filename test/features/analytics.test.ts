/** Analytics: what players report is counted once, and its owner understands it. */
import { zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { forgetAccount, rollUp, tidyAnalytics } from '../../src/features/analytics/analytics.ts'
import { append } from '../../src/features/analytics/intake.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { beacon, send, tokenFor, viewersInLog, watchable } from '../support/watching.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE
const NOON = Date.parse('2026-05-04T12:00:10Z')
const LENGTH = 200 * SECOND

const period = { from: '2026-05-04T00:00:00Z', to: '2026-05-07T00:00:00Z' }
const PHONE = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36'

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

test('a playback is told section by section, and its owner sees all of it', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const token = tokenFor(house.app, videoId, LENGTH, 'stranger')
  const source = { kind: 'search', detail: '  Cat   VIDEOS ' } as const
  const quality = {
    startupMs: 400,
    stalls: 0,
    stalledMs: 0,
    switches: 0,
    errors: 0,
    bitsPerSecond: 2_000_000,
    height: 720,
  }
  const phone = { 'user-agent': PHONE, 'x-forwarded-for': '133.11.0.1' }

  clock.advance(20 * SECOND)
  const first = {
    watchedMs: 20_000,
    positionMs: 20_000,
    sections: [[0, 20_000, 1]] as [number, number, number][],
    quality,
    source,
  }
  expect(await send(house.anyone, beacon(token, 's1', 0, first), phone)).toBe(204)
  clock.advance(20 * SECOND)
  const second = {
    watchedMs: 40_000,
    sections: [
      [20_000, 30_000, 1],
      [10_000, 20_000, 1],
    ] as [number, number, number][],
    quality: { ...quality, stalls: 2, stalledMs: 1500, switches: 1 },
    source,
  }
  expect(await send(house.anyone, beacon(token, 's1', 1, second), phone)).toBe(204)

  const { sums, viewers, watchingNow } = await totalsOf(house, ana, videoId)
  expect(sums).toMatchObject({ views: 1, playbacks: 1, watchedMs: 40_000, starts: 1, exits: 0, clicks: 1 })
  expect(sums).toMatchObject({ stalls: 2, stalledMs: 1500, switches: 1, errors: 0 })
  expect([viewers, watchingNow]).toEqual([1, 1])

  const params = { videoId }
  const curve = await ana.call('videoRetention', { params, query: period })
  // Two seconds a part: 0 to 30 s once, 10 to 20 s again.
  expect(curve.first).toEqual(Array.from({ length: 100 }, (_, part) => (part < 15 ? 1 : 0)))
  expect(curve.again).toEqual(Array.from({ length: 100 }, (_, part) => (part >= 5 && part < 10 ? 1 : 0)))
  const by = async (by: 'source' | 'term' | 'device' | 'country') =>
    (await ana.call('videoBreakdown', { params, query: { ...period, by } })).rows.map((row) => [
      row.member,
      row.sums.watchedMs,
    ])
  expect(await by('source')).toEqual([['search', 40_000]])
  expect(await by('term')).toEqual([['cat videos', 40_000]])
  expect(await by('device')).toEqual([['phone', 40_000]])
  expect(await by('country')).toEqual([['JP', 40_000]])
  const startup = await ana.call('videoSpread', { params, query: { ...period, of: 'startupMs' } })
  expect(startup.rows).toHaveLength(1)
  expect(Math.abs(startup.rows[0]!.p50 / 400 - 1)).toBeLessThan(0.05)
  const byHeight = await ana.call('videoSpread', { params, query: { ...period, of: 'bitsPerSecond', by: 'height' } })
  expect(byHeight.rows.map(({ member, count }) => [member, count])).toEqual([['720', 2]])
})

test('beacons that come twice, late and out of order count once', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const token = tokenFor(house.app, videoId, LENGTH, 'stranger')
  clock.advance(60 * SECOND)
  const parts = Array.from({ length: 6 }, (_, n) =>
    beacon(token, 's1', n, { watchedMs: (n + 1) * 10_000, sections: [[n * 10_000, (n + 1) * 10_000, 1]] }),
  )
  for (const n of [3, 0, 3, 5, 1, 0, 2, 4, 5, 3]) {
    expect(await send(house.anyone, parts[n]!)).toBe(204)
    if (n === 5) await rollUp(house.app)
  }

  const { sums } = await totalsOf(house, ana, videoId)
  expect(sums).toMatchObject({ views: 1, playbacks: 1, watchedMs: 60_000 })
  const curve = await ana.call('videoRetention', { params: { videoId }, query: period })
  expect(curve.first.reduce((sum, count) => sum + count)).toBe(30)
  expect(curve.again.reduce((sum, count) => sum + count)).toBe(0)
})

test('what cannot be true is refused, and each reason is counted', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const token = tokenFor(house.app, videoId, LENGTH, 'stranger')
  clock.advance(30 * SECOND)
  const one = (more: object) => ({ ...beacon(token, 's1', 0, { watchedMs: 10_000 }), ...more })
  const bad: [unknown, number][] = [
    [one({ token: `${token.slice(0, -4)}AAAA` }), 403],
    [one({ sections: [[0, LENGTH + 60_000, 1]] }), 422],
    [one({ sections: [[5_000, 5_000, 1]] }), 422],
    [one({ sections: [[9_000, 5_000, 1]] }), 422],
    [one({ sections: [[0, 199_000, 1]] }), 422],
    [one({ sections: [[-1, 5_000, 1]] }), 400],
    [one({ watchedMs: -1 }), 400],
    [one({ watchedMs: null }), 400],
    [one({ sequence: 1.5 }), 400],
    [one({ session: '../../x' }), 400],
    [one({ sections: Array.from({ length: 101 }, () => [0, 1, 1]) }), 400],
    [one({ junk: 'x'.repeat(10 * 1024 * 1024) }), 413],
  ]
  for (const [body, status] of bad)
    expect([status, await send(house.anyone, body as never).catch(() => 413)]).toEqual([status, status])
  const raw = (body: string) =>
    house.anyone.fetch('/api/beacons', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  expect((await raw(JSON.stringify(one({})).replace('10000', 'NaN'))).status).toBe(400)
  expect((await raw('[')).status).toBe(400)

  clock.advance(2 * DAY)
  expect(await send(house.anyone, one({}))).toBe(403)
  const tomorrow = tokenFor({ ...house.app, clock: fakeClock(NOON + 400 * DAY) }, videoId, LENGTH, 'stranger')
  expect(await send(house.anyone, one({ token: tomorrow }))).toBe(403)

  expect((await totalsOf(house, ana, videoId)).sums).toMatchObject({ views: 0, playbacks: 0, watchedMs: 0 })
  const metrics = await house.app.meter.text()
  const refused = (reason: string) =>
    Number(new RegExp(`beacons_refused_total\\{reason="${reason}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0)
  expect(['token', 'section_outside', 'section_backwards', 'faster_than_time'].map(refused)).toEqual([3, 1, 2, 1])
  const codes = (code: string) =>
    Number(new RegExp(`http_refused_total\\{route="/api/beacons",code="${code}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0)
  expect(codes('bad_request')).toBe(8)
  expect(codes('body_too_large')).toBe(1)
})

test('bots are not counted, and are not told', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const token = tokenFor(house.app, videoId, LENGTH, 'robot')
  clock.advance(MINUTE)
  const crawler = { 'user-agent': 'Mozilla/5.0 (compatible; ExampleBot/2.1; +http://example.org/bot.html)' }
  expect(await send(house.anyone, beacon(token, 's1', 0, { watchedMs: 50_000 }), crawler)).toBe(204)
  expect((await totalsOf(house, ana, videoId)).sums).toMatchObject({ views: 0, playbacks: 0, watchedMs: 0 })
})

test('who does not want to be followed is counted and not known again', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const ben = await house.member('Ben')
  for (const session of ['first', 'second']) {
    const token = tokenFor(house.app, videoId, LENGTH, ben)
    clock.advance(MINUTE)
    await send(ben, beacon(token, session, 0, { watchedMs: 50_000 }), { 'sec-gpc': '1' })
  }
  const { sums } = await totalsOf(house, ana, videoId)
  expect(sums).toMatchObject({ playbacks: 2, watchedMs: 100_000 })
  const kept = await viewersInLog(house.app)
  expect(kept.map((key) => key[0])).toEqual(['s', 's'])
  expect(new Set(kept).size).toBe(2)
  expect(await house.app.db.selectFrom('channel_viewers').selectAll().execute()).toEqual([])
})

test('members are new to a channel once, and come back on other days', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const [ben, cem] = [await house.member('Ben'), await house.member('Cem')]
  const watch = async (who: Member) => {
    const token = tokenFor(house.app, videoId, LENGTH, who)
    clock.advance(40 * SECOND)
    await send(who, beacon(token, `s${clock.nowMs()}`, 0, { watchedMs: 35_000 }))
  }
  await watch(ben)
  await watch(ben)
  clock.advance(DAY)
  await watch(ben)
  await watch(cem)
  await rollUp(house.app)
  const { sums } = await ana.call('channelTotals', { params: { handle: ana.channel.handle }, query: period })
  expect(sums).toMatchObject({ newViewers: 2, returningViewers: 1 })
})

test('impressions count once each, and playbacks from thumbnails are clicks', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const other = await watchable(house.app, ana, LENGTH, 'A swim')
  const shown = [
    { videoId, surface: 'home' as const },
    { videoId: other, surface: 'home' as const },
    { videoId: 'goneVideo1234', surface: 'home' as const },
  ]
  for (const sequence of [0, 1, 0, 1])
    await house.anyone.call('sendImpressions', { body: { session: 'visit001', sequence, shown } })
  const token = tokenFor(house.app, videoId, LENGTH, 'stranger')
  clock.advance(MINUTE)
  await send(house.anyone, beacon(token, 's1', 0, { watchedMs: 5_000, source: { kind: 'home' } }))
  await rollUp(house.app)

  const handle = ana.channel.handle
  const { rows } = await ana.call('channelBreakdown', { params: { handle }, query: { ...period, by: 'video' } })
  expect(rows.map(({ label, sums }) => [label, sums.impressions, sums.clicks])).toEqual([
    ['A walk', 2, 1],
    ['A swim', 2, 0],
  ])
  const sources = await ana.call('channelBreakdown', { params: { handle }, query: { ...period, by: 'source' } })
  expect(sources.rows.map(({ member, sums }) => [member, sums.impressions])).toEqual([['home', 4]])
})

test('what was watched from a playlist is told to its owner', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const ben = await house.member('Ben')
  const { id: playlistId } = await ben.call('createPlaylist', { body: { title: 'Walks', privacy: 'public' } })
  for (const [session, source] of [
    ['listed00', { kind: 'playlist', detail: playlistId }],
    ['direct00', { kind: 'direct' }],
  ] as const) {
    const token = tokenFor(house.app, videoId, LENGTH, session)
    clock.advance(MINUTE)
    await send(house.anyone, beacon(token, session, 0, { watchedMs: 40_000, source }))
  }
  await rollUp(house.app)
  const params = { playlistId }
  const { sums, viewers } = await ben.call('playlistTotals', { params, query: period })
  expect([sums.views, sums.playbacks, viewers]).toEqual([1, 1, 1])
  const { rows } = await ben.call('playlistBreakdown', { params, query: { ...period, by: 'video' } })
  expect(rows.map(({ label, sums }) => [label, sums.views])).toEqual([['A walk', 1]])
  await expect(ana.call('playlistTotals', { params, query: period })).rejects.toMatchObject({ code: 'not_allowed' })
})

test('a period stands beside the one before, and a series tells it by the hour', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const watch = async (session: string) => {
    const token = tokenFor(house.app, videoId, LENGTH, session)
    clock.advance(MINUTE)
    await send(house.anyone, beacon(token, session, 0, { watchedMs: 40_000 }))
  }
  await watch('one')
  clock.advance(DAY)
  await watch('two')
  await watch('three')
  await rollUp(house.app)
  const query = { from: '2026-05-05T00:00:00Z', to: '2026-05-06T00:00:00Z' }
  const totals = await ana.call('videoTotals', { params: { videoId }, query })
  expect([totals.sums.views, totals.viewers, totals.before.sums.views, totals.before.viewers]).toEqual([2, 2, 1, 1])
  const { points } = await ana.call('videoSeries', {
    params: { videoId },
    query: { ...query, from: '2026-05-04T00:00:00Z', grain: 'hour' },
  })
  expect(points.map(({ at, sums }) => [at.slice(0, 13), sums.views])).toEqual([
    ['2026-05-04T12', 1],
    ['2026-05-05T12', 2],
  ])
})

test('likes, comments and subscribers are in the figures, also those that are taken back', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const videoId = await watchable(house.app, ana, LENGTH)
  const [ben, cem] = [await house.member('Ben'), await house.member('Cem')]
  const params = { videoId }
  await ben.call('setReaction', { params, body: { reaction: 'like' } })
  await ben.call('setReaction', { params, body: { reaction: 'like' } })
  await cem.call('setReaction', { params, body: { reaction: 'like' } })
  await cem.call('setReaction', { params, body: { reaction: 'dislike' } })
  await ana.call('postComment', { params, body: { text: 'First!' } })
  const handle = { params: { handle: ana.channel.handle } }
  await ben.call('subscribe', { ...handle, body: { notify: 'none' } })
  await cem.call('subscribe', { ...handle, body: { notify: 'none' } })
  await cem.call('unsubscribe', handle)
  await rollUp(house.app)

  const now = Date.now()
  const query = { from: new Date(now - 3_600_000).toISOString(), to: new Date(now + 3_600_000).toISOString() }
  const ofVideo = (await ana.call('videoTotals', { params, query })).sums
  expect(ofVideo).toMatchObject({ likes: 1, dislikes: 1, comments: 1, subscribed: 0 })
  const ofChannel = (await ana.call('channelTotals', { ...handle, query })).sums
  expect(ofChannel).toMatchObject({ likes: 1, dislikes: 1, comments: 1, subscribed: 2, unsubscribed: 1 })
  await rollUp(house.app)
  expect((await ana.call('channelTotals', { ...handle, query })).sums).toEqual(ofChannel)
})

test('an account that is forgotten stays in the sums and nowhere else', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const ben = await house.member('Ben')
  for (const session of ['first', 'second']) {
    const token = tokenFor(house.app, videoId, LENGTH, ben)
    clock.advance(MINUTE)
    await send(ben, beacon(token, session, 0, { watchedMs: 50_000 }))
    if (session === 'first') await rollUp(house.app)
  }
  const [known] = await viewersInLog(house.app)

  await house.app.together((app) => forgetAccount(app, ben.id))
  await house.runJobs()

  expect((await totalsOf(house, ana, videoId)).sums).toMatchObject({ playbacks: 2, watchedMs: 100_000 })
  const { db } = house.app
  for (const row of await db.selectFrom('beacon_log').select('body').execute()) {
    expect(zstdDecompressSync(row.body).toString()).not.toContain(known!)
  }
  for (const table of ['counted_views', 'channel_viewers'] as const) {
    const keys = (await db.selectFrom(table).select('viewer_key').execute()).map((row) => row.viewer_key)
    expect(keys).not.toContain(known!)
  }
})

test('figures are for the owner and for administrators', async () => {
  await using cinema = await openCinema()
  const { house, ana, videoId } = cinema
  const ben = await house.member('Ben')
  const boss = await house.admin()
  const params = { videoId }
  const handle = { handle: ana.channel.handle }
  await expect(house.anyone.call('videoTotals', { params, query: period })).rejects.toMatchObject({
    code: 'sign_in_needed',
  })
  await expect(ben.call('videoTotals', { params, query: period })).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(ben.call('channelTotals', { params: handle, query: period })).rejects.toMatchObject({
    code: 'not_allowed',
  })
  await expect(ana.call('siteTotals', { query: period })).rejects.toMatchObject({ code: 'not_allowed' })
  await house.app.db.updateTable('videos').set({ privacy: 'private' }).where('video_id', '=', videoId).execute()
  await expect(ben.call('videoRetention', { params, query: period })).rejects.toMatchObject({ code: 'video_not_found' })
  expect((await boss.call('videoTotals', { params, query: period })).sums.views).toBe(0)
  expect((await boss.call('siteTotals', { query: period })).sums.views).toBe(0)
  const wrong = { from: period.to, to: period.from }
  await expect(ana.call('videoTotals', { params, query: wrong })).rejects.toMatchObject({ code: 'bad_request' })
  const endless = { from: '2000-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }
  await expect(ana.call('videoTotals', { params, query: endless })).rejects.toMatchObject({ code: 'bad_request' })
})

test('a gateway sends many beacons at once; those out of order are left out and named', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const tokens = Array.from({ length: 50 }, (_, n) => tokenFor(house.app, videoId, LENGTH, `viewer ${n}`))
  clock.advance(MINUTE)
  const good = tokens.map((token, n) => beacon(token, `s${n}`, 0, { watchedMs: 31_000, sections: [[0, 31_000, 1]] }))
  const beacons = [...good, beacon('forged', 'x', 0, {}), beacon(tokens[0]!, 'y', 0, { sections: [[2, 1, 1]] })]
  const body = { beacons: beacons.map((it) => ({ ...it, sections: it.sections as [number, number, number][] })) }
  expect(await house.anyone.call('sendBeacons', { body })).toEqual({
    taken: 50,
    refused: { token: 1, section_backwards: 1 },
  })
  const { sums, viewers } = await totalsOf(house, ana, videoId)
  expect([sums.views, sums.watchedMs]).toEqual([50, 50 * 31_000])
  // Different viewers are counted by a sketch: of fifty, two may fall into one of its registers.
  expect(Math.abs(viewers - 50)).toBeLessThanOrEqual(2)
})

test('raw reports are forgotten when their time is over, by the hour; sums and what waits are not', async () => {
  await using cinema = await openCinema()
  const { clock, house, ana, videoId } = cinema
  const report = async (session: string) => {
    const token = tokenFor(house.app, videoId, LENGTH, session)
    clock.advance(MINUTE)
    await send(house.anyone, beacon(token, session, 0, { watchedMs: 40_000 }))
  }
  const logged = async () => (await house.app.db.selectFrom('beacon_log').select('reports').execute()).length
  await report('unparted')
  await tidyAnalytics(house.app)
  clock.advance(2 * 60 * MINUTE)
  await report('inapartition')
  await rollUp(house.app)
  clock.advance(2 * 60 * MINUTE)
  await report('notrolledup')
  expect(await logged()).toBe(3)

  clock.advance(15 * DAY)
  await tidyAnalytics(house.app)
  expect(await logged()).toBe(1)
  expect((await totalsOf(house, ana, videoId)).sums.views).toBe(3)
  await tidyAnalytics(house.app)
  expect(await logged()).toBe(0)
  expect((await totalsOf(house, ana, videoId)).sums.views).toBe(3)
})

test('who reports while the disk is far behind is asked to come again', async () => {
  await using cinema = await openCinema()
  const lines = Array.from({ length: 30_000 }, () => ({ text: '["i","x",0,0,[]]', shard: 0 }))
  const [first, second] = await Promise.allSettled([
    append(cinema.house.app, lines),
    (async () => append(cinema.house.app, lines))(),
  ])
  expect(first.status).toBe('fulfilled')
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'too_many', headers: { 'retry-after': '2' } } })
})
