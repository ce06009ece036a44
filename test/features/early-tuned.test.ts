/** A title is tuned also when it is begun while its file arrives: when half of it is here, or once the last byte has come. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunPlan } from '../../src/media/plan.ts'
import { countFrames, ffmpeg, scratchFolder } from '../support/clips.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'
import { type TusClient, tusClient } from '../support/tus.ts'

let scratch: Awaited<ReturnType<typeof scratchFolder>>
let house: House
let boss: Member
let tus: TusClient
let clip: Buffer

beforeAll(async () => {
  scratch = await scratchFolder()
  const settings = { 'transcode.preset': 'ultrafast', 'transcode.span_seconds': 6, 'transcode.pass_through': false }
  house = await openHouse({ settings })
  boss = await house.admin()
  tus = tusClient(house.address, { cookie: boss.cookie })
  const path = join(scratch.path, 'clip.mp4')
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'testsrc2=s=480x480:r=10:d=24', '-f', 'lavfi', '-i', 'sine=r=48000:d=24'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12', '-g', '20', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', '-movflags', '+faststart', path],
  )
  clip = await readFile(path)
})
afterAll(async () => {
  await house.close()
  await scratch[Symbol.asyncDispose]()
})

/** Sends the first part of a file and does what can be done with it; how to send the rest comes back. */
async function sendPart(share: number) {
  const { id: videoId } = await boss.call('createVideo', { body: { title: 'On its way', privacy: 'public' } })
  const made = await tus.create(clip.byteLength, { video: videoId, filename: 'clip.mp4' })
  const path = made.headers.location!.replace(/^https?:\/\/[^/]+/, '')
  const cut = Math.floor(clip.byteLength * share)
  await tus.append(path, 0, clip.subarray(0, cut))
  await house.runJobsButPictures()
  return { videoId, sendRest: () => tus.append(path, cut, clip.subarray(cut)) }
}

async function runOf(videoId: string) {
  const rows = await house.app.db
    .selectFrom('runs')
    .select(['run_id', 'plan', 'undecided'])
    .where('video_id', '=', videoId)
    .execute()
  expect(rows).toHaveLength(1)
  return { ...rows[0]!, plan: rows[0]!.plan as unknown as RunPlan }
}

async function picturesOf(videoId: string): Promise<string[]> {
  const found: string[] = []
  for await (const key of house.app.blobs.list(`videos/${videoId}/`))
    if (/\dp\/\d+\.m4s$/.test(key)) found.push(key.split('/').slice(3).join('/'))
  return found.sort()
}

async function playsWhole(videoId: string): Promise<void> {
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId } })
  for (const rung of ['360p', '480p'])
    expect(await countFrames(house.address + hls.replace('main.m3u8', `${rung}/index.m3u8`), 'v:0')).toEqual({
      ...{ frames: 240, complaints: '' },
    })
}

test('half of a file is enough to tune its title, and what is made of it then is as was decided', async () => {
  const { videoId, sendRest } = await sendPart(0.8)
  const early = await runOf(videoId)
  expect(early.undecided).toBe(false)
  const { tuning } = early.plan
  expect(tuning!.trials.length).toBeGreaterThan(2)
  expect(tuning!.decided.map(({ why }) => why)).toContain('tuned')
  // Nobody knows yet what the rest is like.
  for (const { rendition, bitsPerSecond } of tuning!.decided)
    expect(bitsPerSecond).toBe({ '360p': 800_000, '480p': 1_400_000 }[rendition])
  expect((await boss.call('getVideo', { params: { videoId } })).state).toBe('uploading')
  expect(await picturesOf(videoId)).toEqual(expect.arrayContaining(['360p/1.m4s', '480p/1.m4s']))

  await sendRest()
  await house.runJobsButPictures()
  const run = await runOf(videoId)
  expect({ id: run.run_id, tuning: run.plan.tuning }).toEqual({ id: early.run_id, tuning })
  expect(run.plan.source.audio[0]!.loudness).toBeDefined()
  const { items } = await boss.call('listRenditions', { params: { videoId } })
  expect(items.map(({ state }) => state)).toEqual(['made', 'made', 'made'])
  await playsWhole(videoId)
}, 120_000)

test('less than half waits for the rest, and all of it is tried out', async () => {
  const { videoId, sendRest } = await sendPart(0.35)
  expect(await runOf(videoId)).toMatchObject({ undecided: true })
  expect(await picturesOf(videoId)).toEqual(['360p/0.m4s'])

  await sendRest()
  await house.runJobsButPictures()
  const { undecided, plan } = await runOf(videoId)
  expect(undecided).toBe(false)
  expect(plan.tuning!.decided.some(({ why }) => why === 'tuned')).toBe(true)
  await playsWhole(videoId)
}, 120_000)

test('a title that is not tried out says why', async () => {
  const path = join(scratch.path, 'short.mp4')
  await ffmpeg('-i', join(scratch.path, 'clip.mp4'), '-t', '4', '-c', 'copy', path)
  const id = await uploadFile(house, boss, path)
  await house.runJobsButPictures()
  expect((await runOf(id)).plan).toMatchObject({ untuned: 'too_short' })
  const { items } = await boss.call('listRenditions', { params: { videoId: id } })
  expect(items.map(({ decided }) => decided?.why)).toEqual(['too_short', 'too_short', undefined])
}, 60_000)
