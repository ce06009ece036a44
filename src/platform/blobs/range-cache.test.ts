/** The cache of ranges on real files, before a store that counts what is asked of it and fails when it is told to. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, open, readdir, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MIB } from '../../kit/bytes.ts'
import type { ByteRange } from '../../kit/range.ts'
import { sleep } from '../../kit/retry.ts'
import { type RangeCache, rangeCache } from './range-cache.ts'

const SIZE = 40 * MIB
const store = new Map([
  ['a', randomBytes(SIZE)],
  ['b', randomBytes(SIZE)],
  ['c', randomBytes(SIZE)],
])

let folder: string
let cache: RangeCache
let asked: (ByteRange & { key: string })[]
let answer: (key: string, range: ByteRange) => Promise<Readable>

const honest = async (key: string, { from, to }: ByteRange) => Readable.from([store.get(key)!.subarray(from, to + 1)])

async function openCache(limitBytes = 1000 * MIB): Promise<RangeCache> {
  return rangeCache({
    folder,
    limitBytes,
    fetch(key, range) {
      asked.push({ key, ...range })
      return answer(key, range)
    },
  })
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitascope-ranges-'))
  asked = []
  answer = honest
  cache = await openCache()
})
afterEach(async () => {
  await cache.close()
  await rm(folder, { recursive: true, force: true })
})

async function read(path: string, { from, to }: ByteRange): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    return (await file.read(Buffer.alloc(to + 1 - from), 0, to + 1 - from, from)).buffer
  } finally {
    await file.close()
  }
}

async function expectThere(path: string, key: string, range: ByteRange): Promise<void> {
  expect((await read(path, range)).equals(store.get(key)!.subarray(range.from, range.to + 1))).toBe(true)
}

const fetchedBytes = () => asked.reduce((sum, { from, to }) => sum + to + 1 - from, 0)

test('only what is asked for is fetched, into a file as long as the blob and else empty', async () => {
  const range = { from: 5 * MIB + 3, to: 6 * MIB }
  const { path } = await cache.path('a', SIZE, [range])
  await expectThere(path, 'a', range)
  const facts = await stat(path)
  expect(facts.size).toBe(SIZE)
  expect(facts.blocks * 512).toBeLessThan(2 * MIB)
  expect((await read(path, { from: 7 * MIB, to: 8 * MIB })).every((byte) => byte === 0)).toBe(true)
  expect(asked).toEqual([{ key: 'a', ...range }])
  expect(cache.heldBytes).toBe(range.to + 1 - range.from)
})

test('near neighbours come with one request, others with their own, and long ones in several', async () => {
  await cache.path('a', SIZE, [
    { from: 1000, to: 1999 },
    { from: 0, to: 9 },
    { from: 3 * MIB, to: 3 * MIB + 9 },
  ])
  // They go side by side: which is first is not said.
  expect([...asked].sort((one, other) => one.from - other.from)).toEqual([
    { key: 'a', from: 0, to: 1999 },
    { key: 'a', from: 3 * MIB, to: 3 * MIB + 9 },
  ])
  const { path } = await cache.path('b', SIZE)
  await expectThere(path, 'b', { from: 0, to: SIZE - 1 })
  expect(asked.filter(({ key }) => key === 'b').length).toBeGreaterThan(2)
})

test('what is here is not fetched again, also not when it is asked for at the same moment or with more', async () => {
  let underWay = 0
  let most = 0
  answer = async (key, range) => {
    most = Math.max(most, ++underWay)
    await sleep(20)
    underWay--
    return honest(key, range)
  }
  const wanted = [{ from: 10, to: 10 * MIB }]
  await Promise.all(Array.from({ length: 5 }, () => cache.path('a', SIZE, wanted)))
  expect(fetchedBytes()).toBe(10 * MIB - 9)
  await cache.path('a', SIZE, [{ from: 0, to: 20 * MIB - 1 }])
  expect(fetchedBytes()).toBe(20 * MIB)
  asked = []
  const { path } = await cache.path('a', SIZE)
  expect(fetchedBytes()).toBe(20 * MIB)
  await cache.path('a', SIZE)
  expect(fetchedBytes()).toBe(20 * MIB)
  await expectThere(path, 'a', { from: 0, to: SIZE - 1 })
  expect(most).toBeLessThanOrEqual(4)
})

test('a fetch that fails, ends early or does not end fails its caller, and nothing of it counts as there', async () => {
  const range = { from: 100, to: 200_000 }
  const broken: (typeof answer)[] = [
    () => Promise.reject(new Error('no way')),
    async (key, { from }) => Readable.from([store.get(key)!.subarray(from, from + 1000)]),
    async (key, { from, to }) => Readable.from([store.get(key)!.subarray(from, to + 2)]),
    async (key, { from }) =>
      Readable.from(
        (async function* () {
          yield store.get(key)!.subarray(from, from + 1000)
          throw new Error('the line is dead')
        })(),
      ),
  ]
  for (const [n, how] of broken.entries()) {
    answer = how
    await expect(cache.path('a', SIZE, [range])).rejects.toThrow(
      ['no way', 'of the', 'more than', 'the line is dead'][n]!,
    )
    expect(cache.heldBytes).toBe(0)
  }
  answer = honest
  asked = []
  const { path } = await cache.path('a', SIZE, [range])
  await expectThere(path, 'a', range)
  expect(asked).toEqual([{ key: 'a', ...range }])
})

test('who waits for a fetch of another that fails tries it for itself', async () => {
  let tries = 0
  answer = async (key, range) => {
    await sleep(20)
    if (++tries === 1) throw new Error('once')
    return honest(key, range)
  }
  const range = { from: 0, to: 999 }
  const [first, second] = await Promise.allSettled([cache.path('a', SIZE, [range]), cache.path('a', SIZE, [range])])
  expect(first.status).toBe('rejected')
  expect(second.status).toBe('fulfilled')
  expect(tries).toBe(2)
})

test('what was used longest ago goes when there is no room, and what is in use never', async () => {
  await cache.close()
  cache = await openCache(10 * MIB)
  const part = [{ from: 30 * MIB, to: 34 * MIB - 1 }]
  const [a, b] = [await cache.path('a', SIZE, part), await cache.path('b', SIZE, part)]
  // Forty MiB long each, of which four are here.
  expect(cache.heldBytes).toBe(8 * MIB)
  await a.release()
  await b.release()
  await (await cache.path('a', SIZE, part)).release()
  const c = await cache.path('c', SIZE, part)
  expect(cache.heldBytes).toBe(8 * MIB)
  await expect(stat(b.path)).rejects.toThrow('ENOENT')
  await expectThere(a.path, 'a', part[0]!)
  const held = await cache.path('a', SIZE, part)
  await cache.path('b', SIZE, part)
  expect(cache.heldBytes).toBe(12 * MIB)
  await expectThere(c.path, 'c', part[0]!)
  await expectThere(held.path, 'a', part[0]!)
  await held.release()
  await held.release()
  expect(cache.heldBytes).toBe(8 * MIB)
})

test('a blob that is forgotten is fetched anew, and readable to the end for who has it', async () => {
  const range = { from: 0, to: 999 }
  const before = await cache.path('a', SIZE, [range])
  await cache.forget('a')
  await expectThere(before.path, 'a', range)
  const after = await cache.path('a', SIZE, [range])
  expect(asked).toHaveLength(2)
  await before.release()
  await expect(stat(before.path)).rejects.toThrow('ENOENT')
  await expectThere(after.path, 'a', range)
  // Another blob under the same key.
  store.set('short', randomBytes(5000))
  await cache.path('short', 5000)
  store.set('short', randomBytes(6000))
  const other = await cache.path('short', 6000)
  await expectThere(other.path, 'short', { from: 0, to: 5999 })
})

test('folders of processes that are gone are cleared, those of others are left, and a lost one is made again', async () => {
  const [dead, living] = [join(folder, '1-dead'), join(folder, '2-living')]
  for (const each of [dead, living]) await mkdir(each)
  await (await open(join(dead, '0'), 'w')).close()
  const longAgo = new Date(Date.now() - 3600_000)
  await utimes(dead, longAgo, longAgo)
  const second = await openCache()
  expect(await readdir(folder)).not.toContain('1-dead')
  expect(await readdir(folder)).toContain('2-living')
  const range = { from: 0, to: 999 }
  await (await second.path('a', SIZE, [range])).release()
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
  await expectThere((await second.path('a', SIZE, [range])).path, 'a', range)
  await second.close()
  expect(await readdir(folder)).toEqual([])
})

test('closing breaks off what is being fetched', async () => {
  answer = async () => new PassThrough()
  const waiting = cache.path('a', SIZE)
  const seen = expect(waiting).rejects.toThrow('closed')
  while (asked.length < 3) await sleep(5)
  await cache.close()
  await seen
  await expect(cache.path('a', SIZE)).rejects.toThrow('closed')
})

test('whatever is asked for by however many, it is there', async () => {
  const size = 3 * MIB
  const ranges = fc.array(
    fc.tuple(fc.nat(size), fc.nat(400_000)).map(([from, length]) => ({ from, to: from + length })),
    { minLength: 1, maxLength: 5 },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(ranges, { minLength: 1, maxLength: 6 }), async (callers) => {
      await cache.forget('a')
      await Promise.all(
        callers.map(async (wanted) => {
          const local = await cache.path('a', size, wanted)
          for (const { from, to } of wanted)
            if (from < size) await expectThere(local.path, 'a', { from, to: Math.min(to, size - 1) })
          await local.release()
        }),
      )
    }),
    { numRuns: 40 },
  )
})
