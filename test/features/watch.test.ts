/** Watching: what a player is given, which views count, and where a member goes on. */
import { expect, test } from 'vitest'
import type { Privacy } from '../../src/contract/shapes.ts'
import { rollUp, tidyAnalytics } from '../../src/features/analytics/analytics.ts'
import * as videos from '../../src/features/videos/videos.ts'
import type { SourceFacts } from '../../src/media/facts.ts'
import { DEFAULT_LADDER } from '../../src/media/ladder.ts'
import { planRun } from '../../src/media/plan.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type Caller, type House, type Member, openHouse } from '../support/house.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Ten minutes past an hour, so that minutes can pass within it. */
const MORNING = Date.parse('2026-05-04T09:10:00Z')

const DURATION_MS = 120_000

const source: SourceFacts = {
  container: 'mov',
  sizeBytes: 1_000_000,
  durationMs: DURATION_MS,
  durationTrusted: true,
  startSeconds: 0,
  seekable: 'index',
  remux: false,
  video: {
    streamIndex: 0,
    codec: 'h264',
    pixelFormat: 'yuv420p',
    width: 1280,
    height: 720,
    codedWidth: 1280,
    codedHeight: 720,
    sar: { num: 1, den: 1 },
    rotation: 0,
    flip: false,
    nominalRate: { num: 25, den: 1 },
    frameRate: { num: 25, den: 1 },
    variableRate: false,
    interlaced: false,
    bitDepth: 8,
    color: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', range: 'tv' },
    hdr: 'sdr',
    startSeconds: 0,
    alpha: false,
  },
  audio: [
    {
      streamIndex: 1,
      codec: 'aac',
      channels: 2,
      sampleRate: 48_000,
      language: 'und',
      isDefault: true,
      startSeconds: 0,
      coarse: false,
    },
  ],
}

/** A video of two minutes that is ready, with a real plan; no segment of it exists, and none is asked for here. */
async function ready(house: House, owner: Member, privacy: Privacy = 'public'): Promise<string> {
  const { id } = await owner.call('createVideo', { body: { title: 'A walk', privacy } })
  await videos.sourceArrived(house.app, id, { sourceKey: `sources/${id}/x`, sourceName: 'walk.mp4', sourceBytes: 1000 })
  const plan = JSON.stringify(planRun(source, DEFAULT_LADDER))
  await house.app.blobs.put(`videos/${id}/firstrun1/plan.json`, Buffer.from(plan))
  await house.app.db
    .insertInto('runs')
    .values({ video_id: id, run_id: 'firstrun1', plan, source_key: 'x', created_at: house.app.clock.now() })
    .execute()
  await videos.markReady(house.app, id, { runId: 'firstrun1', durationMs: DURATION_MS, width: 1280, height: 720 })
  await videos.setThumbnail(house.app, id, `videos/${id}/firstrun1/thumbnail.jpg`)
  return id
}

const playbackOf = (who: Caller, videoId: string) => who.call('startPlayback', { params: { videoId } })

async function report(who: Caller, token: string, watchedMs: number, positionMs = watchedMs, ended = false) {
  await who.call('sendBeacon', { body: { token, session: 'session1', positionMs, watchedMs, ended } })
}

/** The views of a video once everything that was reported is in the sums. */
async function viewsOf(house: House, videoId: string): Promise<number> {
  await rollUp(house.app)
  return (await house.anyone.call('getVideo', { params: { videoId } })).views
}

/** Somebody without an account, in another house of the town. */
function stranger(house: House, number: number): Caller {
  const address = `172.${16 + (number >> 8)}.${number & 255}.1`
  return {
    ...house.anyone,
    fetch: (path, init = {}) =>
      house.anyone.fetch(path, { ...init, headers: { ...init.headers, 'x-forwarded-for': address } }),
  }
}

async function strangersPlayback(house: House, number: number, videoId: string): Promise<{ token: string }> {
  const answer = await stranger(house, number).fetch(`/api/videos/${videoId}/playback`)
  return (await answer.json()) as { token: string }
}

async function strangersReport(house: House, number: number, token: string, watchedMs: number): Promise<number> {
  const body = JSON.stringify({ token, session: 'session1', positionMs: watchedMs, watchedMs })
  const headers = { 'content-type': 'application/json' }
  return (await stranger(house, number).fetch('/api/beacons', { method: 'POST', headers, body })).status
}

test('a playback of a public video holds what a player needs at once', async () => {
  await using house = await openHouse()
  const id = await ready(house, await house.member('Ana'))

  const playback = await playbackOf(house.anyone, id)

  const folder = `/videos/${id}/firstrun1`
  expect(playback).toMatchObject({ videoId: id, durationMs: DURATION_MS, width: 1280, height: 720, resumeMs: 0 })
  expect(playback.hls).toBe(`${folder}/main.m3u8`)
  expect(playback.poster).toBe(`${folder}/thumbnail.jpg`)
  expect(playback.expires).toBeUndefined()
  expect(Object.keys(playback.playlists).sort()).toEqual([
    '360p/index.m3u8',
    '480p/index.m3u8',
    '720p/index.m3u8',
    'audio/index.m3u8',
    'main.m3u8',
  ])
  expect(playback.preload).toEqual(
    ['360p/init.mp4', '360p/0.m4s', 'audio/init.mp4', 'audio/0.m4s'].map((piece) => `${folder}/${piece}`),
  )
  const served = await house.anyone.fetch(playback.hls)
  expect(await served.text()).toBe(playback.playlists['main.m3u8'])
})

test('a private video plays for its owner, below a grant that expires', async () => {
  const clock = fakeClock(MORNING)
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const id = await ready(house, ana, 'private')

  await expect(playbackOf(house.anyone, id)).rejects.toMatchObject({ code: 'video_not_found' })
  await expect(playbackOf(await house.member('Ben'), id)).rejects.toMatchObject({ code: 'video_not_found' })
  const playback = await playbackOf(ana, id)

  expect(playback.hls).toMatch(new RegExp(`^/t/[^/]+/videos/${id}/firstrun1/main\\.m3u8$`))
  expect(Date.parse(playback.expires!)).toBeGreaterThan(MORNING + HOUR)
  expect((await house.anyone.fetch(playback.hls)).status).toBe(200)
  clock.set(Date.parse(playback.expires!) + 5 * MINUTE)
  expect((await house.anyone.fetch(playback.hls)).status).toBe(403)
})

test('what is not ready, or has failed, is not played', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const { id } = await ana.call('createVideo', { body: { title: 'Soon' } })

  await expect(playbackOf(ana, id)).rejects.toMatchObject({ code: 'video_not_ready' })
  await videos.sourceArrived(house.app, id, { sourceKey: 'sources/a/b', sourceName: 'a.mp4', sourceBytes: 1 })
  await videos.markFailed(house.app, id, 'source_unreadable')
  await expect(playbackOf(ana, id)).rejects.toMatchObject({ code: 'video_failed' })
})

test('a view counts once an hour for the same viewer, and again in the next', async () => {
  const clock = fakeClock(MORNING)
  await using house = await openHouse({ clock })
  const id = await ready(house, await house.member('Ana'))

  const { token } = await playbackOf(house.anyone, id)
  clock.advance(MINUTE)
  await report(house.anyone, token, 29_000)
  expect(await viewsOf(house, id)).toBe(0)
  await report(house.anyone, token, 31_000)
  await report(house.anyone, token, 50_000)
  const again = await playbackOf(house.anyone, id)
  clock.advance(MINUTE)
  await report(house.anyone, again.token, 40_000)
  expect(await viewsOf(house, id)).toBe(1)

  clock.advance(HOUR)
  // The playback of the hour before goes on: it has been counted.
  await report(house.anyone, token, 100_000)
  expect(await viewsOf(house, id)).toBe(1)
  const later = await playbackOf(house.anyone, id)
  clock.advance(MINUTE)
  await report(house.anyone, later.token, 40_000)
  expect(await viewsOf(house, id)).toBe(2)
})

test('two viewers count twice, and a crowd of beacons of one viewer once', async () => {
  const clock = fakeClock(MORNING)
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const ben = await house.member('Ben')
  const id = await ready(house, ana)
  const [first, second, third] = [
    await playbackOf(ben, id),
    await playbackOf(ana, id),
    await strangersPlayback(house, 1, id),
  ]
  clock.advance(MINUTE)

  await Promise.all([report(ben, first.token, 40_000), report(ana, second.token, 40_000)])
  // From many addresses: the limit on beacons goes by address, and the phone of this viewer is on a train.
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, number) => strangersReport(house, number, third.token, 40_000)),
  )

  expect(new Set(answers)).toEqual(new Set([204]))
  expect(await viewsOf(house, id)).toBe(3)
})

test('nobody watches faster than time', async () => {
  const clock = fakeClock(MORNING)
  await using house = await openHouse({ clock })
  const id = await ready(house, await house.member('Ana'))

  const { token } = await playbackOf(house.anyone, id)
  await report(house.anyone, token, 1e9)
  clock.advance(10_000)
  await report(house.anyone, token, 1e9)
  expect(await viewsOf(house, id)).toBe(0)
  clock.advance(6_000)
  await report(house.anyone, token, 1e9)
  expect(await viewsOf(house, id)).toBe(1)
})

test('forged, expired and foreign tokens are refused', async () => {
  const clock = fakeClock(MORNING)
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const ben = await house.member('Ben')
  const id = await ready(house, ana)
  const { token } = await playbackOf(ana, id)
  clock.advance(MINUTE)
  const refused = { code: 'grant_invalid' }

  const [body = '', signature = ''] = token.split('.')
  const [, ...rest] = JSON.parse(Buffer.from(body, 'base64url').toString())
  const other = Buffer.from(JSON.stringify(['anothervideo', ...rest])).toString('base64url')
  await expect(report(ana, `${other}.${signature}`, 40_000)).rejects.toMatchObject(refused)
  await expect(report(ana, 'nonsense', 40_000)).rejects.toMatchObject(refused)
  await expect(report(ben, token, 40_000)).rejects.toMatchObject(refused)
  await expect(report(house.anyone, token, 40_000)).rejects.toMatchObject(refused)
  expect(await viewsOf(house, id)).toBe(0)

  clock.advance(24 * HOUR)
  await expect(report(ana, token, 40_000)).rejects.toMatchObject(refused)
})

test('a member goes on where they stopped, on every device, and begins anew after the end', async () => {
  const clock = fakeClock(MORNING)
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const id = await ready(house, ana)

  const { token } = await playbackOf(ana, id)
  clock.advance(MINUTE)
  await report(ana, token, 20_000, 45_500)
  expect((await playbackOf(ana, id)).resumeMs).toBe(45_500)
  expect((await playbackOf(house.anyone, id)).resumeMs).toBe(0)

  // Opened and closed again without a look: the old place is kept.
  await report(ana, (await playbackOf(ana, id)).token, 0, 0)
  expect((await playbackOf(ana, id)).resumeMs).toBe(45_500)

  clock.advance(MINUTE)
  await report(ana, token, 80_000, DURATION_MS, true)
  expect((await playbackOf(ana, id)).resumeMs).toBe(0)
  const [stop] = await house.app.db.selectFrom('watch_history').selectAll().execute()
  expect(stop).toMatchObject({ completed: true })
  expect(Number(stop!.watched_ms)).toBe(80_000)
})

test('a beacon of a video that was deleted meanwhile is heard and changes nothing', async () => {
  const clock = fakeClock(MORNING)
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const id = await ready(house, ana)
  const { token } = await playbackOf(ana, id)
  await ana.call('removeVideo', { params: { videoId: id } })
  clock.advance(MINUTE)

  await report(ana, token, 40_000)
  await rollUp(house.app)

  expect(await house.app.db.selectFrom('watch_history').selectAll().execute()).toEqual([])
  expect(await house.app.db.selectFrom('counted_views').selectAll().execute()).toEqual([])
})

test('counted views are forgotten when no token of their hour lives, and not before', async () => {
  const clock = fakeClock(MORNING)
  await using house = await openHouse({ clock })
  const id = await ready(house, await house.member('Ana'))
  const { token } = await playbackOf(house.anyone, id)
  clock.advance(MINUTE)
  await report(house.anyone, token, 40_000)
  await rollUp(house.app)
  const rows = () => house.app.db.selectFrom('counted_views').selectAll().execute()

  clock.advance(24 * HOUR)
  await tidyAnalytics(house.app)
  expect(await rows()).toHaveLength(1)
  clock.advance(3 * HOUR)
  await tidyAnalytics(house.app)
  expect(await rows()).toEqual([])
  expect(await viewsOf(house, id)).toBe(1)
})
