// Tuning: what trials say about a ladder, as tables of made-up titles.

import { expect, test } from 'vitest'
import { segmentsArrived } from './arrival.ts'
import type { SourceFacts } from './facts.ts'
import { DEFAULT_LADDER } from './ladder.ts'
import { planRun, type Trial } from './plan.ts'
import { rational } from './rational.ts'
import { segmentCount } from './timeline.ts'
import { stretchesArrived, stretchesOf, whyUntried } from './trials.ts'
import { decideInPart, decideTuning, needless, withTuning } from './tuning.ts'

const facts = (height: number, durationMs = 60_000): SourceFacts => ({
  ...{ container: 'mov', durationMs, durationTrusted: true, startSeconds: 0, seekable: 'index', remux: false },
  sizeBytes: 1_000_000,
  video: {
    ...{ streamIndex: 0, codec: 'h264', width: (height * 16) / 9, height, rotation: 0, flip: false },
    ...{ frameRate: rational(25), variableRate: false, interlaced: false, pixelFormat: 'yuv420p', bitDepth: 8 },
    ...{ color: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', range: 'tv' }, hdr: 'sdr', alpha: false },
  } as unknown as NonNullable<SourceFacts['video']>,
  audio: [],
})
const plan = (height: number) => planRun(facts(height), { ...DEFAULT_LADDER, secondCodecs: ['av1'] })

/** A rung that needs so many bits and loses so much at quality 23, half of the bits and twice the loss at 30. */
function trials(rendition: string, bitsPerSecond: number, coded: number, scaled: number): Trial[] {
  return [
    { rendition, crf: 23, bitsPerSecond, coded, scaled },
    { rendition, crf: 30, bitsPerSecond: bitsPerSecond / 2, coded: coded * 2, scaled },
  ]
}

const easy = [
  ...trials('360p', 150_000, 0.006, 0.03),
  ...trials('480p', 250_000, 0.006, 0.02),
  ...trials('720p', 500_000, 0.006, 0.008),
  ...trials('1080p', 900_000, 0.005, 0),
]
const hard = [
  ...trials('360p', 1_500_000, 0.03, 0.03),
  ...trials('480p', 2_500_000, 0.03, 0.02),
  ...trials('720p', 5_000_000, 0.03, 0.01),
  ...trials('1080p', 11_000_000, 0.03, 0),
]

test('an easy title gets less at every rung, and ceilings that fit it', () => {
  const tuning = decideTuning(plan(1080), easy, 3, new Set())
  const tuned = withTuning(plan(1080), tuning)
  for (const [n, rung] of tuned.video.entries()) {
    expect(rung.crf).toBeGreaterThanOrEqual(23)
    expect(rung.bitsPerSecond).toBeLessThan(plan(1080).video[n]!.bitsPerSecond)
    expect(rung.bitsPerSecond).toBeGreaterThanOrEqual(tuning.decided[n]!.expected!.bitsPerSecond * 1.5)
  }
  // The largest loses less than anybody sees, so it may lose a little more.
  expect(tuned.video.at(-1)!.crf).toBe(27)
})

test('a hard title is as good as its ceilings allow, with steps between that players can use', () => {
  const { decided } = decideTuning(plan(1080), hard, 3, new Set())
  const kept = decided.filter(({ why }) => why === 'tuned')
  expect(kept.at(-1)!.expected!.bitsPerSecond / 5_000_000).toBeCloseTo(1, 1)
  for (const [n, { expected, bitsPerSecond }] of kept.entries()) {
    expect(expected!.bitsPerSecond).toBeLessThanOrEqual(bitsPerSecond)
    const below = kept[n - 1]?.expected?.bitsPerSecond ?? 0
    expect(expected!.bitsPerSecond).toBeGreaterThan(1.2 * below)
  }
})

test('what shows no more detail than the next smaller one is left out, in every codec', () => {
  const blurred = easy.map((it) => (it.rendition === '720p' ? { ...it, scaled: 0.0002 } : it))
  const tuned = withTuning(plan(1080), decideTuning(plan(1080), blurred, 3, new Set()))
  expect(needless(tuned)).toEqual(['1080p'])
  expect(tuned.tuning!.decided.at(-1)).toMatchObject({ why: 'adds_nothing', besides: '720p' })
  expect(tuned.more!.map(({ id }) => id)).toEqual(['360p-av1', '480p-av1', '720p-av1'])
})

test('a rung that costs as much as the next larger one is left out, but never the lowest', () => {
  const flat = [
    ...trials('360p', 900_000, 0.006, 0.03),
    ...trials('480p', 950_000, 0.006, 0.02),
    ...trials('720p', 480_000, 0.006, 0),
  ]
  const tuned = withTuning(plan(720), decideTuning(plan(720), flat, 3, new Set()))
  expect(needless(tuned)).toEqual(['480p'])
})

test('what is begun stays as it was planned, and the rest goes by it', () => {
  const before = plan(1080)
  const tuned = withTuning(before, decideTuning(before, easy, 3, new Set(['360p', '1080p'])))
  const of = (id: string) => tuned.video.find((it) => it.id === id)!
  expect(of('1080p')).toEqual(before.video.at(-1))
  expect(of('360p')).toEqual(before.video[0])
  expect(tuned.tuning!.decided.map(({ why }) => why)).toEqual(['begun_before', 'tuned', 'tuned', 'begun_before'])
})

test('names, levels and sizes stay, for manifests have said them; the same trials decide the same', () => {
  const before = plan(1080)
  const tuned = withTuning(before, decideTuning(before, hard, 3, new Set()))
  const named = ({ id, codecs, level, width, height }: (typeof before.video)[number]) => [
    id,
    codecs,
    level,
    width,
    height,
  ]
  expect(tuned.video.map(named)).toEqual(before.video.map(named))
  expect(withTuning(before, decideTuning(before, hard, 3, new Set()))).toEqual(tuned)
})

test('what is larger than can be tried goes as planned', () => {
  const { decided } = decideTuning(plan(2160), easy, 3, new Set())
  expect(decided.at(-1)).toMatchObject({ rendition: '2160p', why: 'not_tried', crf: 24 })
})

test('stretches of a title are short, spread, and left out where they would cost too much', () => {
  const minute = stretchesOf(plan(1080))
  expect((minute.startsSeconds.length * minute.frames) / 25).toBeLessThanOrEqual(60 / 24 + 1)
  expect(minute.startsSeconds).toEqual([10, 30, 50])
  expect(whyUntried(plan(1080))).toBeUndefined()
  expect(whyUntried(planRun(facts(1080, 5000), DEFAULT_LADDER))).toBe('too_short')
  expect(whyUntried(planRun(facts(360), DEFAULT_LADDER))).toBe('one_rung')
  const hours = stretchesOf(planRun(facts(1080, 7_200_000), DEFAULT_LADDER))
  expect(hours.startsSeconds).toHaveLength(5)
  expect((5 * hours.frames) / 25).toBe(8)
})

test('of what is still arriving half is enough, and only what is here is tried out', () => {
  const minute = plan(1080)
  const count = segmentCount(minute.timeline)
  const begun = (upToSeconds: number) => {
    const asked = (_: number, to: number) => to <= upToSeconds
    return stretchesArrived(minute, segmentsArrived(minute, asked), asked)
  }
  expect(count).toBe(20)
  expect(begun(20)).toEqual({ startsSeconds: [2, 10, 16], frames: stretchesOf(minute).frames })
  expect(begun(18)).toBeUndefined()
  expect(begun(60)!.startsSeconds.at(-1)).toBeGreaterThan(40)
})

test('a part of a title decides qualities, but leaves nothing out and lowers no ceiling', () => {
  const before = plan(1080)
  const soft = easy.map((it) => (it.rendition === '720p' ? { ...it, scaled: 0.0002 } : it))
  const whole = decideTuning(before, soft, 3, new Set())
  expect(whole.decided.map(({ why }) => why)).toContain('adds_nothing')
  const part = decideInPart(before, soft, 3, new Set())
  expect(part.decided.map(({ why }) => why)).not.toContain('adds_nothing')
  expect(part.decided.map((it) => it.bitsPerSecond)).toEqual(before.video.map((it) => it.bitsPerSecond))
  expect(needless(withTuning(before, part))).toEqual([])
  const eased = decideInPart(before, easy, 3, new Set()).decided
  expect(eased.map(({ crf }) => crf)).toEqual(decideTuning(before, easy, 3, new Set()).decided.map(({ crf }) => crf))
})
