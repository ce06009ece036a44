/** Many things at a time, but not more than wanted. */
import { expect, test } from 'vitest'
import { sleep } from './retry.ts'
import { sideBySide } from './side-by-side.ts'

test('all are done, begun in order, never more than so many at a time', async () => {
  const begun: number[] = []
  let underWay = 0
  let most = 0
  await sideBySide([0, 1, 2, 3, 4, 5, 6], 3, async (n) => {
    begun.push(n)
    most = Math.max(most, ++underWay)
    await sleep(5 + (n % 3) * 5)
    underWay--
  })
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(most).toBe(3)
  await sideBySide([], 3, () => Promise.reject(new Error('for nothing')))
})

test('after a failure no other is begun, and it is told when what was under way is over', async () => {
  const ended: number[] = []
  const failing = sideBySide([0, 1, 2, 3], 2, async (n) => {
    await sleep(n === 0 ? 5 : 30)
    ended.push(n)
    if (n === 0) throw new Error('the first one')
  })
  await expect(failing).rejects.toThrow('the first one')
  expect(ended).toEqual([0, 1])
})
