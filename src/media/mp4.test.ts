// What we write is read back the same, in whatever pieces it arrives.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FragmentReader, findBox, u64 } from './mp4-read.ts'
import { audioInit, type CodedFrame, mediaSegment, videoInit } from './mp4-write.ts'

const avcC = Uint8Array.from([0, 0, 0, 15, ...Buffer.from('avcC'), 1, 0x64, 0, 0x1f, 0xff, 0xe1, 0])
const esds = Uint8Array.from([0, 0, 0, 12, ...Buffer.from('esds'), 0, 0, 0, 0])

const frames = fc.array(
  fc.record({
    data: fc.uint8Array({ minLength: 1, maxLength: 50 }),
    compositionOffset: fc.integer({ min: 0, max: 4004 }),
    isSync: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
)

test('a segment read back has its frames, times and key frames, however its bytes are cut', () => {
  fc.assert(
    fc.property(
      frames,
      fc.integer({ min: 0, max: 2 ** 45 }),
      fc.integer({ min: 1, max: 97 }),
      (coded: CodedFrame[], decodeTime, piece) => {
        const init = videoInit({
          timescale: 30_000,
          durationTicks: 1e6,
          width: 640,
          height: 360,
          reorderTicks: 2002,
          format: 'avc1',
          configuration: avcC,
        })
        const bytes = Buffer.concat([init, mediaSegment(7, decodeTime, 1001, coded)])
        const reader = new FragmentReader()
        const read = []
        for (let at = 0; at < bytes.length; at += piece) read.push(...reader.push(bytes.subarray(at, at + piece)))
        expect(reader.head).toEqual({ timescale: 30_000, format: 'avc1', configuration: avcC })
        expect(read.map(({ data }) => Buffer.from(data))).toEqual(coded.map(({ data }) => Buffer.from(data)))
        expect(read.map((sample) => [sample.compositionOffset, sample.isSync])).toEqual(
          coded.map((frame) => [frame.compositionOffset, frame.isSync]),
        )
        expect(read.map((sample) => sample.decodeTime)).toEqual(coded.map((_, index) => decodeTime + index * 1001))
      },
    ),
    { numRuns: 60 },
  )
})

test('a segment is one fragment with a 64-bit decode time and data that tiles the mdat', () => {
  const bytes = mediaSegment(3, 2 ** 40, 1024, [{ data: Uint8Array.of(1, 2, 3), compositionOffset: 0, isSync: true }])
  const tfdt = findBox(bytes, 'moof/traf/tfdt')!
  expect([bytes[tfdt.body], u64(bytes, tfdt.body + 4)]).toEqual([1, 2 ** 40])
  const mdat = findBox(bytes, 'mdat')!
  expect(Array.from(bytes.subarray(mdat.body, mdat.end))).toEqual([1, 2, 3])
  expect(mdat.end).toBe(bytes.length)
})

test('the delay of reordered frames is taken back by an edit list; sound has none', () => {
  const video = videoInit({
    timescale: 25_000,
    durationTicks: 0,
    width: 64,
    height: 36,
    reorderTicks: 2000,
    format: 'avc1',
    configuration: avcC,
  })
  const list = findBox(video, 'moov/trak/edts/elst')!
  expect(new DataView(video.buffer).getUint32(list.body + 12)).toBe(2000)
  const audio = audioInit({ timescale: 48_000, durationTicks: 0, channels: 2, sampleRate: 48_000, esds })
  expect(findBox(audio, 'moov/trak/edts')).toBeUndefined()
  expect(findBox(audio, 'moov/mvex/trex')).toBeDefined()
})

test('boxes that lie about their size are refused', () => {
  expect(() => new FragmentReader().push(Uint8Array.from([0, 0, 0, 4, 1, 1, 1, 1]))).toThrow('a box of 4 bytes')
  expect(() => new FragmentReader().push(Uint8Array.from([0xff, 0xff, 0xff, 0xff, 1, 1, 1, 1]))).toThrow('a box of')
})
