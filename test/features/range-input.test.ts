/**
 * A source in a remote store: FFmpeg reads a file of which only those bytes were fetched that it needs, and what it makes is byte for byte
 * what it makes of the whole file. With one thread, since x264 under a ceiling is the same every time with one thread only.
 */
import { createReadStream } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPassThrough, makeSegments, segmentKey } from '../../src/features/segments/segments.ts'
import { listen, lookAt, openSource, runOnSource } from '../../src/features/sources/sources.ts'
import { planSource } from '../../src/features/transcode/plan.ts'
import { tryOut } from '../../src/features/tuning/trial.ts'
import { thumbnailArgs, thumbnailReads } from '../../src/media/ffmpeg.ts'
import { DEFAULT_LADDER } from '../../src/media/ladder.ts'
import { planRun, type RunPlan } from '../../src/media/plan.ts'
import { segmentCount, segmentStart } from '../../src/media/timeline.ts'
import { stretchesOf } from '../../src/media/trials.ts'
import { allOf, HEAD, HEAD_SECONDS } from '../../src/media/wanted.ts'
import type { App } from '../../src/platform/app.ts'
import { ffmpeg, scratchFolder } from '../support/clips.ts'
import { type FarBlobs, farBlobs } from '../support/far-blobs.ts'
import { type OpenPlatform, openPlatform } from '../support/house.ts'
import { some } from '../support/long.ts'

const SECONDS = 100
const signal = new AbortController().signal

let platform: OpenPlatform
let clips: Awaited<ReturnType<typeof scratchFolder>>
let near: App
let far: App
let blobs: FarBlobs
beforeAll(async () => {
  clips = await scratchFolder()
  platform = await openPlatform({ settings: { 'worker.threads': 1 } })
  near = platform.app
  blobs = await farBlobs(near.blobs, join(platform.folder, 'far'))
  far = { ...near, blobs }
})
afterAll(async () => {
  await blobs?.close()
  await platform?.close()
  await clips?.[Symbol.asyncDispose]()
})

/** Noise, so that every second has its share of the bytes. */
const picture = ['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=25:d=${SECONDS},noise=alls=40:allf=t`]
const sound = (rate: number) => [
  '-f',
  'lavfi',
  '-i',
  `aevalsrc=0.3*sin(2*PI*(220+2*t)*t)|0.3*sin(2*PI*330*t):s=${rate}:d=${SECONDS}`,
]
const h264 = (group: number, ...more: string[]) => [
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '20', '-pix_fmt', 'yuv420p', '-bf', '3'],
  ...['-g', String(group), '-keyint_min', String(group), '-sc_threshold', '0', ...more],
]
const variable = ['-vf', "select='lt(mod(n\\,11)\\,4)+gt(mod(n\\,500)\\,300)'", '-fps_mode', 'vfr']

/** The picture and the sound of the first kind, in another container. */
const copied = (...more: string[]) => ['-c', 'copy', ...more]

/** Clips, with the seconds between their key frames. */
const kinds: [name: string, group: number, args: string[]][] = [
  ['index-last.mp4', 2, [...sound(48_000), ...h264(50), '-c:a', 'aac']],
  ['edited-far-keys.mov', 10, [...sound(44_100), '-vf', 'setpts=PTS+0.7/TB', ...h264(250), '-c:a', 'aac']],
  ['cues-last.mkv', 2, copied()],
  ['index-first.mp4', 2, copied('-movflags', '+faststart')],
  ['variable.mp4', 2, [...sound(48_000), ...variable, ...h264(50), '-c:a', 'aac']],
  ['open-groups.mp4', 2, [...sound(48_000), ...h264(50, '-x264-params', 'open-gop=1'), '-c:a', 'aac']],
  ['uncompressed-sound.mov', 2, [...sound(44_100), ...h264(50), '-c:a', 'pcm_s16le']],
  ['far-cues.mkv', 10, [...sound(44_100), ...h264(250), '-c:a', 'flac']],
  [
    'open.webm',
    2,
    [
      ...sound(48_000),
      '-c:v',
      'libvpx',
      '-deadline',
      'realtime',
      '-cpu-used',
      '8',
      '-b:v',
      '1M',
      '-g',
      '50',
      '-c:a',
      'libopus',
    ],
  ],
]

async function clip(name: string, args: string[]): Promise<string> {
  const path = join(clips.path, name)
  const from = args.includes('copy') ? ['-i', join(clips.path, 'index-last.mp4')] : picture
  await ffmpeg(...from, ...args, path)
  return path
}

/** Puts a file into the store, and what is known of it. */
async function put(name: string, path: string): Promise<{ key: string; sizeBytes: number; plan: RunPlan }> {
  const key = `sources/${name}`
  await near.blobs.put(key, createReadStream(path))
  const facts = await lookAt(near, key, signal)
  await blobs.startAgain()
  const plan = planRun(facts, { ...DEFAULT_LADDER, preset: 'ultrafast' })
  return { key, sizeBytes: (await stat(path)).size, plan }
}

let runs = 0
/** Segments as they are made from the whole file, and from what is fetched of it. */
async function makeBoth(
  source: { key: string; farKey?: string; plan: RunPlan },
  renditions: string[],
  from: number,
  to: number,
) {
  const made = []
  for (const app of [near, far]) {
    const work = {
      videoId: 'video',
      runId: `run${runs++}`,
      plan: source.plan,
      sourceKey: app === far ? (source.farKey ?? source.key) : source.key,
      renditions,
      from,
      to,
    }
    await makeSegments(app, { ...work, lane: 'now', signal })
    const numbers = Array.from({ length: to - from }, (_, n) => from + n)
    const keys = renditions.flatMap((it) => numbers.map((n) => segmentKey(work, it, n)))
    made.push(await Promise.all(keys.map((key) => near.blobs.read(key, 1 << 26))))
  }
  const [whole, part] = made as [Buffer[], Buffer[]]
  return { count: whole.length, isSame: whole.every((bytes, n) => bytes.equals(part[n]!)) }
}

const secondsOf = ({ timeline }: RunPlan, from: number, to: number) =>
  (segmentStart(timeline, to) - segmentStart(timeline, from)) / timeline.timescale

describe.each(some(kinds, 3))('%s', (name, group, args) => {
  let source: Awaited<ReturnType<typeof put>>
  beforeAll(async () => {
    source = await put(name, await clip(name, args))
  })
  const share = () => blobs.fetchedBytes() / source.sizeBytes

  test('a stretch in its middle is made from its bytes, the head and the index', async () => {
    const { plan } = source
    const middle = Math.floor(segmentCount(plan.timeline) / 2)
    const all = [plan.video[0]!.id, plan.audio[0]!.id]
    expect(await makeBoth(source, all, middle, middle + 3)).toEqual({ count: 6, isSame: true })
    const needed = secondsOf(plan, middle, middle + 3) + HEAD_SECONDS + group
    expect(share()).toBeLessThan((1.5 * needed) / SECONDS)
    expect(share()).toBeGreaterThan(secondsOf(plan, middle, middle + 3) / SECONDS)
    // The sound of it has come along; the last segment has not.
    const before = blobs.fetchedBytes()
    expect(await makeBoth(source, [plan.audio[0]!.id], middle, middle + 1)).toEqual({ count: 1, isSame: true })
    expect(blobs.fetchedBytes()).toBe(before)
    const count = segmentCount(plan.timeline)
    expect(await makeBoth(source, all, count - 1, count)).toEqual({ count: 2, isSame: true })
    expect(share()).toBeLessThan(0.75)
  })

  test('it looks the same, and its head is what is fetched for that', async () => {
    await blobs.startAgain()
    expect(await lookAt(far, source.key, signal)).toEqual(await lookAt(near, source.key, signal))
    // A Matroska file is looked at from behind as well.
    const tail = name.endsWith('.mov') || name.endsWith('.mp4') ? 0 : 5 + 2 * group
    expect(share()).toBeLessThan((1.5 * (HEAD_SECONDS + group) + tail) / SECONDS)
  })

  test('a picture of it is the same', async () => {
    await blobs.startAgain()
    const [whole, part] = await Promise.all(
      [near, far].map(async (app) => {
        const at = { atSeconds: 61, width: 320, fd: 3 }
        const outcome = await runOnSource(
          app,
          { key: source.key, wanted: thumbnailReads(source.plan, at.atSeconds) },
          (sourcePath) => ({
            ...{ program: 'ffmpeg', args: thumbnailArgs(source.plan, { ...at, sourcePath }), pipes: 1 },
            limits: { wallMs: 30_000, memoryBytes: 4 * 1024 ** 3, outputBytes: 1 << 26, nice: 0 },
          }),
          signal,
        )
        return outcome.pipe
      }),
    )
    expect(part!.byteLength).toBeGreaterThan(1000)
    expect(part!.equals(whole!)).toBe(true)
    expect(share()).toBeLessThan((1.5 * (HEAD_SECONDS + 2 * group) + 8) / SECONDS)
  })
})

test('loudness and trials come out the same, from the stretches that are looked at', async () => {
  const source = await put('heard.mp4', join(clips.path, 'index-last.mp4'))
  const [whole, part] = [near, far].map((app) => listen(app, source.plan, source.key, signal))
  expect(await part).toEqual(await whole)
  expect((await part)!.source.audio[0]!.loudness!.heardSeconds).toBeCloseTo(60)
  await blobs.startAgain()
  const stretches = stretchesOf(source.plan)
  const tried = await Promise.all(
    [near, far].map((app) => tryOut(app, source.plan, source.key, { stretches, zimg: false }, signal)),
  )
  expect(tried[1]).toEqual(tried[0])
})

test('sound that lies apart is read without the picture', async () => {
  const path = join(clips.path, 'apart.mov')
  await ffmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=s=640x360:r=2:d=${SECONDS},noise=alls=80:allf=t`, ...sound(44_100)],
    ...['-c:v', 'mjpeg', '-q:v', '1', '-pix_fmt', 'yuvj420p', '-c:a', 'pcm_s16le', path],
  )
  const source = await put('apart.mov', path)
  const { sizeBytes, plan } = source
  const opened = await openSource(far, source.key, allOf(plan.source.audio[0]!.streamIndex), signal)
  expect(opened.isWhole).toBe(false)
  await opened.release()
  const soundBytes = SECONDS * 44_100 * 2 * 2
  const headBytes = (sizeBytes * 2 * HEAD_SECONDS) / SECONDS
  expect(blobs.fetchedBytes()).toBeGreaterThan(soundBytes)
  expect(blobs.fetchedBytes()).toBeLessThan(soundBytes + headBytes)
  expect(await makeBoth(source, [plan.audio[0]!.id], 12, 14)).toEqual({ count: 2, isSame: true })
})

test('cues that say other times than the clusters are found out before anything is made, and the file comes whole', async () => {
  const bytes = await readFile(join(clips.path, 'cues-last.mkv'))
  // CueTime of two bytes, in each CuePoint that begins with it: half a minute later than it is.
  let moved = 0
  for (let at = bytes.lastIndexOf(Buffer.from('1c53bb6b', 'hex')); at < bytes.length - 6; at++) {
    if (bytes[at] !== 0xbb || bytes[at + 2] !== 0xb3 || bytes[at + 3] !== 0x82) continue
    bytes.writeUInt16BE(Math.min(0xffff, bytes.readUInt16BE(at + 4) + 30_000), at + 4)
    moved++
  }
  expect(moved).toBeGreaterThan(20)
  const path = join(clips.path, 'lying-cues.mkv')
  await writeFile(path, bytes)
  const source = await put('lying-cues.mkv', path)
  const middle = Math.floor(segmentCount(source.plan.timeline) / 2)
  const made = await makeBoth(source, [source.plan.video[0]!.id, source.plan.audio[0]!.id], middle, middle + 2)
  expect(made).toEqual({ count: 4, isSame: true })
  expect(blobs.fetchedBytes()).toBeGreaterThanOrEqual(source.sizeBytes)
  expect(blobs.fetchedBytes()).toBeLessThan(source.sizeBytes * 1.01)
})

test('frames that lie nowhere, or all in one place, cost no more than the file, and fail as they do from the whole', async () => {
  const bytes = await readFile(await clip('places.mp4', copied('-movflags', '+faststart')))
  const table = bytes.indexOf('stco')
  const count = bytes.readUInt32BE(table + 8)
  for (const [name, place] of [
    ['nowhere.mp4', 0xffff_0000],
    ['one-place.mp4', 5000],
  ] as const) {
    for (let n = 0; n < count; n++) bytes.writeUInt32BE(place, table + 12 + n * 4)
    const path = join(clips.path, name)
    await writeFile(path, bytes)
    const key = `sources/${name}`
    await near.blobs.put(key, createReadStream(path))
    await blobs.startAgain()
    const said = await Promise.all(
      [near, far].map((app) => lookAt(app, key, signal).then(JSON.stringify, (refusal) => refusal.code as string)),
    )
    expect(said[1]).toBe(said[0])
    expect(blobs.fetchedBytes()).toBeLessThanOrEqual(bytes.byteLength * 1.01)
  }
})

test('what goes wrong on a part is done again on all of it', async () => {
  const source = await put('again.mp4', join(clips.path, 'index-last.mp4'))
  // Reads every packet where only the head was asked for: holes are no frames, and FFmpeg says so.
  const args = (inputName: string) => ['-v', 'error', '-show_entries', 'packet=size', '-of', 'csv=p=0', inputName]
  const limits = { wallMs: 30_000, memoryBytes: 4 * 1024 ** 3, outputBytes: 1 << 26, nice: 0 }
  const complaints: string[] = []
  const outcome = await runOnSource(
    far,
    { key: source.key, wanted: HEAD },
    (inputName) => ({ program: 'ffprobe', args: args(inputName), pipes: 0, limits }),
    signal,
    ({ stderr }) => {
      complaints.push(stderr)
      return stderr === ''
    },
  )
  expect(complaints).toEqual([expect.stringContaining('Invalid NAL unit size')])
  expect(outcome).toMatchObject({ ok: true, stderr: '' })
  expect(blobs.fetchedBytes()).toBeGreaterThanOrEqual(source.sizeBytes)
})

/** Sources that say nowhere which bytes are which time. All of the picture and sound that was encoded before. */
const linear: [name: string, args: string[]][] = [
  ['plain.ts', ['-c', 'copy']],
  ['no-cues.mkv', ['-c', 'copy', '-seekable', '0']],
  ['fragments.mp4', ['-c', 'copy', '-movflags', 'frag_keyframe+empty_moov']],
  ['old.avi', ['-c:v', 'mpeg4', '-q:v', '4', '-bf', '2', '-g', '50', '-c:a', 'mp3']],
  ['killed.mkv', ['-c', 'copy', '-seekable', '0']],
  ['live.mkv', ['-c', 'copy', '-seekable', '0', '-live', '1']],
  ['camera.m2ts', ['-c', 'copy', '-f', 'mpegts', '-mpegts_m2ts_mode', '1']],
  ['plain.flv', ['-c', 'copy']],
  ['programme.mpg', ['-c:v', 'mpeg2video', '-q:v', '4', '-bf', '2', '-c:a', 'mp2', '-f', 'vob']],
]

describe.each(some(linear, 3))('without an index: %s', (name, args) => {
  const key = `sources/${name}`
  const asked = (runId: string) => ({ videoId: 'video', runId, sourceKey: key, eagerShortSide: null })

  test('it is copied once, as a stream, and planned as from a folder', async () => {
    const path = join(clips.path, name)
    await ffmpeg('-i', join(clips.path, 'index-last.mp4'), ...args, path)
    let bytes: Buffer = await readFile(path)
    // A recorder that was killed.
    if (name === 'killed.mkv') bytes = bytes.subarray(0, bytes.byteLength - 777)
    await near.blobs.put(key, bytes)
    await blobs.startAgain()
    const here = await planSource(near, asked(`near-${name}`), signal)
    const there = await planSource(far, asked(`far-${name}`), signal)
    expect({ ...there, sourceKey: '' }).toEqual({ ...here, sourceKey: '' })
    expect(there.sourceKey).toBe(`videos/video/far-${name}/source.mkv`)
    const whole = blobs.asked.filter((it) => it.key === key).reduce((sum, { from, to }) => sum + to + 1 - from, 0)
    expect(whole).toBeLessThan(bytes.byteLength * 0.02)
    // To be copied, and once more for its pictures by themselves; before that to be looked at, of Matroska that says no length all of it.
    const most = name.endsWith('.mkv') ? 3.1 : 2.1
    expect(blobs.streamedBytes()).toBeGreaterThan(bytes.byteLength)
    expect(blobs.streamedBytes()).toBeLessThan(bytes.byteLength * most)

    // Another process.
    await blobs.startAgain()
    const { plan } = here
    expect(plan.video[0]!.copied).toBeUndefined()
    const middle = Math.floor(segmentCount(plan.timeline) / 2)
    const all = [plan.video[0]!.id, plan.audio[0]!.id]
    const source = { key: here.sourceKey, farKey: there.sourceKey, plan }
    expect(await makeBoth(source, all, middle, middle + 1)).toEqual({ count: 2, isSame: true })
    expect(blobs.streamedBytes()).toBe(0)
    expect(blobs.fetchedBytes()).toBeLessThan(bytes.byteLength * 0.35)
  })
})

test('what was not copied for want of an index is fetched whole, once', async () => {
  const path = join(clips.path, 'plain.ts')
  const key = 'sources/plain.ts'
  await blobs.startAgain()
  for (let round = 0; round < 2; round++) {
    const source = await openSource(far, key, HEAD, signal)
    expect(source.isWhole).toBe(true)
    expect((await readFile(source.path)).equals(await readFile(path))).toBe(true)
    await source.release()
  }
  expect(blobs.fetchedBytes()).toBe((await stat(path)).size)
})

test('what is copied is read out of the store, and no file of it is needed', async () => {
  const path = join(clips.path, 'fit.mp4')
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25:d=20', '-f', 'lavfi', '-i', 'sine=f=440:r=48000:d=20'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-g', '75', '-pix_fmt', 'yuv420p', '-c:a', 'aac', path],
  )
  const source = await put('fit.mp4', path)
  const facts = await lookAt(near, source.key, signal)
  const policy = { ...DEFAULT_LADDER, preset: 'ultrafast' }
  const fit = await findPassThrough(near, { videoId: 'v', runId: 'r' }, facts, source.key, policy, signal)
  const plan = planRun(facts, policy, fit)
  const copied = plan.video.filter((it) => it.copied).map(({ id }) => id)
  expect(copied).toHaveLength(1)
  expect(await makeBoth({ ...source, plan }, copied, 3, 5)).toEqual({ count: 2, isSame: true })
  expect(blobs.asked).toEqual([])
})
