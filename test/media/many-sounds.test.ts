// Sources with more than one stereo sound: languages, surround, and titles that last longer than half a day.

import { afterAll, expect, test } from 'vitest'
import type { SourceFacts } from '../../src/media/facts.ts'
import { mediaPlaylist } from '../../src/media/hls.ts'
import { DEFAULT_LADDER } from '../../src/media/ladder.ts'
import { planRun, spansOf } from '../../src/media/plan.ts'
import { rational } from '../../src/media/rational.ts'
import { audioRange, segmentCount, timelineOfFrames, totalSeconds } from '../../src/media/timeline.ts'
import { decode, generate, type Made, make, openFolder, openSource, samplesOf, timesOf } from './engine.ts'

const folder = openFolder()
afterAll(() => folder.close())

test('surround in one language and stereo in another become two sounds that end with the picture', async () => {
  const centre = 'pan=5.1|FC=c0'
  const source = openSource(
    generate(folder.path, 'languages.mkv', [
      ...[
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=64x36:r=25:d=5',
        '-f',
        'lavfi',
        '-i',
        'sine=f=500:r=48000:d=5',
        '-f',
        'lavfi',
        '-i',
        'sine=f=900:r=44100:d=5',
      ],
      ...[
        '-filter_complex',
        `[1:a]${centre}[surround]`,
        '-map',
        '0:v',
        '-map',
        '[surround]',
        '-map',
        '2:a',
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
      ],
      ...['-c:a:0', 'ac3', '-c:a:1', 'aac', '-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=ger'],
    ]),
  )
  expect(source.facts.audio.map(({ channels, language }) => [channels, language])).toEqual([
    [6, 'en'],
    [1, 'de'],
  ])
  expect(source.plan.audio.map(({ id, language, name }) => [id, language, name])).toEqual([
    ['audio', 'en', 'English'],
    ['audio2', 'de', 'Deutsch'],
    ['audio-surround', 'en', 'English'],
  ])

  const count = segmentCount(source.plan.timeline)
  const made = await make(source, ['360p', 'audio', 'audio2'], 0, count)
  const picture = timesOf(folder.path, made['360p']!.init, made['360p']!.segments)
  for (const [id, hertz] of [
    ['audio', 500],
    ['audio2', 900],
  ] as const) {
    const sound = timesOf(folder.path, made[id]!.init, made[id]!.segments)
    const end = (sound.shown.at(-1)! + 1024) / 48_000
    expect(Math.abs(end - totalSeconds(source.plan.timeline))).toBeLessThan(0.04)
    expect(sound.shown.length).toBe(audioRange(source.plan.timeline, count - 1).to)
    // What only the centre says is heard from the left, and at its own pitch.
    expect(Math.abs(pitchOf(samplesOf(folder.path, made[id]!).subarray(48_000, 96_000)) - hertz)).toBeLessThan(5)
  }
  expect(picture.shown.length).toBe(125)
}, 120_000)

/** Tones by loudspeaker; the seventh and eighth are the sides of 7.1. */
const TONES = { FL: 300, FR: 500, FC: 700, LFE: 60, BL: 1100, BR: 1300, SL: 1700, SR: 1900 }

test.each([
  ['5.1(side)', ['-c:a', 'ac3', '-b:a', '448k']],
  ['7.1', ['-c:a', 'flac']],
])(
  'of %s every tone stands in its channel of 5.1, and all but the deepest in one of the two',
  async (layout, codec) => {
    const names = ['FL', 'FR', 'FC', 'LFE', 'BL', 'BR', ...(layout === '7.1' ? ['SL', 'SR'] : [])] as const
    const tones = names.map((name) => `0.1*sin(2*PI*${TONES[name as keyof typeof TONES]}*t)`).join('|')
    const clip = [
      ...['-f', 'lavfi', '-i', 'testsrc2=s=64x36:r=5:d=4', '-f', 'lavfi', '-i', `aevalsrc='${tones}':c=${layout}:d=4`],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', ...codec],
    ]
    const source = openSource(generate(folder.path, `${layout}.mkv`, clip))
    expect(source.plan.audio.map(({ id, channels }) => [id, channels])).toEqual([
      ['audio', 2],
      ['audio-surround', 6],
    ])

    const made = await make(source, ['audio', 'audio-surround'], 0, segmentCount(source.plan.timeline))
    expect(made['audio-surround']!.segments.map(({ frames }) => frames)).toEqual(
      made.audio!.segments.map(({ frames }) => frames),
    )
    const around = channelsOf(made['audio-surround']!, 6)
    const [left, right] = channelsOf(made.audio!, 2).map(tonesIn)
    // FFmpeg gives the channels of a decoded sound in this order.
    const own = { FL: ['FL'], FR: ['FR'], FC: ['FC'], LFE: ['LFE'], BL: ['BL'], BR: ['BR'] }
    const sides = layout === '7.1' ? { ...own, BL: ['BL', 'SL'], BR: ['BR', 'SR'] } : own
    expect(around.map(tonesIn)).toEqual(Object.values(sides))
    const isOf = (side: 'L' | 'R') => names.filter((name) => name === 'FC' || name.endsWith(side))
    expect([left, right]).toEqual([isOf('L'), isOf('R')])
  },
  60_000,
)

/** A sound as FFmpeg decodes it, channel by channel. */
function channelsOf(sound: Made, channels: number): Float32Array[] {
  const { out } = decode(folder.path, sound.init, sound.segments, ['-f', 'f32le', '-'])
  const samples = new Float32Array(out.buffer.slice(out.byteOffset, out.byteOffset + out.length))
  return Array.from({ length: channels }, (_, at) => samples.filter((_, n) => n % channels === at))
}

/** Which of the tones are heard, in a second of them from the first on (Goertzel). */
function tonesIn(samples: Float32Array): string[] {
  const second = samples.subarray(48_000, 96_000)
  return Object.entries(TONES).flatMap(([name, hertz]) => {
    const turn = 2 * Math.cos((2 * Math.PI * hertz) / 48_000)
    let [one, two] = [0, 0]
    for (const sample of second) [one, two] = [sample + turn * one - two, one]
    const level = (2 * Math.sqrt(one * one + two * two - turn * one * two)) / second.length
    return level > 0.01 ? [name] : []
  })
}

test('a title of thirteen hours is planned and listed in a moment, on its own grid and on a source’s key frames', () => {
  const seconds = 13 * 3600
  const facts: SourceFacts = {
    ...{
      container: 'mov',
      sizeBytes: 2e10,
      durationMs: seconds * 1000,
      durationTrusted: true,
      startSeconds: 0,
      seekable: 'index',
      remux: false,
    },
    video: {
      ...{
        streamIndex: 0,
        codec: 'h264',
        pixelFormat: 'yuv420p',
        width: 1920,
        height: 1080,
        codedWidth: 1920,
        codedHeight: 1080,
      },
      ...{
        sar: rational(1),
        rotation: 0,
        flip: false,
        nominalRate: rational(30_000, 1001),
        frameRate: rational(30_000, 1001),
      },
      ...{ variableRate: false, interlaced: false, bitDepth: 8, hdr: 'sdr', startSeconds: 0, alpha: false },
      color: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', range: 'tv' },
    },
    audio: [
      {
        streamIndex: 1,
        codec: 'aac',
        channels: 2,
        sampleRate: 48_000,
        language: 'en',
        isDefault: true,
        startSeconds: 0,
        coarse: false,
      },
    ],
  }
  const plan = planRun(facts, DEFAULT_LADDER)
  const frames = Math.round((seconds * 30_000) / 1001)
  // Key frames where scenes change: hardly two segments of one length.
  const cuts = [0]
  while (cuts.at(-1)! < frames) cuts.push(Math.min(frames, cuts.at(-1)! + 100 + ((cuts.length * 37) % 40)))
  for (const timeline of [plan.timeline, timelineOfFrames(rational(30_000, 1001), cuts)]) {
    const run = { ...plan, timeline }
    const spans = spansOf(run, { seconds: 30 })
    expect(spans.at(-1)!.to).toBe(segmentCount(timeline))
    const list = mediaPlaylist(run, '1080p')
    const listed = [...list.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, [, length]) => sum + Number(length), 0)
    expect(Math.abs(listed - totalSeconds(timeline))).toBeLessThan(0.001)
  }
})

/** Crossings of zero upwards in a second. */
function pitchOf(samples: Float32Array): number {
  let crossings = 0
  for (let at = 1; at < samples.length; at++) if (samples[at - 1]! < 0 && samples[at]! >= 0) crossings++
  return crossings
}
