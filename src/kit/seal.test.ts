/** Sealing: it opens with its key, in its place, unaltered, and in no other way. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { seal, unseal } from './seal.ts'

test('what was sealed opens with the same key and place only, and not when a bit of it was changed', () => {
  const [key, other] = [randomBytes(32), randomBytes(32)]
  const sealed = seal(key, Buffer.from('a secret'), 'row 1')

  expect(unseal(key, sealed, 'row 1').toString()).toBe('a secret')
  expect(seal(key, Buffer.from('a secret'), 'row 1')).not.toBe(sealed)
  expect(() => unseal(other, sealed, 'row 1')).toThrow()
  expect(() => unseal(key, sealed, 'row 2')).toThrow()
  expect(() => unseal(key, '', 'row 1')).toThrow()
  const bytes = Buffer.from(sealed, 'base64url')
  for (const at of [0, 12, 20, bytes.length - 1]) {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1
    expect(() => unseal(key, changed.toString('base64url'), 'row 1')).toThrow()
  }
})
