/** The nursery is collected between pieces of work. */
import { type NodeGCPerformanceDetail, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as aMoment } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BetweenWork, collectNursery } from './steady-memory.ts'

/** Work that counts how often the nursery would have been collected. */
function counted() {
  let count = 0
  const work = new BetweenWork(() => {
    count++
  })
  const pieces = async (some: number) => {
    await Promise.all(Array.from({ length: some }, () => work.during(async () => {})))
    await aMoment()
    return count
  }
  return { work, pieces }
}

test('the nursery is collected after some pieces of work, as soon as none is under way, and then not until there were as many', async () => {
  const { work, pieces } = counted()
  let end = () => {}
  const long = work.during(() => new Promise<void>((resolve) => (end = resolve)))

  expect(await pieces(40)).toBe(0)
  end()
  await long
  expect(await pieces(0)).toBe(1)
  expect(await pieces(15)).toBe(1)
  expect(await pieces(1)).toBe(2)
})

test('whoever begins just then is not kept waiting, and a piece that fails is one too', async () => {
  const { work, pieces } = counted()
  const failed = work.during(() => Promise.reject(new Error('no')))
  await expect(failed).rejects.toThrow('no')

  for (let piece = 0; piece < 15; piece++) await work.during(async () => {})
  const begun = work.during(() => aMoment())

  expect(await pieces(0)).toBe(0)
  await begun
  expect(await pieces(0)).toBe(1)
})

test('it is the nursery that is collected', async () => {
  const kinds: number[] = []
  const observer = new PerformanceObserver((list) => {
    for (const it of list.getEntries()) kinds.push((it as unknown as { detail: NodeGCPerformanceDetail }).detail.kind!)
  })
  observer.observe({ entryTypes: ['gc'] })

  collectNursery()
  await aMoment()
  await aMoment()
  observer.disconnect()

  // 1 is what Node calls a minor one.
  expect(kinds).toContain(1)
})
