// Segments made alone fit between their neighbours as if all had been made in one breath: the promise everything else stands on.

import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ShortEncode } from '../../src/media/cutter.ts'
import { explainProbeFailure, probeArgs } from '../../src/media/probe.ts'
import { audioRange, frameRange, segmentCount, totalTicks } from '../../src/media/timeline.ts'
import { some } from '../support/long.ts'
import { decode, generate, type Made, make, openFolder, openSource, samplesOf, similarity, timesOf } from './engine.ts'

const folder = openFolder()
afterAll(() => folder.close())

const picture = (rate: string, seconds: number, size = '320x180') => [
  '-f',
  'lavfi',
  '-i',
  `testsrc2=s=${size}:r=${rate}:d=${seconds}`,
]
const fast = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '3', '-g', '90']
/** A steady tone, a sweep through most of what is heard, and clicks: what a bad join spoils in three different ways. */
const sound = (rate: number, seconds: number) => [
  ...['-f', 'lavfi', '-i'],
  `aevalsrc='0.3*sin(880*PI*t)+0.2*sin(2*PI*(200+300*t)*t)+0.3*lt(mod(t\\,0.37)\\,0.002)':s=${rate}:d=${seconds}`,
]

const clips: [name: string, frames: number, args: string[]][] = [
  ['ntsc.mp4', 150, [...picture('30000/1001', 5), ...fast]],
  ['late.mkv', 125, [...picture('25', 5), '-vf', 'setpts=PTS+3.3/TB', '-fps_mode', 'passthrough', ...fast]],
  [
    'variable.mp4',
    180,
    [...picture('30', 6), '-vf', "select='lt(mod(n\\,7)\\,4)+gt(n\\,90)'", '-fps_mode', 'vfr', ...fast],
  ],
  ['sixty.mp4', 240, [...picture('60', 4), ...fast]],
  ['open-groups.mp4', 125, [...picture('25', 5), ...fast, '-x264-params', 'open-gop=1']],
]

describe.each(some(clips, 3))('the picture of %s', (name, frames, args) => {
  test('comes out the same alone and in a long span', async () => {
    const source = openSource(generate(folder.path, name, args))
    const { timeline } = source.plan
    const count = segmentCount(timeline)
    expect(totalTicks(timeline) / timeline.frameTicks).toBe(frames)

    const whole = (await make(source, ['360p'], 0, count))['360p']!
    const times = timesOf(folder.path, whole.init, whole.segments)
    expect(times.shown).toEqual(Array.from({ length: frames }, (_, frame) => frame * timeline.frameTicks))
    expect(whole.segments.map(({ n }) => n)).toEqual(Array.from({ length: count }, (_, n) => n))
    expect(decode(folder.path, whole.init, whole.segments, ['-f', 'null', '-']).said).toBe('')

    for (const n of new Set([1, count - 1])) {
      const alone = (await make(source, ['360p'], n, n + 1))['360p']!
      const range = frameRange(timeline, n)
      expect(Buffer.from(alone.init).equals(whole.init)).toBe(true)
      expect(alone.segments.map((segment) => segment.frames)).toEqual([range.to - range.from])
      const placed = timesOf(folder.path, alone.init, alone.segments)
      expect([placed.shown[0], placed.shown.length]).toEqual([range.from * timeline.frameTicks, range.to - range.from])
      expect(placed.keys[0]).toBe(placed.shown[0])
      const likeness = similarity(folder.path, alone, { init: whole.init, segments: [whole.segments[n]!] })
      expect(likeness.mean).toBeGreaterThan(0.98)
      expect(likeness.worst).toBeGreaterThan(0.94)
    }
  })
})

test('a small rung of a large source is the same alone, in a ladder, and scaled straight from the source', async () => {
  const tagged = ['-pix_fmt', 'yuv420p', '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709']
  const source = openSource(
    generate(folder.path, 'large.mp4', [...picture('10', 2, '2560x1440'), ...fast, ...tagged, '-color_range', 'tv']),
  )
  const alone = (await make(source, ['360p'], 0, 1, { zimg: true }))['360p']!
  const ladder = (await make(source, ['360p', '480p', '720p', '1080p'], 0, 1, { zimg: true }))['360p']!
  const straight = (await make(source, ['360p'], 0, 1, { zimg: false }))['360p']!
  expect(similarity(folder.path, alone, ladder).worst).toBeGreaterThan(0.999)
  expect(similarity(folder.path, alone, straight).worst).toBeGreaterThan(0.98)
})

const sounds: [name: string, args: string[]][] = [
  ['sound44.mp4', [...picture('30000/1001', 7, '64x36'), ...sound(44_100, 7), ...fast, '-c:a', 'aac', '-b:a', '192k']],
  ['milliseconds.mkv', [...picture('25', 7, '64x36'), ...sound(44_100, 7), ...fast, '-c:a', 'pcm_s16le']],
  ['sound48.mp4', [...picture('25', 7, '64x36'), ...sound(48_000, 7), ...fast, '-c:a', 'aac', '-b:a', '192k']],
]

describe.each(some(sounds, 2))('the sound of %s', (name, args) => {
  test('has no gap and no click where pieces made alone meet', async () => {
    const source = openSource(generate(folder.path, name, args))
    const count = segmentCount(source.plan.timeline)
    const whole = (await make(source, ['audio'], 0, count)).audio!
    const pieces: Made = { init: whole.init, segments: [] }
    for (let n = 0; n < count; n++) {
      const alone = (await make(source, ['audio'], n, n + 1)).audio!
      expect(Buffer.from(alone.init).equals(whole.init)).toBe(true)
      pieces.segments.push(...alone.segments)
    }
    expect(decode(folder.path, pieces.init, pieces.segments, ['-f', 'null', '-']).said).toBe('')

    const heard = samplesOf(folder.path, pieces)
    const meant = samplesOf(folder.path, whole)
    expect(heard.length).toBe(meant.length)
    const joins = Array.from({ length: count - 1 }, (_, n) => audioRange(source.plan.timeline, n + 1).from * 1024)
    for (const at of joins) {
      // Two encodes of one sound differ by their coding noise. A shift of one sample, a gap or a click is far louder than that.
      expect(difference(heard, meant, at - 2048, at + 2048)).toBeLessThan(0.003)
      expect(largestStep(heard, at - 2048, at + 2048)).toBeLessThan(largestStep(meant, at - 2048, at + 2048) + 0.1)
    }
    expect(difference(heard, shifted(meant, 24), joins[0]! + 2048, joins[1]!)).toBeGreaterThan(0.003)
  })
})

test('picture and sound made together end within a frame of each other, and start together', async () => {
  const source = openSource(
    generate(folder.path, 'both.mp4', [...picture('25', 5, '64x36'), ...sound(44_100, 3), ...fast, '-c:a', 'aac']),
  )
  const made = await make(source, ['360p', 'audio'], 0, 3)
  const video = timesOf(folder.path, made['360p']!.init, made['360p']!.segments)
  const audio = timesOf(folder.path, made.audio!.init, made.audio!.segments)
  expect([video.shown[0], audio.shown[0]]).toEqual([0, 0])
  const end = (audio.shown.at(-1)! + 1024) / 48_000
  expect(Math.abs(end - 5)).toBeLessThan(0.04)
  // The sound stopped at three seconds; what follows is silence, not a shorter rendition.
  const heard = samplesOf(folder.path, made.audio!)
  expect(loudness(heard, 48_000, 2 * 48_000)).toBeGreaterThan(0.1)
  expect(loudness(heard, 3.2 * 48_000, 4.8 * 48_000)).toBeLessThan(0.001)
})

test('a portrait clip from a phone comes out upright', async () => {
  const lying = generate(folder.path, 'lying.mp4', [...picture('25', 2, '320x180'), ...fast])
  const source = openSource(
    generate(folder.path, 'turned.mp4', ['-i', lying, '-c', 'copy', '-metadata:s:v:0', 'rotate=90']),
  )
  expect([source.facts.video!.width, source.facts.video!.height]).toEqual([180, 320])
  const { init, segments } = (await make(source, ['360p'], 0, 1))['360p']!
  const turned = decode(folder.path, init, segments, ['-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'])
  const args = ['-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']
  const meant = execFileSync('ffmpeg', ['-v', 'error', '-i', join(folder.path, 'turned.mp4'), ...args])
  expect(turned.out.length).toBe(meant.length)
  expect(meanDifference(turned.out, meant)).toBeLessThan(8)
})

test('sound alone gets a picture of its wave and plays', async () => {
  const source = openSource(generate(folder.path, 'only.wav', sound(44_100, 5)))
  const made = await make(source, ['360p', 'audio'], 1, 2)
  expect(made['360p']!.segments[0]!.frames).toBe(50)
  expect(decode(folder.path, made['360p']!.init, made['360p']!.segments, ['-f', 'null', '-']).said).toBe('')
})

test('an encode that began too late is noticed, not passed off as the segment', async () => {
  const source = openSource(generate(folder.path, 'short-groups.mp4', [...picture('25', 9), ...fast, '-g', '25']))
  const made = make(source, ['360p'], 3, 4, { seekBackSeconds: -2 }).then(
    () => 'made',
    (error) => error,
  )
  expect(await made).toBeInstanceOf(ShortEncode)
})

test('a playlist renamed to .mp4 is no media, and opens no other file', () => {
  const victim = generate(folder.path, 'victim.mp4', [...picture('25', 1), ...fast])
  const path = join(folder.path, 'playlist.mp4')
  writeFileSync(path, `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n${victim}\n#EXT-X-ENDLIST\n`)
  const ran = spawnSync('ffprobe', probeArgs(path), { encoding: 'utf8' })
  expect(ran.status).not.toBe(0)
  expect(JSON.parse(ran.stdout).format).toBeUndefined()
  expect(explainProbeFailure(ran.stderr)).toBe('source_not_media')
})

function difference(a: Float32Array, b: Float32Array, from: number, to: number): number {
  let squares = 0
  let energy = 0
  for (let at = Math.max(0, from); at < to; at++) {
    squares += (a[at]! - b[at]!) ** 2
    energy += b[at]! ** 2
  }
  return squares / energy
}

function largestStep(samples: Float32Array, from: number, to: number): number {
  let largest = 0
  for (let at = from + 1; at < to; at++) largest = Math.max(largest, Math.abs(samples[at]! - samples[at - 1]!))
  return largest
}

function loudness(samples: Float32Array, from: number, to: number): number {
  let squares = 0
  for (let at = from; at < to; at++) squares += samples[at]! ** 2
  return Math.sqrt(squares / (to - from))
}

const shifted = (samples: Float32Array, by: number): Float32Array => samples.slice(by)

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += Math.abs(a[at]! - b[at]!)
  return sum / a.length
}
