/** The clock: what is done from time to time is done by one process, and by another when that one is gone. */
import { expect, test } from 'vitest'
import { sleep } from '../../src/kit/retry.ts'
import { type ClockTask, clockTasks, startClock } from '../../src/roles/clock.ts'
import { openPlatform } from '../support/house.ts'

function countingTask(): { task: ClockTask; count(): number } {
  let runs = 0
  const run = async () => {
    runs++
  }
  return { task: { name: 'test.count', everyMs: 40, run }, count: () => runs }
}

test('of two clocks one acts, and the other takes over', async () => {
  await using platform = await openPlatform()
  const [first, second] = [countingTask(), countingTask()]
  const one = startClock(platform.app, [first.task])
  for (let tries = 0; tries < 100 && first.count() === 0; tries++) await sleep(50)
  const two = startClock(platform.app, [second.task])

  await sleep(1000)
  expect(first.count()).toBeGreaterThan(3)
  expect(second.count()).toBe(0)

  await one.stop()
  const acted = first.count()
  for (let tries = 0; tries < 200 && second.count() === 0; tries++) await sleep(50)
  expect(second.count()).toBeGreaterThan(0)
  expect(first.count()).toBe(acted)
  await two.stop()
})

test('a task that fails does not stop the others', async () => {
  await using platform = await openPlatform({ settings: { 'log.level': 'silent' } })
  const good = countingTask()
  const clock = startClock(platform.app, [
    { name: 'test.fail', everyMs: 30, run: () => Promise.reject(new Error('on purpose')) },
    good.task,
  ])

  for (let tries = 0; tries < 200 && good.count() < 5; tries++) await sleep(50)

  expect(good.count()).toBeGreaterThanOrEqual(5)
  await clock.stop()
})

test('every task of the platform runs on an empty one', async () => {
  await using platform = await openPlatform()

  for (const task of clockTasks) await task.run(platform.app)

  expect(new Set(clockTasks.map((task) => task.name)).size).toBe(clockTasks.length)
})
