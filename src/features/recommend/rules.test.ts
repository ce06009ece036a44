/** What recommending decides: how pages are mixed, what is tried out, who falls into which arm. */
import { expect, test } from 'vitest'
import * as rules from './rules.ts'

const candidates = (channels: number[]) =>
  channels.map((channel, video) => ({ video, channel, topic: channel, worth: 10 - video * 0.1 }))

test('a channel comes at most twice among the first, and nothing is lost', () => {
  const all = candidates([1, 1, 1, 1, 1, 2, 3, 4, 5, 6])
  const order = rules.mixed(all, 6)
  const first = order.slice(0, 6).map((it) => it.channel)
  expect(first.filter((channel) => channel === 1)).toHaveLength(2)
  expect(order.map((it) => it.video).sort((one, other) => one - other)).toEqual(all.map((it) => it.video))
  expect(order[0]!.video).toBe(0)
})

test('where there is one channel only, all of it is shown', () => {
  expect(rules.mixed(candidates([1, 1, 1, 1]), 4)).toHaveLength(4)
})

test('the draw for a trial prefers what is taken, forgets what had its shows, and says its chance', () => {
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
  const trials = [
    { video: 1, shown: 100, taken: 40, fit: 0.5, ageMs: 0 },
    { video: 2, shown: 100, taken: 1, fit: 0.5, ageMs: 0 },
    { video: 3, shown: rules.TRIAL_SHOWS, taken: 200, fit: 1, ageMs: 0 },
  ]
  const drawn = Array.from({ length: 500 }, () => rules.drawTrials(trials, 1, random)[0]!)
  const share = drawn.filter((it) => it.trial.video === 1).length / drawn.length
  expect(share).toBeGreaterThan(0.8)
  expect(drawn.some((it) => it.trial.video === 2)).toBe(true)
  expect(drawn.some((it) => it.trial.video === 3)).toBe(false)
  expect(drawn.every((it) => it.chance > 0 && it.chance <= 1)).toBe(true)
  expect(rules.drawTrials([], 1, random)).toEqual([])
})

test('a trial that is behind its shows goes first, and while most are, two are shown at once', () => {
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
  const late = { video: 1, shown: 10, taken: 1, fit: 0.5, ageMs: rules.TRIAL_MS * 0.8 }
  const early = { video: 2, shown: 150, taken: 15, fit: 0.5, ageMs: rules.TRIAL_MS * 0.2 }
  const drawn = Array.from({ length: 500 }, () => rules.drawTrials([late, early], 1, random)[0]!)
  expect(drawn.filter((it) => it.trial.video === 1).length).toBeGreaterThan(350)
  expect(rules.trialsAtOnce([late, late, early])).toBe(3)
  const nearly = { ...late, shown: 170 }
  expect(rules.trialsAtOnce([nearly, nearly, early])).toBe(2)
  expect(rules.trialsAtOnce([late, early, early])).toBe(1)
})

test('viewers fall into arms evenly, always into the same, and independently in two experiments', () => {
  const arms = ['usual', 'fresher']
  const viewers = Array.from({ length: 4000 }, (_, count) => `account:${count}`)
  const usual = (name: string) => viewers.filter((viewer) => rules.armOf(name, viewer, arms) === 'usual')
  expect(Math.abs(usual('one').length / 4000 - 0.5)).toBeLessThan(0.04)
  expect(usual('one')).toEqual(usual('one'))
  const both = usual('one').filter((viewer) => rules.armOf('two', viewer, arms) === 'usual')
  expect(Math.abs(both.length / 4000 - 0.25)).toBeLessThan(0.04)
})

test('a report holds arms against the first one, with an interval that a real difference leaves', () => {
  const viewers = Array.from({ length: 400 }, (_, count) => ({
    arm: count % 2 === 0 ? 'usual' : 'fresher',
    pages: 1,
    watches: 1,
    watchedMs: (count % 2 === 0 ? 1000 : 1300) + (count % 7) * 100,
  }))
  const [usual, fresher] = rules.reportOf(['usual', 'fresher'], viewers)
  expect(usual).not.toHaveProperty('lift')
  expect(fresher!.lift! - fresher!.liftMargin!).toBeGreaterThan(0)
  expect(fresher!.lift).toBeCloseTo(300 / usual!.mean, 1)
})

test('of few viewers a report gives means alone', () => {
  const viewers = [1000, 3000].map((watchedMs) => ({ arm: 'usual', pages: 1, watches: 1, watchedMs }))
  const [usual, fresher] = rules.reportOf(['usual', 'fresher'], viewers)
  expect(usual).toMatchObject({ viewers: 2, mean: 2000 })
  for (const arm of [usual, fresher])
    for (const of of ['margin', 'lift', 'liftMargin']) expect(arm).not.toHaveProperty(of)
})

test('a watch counts from half a minute on, or half of what is shorter, and says more the longer it was', () => {
  expect(rules.isQualified(29_999, 600_000)).toBe(false)
  expect(rules.isQualified(30_000, 600_000)).toBe(true)
  expect(rules.isQualified(5000, 10_000)).toBe(true)
  expect(rules.shareOf(60_000, 60_000)).toBe(1)
  expect(rules.shareOf(600_000, 7_200_000)).toBe(1)
  expect(rules.shareOf(60_000, 600_000)).toBeCloseTo(0.1)
})

test('languages come from what browsers send', () => {
  expect(rules.languagesOf('de-AT,de;q=0.9,en;q=0.5')).toEqual(['de', 'en'])
  expect(rules.languagesOf(undefined)).toEqual([])
  expect(rules.languagesOf('*;q=0.1, <script>')).toEqual([])
})
