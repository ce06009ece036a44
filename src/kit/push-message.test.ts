/** Messages to browsers: the published example, and what cannot be one. */
import { expect, test } from 'vitest'
import { encryptFor, isPoint, MOST_MESSAGE_BYTES, senderKeys } from './push-message.ts'

const bytes = (text: string) => Buffer.from(text, 'base64url')
const publicKey = bytes('BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4')
const secret = bytes('BTBZMqHH6r4Tts7J_aSIgg')

test('the published example comes out byte for byte (RFC 8291 appendix A)', () => {
  const message = encryptFor({ publicKey, secret }, Buffer.from('When I grow up, I want to be a watermelon'), {
    privateKey: bytes('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'),
    salt: bytes('DGv6ra1nlYgDCS1FRnbzlw'),
  })

  expect(message.toString('base64url')).toBe(
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  )
})

test('the largest message fills one record, and a larger one is refused', () => {
  const browser = { publicKey, secret }
  expect(encryptFor(browser, Buffer.alloc(MOST_MESSAGE_BYTES)).length).toBe(4096)
  expect(() => encryptFor(browser, Buffer.alloc(MOST_MESSAGE_BYTES + 1))).toThrow(RangeError)
  expect(encryptFor(browser, Buffer.from('x'))).not.toEqual(encryptFor(browser, Buffer.from('x')))
})

test('only points on the curve are keys', () => {
  expect(isPoint(publicKey)).toBe(true)
  expect(isPoint(publicKey.subarray(1))).toBe(false)
  expect(isPoint(Buffer.concat([Buffer.of(4), Buffer.alloc(64, 7)]))).toBe(false)
})

test('a secret beyond the order of the curve makes no keys', () => {
  expect(senderKeys(Buffer.alloc(32, 0xff))).toBeUndefined()
  expect(bytes(senderKeys(Buffer.alloc(32, 1))!.publicKey).length).toBe(65)
})
