/** What every blob store must do, whatever it is made of. */
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readAll } from '../../src/kit/bytes.ts'
import type { Blobs } from '../../src/platform/blobs/blobs.ts'

export interface BlobsUnderTest {
  blobs: Blobs
  /** Opens the same store once more, as another process would. */
  another(): Promise<Blobs>
  close(): Promise<void>
}

const MIB = 1024 ** 2

export function blobsConformance(name: string, open: () => Promise<BlobsUnderTest>): void {
  describe(name, () => {
    let under: BlobsUnderTest
    let blobs: Blobs
    beforeAll(async () => {
      under = await open()
      blobs = under.blobs
    })
    afterAll(() => under?.close())

    async function textOf(key: string, range?: { from: number; to: number }): Promise<string | undefined> {
      const found = await blobs.open(key, range)
      return found && (await readAll(found.body, MIB)).toString()
    }
    async function keysOf(prefix: string): Promise<string[]> {
      return (await Array.fromAsync(blobs.list(prefix))).sort()
    }

    test('gives back what was put, from a buffer and from a stream', async () => {
      const bytes = randomBytes(3 * MIB + 17)
      expect(await blobs.put('put/buffer', Buffer.from('hello'))).toBe(true)
      expect(await blobs.put('put/stream', Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]))).toBe(true)
      expect(await textOf('put/buffer')).toBe('hello')
      expect(await blobs.head('put/buffer')).toMatchObject({
        sizeBytes: 5,
        etag: expect.stringMatching(/^"[^"]+"$/),
        modified: expect.any(Date),
      })
      const back = await blobs.read('put/stream', 10 * MIB)
      expect(back!.equals(bytes)).toBe(true)
    })

    test('keeps a blob of no bytes', async () => {
      await blobs.put('empty/blob', Buffer.alloc(0))
      expect(await blobs.head('empty/blob')).toMatchObject({ sizeBytes: 0 })
      expect(await textOf('empty/blob')).toBe('')
      expect(await blobs.read('empty/blob', 0)).toEqual(Buffer.alloc(0))
    })

    test('gives ranges, with both ends included', async () => {
      await blobs.put('range/ten', Buffer.from('0123456789'))
      expect(await textOf('range/ten', { from: 0, to: 0 })).toBe('0')
      expect(await textOf('range/ten', { from: 3, to: 6 })).toBe('3456')
      expect(await textOf('range/ten', { from: 9, to: 9 })).toBe('9')
      expect(await textOf('range/ten', { from: 7, to: 99 })).toBe('789')
    })

    test('never alters what is there', async () => {
      expect(await blobs.put('once/blob', Buffer.from('first'))).toBe(true)
      const before = await blobs.head('once/blob')
      expect(await blobs.put('once/blob', Buffer.from('second'))).toBe(false)
      expect(await blobs.put('once/blob', Readable.from([Buffer.from('third')]))).toBe(false)
      expect(await textOf('once/blob')).toBe('first')
      expect(await blobs.head('once/blob')).toEqual(before)
    })

    test('of many that put one key at once exactly one does, and the blob is whole', async () => {
      const bodies = Array.from({ length: 12 }, (_, index) => Buffer.alloc(300_000, index))
      const results = await Promise.all(bodies.map((body) => blobs.put('race/deep/er/blob', body)))
      expect(results.filter(Boolean)).toHaveLength(1)
      const winner = bodies[results.indexOf(true)]!
      expect((await blobs.read('race/deep/er/blob', MIB))!.equals(winner)).toBe(true)
    })

    test('a stream that breaks leaves nothing', async () => {
      const broken = Readable.from(
        (async function* () {
          yield Buffer.alloc(MIB)
          throw new Error('the line is dead')
        })(),
      )
      await expect(blobs.put('broken/blob', broken)).rejects.toThrow('the line is dead')
      expect(await blobs.head('broken/blob')).toBeUndefined()
      expect(await keysOf('broken/')).toEqual([])
    })

    test('a large stream is whole or not there, also among many that are put at once', async () => {
      const bodies = Array.from({ length: 5 }, (_, index) => Buffer.alloc(9 * MIB, index + 1))
      const small = Buffer.from('a small one')
      const results = await Promise.all([
        ...bodies.map((body) => blobs.put('large/race', Readable.from(chunksOf(body)))),
        blobs.put('large/race', small),
      ])
      expect(results.filter(Boolean)).toHaveLength(1)
      const winner = [...bodies, small][results.indexOf(true)]!
      expect(hash((await blobs.read('large/race', 10 * MIB))!)).toBe(hash(winner))
      expect(await blobs.put('large/race', Readable.from(chunksOf(bodies[0]!)))).toBe(false)
      expect(hash((await blobs.read('large/race', 10 * MIB))!)).toBe(hash(winner))
      const bytes = randomBytes(17 * MIB + 5)
      expect(await blobs.put('large/alone', Readable.from(chunksOf(bytes)))).toBe(true)
      expect(hash((await blobs.read('large/alone', 18 * MIB))!)).toBe(hash(bytes))
      expect(await textOf('large/alone', { from: 16 * MIB, to: 16 * MIB + 3 })).toBe(
        bytes.subarray(16 * MIB, 16 * MIB + 4).toString(),
      )
      const broken = Readable.from(
        (async function* () {
          yield* chunksOf(bytes)
          throw new Error('the line is dead')
        })(),
      )
      await expect(blobs.put('large/broken', broken)).rejects.toThrow('the line is dead')
      expect(await keysOf('large/')).toEqual(['large/alone', 'large/race'])
    })

    test('what one process has put, another sees, and leaves as it is', async () => {
      const other = await under.another()
      await blobs.put('shared/blob', Buffer.from('mine'))
      expect((await other.read('shared/blob', 10))!.toString()).toBe('mine')
      expect(await other.put('shared/blob', Buffer.from('theirs'))).toBe(false)
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, n) => (n % 2 ? blobs : other).put('shared/race', Buffer.from(`number ${n}`))),
      )
      expect(results.filter(Boolean)).toHaveLength(1)
      expect(await textOf('shared/race')).toBe(`number ${results.indexOf(true)}`)
      await other.close()
    })

    test('changes the validator when another blob takes the key', async () => {
      await blobs.put('etag/blob', Buffer.from('aaaa'))
      const first = await blobs.head('etag/blob')
      await blobs.remove('etag/blob')
      await blobs.put('etag/blob', Buffer.from('bbbb'))
      expect((await blobs.head('etag/blob'))!.etag).not.toBe(first!.etag)
    })

    test('knows nothing of what is not there', async () => {
      await blobs.put('there/blob', Buffer.from('x'))
      for (const key of ['nowhere', 'there', 'there/blob/below', 'there/blo', 'x'.repeat(255)]) {
        expect(await blobs.head(key), key).toBeUndefined()
        expect(await blobs.open(key), key).toBeUndefined()
        expect(await blobs.read(key, 10), key).toBeUndefined()
        expect(await blobs.localPath(key), key).toBeUndefined()
        await blobs.remove(key)
      }
      expect(await keysOf('nowhere/')).toEqual([])
      await blobs.removeAll('nowhere/')
    })

    test('reads no more than it may', async () => {
      await blobs.put('limit/blob', Buffer.alloc(100))
      await expect(blobs.read('limit/blob', 99)).rejects.toThrow(RangeError)
      expect(await blobs.read('limit/blob', 100)).toHaveLength(100)
    })

    test('takes no key that could lead elsewhere', async () => {
      const bad = [
        '',
        '/',
        '/etc/passwd',
        '..',
        '../x',
        'a/../b',
        'a/./b',
        'a//b',
        'a/',
        '.',
        '...',
        'a/...',
        'a\\b',
        'a b',
        'ä',
        'a\0b',
        'a%2e',
        'a\n',
        'x'.repeat(513),
      ]
      for (const key of bad) {
        await expect(blobs.put(key, Buffer.from('x')), key).rejects.toThrow(RangeError)
        await expect(blobs.open(key), key).rejects.toThrow(RangeError)
        await expect(blobs.head(key), key).rejects.toThrow(RangeError)
        await expect(blobs.remove(key), key).rejects.toThrow(RangeError)
        await expect(blobs.localPath(key), key).rejects.toThrow(RangeError)
        await expect(
          blobs.staging.write(key, 0, Readable.from([]), 1, async () => {}),
          key,
        ).rejects.toThrow(RangeError)
      }
      for (const prefix of ['', '/', '../', 'a', './', 'a/../'])
        await expect(blobs.removeAll(prefix), prefix).rejects.toThrow(RangeError)
      expect(await blobs.put('good/A.b_c-9/.hidden', Buffer.from('x'))).toBe(true)
    })

    test('lists and removes what begins with a prefix, and no neighbour', async () => {
      for (const key of ['tree/a/1', 'tree/a/b/2', 'tree/a/b/c/3', 'tree/ab/4']) await blobs.put(key, Buffer.from(key))
      expect(await keysOf('tree/a/')).toEqual(['tree/a/1', 'tree/a/b/2', 'tree/a/b/c/3'])
      await blobs.removeAll('tree/a/')
      expect(await keysOf('tree/')).toEqual(['tree/ab/4'])
      expect(await blobs.put('tree/a/1', Buffer.from('again'))).toBe(true)
    })

    test('an open stream ends well although the blob is removed meanwhile', async () => {
      const bytes = randomBytes(4 * MIB)
      await blobs.put('gone/blob', bytes)
      const found = await blobs.open('gone/blob')
      await blobs.remove('gone/blob')
      expect((await readAll(found!.body, 5 * MIB)).equals(bytes)).toBe(true)
    })

    test('puts that meet a removal of everything around them do not fail', async () => {
      await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          if (index % 4 === 0) await blobs.removeAll('storm/')
          else expect(await blobs.put(`storm/${index % 3}/deep/${index}`, Buffer.from('x'))).toBe(true)
        }),
      )
    })

    test('gives a path under which a program can read the blob', async () => {
      await blobs.put('local/blob', Buffer.from('for a program'))
      const local = await blobs.localPath('local/blob')
      expect(await readFile(local!.path, 'utf8')).toBe('for a program')
      await local!.release()
    })

    test('gives a path to parts of a blob, as long as all of it', async () => {
      const bytes = randomBytes(2 * MIB)
      await blobs.put('local/parts', bytes)
      const ranges = [
        { from: MIB + 5, to: MIB + 99 },
        { from: 2 * MIB - 3, to: 3 * MIB },
      ]
      const local = await blobs.localPath('local/parts', ranges)
      const read = await readFile(local!.path)
      expect(read.byteLength).toBe(bytes.byteLength)
      for (const { from, to } of ranges)
        expect(read.subarray(from, to + 1).equals(bytes.subarray(from, to + 1))).toBe(true)
      if (blobs.isLocal) expect(read.equals(bytes)).toBe(true)
      await local!.release()
      expect(await blobs.localPath('local/nothing', ranges)).toBeUndefined()
    })

    test('says how much room there is', async () => {
      const free = await blobs.freeBytes()
      expect(free === undefined || free > MIB).toBe(true)
    })

    describe('staging', () => {
      const saved = async () => {}

      test('writes at offsets, side by side, and becomes a blob', async () => {
        const bytes = randomBytes(20 * MIB)
        const half = 10 * MIB
        const totals: number[] = []
        const first = blobs.staging.write(
          'up/one',
          0,
          chunksOf(bytes.subarray(0, half)),
          half,
          async (total) => void totals.push(total),
        )
        const second = blobs.staging.write('up/one', half, chunksOf(bytes.subarray(half)), half, saved)
        expect(await Promise.all([first, second])).toEqual([half, half])
        expect(totals.at(-1)).toBe(half)
        expect(totals.length).toBeGreaterThanOrEqual(2)
        expect(totals).toEqual(totals.toSorted((a, b) => a - b))
        const part = await readAll(await blobs.staging.open('up/one', { from: half - 5, to: half + 4 }), 100)
        expect(part.equals(bytes.subarray(half - 5, half + 5))).toBe(true)
        // Where the store has a path for it, programs may read what is there already.
        const staged = await blobs.staging.localPath('up/one')
        if (staged) expect((await readFile(staged.path)).equals(bytes)).toBe(true)
        await staged?.release()
        expect(await blobs.staging.localPath('up/nobody')).toBeUndefined()
        await blobs.staging.commit('up/one', 'committed/one', bytes.byteLength)
        expect(hash((await blobs.read('committed/one', 30 * MIB))!)).toBe(hash(bytes))
        // A second time, as after a crash between the commit and its row.
        await blobs.staging.commit('up/one', 'committed/one', bytes.byteLength)
      })

      test('a stream that breaks has saved and told what came before', async () => {
        const told: number[] = []
        const broken = (async function* () {
          yield Buffer.from('abc')
          yield Buffer.from('def')
          throw new Error('the line is dead')
        })()
        const writing = blobs.staging.write('up/broken', 0, broken, 100, async (total) => void told.push(total))
        await expect(writing).rejects.toThrow('the line is dead')
        expect(told.at(-1)).toBe(6)
        await blobs.staging.write('up/broken', 6, chunksOf(Buffer.from('ghi')), 100, saved)
        await blobs.staging.commit('up/broken', 'committed/broken', 9)
        expect(await textOf('committed/broken')).toBe('abcdefghi')
      })

      test('saves what fits of a stream that brings too much, and says so', async () => {
        const told: number[] = []
        const writing = blobs.staging.write(
          'up/much',
          0,
          chunksOf(Buffer.from('0123456789')),
          4,
          async (total) => void told.push(total),
        )
        await expect(writing).rejects.toThrow(RangeError)
        expect(told.at(-1)).toBe(4)
        await expect(blobs.staging.commit('up/much', 'committed/much', 5)).rejects.toThrow(RangeError)
        await blobs.staging.commit('up/much', 'committed/much', 4)
        expect(await textOf('committed/much')).toBe('0123')
      })

      test('goes on where any process left off, at any byte, in calls that bring little or much', async () => {
        const bytes = randomBytes(18 * MIB + 777)
        const other = await under.another()
        const calls = [1, 700_000, 3 * MIB, 40, 6 * MIB - 5, 12, 5 * MIB, 1000, Number.POSITIVE_INFINITY]
        let offset = 0
        for (const [n, wanted] of calls.entries()) {
          const sizeBytes = Math.min(wanted, bytes.byteLength - offset)
          const store = n % 2 ? other : blobs
          const part = bytes.subarray(offset, offset + sizeBytes)
          expect(await store.staging.write('up/steps', offset, chunksOf(part), sizeBytes, saved)).toBe(sizeBytes)
          offset += sizeBytes
          const tail = { from: Math.max(0, offset - 2 * MIB), to: offset - 1 }
          const seen = await readAll(await blobs.staging.open('up/steps', tail), 2 * MIB)
          expect(hash(seen)).toBe(hash(bytes.subarray(tail.from, offset)))
        }
        await other.staging.commit('up/steps', 'committed/steps', bytes.byteLength)
        expect(hash((await blobs.read('committed/steps', 20 * MIB))!)).toBe(hash(bytes))
        await other.close()
      })

      test('of bytes that come several times the last ones count', async () => {
        const bytes = randomBytes(9 * MIB)
        const write = (offset: number, part: Buffer) =>
          blobs.staging.write('up/again', offset, chunksOf(part), part.byteLength, saved)
        await write(0, randomBytes(9 * MIB - 100))
        await write(2 * MIB, randomBytes(MIB))
        await write(0, bytes.subarray(0, 2 * MIB + 50))
        await write(MIB, bytes.subarray(MIB))
        expect(hash(await readAll(await blobs.staging.open('up/again', { from: 0, to: 9 * MIB - 1 }), 9 * MIB))).toBe(
          hash(bytes),
        )
        await blobs.staging.commit('up/again', 'committed/again', bytes.byteLength)
        expect(hash((await blobs.read('committed/again', 10 * MIB))!)).toBe(hash(bytes))
      })

      test('many little calls are no more than their bytes', async () => {
        const words = Array.from({ length: 40 }, (_, n) => `word ${n} `)
        let offset = 0
        for (const word of words) {
          const part = Buffer.from(word)
          await blobs.staging.write('up/words', offset, chunksOf(part), part.byteLength, saved)
          offset += part.byteLength
        }
        await blobs.staging.commit('up/words', 'committed/words', offset)
        expect(await textOf('committed/words')).toBe(words.join(''))
      })

      test('reads zeros where nothing has come yet, ends with the last byte, and knows what is not there', async () => {
        await blobs.staging.write('up/holes', 5, chunksOf(Buffer.from('middle')), 6, saved)
        await blobs.staging.write('up/holes', 10 * MIB, chunksOf(Buffer.from('end')), 3, saved)
        const read = async (from: number, to: number) =>
          (await readAll(await blobs.staging.open('up/holes', { from, to }), 12 * MIB)).toString()
        expect(await read(3, 12)).toBe('\0\0middle\0\0')
        expect(await read(10 * MIB - 2, 11 * MIB)).toBe('\0\0end')
        expect(await read(10 * MIB + 3, 10 * MIB + 9)).toBe('')
        await expect(blobs.staging.open('up/never', { from: 0, to: 1 })).rejects.toThrow()
        await blobs.staging.remove('up/holes')
        await expect(blobs.staging.open('up/holes', { from: 0, to: 1 })).rejects.toThrow()
      })

      test('gives a path to what has come, which grows, and shows bytes that came again as they are now', async () => {
        const bytes = randomBytes(10 * MIB)
        const write = (from: number, to: number, part = bytes.subarray(from, to)) =>
          blobs.staging.write('up/local', from, chunksOf(part), to - from, saved)
        async function expectThere(...ranges: [from: number, to: number][]) {
          const wanted = ranges.map(([from, to]) => ({ from, to: to - 1 }))
          const local = await blobs.staging.localPath('up/local', wanted)
          const read = await readFile(local!.path)
          for (const [from, to] of ranges)
            expect(hash(read.subarray(from, to)), `${from}`).toBe(hash(bytes.subarray(from, to)))
          await local!.release()
          return read.byteLength
        }
        await write(0, 3 * MIB)
        expect(await expectThere([0, 10], [MIB, 2 * MIB])).toBe(3 * MIB)
        await write(9 * MIB, 10 * MIB - 7)
        expect(await expectThere([0, 3 * MIB], [9 * MIB, 9 * MIB + 5])).toBe(10 * MIB - 7)
        expect(await expectThere()).toBe(10 * MIB - 7)
        await write(3 * MIB, 9 * MIB)
        expect(await expectThere([3 * MIB - 5, 3 * MIB + 5], [8 * MIB - 1, 9 * MIB + 1])).toBe(10 * MIB - 7)
        randomBytes(2 * MIB).copy(bytes, MIB)
        await write(MIB, 3 * MIB)
        await expectThere([0, 3 * MIB])
        await write(10 * MIB - 7, 10 * MIB)
        const whole = await blobs.staging.localPath('up/local')
        expect(hash(await readFile(whole!.path))).toBe(hash(bytes))
        await whole!.release()
        await blobs.staging.remove('up/local')
        expect(await blobs.staging.localPath('up/local')).toBeUndefined()
        await write(0, 10, Buffer.from('0123456789'))
        const anew = await blobs.staging.localPath('up/local')
        expect(await readFile(anew!.path, 'utf8')).toBe('0123456789')
        await anew!.release()
      })

      test('joins parts in their order', async () => {
        for (const [index, word] of ['one ', 'two ', 'three'].entries()) {
          await blobs.staging.write(
            `parts/${index}`,
            0,
            chunksOf(Buffer.from(`${word}and what does not count`)),
            100,
            saved,
          )
        }
        const parts = [4, 4, 5].map((sizeBytes, index) => ({ key: `parts/${index}`, sizeBytes }))
        await blobs.staging.join('joined', parts)
        await blobs.staging.join('joined', parts)
        await blobs.staging.commit('joined', 'committed/joined', 13)
        expect(await textOf('committed/joined')).toBe('one two three')
      })

      test('commits nothing over another blob, and nothing that is not there', async () => {
        await blobs.put('taken/blob', Buffer.from('taken'))
        await blobs.staging.write('up/taken', 0, chunksOf(Buffer.from('other bytes')), 100, saved)
        await expect(blobs.staging.commit('up/taken', 'taken/blob', 11)).rejects.toThrow()
        await expect(blobs.staging.commit('up/nothing', 'committed/nothing', 1)).rejects.toThrow()
        expect(await textOf('taken/blob')).toBe('taken')
      })

      test('lists what lies there long, and forgets it', async () => {
        await blobs.staging.write('old/one', 0, chunksOf(Buffer.from('x')), 1, saved)
        const older = async (date: Date) => Array.fromAsync(blobs.staging.listOlder(date))
        expect(await older(new Date(Date.now() - 60_000))).not.toContain('old/one')
        expect(await older(new Date(Date.now() + 60_000))).toContain('old/one')
        await blobs.staging.remove('old/one')
        await blobs.staging.remove('old/one')
        expect(await older(new Date(Date.now() + 60_000))).not.toContain('old/one')
      })
    })
  })
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.byteLength; from += 64 * 1024) yield bytes.subarray(from, from + 64 * 1024)
}

const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
