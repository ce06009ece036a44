/** Waiting and trying again. */
import { expect, test } from 'vitest'
import { backoffMs, sleep } from './retry.ts'

test('a sleeper is woken by the signal, also by one that came before', async () => {
  const abort = new AbortController()
  const asleep = sleep(60_000, abort.signal)
  abort.abort(new Error('wake up'))
  await expect(asleep).rejects.toThrow('wake up')
  await expect(sleep(60_000, abort.signal)).rejects.toThrow('wake up')
})

test('pauses double up to their limit, and spread downwards by a quarter at most', () => {
  expect([1, 2, 3, 4, 5, 60].map((attempt) => backoffMs(attempt, 100, 1000, 0))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ])
  expect(backoffMs(1, 100, 1000, 1)).toBe(75)
})
