// The timeline: what must hold for every rate and length, and what the usual ones look like.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rational } from './rational.ts'
import {
  audioRange,
  frameRange,
  frameRateOf,
  gopFrames,
  segmentAt,
  segmentCount,
  segmentStart,
  segmentTicks,
  timelineFromCuts,
  timelineOf,
  totalTicks,
} from './timeline.ts'

const rates = fc.constantFrom(
  ...[
    rational(24_000, 1001),
    rational(25),
    rational(30_000, 1001),
    rational(60_000, 1001),
    rational(60),
    rational(15, 2),
    rational(89, 3),
    rational(5),
  ],
)
const timelines = fc.record({ rate: rates, frames: fc.integer({ min: 1, max: 400_000 }) })

test('two-second segments come first, then four-second ones', () => {
  expect(timelineOf(rational(25), 25 * 60).steps).toEqual([
    [10, 50_000],
    [10, 100_000],
  ])
  expect(timelineOf(rational(30_000, 1001), 3600).steps).toEqual([
    [10, 60 * 1001],
    [25, 120 * 1001],
  ])
})

test('a remainder of a few frames joins the last segment, a longer one is its own', () => {
  expect(timelineOf(rational(25), 55).steps).toEqual([[1, 55_000]])
  expect(timelineOf(rational(25), 65).steps).toEqual([
    [1, 50_000],
    [1, 15_000],
  ])
})

describe('for every rate and length', () => {
  test('segments tile the frames exactly', () => {
    fc.assert(
      fc.property(timelines, ({ rate, frames }) => {
        const timeline = timelineOf(rate, frames)
        const count = segmentCount(timeline)
        expect(frameRateOf(timeline)).toEqual(rate)
        expect(totalTicks(timeline)).toBe(frames * timeline.frameTicks)
        expect(segmentStart(timeline, count)).toBe(totalTicks(timeline))
        expect(frameRange(timeline, 0).from).toBe(0)
        expect(frameRange(timeline, count - 1).to).toBe(frames)
        for (const n of [0, Math.floor(count / 2), count - 2].filter((n) => n >= 0 && n + 1 < count)) {
          expect(frameRange(timeline, n + 1).from).toBe(frameRange(timeline, n).to)
          expect(segmentStart(timeline, n) + segmentTicks(timeline, n)).toBe(segmentStart(timeline, n + 1))
          expect(frameRange(timeline, n).from % gopFrames(timeline)).toBe(0)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('sound tiles too, and cuts within half an AAC frame of the picture', () => {
    fc.assert(
      fc.property(timelines, ({ rate, frames }) => {
        const timeline = timelineOf(rate, frames)
        const count = segmentCount(timeline)
        expect(audioRange(timeline, 0).from).toBe(0)
        for (const n of [0, Math.floor(count / 3), count - 2].filter((n) => n >= 0 && n + 1 < count)) {
          const { to } = audioRange(timeline, n)
          expect(audioRange(timeline, n + 1).from).toBe(to)
          const picture = segmentStart(timeline, n + 1) / timeline.timescale
          expect(Math.abs((to * 1024) / 48_000 - picture)).toBeLessThanOrEqual(512.01 / 48_000)
        }
        const end = (audioRange(timeline, count - 1).to * 1024) / 48_000
        expect(end).toBeGreaterThanOrEqual(totalTicks(timeline) / timeline.timescale - 1e-9)
      }),
      { numRuns: 200 },
    )
  })

  test('a time is found in the segment that holds it', () => {
    fc.assert(
      fc.property(timelines, fc.double({ min: 0, max: 1, noNaN: true }), ({ rate, frames }, share) => {
        const timeline = timelineOf(rate, frames)
        const tick = Math.min(totalTicks(timeline) - 1, Math.floor(share * totalTicks(timeline)))
        const n = segmentAt(timeline, (tick + 0.5) / timeline.timescale)
        expect(segmentStart(timeline, n)).toBeLessThanOrEqual(tick)
        expect(segmentStart(timeline, n + 1)).toBeGreaterThan(tick)
      }),
      { numRuns: 200 },
    )
  })
})

test("a source's own key frames make a timeline, if they lie on its frames", () => {
  const timeline = timelineFromCuts(30_000, 1001, [0, 90_090, 180_180, 200_200])
  expect(timeline.steps).toEqual([
    [2, 90_090],
    [1, 20_020],
  ])
  expect(() => timelineFromCuts(30_000, 1001, [0, 90_000])).toThrow(RangeError)
  expect(() => timelineFromCuts(30_000, 1001, [0, 2002, 1001])).toThrow(RangeError)
})

test('times outside the title give its ends, and segments beyond it are refused', () => {
  const timeline = timelineOf(rational(25), 500)
  expect([segmentAt(timeline, -3), segmentAt(timeline, 1e9)]).toEqual([0, segmentCount(timeline) - 1])
  expect(() => segmentTicks(timeline, 99)).toThrow(RangeError)
})
