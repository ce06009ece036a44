/** What is looked at in frames before they are passed through. */
import { expect, test } from 'vitest'
import { isIdr, isWhole } from './pass-through.ts'

/** An avcC record of which only the length of lengths is read: four bytes, or two. */
const configuration = (lengthBytes: number) => {
  const record = new Uint8Array(20)
  record[12] = 0xfc | (lengthBytes - 1)
  return record
}

test('a frame is whole when its units fill it to the last byte', () => {
  const idr = [0, 0, 0, 2, 0x65, 1]
  const more = [0, 0, 0, 3, 0x06, 9, 9]
  expect(isWhole(Uint8Array.from([...more, ...idr]), configuration(4))).toBe(true)
  expect(isIdr(Uint8Array.from([...more, ...idr]), configuration(4))).toBe(true)
  expect(isWhole(Uint8Array.from([0, 2, 0x65, 1]), configuration(2))).toBe(true)

  for (const broken of [[...idr, 0], [0, 0, 0, 9, 0x65, 1], [0, 0, 0, 0, ...idr], [255, 255, 255, 255, 0x65], []])
    expect(isWhole(Uint8Array.from(broken), configuration(4)), String(broken)).toBe(false)
})
