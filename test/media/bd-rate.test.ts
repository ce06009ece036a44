// Bjontegaard's difference of rates: what must hold for any two curves, and one worked out by hand.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bdRate, frontier } from '../bench/bd-rate.ts'

const curve = (scale: number) =>
  [30, 34, 38, 42].map((quality, n) => ({ quality, bitsPerSecond: scale * 100_000 * 2 ** n }))

test('a curve that needs a quarter less everywhere is a quarter less', () => {
  expect(bdRate(curve(1), curve(0.75))).toEqual({ rate: expect.closeTo(-0.25, 10), share: 1 })
})

test('only qualities that both reach count', () => {
  const low = [
    { quality: 26, bitsPerSecond: 25_000 },
    { quality: 34, bitsPerSecond: 100_000 },
  ]
  // From 30 to 34 dB: half the bits at each, on straight lines in the logarithm of the rate.
  expect(bdRate(curve(1), low)).toEqual({ rate: expect.closeTo(-0.5, 10), share: expect.closeTo(1 / 3, 10) })
})

test('curves that never meet, or are single points, have no difference', () => {
  expect(bdRate(curve(1), [{ quality: 50, bitsPerSecond: 1 }])).toBeUndefined()
  const high = curve(1).map((it) => ({ ...it, quality: it.quality + 20 }))
  expect(bdRate(curve(1), high)).toBeUndefined()
})

test("points that need more bits for a worse picture are nobody's choice", () => {
  const worse = { quality: 33, bitsPerSecond: 500_000 }
  expect(frontier([...curve(1), worse])).toEqual(curve(1))
  expect(bdRate([...curve(1), worse], curve(0.5))!.rate).toBeCloseTo(-0.5, 10)
})

test('the way there and the way back cancel out, and the curve keeps to the order of its points', () => {
  const points = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 })), {
    ...{ minLength: 3, maxLength: 6 },
  })
  const rising = points.map((steps) => {
    let [quality, rate] = [20, 100]
    return steps.map(([q, r]) => {
      quality += q / 10
      rate *= 1 + r / 20
      return { quality, bitsPerSecond: rate }
    })
  })
  fc.assert(
    fc.property(rising, rising, (a, b) => {
      const [there, back] = [bdRate(a, b), bdRate(b, a)]
      if (!there || !back) return
      expect((1 + there.rate) * (1 + back.rate)).toBeCloseTo(1, 6)
      const ratios = b.flatMap((it) => a.map((other) => it.bitsPerSecond / other.bitsPerSecond))
      expect(1 + there.rate).toBeGreaterThanOrEqual(Math.min(...ratios) - 1e-9)
      expect(1 + there.rate).toBeLessThanOrEqual(Math.max(...ratios) + 1e-9)
    }),
  )
})
