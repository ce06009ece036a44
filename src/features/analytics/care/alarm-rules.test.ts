/** What is out of the usual, and what is only chance. */
import { expect, test } from 'vitest'
import { findFall, findSpike } from './alarm-rules.ts'

const tried = (starts: number, exits: number) => ({ playbacks: starts + exits, starts, exits })

test('a sudden fall is seen, a small or uncertain one is not', () => {
  const usual = tried(9700, 300)
  expect(findFall(tried(60, 40), usual)).toBe(true)
  expect(findFall(tried(95, 5), usual)).toBe(false)
  expect(findFall(tried(93, 7), usual)).toBe(false)
  // Twelve playbacks say nothing, and neither does a past of twelve.
  expect(findFall(tried(4, 8), usual)).toBe(false)
  expect(findFall(tried(60, 40), tried(12, 0))).toBe(false)
  // What has always been bad has not fallen.
  expect(findFall(tried(60, 40), tried(6000, 4000))).toBe(false)
  expect(findFall(tried(100, 0), usual)).toBe(false)
})

test('a crowd is news where crowds are not usual', () => {
  expect(findSpike(tried(600, 0), tried(1680, 0), 168)).toBe(true)
  expect(findSpike(tried(40, 0), tried(168, 0), 168)).toBe(false)
  expect(findSpike(tried(2000, 0), tried(168_000, 0), 168)).toBe(false)
  // A new video has no usual.
  expect(findSpike(tried(600, 0), tried(0, 0), 0)).toBe(false)
})
