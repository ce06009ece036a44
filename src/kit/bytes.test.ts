/** Sizes for people, and reading streams within limits. */
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readAll, sayBytes } from './bytes.ts'

test('sizes are said in the largest unit that is not more than they are', () => {
  expect([0, 1023, 1024, 1536, 1024 ** 2, 10 * 1024 ** 3, 1024 ** 6].map(sayBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '1.0 MiB',
    '10.0 GiB',
    '1024.0 PiB',
  ])
})

test('a stream is read to its end, and not beyond the limit', async () => {
  const pieces = () => Readable.from([Buffer.from('abc'), Buffer.from('def')])
  expect((await readAll(pieces(), 6)).toString()).toBe('abcdef')
  await expect(readAll(pieces(), 5)).rejects.toThrow(RangeError)
})
