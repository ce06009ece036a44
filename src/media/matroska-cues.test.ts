/** Cues written by hand, and which clusters a reading needs by them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clustersFor, cuesOf, SEEK_HEAD, seekPositionsOf, seekTracksOf } from './matroska-cues.ts'

const hex = (id: number) => Buffer.from(id.toString(16), 'hex')
const element = (id: number, ...parts: Uint8Array[]) => {
  const body = Buffer.concat(parts)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(0x1000_0000 + body.length)
  return Buffer.concat([hex(id), size, body])
}
const number = (id: number, value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return element(id, bytes)
}

const MIB = 1024 ** 2
/** A key frame every five seconds, and every ten seconds a cluster of a MiB, which begins with one. */
const body = Buffer.concat(
  Array.from({ length: 100 }, (_, n) =>
    element(0xbb, number(0xb3, n * 5000), element(0xb7, number(0xf7, 1), number(0xf1, Math.floor(n / 2) * MIB))),
  ),
)
const place = { firstCluster: 500, fileBytes: 500 + 50 * MIB }
const cues = cuesOf(body, { tracks: [1], scaleNs: 1_000_000, segmentBody: 500 })!

test('the list of places and the tracks say what is where, and by what is sought', () => {
  const seek = (id: number, at: number) => element(0x4dbb, element(0x53ab, hex(id)), number(0x53ac, at))
  expect(seekPositionsOf(Buffer.concat([seek(SEEK_HEAD, 7), seek(0x1c53bb6b, 4000)]))).toEqual([
    { id: SEEK_HEAD, at: 7 },
    { id: 0x1c53bb6b, at: 4000 },
  ])
  const entry = (track: number, type: number) => element(0xae, number(0xd7, track), number(0x83, type))
  expect(seekTracksOf(Buffer.concat([entry(4, 2), entry(5, 1)]))).toEqual([5])
  expect(seekTracksOf(Buffer.concat([entry(4, 2), entry(6, 2)]))).toEqual([4, 6])
})

test('a stretch needs the clusters from the cue before it to the first that begins after it', () => {
  expect(cues[0]![3]).toEqual({ seconds: 15, at: 500 + MIB })
  expect(clustersFor(cues, place, { stretches: [{ from: 127, to: 131 }] })).toEqual([
    { from: 500, to: 500 + 2 * MIB },
    { from: 500 + 12 * MIB, to: 500 + 14 * MIB },
  ])
  // To the next key frame after the last cue FFmpeg looks up to the end.
  expect(clustersFor(cues, place, { stretches: [{ from: 496, to: 497 }] })[1]).toEqual({
    from: 500 + 49 * MIB,
    to: place.fileBytes,
  })
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  expect(clustersFor(cues, place, { stretches: [all] })[1]).toEqual({ from: 500, to: place.fileBytes })
})

test('cues of other tracks, or too many of them, are none', () => {
  expect(cuesOf(body, { tracks: [1, 2], scaleNs: 1_000_000, segmentBody: 500 })).toBeUndefined()
  expect(cuesOf(Buffer.alloc(0), { tracks: [1], scaleNs: 1_000_000, segmentBody: 500 })).toBeUndefined()
  const many = Buffer.concat(Array.from({ length: 3000 }, () => body))
  expect(cuesOf(many, { tracks: [1], scaleNs: 1_000_000, segmentBody: 500 })).toBeUndefined()
})

test('whatever is changed in cues, what they ask for begins where clusters do', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(body.length - 1), fc.nat(255)), { maxLength: 5 }),
      fc.nat(600),
      (changes, from) => {
        const changed = Buffer.from(body)
        for (const [at, value] of changes) changed[at] = value
        const read = cuesOf(changed, { tracks: [1], scaleNs: 1_000_000, segmentBody: 500 })
        for (const it of read ? clustersFor(read, place, { stretches: [{ from, to: from + 4 }] }) : [])
          expect(it.from).toBeGreaterThanOrEqual(place.firstCluster)
      },
    ),
  )
})
