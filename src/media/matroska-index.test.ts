/** Clusters written by hand, in pieces of any size, and the cues that are made for them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { elementAt } from './matroska.ts'
import { CUES, cuesOf, SEEK_HEAD, seekPositionsOf } from './matroska-cues.ts'
import { ClusterWalk, cuesFor, headToIndex } from './matroska-index.ts'

const hex = (id: number) => Buffer.from(id.toString(16), 'hex')
const element = (id: number, ...parts: Uint8Array[]) => {
  const body = Buffer.concat(parts)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(0x1000_0000 + body.length)
  return Buffer.concat([hex(id), size, body])
}
const live = (id: number, ...parts: Uint8Array[]) =>
  Buffer.concat([hex(id), Buffer.from('01ffffffffffffff', 'hex'), ...parts])
const byte = (id: number, value: number) => element(id, Buffer.from([value]))
const block = (track: number, ticks: number, marks: number) =>
  Buffer.concat([Buffer.from([0x80 + track, ticks >> 8, ticks & 0xff, marks]), Buffer.alloc(90)])

/** Second by second: a key frame of the picture, another frame in a group of its own, and sound. */
const cluster = (n: number, make = element) =>
  make(
    0x1f43b675,
    element(0xe7, Buffer.from([(n * 1000) >> 8, (n * 1000) & 0xff])),
    element(0xa3, block(1, 0, 0x80)),
    element(0xa0, element(0xa1, block(1, 40, 0)), byte(0xfb, 0x7f)),
    element(0xa3, block(2, 10, 0x80)),
  )
const clusters = Array.from({ length: 5 }, (_, n) => cluster(n))
const entry = (track: number, type: number) => element(0xae, byte(0xd7, track), byte(0x83, type))
const info = element(0x1549a966, element(0x2ad7b1, Buffer.from([0x0f, 0x42, 0x40])))
const list = element(SEEK_HEAD, element(0x4dbb, element(0x53ab, hex(0x1549a966)), byte(0x53ac, 40)))
const head = Buffer.concat([
  element(0x1a45dfa3, element(0x4282, Buffer.from('matroska'))),
  live(0x18538067, list, info, element(0x1654ae6b, entry(1, 1), entry(2, 2))),
])
const walked = (bytes: Buffer, pieceBytes: number) => {
  const walk = new ClusterWalk(headToIndex(head)!)
  for (let at = 0; at < bytes.length; at += pieceBytes) walk.push(bytes.subarray(at, at + pieceBytes))
  return walk.end()
}

test.each([element, live])(
  'each cluster that begins with a key frame of the picture has a cue, however it comes in',
  (make) => {
    const all = Buffer.concat(clusters.map((_, n) => cluster(n, make)))
    const size = all.length / clusters.length
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900 }), (pieceBytes) => {
        const seen = walked(all, pieceBytes)!
        expect(seen).toMatchObject({ end: all.length, mend: undefined })
        const cues = cuesFor(seen.places, 300)
        const found = cuesOf(cues.subarray(elementAt(cues, 0)!.body), {
          tracks: [1],
          scaleNs: 1_000_000,
          segmentBody: 7,
        })
        expect(found).toEqual([clusters.map((_, n) => ({ seconds: n, at: 7 + 300 + n * size }))])
      }),
      { numRuns: 30 },
    )
  },
)

test('a file that was cut off anywhere ends with its last whole frame, and its last cluster is as long as it is', () => {
  const all = Buffer.concat(clusters)
  for (let cut = clusters[0]!.length + 120; cut < all.length; cut += 13) {
    const seen = walked(all.subarray(0, cut), 250)!
    expect(seen.end).toBeLessThanOrEqual(cut)
    expect(cut - seen.end).toBeLessThan(130)
    const mended = Buffer.from(all.subarray(0, seen.end))
    if (seen.mend) seen.mend.bytes.copy(mended, seen.mend.at)
    expect(walked(mended, 1000)).toMatchObject({ end: seen.end, mend: undefined, places: seen.places })
  }
})

test('what stood in the head stands there still, and the list of places names it and the cues', () => {
  const made = headToIndex(head)!
  const bytes = made.write(5000, 70)
  expect([bytes.length, made.tracks, made.scaleNs]).toEqual([made.bytes, [1], 1_000_000])
  const first = elementAt(bytes, made.bodyAt)!
  expect(first.id).toBe(SEEK_HEAD)
  const places = seekPositionsOf(bytes.subarray(first.body, first.body + first.size!))
  expect(places).toEqual([
    { id: 0x1549a966, at: 40 + first.body + first.size! - made.bodyAt },
    { id: CUES, at: 5000 - made.bodyAt },
  ])
  expect(bytes.subarray(-40).equals(head.subarray(-40))).toBe(true)
  expect(headToIndex(head.subarray(0, head.length - 1))).toBeUndefined()
})

test('what is no such file gets no cues', () => {
  const all = Buffer.concat(clusters)
  expect(
    walked(Buffer.concat([all, Buffer.from('no element at all, for some hundred bytes '.repeat(9))]), 100),
  ).toBeUndefined()
  expect(walked(Buffer.alloc(1000), 100)).toBeUndefined()
  expect(walked(element(0x1f43b675, byte(0xe7, 0), element(0xa3, block(1, 0, 0))), 100)).toBeUndefined()
})
