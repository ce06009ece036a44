/** Following changes: taken in together, and lost while they cannot be. */
import { expect, test } from 'vitest'
import { follow } from './follow.ts'

test('what is heard in one breath is taken in one, and waited for', async () => {
  const taken: string[][] = []
  const following = follow({ take: async (ids) => void taken.push(ids), lose: () => {}, failed: () => {} })
  expect(following.settled()).toBeUndefined()

  for (const id of ['a', 'b', 'a']) following.hear(id)
  await following.settled()
  expect(taken).toEqual([['a', 'b']])
  expect(following.settled()).toBeUndefined()

  following.hear('c')
  await following.settled()
  expect(taken).toEqual([['a', 'b'], ['c']])
})

test('nobody waits for what is heard after them', async () => {
  let count = 0
  const following = follow({
    // Whenever something is taken in there is more.
    take: async () => {
      if (count < 10_000) following.hear(`more ${count++}`)
      await new Promise((resolve) => setTimeout(resolve))
    },
    lose: () => {},
    failed: () => {},
  })
  following.hear('first')
  for (let round = 0; round < 5; round++) await following.settled()
  expect(count).toBeLessThan(100)
  count = 10_000
})

test('what cannot be taken in is lost at once, nobody waits for it, and it comes back', async () => {
  let isAway = true
  const known = new Set(['a', 'b'])
  const failures: boolean[] = []
  const following = follow({
    take: async (ids) => {
      if (isAway) throw new Error('away')
      for (const id of ids) known.add(id)
    },
    lose: (ids) => {
      for (const id of ids) known.delete(id)
    },
    failed: (_, isLast) => failures.push(isLast),
  })

  following.hear('a')
  await following.settled()
  expect([...known]).toEqual(['b'])
  following.hear('b')
  expect([...known]).toEqual([])
  expect(following.settled()).toBeUndefined()

  isAway = false
  await expect.poll(() => [...known].sort()).toEqual(['a', 'b'])
  expect(failures.every((isLast) => !isLast)).toBe(true)
})
