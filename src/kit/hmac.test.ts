/** Our HMAC is everybody's HMAC. */
import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hmacSha256 } from './hmac.ts'

test('it is what Node computes, for any key and text', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 0, maxLength: 64 }),
      fc.string({ maxLength: 300, unit: 'grapheme' }),
      (key, text) => {
        expect(hmacSha256(Buffer.from(key), text)).toEqual(createHmac('sha256', key).update(text).digest())
      },
    ),
  )
})

test('a key beyond one block is refused', () => {
  expect(() => hmacSha256(randomBytes(65), 'x')).toThrow(RangeError)
})
