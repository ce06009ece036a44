/** Sound that is as it should be is not encoded again: its own frames are the rendition. What is not is encoded like any other. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boxesIn, FragmentReader } from '../../src/media/mp4-read.ts'
import type { RunPlan } from '../../src/media/plan.ts'
import { readSoundTable } from '../../src/media/sound-copy.ts'
import { segmentCount } from '../../src/media/timeline.ts'
import { countFrames, ffmpeg, scratchFolder } from '../support/clips.ts'
import { type House, openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'

const settings = { 'transcode.preset': 'ultrafast' }
let scratch: Awaited<ReturnType<typeof scratchFolder>>

beforeAll(async () => {
  scratch = await scratchFolder()
})
afterAll(() => scratch[Symbol.asyncDispose]())

/** A tone in both ears, whose loudness is that of its height (BS.1770: 0 LUFS at full scale), under a picture of eight seconds. */
async function clip(name: string, { height = 0.2, rate = 48000, seconds = 8, channels = 2 }): Promise<string> {
  const path = join(scratch.path, name)
  const tone = Array.from({ length: channels }, () => `${height}*sin(2*PI*997*t)`).join('|')
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=8'],
    ...['-f', 'lavfi', '-i', `aevalsrc=${tone}:s=${rate}:d=${seconds}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '160k'],
    ...['-movflags', '+faststart', path],
  )
  return path
}

async function publish(house: House, path: string): Promise<{ plan: RunPlan; folder: string }> {
  const boss = await house.admin()
  const id = await uploadFile(house, boss, path)
  await house.runJobs()
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const row = await house.app.db.selectFrom('runs').select('plan').where('video_id', '=', id).executeTakeFirstOrThrow()
  return { plan: row.plan as unknown as RunPlan, folder: `${house.address}${hls.replace('main.m3u8', '')}` }
}

/** The frames of a rendition of sound, as a player fetches them. */
async function framesOf(folder: string, plan: RunPlan): Promise<Buffer[]> {
  const reader = new FragmentReader()
  const frames: Buffer[] = []
  for (const name of ['init.mp4', ...Array.from({ length: segmentCount(plan.timeline) }, (_, n) => `${n}.m4s`)]) {
    const bytes = new Uint8Array(await (await fetch(`${folder}audio/${name}`)).arrayBuffer())
    frames.push(...reader.push(bytes).map(({ data }) => Buffer.from(data)))
  }
  return frames
}

async function sourceFrames(path: string): Promise<Buffer[]> {
  const bytes = await readFile(path)
  const moov = boxesIn(bytes).find(({ type }) => type === 'moov')!
  const table = readSoundTable(bytes.subarray(moov.start, moov.end), 1)!
  return Array.from(table.sizes, (size, n) => bytes.subarray(table.offsets[n]!, table.offsets[n]! + size))
}

test('AAC on the grid and at the target loudness is copied, bit for bit, and filled up with silence', async () => {
  await using house = await openHouse({ settings })
  const path = await clip('right.mp4', { seconds: 7.94 })
  const { plan, folder } = await publish(house, path)
  expect(plan.audio[0]).toMatchObject({ copied: { first: 1 } })
  expect(plan.source.audio[0]!.loudness).toMatchObject({ why: 'right as it is', gainDb: 0 })

  const [made, meant] = [await framesOf(folder, plan), await sourceFrames(path)]
  // The first frame of the file only readies the decoder.
  const own = meant.slice(1)
  expect(made.length).toBe(Math.ceil((8 * 48000) / 1024))
  expect(made.length - own.length).toBeGreaterThan(0)
  for (const [n, frame] of own.entries()) expect(frame.equals(made[n]!), `frame ${n}`).toBe(true)
  expect(await countFrames(`${folder}audio/index.m3u8`, 'a:0')).toEqual({ frames: made.length, complaints: '' })
}, 60_000)

test.each([
  ['loud.mp4', 'too loud', { height: 0.5 }],
  ['slow.mp4', 'at another rate', { rate: 44100 }],
  ['one.mp4', 'for one ear', { channels: 1, height: 0.28 }],
  ['ends.mp4', 'over before the title', { seconds: 7 }],
])(
  '%s is %s and is encoded',
  async (name, _why, shape) => {
    await using house = await openHouse({ settings })
    const { plan } = await publish(house, await clip(name, shape))
    expect(plan.audio[0]!.copied).toBeUndefined()
  },
  60_000,
)

test('where loudness is left alone, loud sound is copied too', async () => {
  await using house = await openHouse({
    settings: { ...settings, 'transcode.loudness_lufs': 'off', 'transcode.while_uploading': false },
  })
  const { plan, folder } = await publish(house, await clip('loud.mp4', { height: 0.5 }))
  expect(plan.audio[0]!.copied).toEqual({ first: 1 })
  expect((await countFrames(`${folder}audio/index.m3u8`, 'a:0')).complaints).toBe('')
}, 60_000)
