/** Sound that is as it should be is not encoded again: its own frames are the rendition, at their own rate. What is not is encoded like any other. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boxesIn, FragmentReader } from '../../src/media/mp4-read.ts'
import type { RunPlan } from '../../src/media/plan.ts'
import { readSoundTable } from '../../src/media/sound-table.ts'
import { segmentCount, totalSeconds } from '../../src/media/timeline.ts'
import { countFrames, ffmpeg, scratchFolder } from '../support/clips.ts'
import { decoded, differences } from '../support/decoded-sound.ts'
import { type House, openHouse } from '../support/house.ts'
import { some } from '../support/long.ts'
import { publishFile } from '../support/publish.ts'
import { soundClips } from '../support/sound-clips.ts'
import { tusClient } from '../support/tus.ts'

/** What is tried out beforehand is the picture. */
const settings = { 'transcode.per_title': false }
const asItIs = { ...settings, 'transcode.loudness_lufs': 'off', 'transcode.while_uploading': false } as const
const run = promisify(execFile)
let scratch: Awaited<ReturnType<typeof scratchFolder>>
const { clip, music, moved } = soundClips(() => scratch.path)
/** Where loudness is left alone. */
let house: House
/** Where it is brought to the target. */
let measured: House

beforeAll(async () => {
  scratch = await scratchFolder()
  house = await openHouse({ settings: asItIs })
  measured = await openHouse({ settings })
})
afterAll(async () => {
  await house.close()
  await measured.close()
  await scratch[Symbol.asyncDispose]()
})

/** The lowest rung and its sound as one file. */
async function download(house: House, id: string): Promise<Buffer> {
  const boss = await house.admin()
  return Buffer.from(await (await boss.fetch(`/api/videos/${id}/download/360p`)).arrayBuffer())
}

/** The frames of a rendition of sound, as a player fetches them, and when the first of them is. */
async function framesOf(
  folder: string,
  plan: RunPlan,
): Promise<{ frames: Buffer[]; start: number; timescale: number }> {
  const reader = new FragmentReader()
  const frames: Buffer[] = []
  const starts: number[] = []
  for (const name of ['init.mp4', ...Array.from({ length: segmentCount(plan.timeline) }, (_, n) => `${n}.m4s`)]) {
    const bytes = new Uint8Array(await (await fetch(`${folder}audio/${name}`)).arrayBuffer())
    const samples = reader.push(bytes)
    frames.push(...samples.map(({ data }) => Buffer.from(data)))
    starts.push(...samples.map(({ decodeTime }) => decodeTime))
  }
  // One after another, without a gap.
  for (const [n, start] of starts.entries()) expect(start).toBe(starts[0]! + n * 1024)
  return { frames, start: starts[0]!, timescale: reader.head!.timescale }
}

async function sourceFrames(path: string, index = 1): Promise<Buffer[]> {
  const bytes = await readFile(path)
  const moov = boxesIn(bytes).find(({ type }) => type === 'moov')!
  const table = readSoundTable(bytes.subarray(moov.start, moov.end), index, bytes.length)!
  return Array.from(table.sizes, (size, n) => bytes.subarray(table.offsets[n]!, table.offsets[n]! + size))
}

test('AAC on the grid and at the target loudness is copied, bit for bit, and filled up with silence', async () => {
  const path = await clip('right.mp4', { seconds: 7.94 })
  const { plan, folder } = await publishFile(measured, path)
  expect(plan.audio[0]).toMatchObject({ copied: { first: 1 }, sampleRate: 48000, channels: 2 })
  expect(plan.source.audio[0]!.loudness).toMatchObject({ why: 'right as it is', gainDb: 0 })

  const [{ frames: made, start }, meant] = [await framesOf(folder, plan), await sourceFrames(path)]
  // The first frame of the file only readies the decoder.
  const own = meant.slice(1)
  expect(start).toBe(0)
  expect(made.length).toBe(Math.ceil((8 * 48000) / 1024))
  expect(made.length - own.length).toBeGreaterThan(0)
  for (const [n, frame] of own.entries()) expect(frame.equals(made[n]!), `frame ${n}`).toBe(true)
  expect(await countFrames(`${folder}audio/index.m3u8`, 'a:0')).toEqual({ frames: made.length, complaints: '' })
}, 60_000)

const ownRates: [name: string, shape: { rate: number; channels: number; seconds: number }][] = [
  // Long enough for segments of four seconds.
  ['22050.mp4', { rate: 22050, channels: 2, seconds: 26.3 }],
  ['one-ear.mov', { rate: 48000, channels: 1, seconds: 8 }],
  ['44100.mp4', { rate: 44100, channels: 2, seconds: 8 }],
  ['32000.mp4', { rate: 32000, channels: 2, seconds: 8 }],
  ['24000.mp4', { rate: 24000, channels: 2, seconds: 8 }],
  ['one-ear.mp4', { rate: 44100, channels: 1, seconds: 8 }],
]

test.each(some(ownRates, 2))(
  '%s is copied at its own rate: every sample is that of the source, and it ends with the picture',
  async (name, { rate, channels, seconds }) => {
    const path = await music(name, { rate, channels, seconds })
    const { id, plan, folder } = await publishFile(house, path)
    expect(plan.audio[0]).toMatchObject({ copied: { first: 1 }, sampleRate: rate, channels })

    const { frames, start, timescale } = await framesOf(folder, plan)
    expect({ start, timescale, count: frames.length }).toEqual({
      start: 0,
      timescale: rate,
      count: Math.ceil((Math.round(seconds * 25) * rate) / 25 / 1024),
    })
    const list = `${folder}audio/index.m3u8`
    expect(await countFrames(list, 'a:0')).toEqual({ frames: frames.length, complaints: '' })
    const source = await decoded(path, rate)
    const { compared, different } = differences(await decoded(list, rate), source, channels)
    expect(compared).toBeGreaterThanOrEqual(Math.floor(seconds * rate) - 1024)
    expect(different).toBe(0)

    const main = await (await fetch(`${folder}main.m3u8`)).text()
    expect(main).toContain(`CHANNELS="${channels}"`)
    const mpd = await (await fetch(`${folder}main.mpd`)).text()
    expect(mpd).toContain(`audioSamplingRate="${rate}"`)
    expect(mpd).toContain(`timescale="${rate}"`)
    expect(mpd).toMatch(new RegExp(`AudioChannelConfiguration schemeIdUri="[^"]+" value="${channels}"`))
    const lengths = [...(await (await fetch(list)).text()).matchAll(/#EXTINF:([\d.]+)/g)].map(([, it]) => Number(it))
    const listed = lengths.reduce((sum, it) => sum + it, 0)
    const { timeline } = plan
    expect(listed).toBeGreaterThanOrEqual(totalSeconds(timeline) - 1e-6)
    expect(listed).toBeLessThan(totalSeconds(timeline) + 1024 / rate)

    const file = join(scratch.path, `down-${name}.mp4`)
    await writeFile(file, await download(house, id))
    expect(differences(await decoded(file, rate), source, channels).different).toBe(0)
  },
  90_000,
)

const places: [name: string, seconds: string, copied: { first: number; phase?: number }, nearer: number][] = [
  ['a tenth of a second late', '0.100', { first: -3, phase: 280 }, 0],
  ['thirty milliseconds early', '-0.030', { first: 3, phase: 725 }, 0],
  // Nobody is moved by more than two milliseconds; what lies that near is put on the zero.
  ['a millisecond late', '0.001', { first: 1 }, 44],
  ['ten milliseconds late', '0.010', { first: 1, phase: 441 }, 0],
]

test.each(some(places, 2))(
  'sound that begins %s is copied where it is, to the sample, also into a download',
  async (name, seconds, copied, nearer) => {
    const path = await moved(`${name}.mp4`, await music('straight.mp4', { rate: 44100 }), seconds)
    const { id, plan, folder } = await publishFile(house, path)
    expect(plan.audio[0]!.copied).toEqual(copied)
    const start = copied.phase ?? 0
    expect((await framesOf(folder, plan)).start).toBe(start)

    const source = await decoded(path, 44100)
    const expected = { ...source, start: source.start - nearer }
    const list = await decoded(`${folder}audio/index.m3u8`, 44100)
    expect(list.start).toBe(start)
    const { compared, different } = differences(list, expected, 2)
    expect(compared).toBeGreaterThan(7.8 * 44100)
    expect(different).toBe(0)

    const file = join(scratch.path, `down ${name}.mp4`)
    await writeFile(file, await download(house, id))
    const joined = await decoded(file, 44100)
    expect(joined.start).toBe(start)
    expect(differences(joined, expected, 2).different).toBe(0)
  },
  90_000,
)

test('what an edit list cuts off is not heard', async () => {
  const path = await music('whole.mp4', { rate: 44100 })
  const bytes = await readFile(path)
  // The edit of the sound, in the thousandths of a second of the movie: it ends a tenth of a second before the sound does.
  const at = bytes.lastIndexOf('elst')
  expect(bytes.readUInt32BE(at + 12)).toBe(8000)
  bytes.writeUInt32BE(7930, at + 12)
  await writeFile(path, bytes)
  const { plan, folder } = await publishFile(house, path)
  expect(plan.audio[0]!.copied).toEqual({ first: 1 })
  const { samples } = await decoded(`${folder}audio/index.m3u8`, 44100)
  const after = samples.subarray((Math.ceil((7.93 * 44100) / 1024) + 1) * 1024 * 2)
  expect(after.length).toBeGreaterThan(1024)
  expect(Math.max(...after.map(Math.abs))).toBe(0)
}, 60_000)

test.each([
  ['loud.mp4', 'too loud', { height: 0.5 }],
  ['ends.mp4', 'over before the title', { seconds: 7 }],
  ['deep.mp4', 'at a rate whose frames are too long', { rate: 16000 }],
  ['round.mp4', 'for six ears', { channels: 6, height: 0.07 }],
])(
  '%s is %s and is encoded',
  async (name, _why, shape) => {
    const { plan } = await publishFile(measured, await clip(name, shape))
    expect(plan.audio[0]).toMatchObject({ sampleRate: 48000, channels: 2 })
    expect(plan.audio[0]!.copied).toBeUndefined()
  },
  60_000,
)

test('where loudness is left alone, loud sound is copied too', async () => {
  const { plan, folder } = await publishFile(house, await clip('loud.mp4', { height: 0.5 }))
  expect(plan.audio[0]!.copied).toEqual({ first: 1 })
  expect((await countFrames(`${folder}audio/index.m3u8`, 'a:0')).complaints).toBe('')
}, 60_000)

test('where loudness is left alone, sound is copied while the file arrives, and stays as it was begun', async () => {
  await using house = await openHouse({ settings: { ...settings, 'transcode.loudness_lufs': 'off' } })
  const boss = await house.admin()
  const tus = tusClient(house.address, { cookie: boss.cookie })
  const path = await moved('arriving.mp4', await music('straight.mp4', { rate: 44100 }), '0.010')
  const front = join(scratch.path, 'front.mp4')
  await ffmpeg('-i', path, '-map', '0', '-c', 'copy', '-movflags', '+faststart', front)
  const bytes = await readFile(front)
  const { id: videoId } = await boss.call('createVideo', { body: { title: 'On its way', privacy: 'public' } })
  const made = await tus.create(bytes.byteLength, { video: videoId, filename: 'clip.mp4' })
  const upload = made.headers.location!.replace(/^https?:\/\/[^/]+/, '')
  const most = Math.floor(bytes.byteLength * 0.9)
  await tus.append(upload, 0, bytes.subarray(0, most))
  await house.runJobsButPictures()
  const run = () =>
    house.app.db.selectFrom('runs').select(['run_id', 'plan']).where('video_id', '=', videoId).executeTakeFirstOrThrow()
  const begun = await run()
  const first = `videos/${videoId}/${begun.run_id}/audio/0.m4s`
  expect((begun.plan as unknown as RunPlan).audio[0]!.copied).toEqual({ first: 1, phase: 441 })
  expect(await house.app.blobs.head(first)).toBeDefined()

  await tus.append(upload, most, bytes.subarray(most))
  await house.runJobsButPictures()
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId } })
  const { run_id: runId, plan } = await run()
  expect(runId).toBe(begun.run_id)
  const { frames } = await framesOf(`${house.address}${hls.replace('main.m3u8', '')}`, plan as unknown as RunPlan)
  const own = (await sourceFrames(front)).slice(1)
  for (const [n, frame] of frames.slice(0, own.length).entries()) expect(frame.equals(own[n]!), `frame ${n}`).toBe(true)
}, 90_000)

test('sound alone is copied under the picture that is drawn of it, and its cover is its thumbnail', async () => {
  await using house = await openHouse({ settings: asItIs })
  const path = join(scratch.path, 'alone.m4a')
  const cover = join(scratch.path, 'cover.jpg')
  await ffmpeg('-f', 'lavfi', '-i', 'color=red:s=300x300', '-frames:v', '1', cover)
  await ffmpeg(
    ...['-i', await music('straight.mp4', { rate: 44100 }), '-i', cover, '-map', '0:a', '-map', '1'],
    ...['-c', 'copy', '-disposition:v', 'attached_pic', path],
  )
  const { plan, folder } = await publishFile(house, path, house.runJobs)
  expect(plan.audio[0]).toMatchObject({ copied: { first: 1 }, sampleRate: 44100 })
  const list = `${folder}audio/index.m3u8`
  expect(differences(await decoded(list, 44100), await decoded(path, 44100), 2).different).toBe(0)
  expect(await countFrames(`${folder}360p/index.m3u8`, 'v:0')).toEqual({ frames: 200, complaints: '' })
  const pixel = ['-vf', 'scale=1:1,format=rgb24', '-f', 'rawvideo', 'pipe:1']
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', `${folder}still-0.jpg`, ...pixel], {
    encoding: 'buffer',
  })
  expect(stdout[0]).toBeGreaterThan(240)
  expect(stdout[1]).toBeLessThan(15)
  expect(await shown(house, folder)).toMatch(/still-0\.jpg$/)

  // A cover that only begins as a picture does not keep the title from being one.
  const spoilt = await readFile(path)
  const at = spoilt.indexOf(await readFile(cover))
  await writeFile(path, spoilt.fill(0x55, at + 4, at + 400))
  const { folder: other } = await publishFile(house, path, house.runJobs)
  expect(await shown(house, other)).toMatch(/\/thumbnail\.jpg$/)
}, 60_000)

/** The key of the thumbnail of the title whose files lie there. */
async function shown(house: House, folder: string): Promise<string | null> {
  const videoId = folder.match(/videos\/(\w+)\//)![1]!
  const { thumbnail_key: key } = await house.app.db
    .selectFrom('videos')
    .select('thumbnail_key')
    .where('video_id', '=', videoId)
    .executeTakeFirstOrThrow()
  return key
}

test('a mono sound at the target loudness is copied: it is measured as it is heard, from both sides', async () => {
  const { plan } = await publishFile(measured, await clip('mono.mp4', { channels: 1, rate: 44100 }))
  expect(plan.audio[0]).toMatchObject({ copied: { first: 1 }, sampleRate: 44100, channels: 1 })
  expect(plan.source.audio[0]!.loudness).toMatchObject({ why: 'right as it is' })
}, 60_000)

test('each language of a title is judged by itself: one is copied at its rate, the other encoded', async () => {
  const path = join(scratch.path, 'two.mp4')
  await ffmpeg(
    ...['-i', await music('english.mp4', { rate: 44100 }), '-f', 'lavfi', '-i', 'sine=r=16000:d=8'],
    ...['-map', '0', '-map', '1', '-c', 'copy', '-c:a:1', 'aac', '-metadata:s:a:0', 'language=eng'],
    ...['-metadata:s:a:1', 'language=ger', path],
  )
  const { plan, folder } = await publishFile(house, path)
  expect(plan.audio.map(({ id, language, sampleRate, copied }) => [id, language, sampleRate, copied])).toEqual([
    ['audio', 'en', 44100, { first: 1 }],
    ['audio2', 'de', 48000, undefined],
  ])
  const main = await (await fetch(`${folder}main.m3u8`)).text()
  expect(main.match(/TYPE=AUDIO,GROUP-ID="audio"/g)).toHaveLength(2)
  for (const [name, rate] of [
    ['audio', 44100],
    ['audio2', 48000],
  ] as const) {
    const { frames, complaints } = await countFrames(`${folder}${name}/index.m3u8`, 'a:0')
    expect({ frames, complaints }).toEqual({ frames: Math.ceil((8 * rate) / 1024), complaints: '' })
  }
}, 60_000)

test('a table of sound that lies gives none: frames that are too large, empty, or beyond the end of the file', async () => {
  const bytes = await readFile(await music('lies.mp4', {}))
  const moov = boxesIn(bytes).find(({ type }) => type === 'moov')!
  const index = () => Buffer.from(bytes.subarray(moov.start, moov.end))
  expect(readSoundTable(index(), 1, bytes.length)).toMatchObject({ rate: 44100, channels: 2 })
  expect(readSoundTable(index(), 0, bytes.length)).toBeUndefined()
  expect(readSoundTable(index(), 1, bytes.length - 1000)).toBeUndefined()
  for (const size of [0, 2000, 0xffff_ffff]) {
    const lie = index()
    lie.writeUInt32BE(size, lie.lastIndexOf('stsz') + 4 + 12 + 40)
    expect(readSoundTable(lie, 1, bytes.length)).toBeUndefined()
  }
  // HE-AAC says so behind the set-up of its lower half; here that says there is none.
  const he = index()
  const at = he.lastIndexOf(Buffer.from('121056e500', 'hex'))
  expect(at).toBeGreaterThan(0)
  he.writeUInt8(0x80, at + 4)
  expect(readSoundTable(he, 1, bytes.length)).toBeUndefined()
})
