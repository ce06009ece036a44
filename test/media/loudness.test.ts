// Loudness: measured before anything is encoded, one gain for all of a title, and pieces made apart still fit together.

import { spawnSync } from 'node:child_process'
import { afterAll, expect, test } from 'vitest'
import { decideLoudness, loudnessArgs, readLoudness, withLoudness } from '../../src/media/loudness.ts'
import { audioRange, segmentCount } from '../../src/media/timeline.ts'
import { generate, type Made, make, openFolder, openSource, type Source, samplesOf } from './engine.ts'

const folder = openFolder()
afterAll(() => folder.close())

const TARGET = -14

/** A voice that comes and goes, with a click every second to see where it lies, at a volume. */
const voice = (volume: number, seconds: number) => [
  ...['-f', 'lavfi', '-i'],
  `aevalsrc='${volume}*(0.5*sin(600*PI*t)*(1+sin(4*t))/2+0.4*sin(1500*PI*t)*(1+sin(7*t))/2)+0.5*lt(mod(t\\,1)\\,0.0006)':s=44100:d=${seconds}`,
  ...['-f', 'lavfi', '-i', `testsrc2=s=64x36:r=25:d=${seconds}`, '-c:v', 'libx264', '-preset', 'ultrafast'],
]

function listenTo(source: Source) {
  const args = loudnessArgs(source.plan, source.plan.source.audio[0]!, source.path)
  const ran = spawnSync('ffmpeg', args, { encoding: 'utf8', timeout: 60_000 })
  expect(ran.status, ran.stderr).toBe(0)
  return decideLoudness(source.plan, TARGET, ran.stderr)
}

/** Loudness and true peak of samples, as FFmpeg measures them. */
function measure(samples: Float32Array) {
  const { stderr } = spawnSync(
    'ffmpeg',
    [
      ...['-nostdin', '-hide_banner', '-f', 'f32le', '-ar', '48000', '-ac', '1', '-i', '-'],
      ...['-af', 'pan=stereo|c0=c0|c1=c0,ebur128=framelog=verbose:peak=true', '-f', 'null', '-'],
    ],
    { input: Buffer.from(samples.buffer), encoding: 'utf8' },
  )
  return { lufs: readLoudness(stderr)!, peak: Number(/Peak:\s+(-?[\d.]+) dBFS/.exec(stderr)![1]) }
}

test.each([
  ['quiet', 0.35],
  ['loud', 1.4],
])(
  'a %s title comes out at the target, with its peaks held, and pieces meet without a step',
  async (name, volume) => {
    const source = openSource(
      generate(folder.path, `${name}.mp4`, [...voice(volume, 9), '-c:a', 'aac', '-b:a', '192k']),
    )
    const before = samplesOf(folder.path, (await make(source, ['audio'], 0, segmentCount(source.plan.timeline))).audio!)
    const loudness = listenTo(source)
    expect(loudness.why).toBe('brought to the target')
    const level: Source = { ...source, plan: withLoudness(source.plan, [loudness]) }
    const count = segmentCount(level.plan.timeline)
    const whole = (await make(level, ['audio'], 0, count)).audio!
    const heard = samplesOf(folder.path, whole)

    const { lufs, peak } = measure(heard)
    expect(Math.abs(lufs - TARGET)).toBeLessThan(1)
    expect(peak).toBeLessThan(-0.5)
    // Nothing moved: the limiter looks ahead, and what it looks ahead by is taken back.
    for (const second of [2, 5, 8])
      expect(Math.abs(clickNear(heard, second) - clickNear(before, second))).toBeLessThan(24)

    const pieces: Made = { init: whole.init, segments: [] }
    for (let n = 0; n < count; n++) pieces.segments.push(...(await make(level, ['audio'], n, n + 1)).audio!.segments)
    const joined = samplesOf(folder.path, pieces)
    expect(joined.length).toBe(heard.length)
    for (let n = 1; n < count; n++) {
      const at = audioRange(level.plan.timeline, n).from * 1024
      let squares = 0
      let energy = 0
      for (let sample = at - 2048; sample < at + 2048; sample++) {
        squares += (joined[sample]! - heard[sample]!) ** 2
        energy += heard[sample]! ** 2
      }
      // The coding noise of two encodes; a step of one decibel would be 0.015.
      expect(squares / energy).toBeLessThan(0.008)
    }
  },
  120_000,
)

test('a whisper is raised by nine decibels and no more, silence by none', () => {
  const whisper = openSource(
    generate(folder.path, 'whisper.mp4', [
      ...voice(0.02, 5).map((it) => it.replace('0.5*lt', '0.0*lt')),
      '-c:a',
      'aac',
    ]),
  )
  expect(listenTo(whisper)).toMatchObject({ gainDb: 9, why: 'too quiet to be raised further' })
  const silent = openSource(
    generate(folder.path, 'silent.mp4', [
      '-f',
      'lavfi',
      '-i',
      'anullsrc=r=48000:d=3',
      ...voice(1, 3).slice(4),
      '-map',
      '0:a',
      '-map',
      '1:v',
      '-c:a',
      'aac',
    ]),
  )
  expect(listenTo(silent)).toMatchObject({ gainDb: 0, why: 'silent' })
})

test('a long title is judged by windows spread over it, as the whole would be', () => {
  const source = openSource(generate(folder.path, 'long.mp4', [...voice(0.8, 200), '-c:a', 'aac']))
  const { heardSeconds, lufs } = listenTo(source)
  expect(heardSeconds).toBeCloseTo(60, 5)
  const whole = spawnSync(
    'ffmpeg',
    [
      '-nostdin',
      '-hide_banner',
      '-i',
      source.path,
      '-vn',
      '-af',
      'pan=stereo|c0=c0|c1=c0,ebur128=framelog=verbose',
      '-f',
      'null',
      '-',
    ],
    { encoding: 'utf8' },
  )
  expect(Math.abs(lufs! - readLoudness(whole.stderr)!)).toBeLessThan(1)
})

/** Where the signal steps most within a twentieth of a second of a click. */
function clickNear(samples: Float32Array, second: number): number {
  let place = 0
  let largest = 0
  for (let at = Math.round((second - 0.05) * 48_000); at < (second + 0.05) * 48_000; at++) {
    const step = Math.abs(samples[at]! - samples[at - 1]!)
    if (step > largest) [largest, place] = [step, at]
  }
  return place
}
