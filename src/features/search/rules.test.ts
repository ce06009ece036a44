/** What trends: how much is happening now, by hours where they say enough and by the day where they do not. */
import { expect, test } from 'vitest'
import { COLD, HALF_LIVES, type HeatName, type Heats, heatWith, trendingScore } from './rules.ts'

const HOUR_MS = 3_600_000
const NOW_MS = Date.UTC(2026, 5, 1)

/** Heats after so many events in each of the hours before now, the last hour first. */
function heatsAfter(hours: readonly number[], worth = 1): Heats {
  const heats: Heats = { heat_1h: COLD, heat_6h: COLD, heat_24h: COLD, heat_14d: COLD }
  for (const [hour, events] of [...hours.entries()].reverse())
    for (let event = 0; event < events; event++) {
      const atMs = NOW_MS - (hour + (event + 0.5) / events) * HOUR_MS
      for (const name of Object.keys(heats) as HeatName[])
        heats[name] = heatWith(heats[name], HALF_LIVES[name], atMs, worth)
    }
  return heats
}

function scoreOf(hours: readonly number[], ageHours = 24): number {
  return trendingScore(
    { ...heatsAfter(hours), likes: 0, dislikes: 0, publishedMs: NOW_MS - ageHours * HOUR_MS },
    NOW_MS,
  )
}

const steady = (events: number) => new Array<number>(72).fill(events)

test('an old video that is suddenly watched by many stands above one that is watched all day, and of two alike the newer one leads', () => {
  expect(scoreOf([200, 1, ...steady(1)], 1000)).toBeGreaterThan(scoreOf(steady(20), 1000))
  expect(scoreOf(steady(5), 10)).toBeGreaterThan(scoreOf(steady(5), 200))
})

test('a view or two in the last hour are chance; many that are missing are not', () => {
  expect(scoreOf([3, 0, 0, 0, 0, 0, 0, 0])).toBeLessThan(scoreOf([1, ...steady(3)]))
  expect(scoreOf([0, ...steady(100)])).toBeLessThan(scoreOf(steady(70)))
})

test('a steady rate is told as what it is, whatever the windows', () => {
  for (const rate of [1, 10, 100]) expect(Math.expm1(scoreOf(steady(rate), 0)) / (6 * rate)).toBeCloseTo(1, 1)
})

test('what nobody watched, and what was only disliked, are at the bottom, by age alone', () => {
  const cold = { likes: 0, dislikes: 0, publishedMs: NOW_MS - 24 * HOUR_MS }
  const nothing = trendingScore({ ...heatsAfter([]), ...cold }, NOW_MS)
  expect(nothing).toBeCloseTo(-0.2 * Math.LN2)
  expect(trendingScore({ ...heatsAfter([5], -2), ...cold }, NOW_MS)).toBe(nothing)
  expect(scoreOf([1])).toBeGreaterThan(nothing)
})
