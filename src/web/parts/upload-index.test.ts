/** The index of an MP4 is found where it lies behind the frames, and the file is cut there. */
import { expect, test } from 'vitest'
import { cutAtIndex, findLateIndex } from './upload-index.ts'

function box(type: string, bodyBytes: number): Uint8Array {
  const bytes = new Uint8Array(8 + bodyBytes)
  new DataView(bytes.buffer).setUint32(0, bytes.length)
  bytes.set(
    [...type].map((letter) => letter.charCodeAt(0)),
    4,
  )
  return bytes
}
const fileOf = (...boxes: Uint8Array[]) => new Blob(boxes as Uint8Array<ArrayBuffer>[])

test('an index behind the frames is found', async () => {
  expect(await findLateIndex(fileOf(box('ftyp', 16), box('free', 4), box('mdat', 1000), box('moov', 50)))).toBe(1044)
  expect(await findLateIndex(fileOf(box('ftyp', 16), box('moov', 50), box('mdat', 1000)))).toBeUndefined()
  expect(await findLateIndex(fileOf(box('ftyp', 16), box('mdat', 1000)))).toBeUndefined()
  expect(await findLateIndex(new Blob([new Uint8Array(5000)]))).toBeUndefined()
  expect(await findLateIndex(new Blob([]))).toBeUndefined()
})

test('the part that holds the beginning of the index is cut there, and nothing is lost', () => {
  const parts = [
    { offset: 0, sizeBytes: 100 },
    { offset: 100, sizeBytes: 100 },
  ]
  expect(cutAtIndex(parts, 150)).toEqual([parts[0], { offset: 100, sizeBytes: 50 }, { offset: 150, sizeBytes: 50 }])
  expect(cutAtIndex(parts, 100)).toEqual(parts)
  expect(cutAtIndex([{ offset: 0, sizeBytes: 9 }], 9)).toEqual([{ offset: 0, sizeBytes: 9 }])
})
