/** One picture on and back, at whatever rate. */
import { expect, test } from 'vitest'
import { exactRate, frameBeside } from './frames.ts'

test.each([23.976, 25, 29.97, 12.5, 59.94])(
  'at %f pictures a second each step is the next picture, hours into a title',
  (rate) => {
    const exact = exactRate(rate)
    const durationMs = 11 * 3_600_000
    let positionMs = 10 * 3_600_000
    const first = Math.floor((positionMs / 1000) * exact + 0.001)
    for (let step = 1; step <= 50; step++) {
      positionMs = frameBeside(positionMs, 1, exact, durationMs)
      expect((positionMs / 1000) * exact).toBeCloseTo(first + step + 0.5, 4)
    }
    expect((frameBeside(positionMs, -1, exact, durationMs) / 1000) * exact).toBeCloseTo(first + 49.5, 4)
  },
)

test('rates of old television are what they stand for, others what they are', () => {
  expect([23.976, 29.97, 59.94].map(exactRate)).toEqual([24_000 / 1001, 30_000 / 1001, 60_000 / 1001])
  expect([10, 12.5, 24, 25, 30, 50, 60].map(exactRate)).toEqual([10, 12.5, 24, 25, 30, 50, 60])
})

test('the first and the last picture are the ends', () => {
  expect(frameBeside(0, -1, 10, 2000)).toBe(50)
  expect(frameBeside(1999, 1, 10, 2000)).toBe(1950)
  // At the end of the title no picture is shown any more; back from there is the last one.
  expect(frameBeside(2000, -1, 10, 2000)).toBe(1950)
})
