// Copied sound: wherever a source's frames lie, they stay there, and the segments hold each of them once.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RunPlan, SourceSound } from './plan.ts'
import { rational } from './rational.ts'
import { allWasDecoded, judgeSound } from './sound-copy.ts'
import { gridStart, type SoundTable } from './sound-table.ts'
import { audioRange, sampleOf, segmentCount, segmentStart, timelineOf, totalSeconds } from './timeline.ts'

const places = fc.record({
  rate: fc.constantFrom(48_000, 44_100, 32_000, 24_000, 22_050),
  /** A tenth of a second at least: the sound of a shorter title may be over before it has begun. */
  frames: fc.integer({ min: 3, max: 20_000 }),
  /** Where the first frame of the file lies, in seconds from the title's zero. */
  startSeconds: fc.double({ min: -30, max: 0.09, noNaN: true }),
  /** Frames in front that only ready the decoder. */
  unheard: fc.integer({ min: 0, max: 3 }),
})

function titleOf(frames: number, rate: number, startSeconds: number, unheard: number) {
  const timeline = timelineOf(rational(30_000, 1001), frames)
  const count = Math.ceil(((totalSeconds(timeline) - startSeconds) * rate) / 1024) + 1
  const table: SoundTable = {
    ...{ configuration: new Uint8Array(), rate, channels: 2, count, startSeconds },
    ...{ offsets: new Float64Array(count), sizes: new Uint32Array(count).fill(300) },
    heard: { from: unheard, to: count },
  }
  const sound = { sampleRate: rate, channels: 2 } as SourceSound
  return { plan: { timeline, source: { startSeconds: 0 } } as RunPlan, sound, table }
}

test('no frame is moved by more than two milliseconds, and less than a frame of the beginning is without sound', () => {
  fc.assert(
    fc.property(places, ({ rate, frames, startSeconds, unheard }) => {
      const { plan, sound, table } = titleOf(frames, rate, startSeconds, unheard)
      const judged = judgeSound(plan, sound, table)
      const firstHeard = startSeconds + (unheard * 1024) / rate
      if ('why' in judged) {
        expect(firstHeard).toBeGreaterThan(0.1)
        return
      }
      const { first, phase = 0 } = judged.copied
      expect(phase).toBeGreaterThanOrEqual(0)
      expect(phase).toBeLessThan(1024)
      const put = phase / rate
      const was = startSeconds + (first * 1024) / rate
      // A phase is a whole number of samples.
      expect(Math.abs(put - was)).toBeLessThanOrEqual(phase === 0 ? 0.002 + 1e-9 : 0.5 / rate + 1e-9)
    }),
    { numRuns: 500 },
  )
})

test('segments tile the sound on any grid, cut within half a frame of the picture, and end within one of it', () => {
  const grids = fc.record({
    rate: fc.constantFrom(48_000, 44_100, 32_000, 24_000, 22_050),
    phase: fc.integer({ min: 0, max: 1023 }),
    frames: fc.integer({ min: 1, max: 100_000 }),
  })
  fc.assert(
    fc.property(grids, ({ rate, phase, frames }) => {
      const grid = { rate, phase }
      const timeline = timelineOf(rational(30_000, 1001), frames)
      const count = segmentCount(timeline)
      expect(audioRange(timeline, 0, grid).from).toBe(0)
      for (let n = 0; n < count - 1; n++) {
        const { from, to } = audioRange(timeline, n, grid)
        expect(to).toBeGreaterThan(from)
        expect(audioRange(timeline, n + 1, grid).from).toBe(to)
        const picture = segmentStart(timeline, n + 1) / timeline.timescale
        expect(Math.abs(sampleOf(to, grid) / rate - picture)).toBeLessThanOrEqual(512.01 / rate)
      }
      const end = sampleOf(audioRange(timeline, count - 1, grid).to, grid) / rate - totalSeconds(timeline)
      expect(end).toBeGreaterThanOrEqual(-1e-9)
      // A title that is over before its sound has begun has one frame of it all the same.
      expect(end).toBeLessThan((1024 + (frames < 3 ? phase : 0)) / rate)
    }),
    { numRuns: 200 },
  )
})

test('what decodes to more than its set-up says is HE-AAC in disguise, and is not copied', () => {
  const { plan, sound, table } = titleOf(300, 24_000, 0, 0)
  expect(judgeSound(plan, sound, table)).toMatchObject({ copied: { first: 0 }, sampleRate: 24_000 })
  expect(judgeSound(plan, { ...sound, sampleRate: 48_000 }, table)).toEqual({ why: 'more in it than it says' })
  expect(judgeSound(plan, sound, { ...table, channels: 1 })).toEqual({ why: 'more in it than it says' })
})

test('where frames lie is told from rounded times to within their rounding, and a frame that is missing is missed', () => {
  const clocks = fc.record({
    rate: fc.constantFrom(48_000, 44_100, 32_000, 24_000, 22_050),
    timescale: fc.constantFrom(1000, 90_000, 44_100),
    lateSeconds: fc.double({ min: 0, max: 30, noNaN: true }),
    count: fc.integer({ min: 2, max: 3000 }),
    gone: fc.integer({ min: 1, max: 2998 }),
  })
  fc.assert(
    fc.property(clocks, ({ rate, timescale, lateSeconds, count, gone }) => {
      const at = (n: number) => Math.round((lateSeconds + (n * 1024) / rate) * timescale)
      const start = gridStart(
        Float64Array.from({ length: count }, (_, n) => at(n)),
        timescale,
        rate,
      )
      expect(Math.abs(start! - lateSeconds)).toBeLessThanOrEqual(0.5 / timescale + 1e-9)
      if (gone > count - 2) return
      const holed = Float64Array.from({ length: count }, (_, n) => at(n < gone ? n : n + 1))
      expect(gridStart(holed, timescale, rate)).toBeUndefined()
    }),
    { numRuns: 200 },
  )
})

test('a copy holds for what it says when a decoder got all of it out of it, and no more', () => {
  const { table } = titleOf(300, 48_000, 0, 0)
  const said = (frames: number) => `[Parsed_volumedetect_0 @ 0x5] n_samples: ${frames * 1024 * 2}\n`
  expect(allWasDecoded(table, said(table.count))).toBe(true)
  expect(allWasDecoded(table, said(table.count - 2))).toBe(true)
  expect(allWasDecoded(table, said(table.count - 10))).toBe(false)
  expect(allWasDecoded(table, said(table.count + 1))).toBe(false)
  expect(allWasDecoded(table, '')).toBe(false)
  const bands = '[aac @ 0x5] Implicit SBR was found with a first occurrence after the first frame.\n'
  expect(allWasDecoded(table, bands + said(table.count))).toBe(false)
})
