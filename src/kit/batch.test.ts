/** Calls that come together are done together. */
import { expect, test } from 'vitest'
import { batched } from './batch.ts'

test('an idle caller waits for nobody, and those who come meanwhile go together, in order', async () => {
  const batches: number[][] = []
  const double = batched(async (items: number[]) => {
    batches.push(items)
    await Promise.resolve()
    return items.map((item) => item * 2)
  }, 3)
  expect(await Promise.all([1, 2, 3, 4, 5, 6].map(double))).toEqual([2, 4, 6, 8, 10, 12])
  expect(batches).toEqual([[1], [2, 3, 4], [5, 6]])
})

test('a batch that fails rejects its own calls and no others', async () => {
  const strict = batched(async (items: number[]) => {
    if (items.includes(13)) throw new Error('unlucky')
    return items
  })
  const results = await Promise.allSettled([strict(1), strict(13), strict(2)])
  expect(results.map((it) => it.status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  expect(await strict(4)).toBe(4)
})
