/** Renditions come and go: completed when watched, taken away when not, and one that fails leaves the others alone. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeDemand } from '../../src/features/delivery/delivery.ts'
import { evictUnwatched, followDemand, reportSavings } from '../../src/features/renditions/renditions.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { countFrames, ffmpeg, makeClip, scratchFolder } from '../support/clips.ts'
import { type House, openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'

const DAY_MS = 24 * 3_600_000
/** For stories of renditions as they are planned. */
const settings = { 'transcode.per_title': false }
let scratch: Awaited<ReturnType<typeof scratchFolder>>
let clip: string
let tiny: string

beforeAll(async () => {
  scratch = await scratchFolder()
  clip = `${scratch.path}/clip.mp4`
  tiny = await makeClip(scratch.path, 'tiny.mp4', { seconds: 2, silent: true })
  // Key frames too far apart to be passed through: every rung is encoded.
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=480x480:r=10:d=12',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '200',
    '-pix_fmt',
    'yuv420p',
    clip,
  )
})
afterAll(() => scratch[Symbol.asyncDispose]())

async function states(house: House, videoId: string): Promise<Record<string, string>> {
  // Not through the API: sessions end when the clock of a test runs ahead by months.
  const rows = await house.app.db
    .selectFrom('video_files')
    .select(['rendition', 'state'])
    .where('video_id', '=', videoId)
    .execute()
  return Object.fromEntries(rows.map((it) => [it.rendition, it.state]))
}

test('a lazy rendition is completed once it is watched, taken away when nobody watches, and made again on request', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock, workers: true, settings: { 'transcode.preset': 'ultrafast' } })
  const boss = await house.admin()
  const chosen = { eagerShortSide: 360, completeAfterMinutes: 90, evictAfterDays: 30 }
  expect(await boss.call('setSiteSettings', { body: chosen })).toMatchObject(chosen)
  const { handle } = boss.channel
  await boss.call('setChannelPolicy', { params: { handle }, body: { completeAfterMinutes: 1 } })
  const id = await uploadFile(house, boss, clip)
  await expect.poll(() => states(house, id), { timeout: 30_000 }).toEqual({ '360p': 'made', '480p': 'lazy' })
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  expect((await house.anyone.fetch(hls)).headers.get('vitascope-unmade')).toMatch(/^480p(, trick)?$/)
  const segment = (n: number) => hls.replace('main.m3u8', `480p/${n}.m4s`)

  // Two seconds of it are not enough, thirty fetches are a minute.
  expect((await house.anyone.fetch(segment(0))).status).toBe(200)
  await writeDemand(house.app)
  expect(await followDemand(house.app)).toBe(0)
  for (let fetched = 0; fetched < 30; fetched++) await (await house.anyone.fetch(segment(0))).arrayBuffer()
  await writeDemand(house.app)
  expect(await followDemand(house.app)).toBe(1)
  expect(await followDemand(house.app)).toBe(0)
  await expect.poll(() => states(house, id), { timeout: 30_000 }).toEqual({ '360p': 'made', '480p': 'made' })
  const kept = await reportSavings(house.app)

  clock.advance(29 * DAY_MS)
  expect(await evictUnwatched(house.app)).toBe(0)
  clock.advance(2 * DAY_MS)
  expect(await evictUnwatched(house.app)).toBe(1)
  expect(await states(house, id)).toEqual({ '360p': 'made', '480p': 'lazy' })
  const folder = hls.slice(1).replace('main.m3u8', '480p/')
  for (let n = 0; n < 6; n++) expect(await house.app.blobs.head(`${folder}${n}.m4s`), String(n)).toBeUndefined()
  const saved = await reportSavings(house.app)
  expect(saved.storedBytes).toBeLessThan(kept.storedBytes)
  expect(saved.evictedBytes).toBe(kept.storedBytes - saved.storedBytes)
  expect(saved.savedBytes).toBeGreaterThan(0)

  // The lowest one stays however long nobody comes, and the other is there again for the first who does.
  clock.advance(400 * DAY_MS)
  expect(await evictUnwatched(house.app)).toBe(0)
  const { frames, complaints } = await countFrames(
    `${house.address}${hls.replace('main.m3u8', '480p/index.m3u8')}`,
    'v:0',
  )
  expect({ frames, complaints }).toEqual({ frames: 120, complaints: '' })
}, 120_000)

test('a channel may be more or less eager than the platform', async () => {
  await using house = await openHouse({ settings })
  const [boss, ben] = [await house.admin(), await house.member('Ben')]
  const params = { handle: ben.channel.handle }
  const { own, site } = await boss.call('setChannelPolicy', { params, body: { eagerShortSide: 360 } })
  expect(own).toEqual({ eagerShortSide: 360 })
  expect(site).toMatchObject({ eagerShortSide: 1080, completeAfterMinutes: 10 })
  // Its owner reads what was decided, and cannot take more of the machine.
  await expect(ben.call('setChannelPolicy', { params, body: {} })).rejects.toMatchObject({ code: 'not_allowed' })
  expect(await ben.call('getChannelPolicy', { params })).toEqual({ own, site })
  const { items } = await boss.call('listStaffActs')
  expect(items[0]).toMatchObject({ act: 'channel.policy', detail: { ...params, eagerShortSide: 360 } })
  const id = await uploadFile(house, ben, clip)
  await house.runJobsButPictures()
  expect(await states(house, id)).toEqual({ '360p': 'made', '480p': 'lazy' })

  // The command line decides the same, and what it does not say follows the site again.
  const { setMediaPolicy } = await import('../../src/roles/desk.ts')
  await setMediaPolicy(house.app, params.handle, { secondCodecsAfterMinutes: 1 })
  expect((await ben.call('getChannelPolicy', { params })).own).toEqual({ secondCodecsAfterMinutes: 1 })
  await expect(setMediaPolicy(house.app, 'nobody', {})).rejects.toMatchObject({ code: 'channel_not_found' })
}, 60_000)

test('one rendition that cannot be made leaves the others alone, says why, and can be tried again', async () => {
  await using house = await openHouse({ settings })
  const [boss, ben] = [await house.admin(), await house.member('Ben')]
  const id = await uploadFile(house, boss, clip)
  // Only what is urgent: the probe, and not the spans.
  const { drain } = await import('../../src/platform/queue/work.ts')
  const { workerHandlers } = await import('../../src/roles/worker.ts')
  await drain(house.app, workerHandlers, 1)
  await tellWidth(house, id, 479)

  await house.runJobsButPictures()

  expect(await states(house, id)).toEqual({ '360p': 'made', '480p': 'failed' })
  const { items } = await boss.call('listRenditions', { params: { videoId: id } })
  expect(items.find(({ rendition }) => rendition === '480p')!.reason).toMatch(/divisible|width|encoder/i)
  await expect(ben.call('listRenditions', { params: { videoId: id } })).rejects.toMatchObject({ code: 'not_allowed' })
  expect((await boss.call('getVideo', { params: { videoId: id } })).progress?.optimised).toBe(true)
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  expect(await countFrames(`${house.address}${hls.replace('main.m3u8', '360p/index.m3u8')}`, 'v:0')).toEqual({
    frames: 120,
    complaints: '',
  })
  const manifests = async () => {
    const both = [hls, hls.replace('main.m3u8', 'main.mpd')].map((it) => house.anyone.fetch(it))
    return (await Promise.all((await Promise.all(both)).map((it) => it.text()))).join()
  }
  // Players are offered nothing that could not be made.
  expect(await manifests()).not.toContain('480p')

  await tellWidth(house, id, 480)
  await expect(ben.call('makeRendition', { params: { videoId: id, rendition: '480p' } })).rejects.toMatchObject({
    code: 'not_allowed',
  })
  await expect(boss.call('makeRendition', { params: { videoId: id, rendition: '999p' } })).rejects.toMatchObject({
    code: 'rendition_not_found',
  })
  await boss.call('makeRendition', { params: { videoId: id, rendition: '480p' } })
  await house.runJobsButPictures()
  expect(await states(house, id)).toEqual({ '360p': 'made', '480p': 'made' })
  await expect.poll(manifests).toMatch(/480p\/index\.m3u8[\s\S]*id="480p"/)
}, 60_000)

test('pictures that cannot be made are waited for by nobody, their owner reads why, and has them made again', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock, settings: { 'transcode.preset': 'ultrafast' } })
  const [boss, ben] = [await house.admin(), await house.member('Ben')]
  const id = await uploadFile(house, boss, tiny)
  const params = { videoId: id }
  const { drain } = await import('../../src/platform/queue/work.ts')
  const { workerHandlers } = await import('../../src/roles/worker.ts')
  await drain(
    house.app,
    workerHandlers.filter(({ kind }) => kind.name !== 'stills.make'),
  )
  const { hls } = await house.anyone.call('startPlayback', { params })
  const unmade = async () => (await house.anyone.fetch(hls)).headers.get('vitascope-unmade')
  expect(await unmade()).toBe('trick')
  const key = hls.slice(1).replace('main.m3u8', '360p/0.m4s')
  const segment = (await house.app.blobs.read(key, 10_000_000))!
  await house.app.blobs.remove(key)
  for (let attempt = 0; attempt < 3; attempt++) {
    await house.runJobs()
    clock.advance(10_000)
  }
  expect(await boss.call('listStills', { params })).toMatchObject({
    state: 'failed',
    reason: 'segment 0 of 360p is not there yet',
  })
  await expect.poll(unmade).toBeNull()

  await house.app.blobs.put(key, segment)
  await expect(ben.call('makeStills', { params })).rejects.toMatchObject({ code: 'not_allowed' })
  await boss.call('makeStills', { params })
  await expect.poll(unmade).toBe('trick')
  await house.runJobs()
  expect((await boss.call('listStills', { params })).state).toBe('made')
  await expect.poll(async () => (await house.anyone.fetch(hls)).text()).toContain('URI="trick/index.m3u8"')
}, 60_000)

test('who asks for a segment of a run that has gone is told so at once', async () => {
  await using house = await openHouse({ settings })
  const boss = await house.admin()
  const id = await uploadFile(house, boss, clip)
  await house.runJobsButPictures()
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const run = hls.split('/').at(-2)!
  await house.app.blobs.remove(`videos/${id}/${run}/480p/0.m4s`)
  await house.app.db.deleteFrom('spans').where('run_id', '=', run).execute()
  await house.app.db.deleteFrom('video_files').where('run_id', '=', run).execute()
  await house.app.db.deleteFrom('runs').where('run_id', '=', run).execute()

  const asked = house.anyone.fetch(hls.replace('main.m3u8', '480p/0.m4s'), { signal: AbortSignal.timeout(10_000) })
  await expect.poll(() => house.runJobsButPictures()).toBe(1)
  expect((await asked).status).toBe(404)
}, 60_000)

test('a video that is watched much gets its renditions in a second codec, in both manifests once they are complete', async () => {
  await using house = await openHouse({
    settings: { 'transcode.preset': 'ultrafast', 'transcode.pass_through': false },
  })
  const boss = await house.admin()
  const brief = `${scratch.path}/brief.mp4`
  await ffmpeg('-i', clip, '-t', '4', '-c', 'copy', brief)
  const id = await uploadFile(house, boss, brief)
  await house.runJobsButPictures()
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const manifest = async (file: string) => (await house.anyone.fetch(hls.replace('main.m3u8', file))).text()
  expect(await manifest('main.m3u8')).not.toContain('av01')

  for (let fetched = 0; fetched < 30; fetched++)
    await (await house.anyone.fetch(hls.replace('main.m3u8', '360p/0.m4s'))).arrayBuffer()
  const offered = async () => (await boss.call('listRenditions', { params: { videoId: id } })).offered
  expect(await offered()).toMatchObject([
    { rendition: '360p-av1', label: '360p AV1' },
    { rendition: '480p-av1', label: '480p AV1' },
  ])

  await writeDemand(house.app)
  expect(await followDemand(house.app)).toBe(0)
  const { handle } = boss.channel
  await boss.call('setChannelPolicy', { params: { handle }, body: { secondCodecsAfterMinutes: 1 } })
  expect(await followDemand(house.app)).toBe(2)
  expect(await followDemand(house.app)).toBe(0)
  await house.runJobsButPictures()
  expect(await offered()).toEqual([])

  expect(await states(house, id)).toMatchObject({ '360p-av1': 'made', '480p-av1': 'made' })
  const { forgetManifests } = await import('../../src/features/delivery/delivery.ts')
  const run = hls.split('/').at(-2)!
  await forgetManifests(house.app, run)
  await expect.poll(() => manifest('main.m3u8')).toMatch(/CODECS="av01\.0\.0\dM\.08[\s\S]*480p-av1\/index\.m3u8/)
  for (const rung of ['360p-av1', '480p-av1'])
    expect(await countFrames(`${house.address}${hls.replace('main.m3u8', `${rung}/index.m3u8`)}`, 'v:0')).toEqual({
      frames: 40,
      complaints: '',
    })
}, 120_000)

/** Writes another width into the plan of the highest rung: an odd one is refused by the encoder. */
async function tellWidth(house: House, videoId: string, width: number): Promise<void> {
  const row = await house.app.db
    .selectFrom('runs')
    .select('plan')
    .where('video_id', '=', videoId)
    .executeTakeFirstOrThrow()
  const plan = row.plan as { video: { width: number }[] }
  plan.video.at(-1)!.width = width
  await house.app.db
    .updateTable('runs')
    .set({ plan: JSON.stringify(plan) })
    .where('video_id', '=', videoId)
    .execute()
}
