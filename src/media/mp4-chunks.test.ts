/** Which bytes of an MP4 a reading needs, of tables made by hand: plain ones, and those that somebody made to be a burden. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOf, joined } from '../kit/stretches.ts'
import { chunksFor, readChunkTracks } from './mp4-chunks.ts'
import { HEAD } from './wanted.ts'

const u32 = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [n, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, n * 4)
  return bytes
}
const box = (type: string, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([u32(body.length + 8), Buffer.from(type), body])
}
const zeros = (count: number) => Buffer.alloc(count)

interface Table {
  handler: 'vide' | 'soun'
  chunks: ArrayLike<number>
  perChunk: number
  /** One for all, or one for each. */
  sizes: number | number[]
  ticks: number
  keys?: number[]
}

/** A track of a clock with a thousand ticks a second. */
function track({ handler, chunks, perChunk, sizes, ticks, keys }: Table): Buffer {
  const count = chunks.length * perChunk
  const offsets = Buffer.alloc(chunks.length * 4)
  for (let n = 0; n < chunks.length; n++) offsets.writeUInt32BE(chunks[n]!, n * 4)
  const table = box(
    'stbl',
    box('stts', u32(0, 1, count, ticks)),
    box('stsc', u32(0, 1, 1, perChunk, 1)),
    typeof sizes === 'number' ? box('stsz', u32(0, sizes, count)) : box('stsz', u32(0, 0, count, ...sizes)),
    box('stco', u32(0, chunks.length), offsets),
    ...(keys ? [box('stss', u32(0, keys.length, ...keys))] : []),
  )
  const media = box(
    'mdia',
    box('mdhd', u32(0, 0, 0, 1000, count * ticks, 0)),
    box('hdlr', u32(0, 0), Buffer.from(handler), zeros(13)),
    box('minf', table),
  )
  return box('trak', box('tkhd', zeros(84)), media)
}
const moovOf = (...tracks: Table[]) => box('moov', box('mvhd', u32(0, 0, 0, 1000, 0), zeros(80)), ...tracks.map(track))

/** A thousand seconds: every second a chunk of 25 pictures, then one of ten pieces of sound; key frames every ten seconds. */
const SECOND_BYTES = 30_000
const PICTURE_BYTES = 25_000
const moov = moovOf(
  {
    ...{ handler: 'vide', perChunk: 25, ticks: 40, sizes: Array.from({ length: 25_000 }, () => 1000) },
    chunks: Array.from({ length: 1000 }, (_, n) => n * SECOND_BYTES),
    keys: Array.from({ length: 100 }, (_, n) => n * 250 + 1),
  },
  {
    ...{ handler: 'soun', perChunk: 10, ticks: 100, sizes: 500 },
    chunks: Array.from({ length: 1000 }, (_, n) => n * SECOND_BYTES + PICTURE_BYTES),
  },
)
const FILE_BYTES = 1000 * SECOND_BYTES
const tracks = readChunkTracks(moov, FILE_BYTES)!

test('a stretch needs what lies between the key frame before it and a little after it, and the head', () => {
  expect(tracks.map(({ isPicture, isSound, count }) => ({ isPicture, isSound, count }))).toEqual([
    { isPicture: true, isSound: false, count: 1000 },
    { isPicture: false, isSound: true, count: 1000 },
  ])
  const found = joined(chunksFor(tracks, { streams: [0, 1], stretches: [{ from: 507, to: 510 }] })!)
  // A key frame at 500, a second and a half before that, and three seconds after the end.
  expect(found.find(({ from }) => from >= 30 * SECOND_BYTES)).toEqual({
    from: 498 * SECOND_BYTES,
    to: 514 * SECOND_BYTES,
  })
  // Eleven seconds, and the next chunk. A look needs 260 pieces of anything: of sound, 27 seconds.
  expect(found[0]).toEqual({ from: 0, to: 13 * SECOND_BYTES })
  const looked = joined(chunksFor(tracks, HEAD)!)
  expect(looked[0]).toEqual({ from: 0, to: 13 * SECOND_BYTES })
  expect(looked.at(-1)).toEqual({ from: 27 * SECOND_BYTES + PICTURE_BYTES, to: 28 * SECOND_BYTES })
})

test('sound alone is read from the key frame of the picture on that a seek lands at, without the picture', () => {
  const found = joined(chunksFor(tracks, { streams: [1], stretches: [{ from: 507, to: 510 }] })!)
  const apart = found.filter(({ from }) => from > 30 * SECOND_BYTES)
  expect(apart[0]).toEqual({ from: 498 * SECOND_BYTES + PICTURE_BYTES, to: 499 * SECOND_BYTES })
  expect(apart.every(({ from, to }) => to - from === SECOND_BYTES - PICTURE_BYTES)).toBe(true)
  // 48 pieces after the end are more than three seconds.
  expect(apart.at(-1)!.to).toBe(516 * SECOND_BYTES)
})

test('a million chunks in one place are one stretch, and a million apart are none', () => {
  const count = 1_000_000
  const wanted = { stretches: [{ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }] }
  const startedMs = performance.now()
  const together = readChunkTracks(
    moovOf({ handler: 'vide', perChunk: 1, ticks: 1, sizes: 4_000_000_000, chunks: new Uint32Array(count) }),
    1e10,
  )!
  expect(joined(chunksFor(together, wanted)!)).toHaveLength(1)
  const apart = readChunkTracks(
    moovOf({
      handler: 'vide',
      perChunk: 1,
      ticks: 1,
      sizes: 1,
      chunks: Uint32Array.from({ length: count }, (_, n) => n * 4000),
    }),
    1e10,
  )!
  expect(chunksFor(apart, wanted)).toBeUndefined()
  const tooMany = moovOf({ handler: 'vide', perChunk: 1, ticks: 1, sizes: 1, chunks: new Uint32Array(count + 1) })
  expect(readChunkTracks(tooMany, 1e10)).toBeUndefined()
  expect(performance.now() - startedMs).toBeLessThan(20_000)
})

test('whatever is changed in a table, it is read within its bounds or not at all', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(moov.length - 4), fc.nat({ max: 0xffff_ffff })), { minLength: 1, maxLength: 4 }),
      fc.nat(120),
      (changes, from) => {
        const changed = Buffer.from(moov)
        for (const [at, value] of changes) changed.writeUInt32BE(value, at)
        const read = readChunkTracks(changed, FILE_BYTES)
        const found = read && chunksFor(read, { stretches: [{ from, to: from + 4 }] })
        if (found) expect(bytesOf(joined(found))).toBeGreaterThanOrEqual(0)
      },
    ),
    { numRuns: 300 },
  )
})
