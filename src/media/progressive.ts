// One MP4 from segments: the tables of all samples first, then their bytes as they lie in the segments (ISO/IEC 14496-12). Nothing is
// decoded, and no segment is read but its head: what a file is made of is a list of stretches.

import { readFragments, readInit } from './check-boxes.ts'
import { packedLanguage } from './language-codes.ts'
import { type Box, boxesIn, findBox, u32 } from './mp4-read.ts'

/** One frame as its segment describes it. */
type Frame = { size: number; duration: number; offset: number; isSync: boolean }

/** The frames of one segment, and where their bytes lie in it. `startTicks`: when the first of them is decoded, where that is to be kept. */
export type SegmentHead = { frames: Frame[]; from: number; bytes: number; startTicks?: number }

/** `language`: BCP 47, of a sound. The first sound is the one that plays; the others are there to be chosen. */
export type JoinedTrack = { init: Uint8Array; segments: SegmentHead[]; language?: string }

/** A stretch of the file: bytes of the head, or of segment `n` of a track. */
export type Stretch = { track: number; n: number; from: number; bytes: number }

const MOVIE_TIMESCALE = 1000
const UNITY = 0x0001_0000
/** The media time of an edit in which nothing is shown: -1. */
const NOTHING = 0xffff_ffff
/** Tracks of one such group are never played together (ISO/IEC 14496-12 8.3.3). */
const SOUNDS = 1
/** A track that belongs to the movie but is left out unless it is asked for (8.3.1). */
const NOT_ENABLED = 6

/** The size of the box a segment begins with, from its first eight bytes: so much of it must be read. */
export const headBytes = (bytes: Uint8Array): number => u32(bytes, 0) + 8

/** Reads the head of a segment: its `moof` and the beginning of its `mdat`. Throws when it is anything else. */
export function readSegmentHead(bytes: Uint8Array, init: Uint8Array): SegmentHead {
  const moof = u32(bytes, 0)
  const head = Uint8Array.from(bytes.subarray(0, moof + 8))
  const payload = u32(head, moof) - 8
  // For reading, the mdat is taken to be empty: only the tables count.
  new DataView(head.buffer).setUint32(moof, 8)
  const [fragment] = readFragments(head, readInit(init).tracks)
  if (!fragment || payload < 0) throw new Error('a segment without a fragment')
  const frames = fragment.samples.map(({ size, duration, offset, isSync }) => ({ size, duration, offset, isSync }))
  if (frames.reduce((sum, { size }) => sum + size, 0) !== payload)
    throw new Error('a segment whose frames do not fill it')
  return { frames, from: moof + 8, bytes: payload, startTicks: fragment.decodeTime ?? 0 }
}

/** The head of the file, and the stretches that follow it in order. */
export function joinTracks(tracks: readonly JoinedTrack[]): {
  head: Uint8Array
  stretches: Stretch[]
  sizeBytes: number
} {
  const count = Math.max(...tracks.map(({ segments }) => segments.length))
  const stretches = Array.from({ length: count }, (_, n) =>
    tracks.flatMap(({ segments }, track) => {
      const segment = segments[n]
      return segment ? [{ track, n, from: segment.from, bytes: segment.bytes }] : []
    }),
  ).flat()
  const mediaBytes = stretches.reduce((sum, { bytes }) => sum + bytes, 0)
  const ftyp = box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2mp41', 'latin1'))
  const mdat = Buffer.alloc(16)
  mdat.writeUInt32BE(1, 0)
  mdat.write('mdat', 4, 'latin1')
  mdat.writeBigUInt64BE(BigInt(mediaBytes + 16), 8)
  // The size of the tables does not depend on what stands in them.
  const before = ftyp.length + movie(tracks, offsetsFrom(tracks, stretches, 0)).length + mdat.length
  const head = Buffer.concat([ftyp, movie(tracks, offsetsFrom(tracks, stretches, before)), mdat])
  return { head, stretches, sizeBytes: head.length + mediaBytes }
}

function offsetsFrom(tracks: readonly JoinedTrack[], stretches: Stretch[], start: number): number[][] {
  const offsets = tracks.map((): number[] => [])
  let at = start
  for (const { track, bytes } of stretches) {
    offsets[track]!.push(at)
    at += bytes
  }
  return offsets
}

function movie(tracks: readonly JoinedTrack[], offsets: number[][]): Buffer {
  const late = tracks.find(({ segments }) => segments[0]?.startTicks)
  // A sound that begins a fraction of a frame late does so to the sample: 24 hours of 48,000 ticks a second still fit in 32 bits.
  const timescale = late ? clockOf(late) : MOVIE_TIMESCALE
  const lengths = tracks.map((track) => {
    const { segments } = track
    const ticks = segments.reduce((sum, { frames }) => sum + frames.reduce((all, { duration }) => all + duration, 0), 0)
    const inMovie = (own: number) => Math.round((own * timescale) / clockOf(track))
    return { ticks, shown: inMovie(ticks), late: inMovie(segments[0]?.startTicks ?? 0) }
  })
  const longest = Math.max(...lengths.map(({ late, shown }) => late + shown))
  const mvhd = copyOf(tracks[0]!.init, 'moov/mvhd')
  mvhd.writeUInt32BE(timescale, 20)
  mvhd.writeUInt32BE(longest, 24)
  mvhd.writeUInt32BE(tracks.length + 1, mvhd.length - 4)
  const main = tracks.findIndex(({ language }) => language !== undefined)
  return box(
    'moov',
    mvhd,
    ...tracks.map((track, index) => {
      const place = { id: index + 1, isFurther: track.language !== undefined && index !== main }
      return trak(track, place, lengths[index]!, offsets[index]!)
    }),
  )
}

const clockOf = ({ init }: JoinedTrack): number => readInit(init).tracks[0]!.timescale

/** `shown` and `late` are in ticks of the movie. */
type Length = { ticks: number; shown: number; late: number }

/** Number of the track, and whether it is a sound beside the first. */
type Place = { id: number; isFurther: boolean }

function trak({ init, segments, language }: JoinedTrack, place: Place, length: Length, offsets: number[]): Buffer {
  const tkhd = copyOf(init, 'moov/trak/tkhd')
  if (place.isFurther) tkhd.writeUIntBE(NOT_ENABLED, 9, 3)
  tkhd.writeUInt32BE(place.id, 20)
  tkhd.writeUInt32BE(length.late + length.shown, 28)
  if (language !== undefined) tkhd.writeUInt16BE(SOUNDS, 42)
  const mdhd = copyOf(init, 'moov/trak/mdia/mdhd')
  mdhd.writeUInt32BE(Math.min(length.ticks, 0xffff_ffff), 24)
  if (language !== undefined) mdhd.writeUInt16BE(packedLanguage(language), 28)
  const minf = findBox(init, 'moov/trak/mdia/minf')!
  const parts = boxesIn(init, minf.body, minf.end).map((part) =>
    part.type === 'stbl' ? table(init, segments, offsets) : bytesOf(init, part),
  )
  const handler = copyOf(init, 'moov/trak/mdia/hdlr')
  const mdia = box('mdia', mdhd, ...extendedLanguage(language), handler, box('minf', ...parts))
  return box('trak', tkhd, ...editsOf(init, length), mdia)
}

/** The whole name of a language that has more to it than three letters say: a region, a script (8.4.6). */
function extendedLanguage(language: string | undefined): Buffer[] {
  return language?.includes('-') ? [box('elng', words([0]), Buffer.from(`${language}\0`, 'latin1'))] : []
}

/** A track that begins late has nothing to show before that (ISO/IEC 14496-12 8.6.6). */
function editsOf(init: Uint8Array, { shown, late }: Length): Buffer[] {
  if (late > 0) {
    const edits = [
      [late, NOTHING, UNITY],
      [shown, 0, UNITY],
    ]
    return [box('edts', list('elst', edits))]
  }
  if (!findBox(init, 'moov/trak/edts/elst')) return []
  const edts = copyOf(init, 'moov/trak/edts')
  // The edit lasts as long as the title; in fragments it had no end.
  edts.writeUInt32BE(shown, 24)
  return [edts]
}

function table(init: Uint8Array, segments: readonly SegmentHead[], offsets: number[]): Buffer {
  const frames = segments.flatMap((segment) => segment.frames)
  const keys = frames.flatMap(({ isSync }, at) => (isSync ? [at + 1] : []))
  const chunks: number[][] = []
  for (const [n, segment] of segments.entries())
    if (segments[n - 1]?.frames.length !== segment.frames.length) chunks.push([n + 1, segment.frames.length, 1])
  return box(
    'stbl',
    copyOf(init, 'moov/trak/mdia/minf/stbl/stsd'),
    list('stts', runs(frames.map(({ duration }) => duration))),
    ...(frames.some(({ offset }) => offset !== 0) ? [list('ctts', runs(frames.map(({ offset }) => offset)))] : []),
    ...(keys.length < frames.length
      ? [
          list(
            'stss',
            keys.map((key) => [key]),
          ),
        ]
      : []),
    list('stsc', chunks),
    box('stsz', words([0, 0, frames.length, ...frames.map(({ size }) => size)])),
    box('co64', words([0, offsets.length, ...offsets.flatMap((at) => [Math.floor(at / 2 ** 32), at % 2 ** 32])])),
  )
}

function runs(values: number[]): number[][] {
  const found: number[][] = []
  for (const value of values) {
    const last = found.at(-1)
    if (last && last[1] === value) last[0]!++
    else found.push([1, value])
  }
  return found
}

const list = (type: string, rows: number[][]): Buffer => box(type, words([0, rows.length, ...rows.flat()]))

function words(values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, at * 4)
  return bytes
}

function box(type: string, ...parts: Uint8Array[]): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + parts.reduce((sum, part) => sum + part.length, 0))
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, ...parts])
}

const bytesOf = (bytes: Uint8Array, { start, end }: Box): Buffer => Buffer.from(bytes.subarray(start, end))

function copyOf(bytes: Uint8Array, path: string): Buffer {
  const found = findBox(bytes, path)
  if (!found) throw new Error(`no ${path}`)
  return bytesOf(bytes, found)
}
