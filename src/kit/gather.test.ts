/** Gathering: small writes that wait become one. */
import { expect, test } from 'vitest'
import { gathering } from './gather.ts'

test('what comes while work is under way is done together, in order and in portions', async () => {
  const groups: number[][] = []
  const gates: (() => void)[] = []
  const { add } = gathering<number>(3, async (items) => {
    groups.push(items)
    await new Promise<void>((resolve) => gates.push(resolve))
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  const first = [add(1), add(2)]
  await turn()
  const later = [3, 4, 5, 6].map(add)
  expect(groups).toEqual([[1, 2]])

  gates[0]!()
  await Promise.all(first)
  await turn()
  gates[1]!()
  await turn()
  gates[2]!()
  await Promise.all(later)
  expect(groups).toEqual([[1, 2], [3, 4, 5], [6]])
})

test('a failure is told to those it befell, and the next ones are done', async () => {
  const { add } = gathering<string>(10, async (items) => {
    if (items.includes('bad')) throw new Error('no')
  })
  const lost = await Promise.allSettled([add('good'), add('bad')])
  expect(lost.map((it) => it.status)).toEqual(['rejected', 'rejected'])
  await add('good')
})

test('after a crowd more is gathered before the work goes on', async () => {
  const groups: number[] = []
  const gathered = gathering<number>(10, async (items) => void groups.push(items.length), { of: 3, restMs: 500 })
  const { add } = gathered
  const crowd = [1, 2, 3].map(add)
  await Promise.all(crowd)
  const later: Promise<void>[] = []
  for (const item of [4, 5]) {
    await new Promise((resolve) => setImmediate(resolve))
    later.push(add(item))
  }
  expect([gathered.waiting, gathered.isCrowded]).toEqual([2, true])
  await Promise.all(later)
  expect(groups).toEqual([3, 2])
  await add(6)
  expect([gathered.waiting, gathered.isCrowded]).toEqual([0, false])
})
