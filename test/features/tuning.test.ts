/** A title is tried out before most of it is made: what is decided, what is left out, and what somebody began meanwhile. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { segmentWanted } from '../../src/features/delivery/delivery.ts'
import { giveUpTuning } from '../../src/features/tuning/tune.ts'
import { tuneLadder } from '../../src/features/tuning/tuning.ts'
import type { RunPlan } from '../../src/media/plan.ts'
import { drain } from '../../src/platform/queue/work.ts'
import { workerHandlers } from '../../src/roles/worker.ts'
import { countFrames, ffmpeg, scratchFolder } from '../support/clips.ts'
import { type House, openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'

const settings = { 'transcode.preset': 'ultrafast', 'transcode.while_uploading': false }
let scratch: Awaited<ReturnType<typeof scratchFolder>>

beforeAll(async () => {
  scratch = await scratchFolder()
})
afterAll(() => scratch[Symbol.asyncDispose]())

/** Key frames too far apart to be passed through: every rung is encoded. */
async function clip(name: string, picture: string): Promise<string> {
  const path = `${scratch.path}/${name}.mp4`
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12', '-g', '400', '-pix_fmt', 'yuv420p']
  await ffmpeg('-f', 'lavfi', '-i', picture, ...coding, path)
  return path
}

async function runOf(house: House, videoId: string) {
  const row = await house.app.db
    .selectFrom('runs')
    .select(['run_id', 'plan', 'undecided', 'begun'])
    .where('video_id', '=', videoId)
    .executeTakeFirstOrThrow()
  return { ...row, plan: row.plan as unknown as RunPlan }
}

test('the ladder of a title is tuned, its owner reads what was decided, and every rendition plays', async () => {
  await using house = await openHouse({ workers: true, settings })
  const boss = await house.admin()
  const id = await uploadFile(house, boss, await clip('plain', 'testsrc2=s=720x720:r=10:d=10'))
  const list = async () => (await boss.call('listRenditions', { params: { videoId: id } })).items
  await expect.poll(async () => (await list()).map((it) => it.state), { timeout: 60_000 }).toContain('made')
  await expect.poll(async () => (await list()).map((it) => it.state), { timeout: 60_000 }).not.toContain('making')

  const { plan, undecided } = await runOf(house, id)
  expect(undecided).toBe(false)
  expect(plan.tuning!.trials.length).toBeGreaterThan(2)
  const tuned = (await list()).filter(({ decided }) => decided?.why === 'tuned')
  expect(tuned.length).toBeGreaterThan(0)
  for (const { rendition, decided } of tuned) {
    const rung = plan.video.find((it) => it.id === rendition)!
    expect(decided).toMatchObject({ crf: rung.crf, ceilingBitsPerSecond: rung.bitsPerSecond })
    expect(rung.crf).toBeGreaterThanOrEqual(23)
  }
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  for (const { rendition } of tuned)
    expect(await countFrames(`${house.address}${hls.replace('main.m3u8', `${rendition}/index.m3u8`)}`, 'v:0')).toEqual({
      ...{ frames: 100, complaints: '' },
    })
}, 120_000)

test('a size that shows nothing more is named in no manifest and made only when its owner says so', async () => {
  await using house = await openHouse({ workers: true, settings })
  const boss = await house.admin()
  // Enlarged from a sixteenth of its size: 360 lines show all that 720 do.
  const soft = 'testsrc2=s=320x180:r=10:d=10,gblur=sigma=3,scale=1280:720:flags=bicubic'
  const id = await uploadFile(house, boss, await clip('soft', soft))
  const states = async () =>
    Object.fromEntries(
      (await boss.call('listRenditions', { params: { videoId: id } })).items.map((it) => [it.rendition, it.state]),
    )
  await expect.poll(async () => (await states())['720p'], { timeout: 60_000 }).toBe('left_out')
  await expect.poll(async () => Object.values(await states()).includes('making'), { timeout: 60_000 }).toBe(false)
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const manifest = async (name: string) => (await house.anyone.fetch(hls.replace('main.m3u8', name))).text()
  for (const name of ['main.m3u8', 'main.mpd']) expect(await manifest(name)).not.toContain('720p')
  const { decided } = (await boss.call('listRenditions', { params: { videoId: id } })).items.find(
    (it) => it.rendition === '720p',
  )!
  expect(decided).toMatchObject({ why: 'adds_nothing', besides: '360p' })

  // Who was in the middle of it is served all the same.
  expect((await house.anyone.fetch(hls.replace('main.m3u8', '720p/1.m4s'))).status).toBe(200)
  await boss.call('makeRendition', { params: { videoId: id, rendition: '720p' } })
  await expect.poll(async () => (await states())['720p'], { timeout: 60_000 }).toBe('made')
  for (const name of ['main.m3u8', 'main.mpd']) expect(await manifest(name)).toContain('720p')
}, 120_000)

test('what somebody watches before anything is decided stays as it was planned', async () => {
  await using house = await openHouse({ settings })
  const doOnly = (...names: string[]) =>
    drain(
      house.app,
      workerHandlers.filter(({ kind }) => names.includes(kind.name)),
    )
  const boss = await house.admin()
  const id = await uploadFile(house, boss, await clip('early', 'testsrc2=s=720x720:r=10:d=10'))
  await doOnly('transcode.probe')
  expect(await runOf(house, id)).toMatchObject({ undecided: true, begun: [] })

  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const asked = house.anyone.fetch(hls.replace('main.m3u8', '720p/2.m4s'))
  await expect.poll(() => doOnly(segmentWanted.name), { timeout: 20_000 }).toBe(1)
  expect((await asked).status).toBe(200)
  await doOnly(tuneLadder.name)

  const { plan, begun } = await runOf(house, id)
  expect(begun).toEqual(['720p'])
  const why = (rendition: string) => plan.tuning!.decided.find((it) => it.rendition === rendition)
  expect(why('720p')).toMatchObject({ why: 'begun_before', crf: 23 })
  expect(why('360p')!.why).toBe('tuned')
  await house.runJobsButPictures()
}, 120_000)

test('a title that cannot be tried out is made as it is planned', async () => {
  await using house = await openHouse({ settings })
  const boss = await house.admin()
  const id = await uploadFile(house, boss, await clip('untried', 'testsrc2=s=854x480:r=10:d=10'))
  await drain(
    house.app,
    workerHandlers.filter(({ kind }) => kind.name === 'transcode.probe'),
  )
  await giveUpTuning(house.app, { videoId: id, runId: (await runOf(house, id)).run_id })
  await house.runJobsButPictures()
  const { plan, undecided } = await runOf(house, id)
  expect({ undecided, tuning: plan.tuning }).toEqual({ undecided: false, tuning: undefined })
  const { items } = await boss.call('listRenditions', { params: { videoId: id } })
  expect(items.map(({ state }) => state)).toEqual(['made', 'made'])
}, 120_000)
