// Reading the sample table of a whole MP4 or MOV (ISO/IEC 14496-12 8.6 and 8.7): which bytes are which frame, and when each is shown. The
// file is a stranger's: every count is held against the bytes that are there, and what is unusual gives no table at all.

import { type Box, boxesIn, findBox, u32, u64 } from './mp4-read.ts'

/** All frames of one H.264 track in decoding order. Times are in ticks of `timescale`, on the track's own clock. */
export type SampleTable = {
  timescale: number
  /** The whole `avcC` box. */
  configuration: Uint8Array
  count: number
  /** Where a frame's bytes begin in the file, and how many there are. */
  offsets: Float64Array
  sizes: Uint32Array
  shownAt: Float64Array
  isSync: Uint8Array
  /** The part of the track that is shown, by its edit list: all of it where there is none. */
  shownFrom: number
  shownTo: number
}

/** A day at 60 frames a second. */
const MAX_SAMPLES = 24 * 3600 * 60
const HEAD_BYTES = 16
const VISUAL_ENTRY_BYTES = 78
/** Fields of a sound's entry before its boxes, by its version: ISO's own, and QuickTime's second one, which has four more. */
const SOUND_ENTRY_BYTES = [28, 44]

/**
 * The next box at the top of a file, from its first 16 bytes: its type, and where it ends. A size of nothing means the rest of the
 * file. Undefined where no box can be.
 */
export function topBox(head: Uint8Array, at: number, fileBytes: number): { type: string; end: number } | undefined {
  if (head.length < 8) return undefined
  const short = u32(head, 0)
  if (short === 1 && head.length < HEAD_BYTES) return undefined
  const size = short === 1 ? u64(head, 8) : short === 0 ? fileBytes - at : short
  if (size < 8 || at + size > fileBytes) return undefined
  return { type: String.fromCharCode(...head.subarray(4, 8)), end: at + size }
}

/**
 * The table of the track that stands at `index` in a `moov` box. Undefined when it is no plain H.264 track: several sample
 * descriptions, parameter sets outside `avcC`, fragments, or an edit list that does more than begin and end.
 */
export function readSampleTable(moov: Uint8Array, index: number): SampleTable | undefined {
  try {
    return read(moov, index)
  } catch {
    // Whatever is odd about a foreign table, the answer is the same: this track is encoded like any other.
    return undefined
  }
}

/** Where the frames of any track lie, in decoding order: picture of whatever codec, or sound. */
export type TrackLayout = {
  timescale: number
  count: number
  offsets: Float64Array
  sizes: Uint32Array
  decodeAt: Float64Array
  /** Frames at which reading may begin: all of them where the track names none. */
  isSync?: Uint8Array
  /** What the edit list adds to a frame's own time, in seconds; undefined where it does more than shift the track. */
  shiftSeconds: number | undefined
  /** The part of the track that is shown, in its own ticks: all of it where no edit list says otherwise. */
  shownFrom: number
  shownTo: number
}

/** Whether the frames of a file stand in tables all over it, and not in its `moov` box. */
export const comesInFragments = (moov: Uint8Array): boolean => findBox(moov, 'moov/mvex') !== undefined

/** The layout of the track that stands at `index` in a `moov` box; undefined where it can't be told (fragments, broken tables). */
export function readTrackLayout(moov: Uint8Array, index: number): TrackLayout | undefined {
  try {
    if (comesInFragments(moov)) return undefined
    const track = trackAt(moov, index)
    const layout = layoutOf(track)
    const { bytes, box } = track
    const stss = box('mdia/minf/stbl/stss')
    const edits = editOf(bytes, box('edts/elst'), layout.timescale, movieTimescaleOf(moov))
    return { ...layout, ...edits, ...(stss ? { isSync: readSync(bytes, stss, layout.count) } : {}) }
  } catch {
    return undefined
  }
}

/** The whole `esds` box of the track that stands at `index` in a `moov` box; undefined where it is no plain sound of MPEG-4. */
export function readSoundConfiguration(moov: Uint8Array, index: number): Uint8Array | undefined {
  try {
    const { bytes, box } = trackAt(moov, index)
    const stsd = must(box('mdia/minf/stbl/stsd'))
    const entry = must(boxesIn(bytes, stsd.body + 8, stsd.end)[0])
    const fields = SOUND_ENTRY_BYTES[bytes[entry.body + 8]! * 256 + bytes[entry.body + 9]!]
    if (u32(bytes, stsd.body + 4) !== 1 || entry.type !== 'mp4a' || fields === undefined) return undefined
    const boxes = boxesIn(bytes, entry.body + fields, entry.end)
    // QuickTime keeps it one box deeper.
    const wave = boxes.find(({ type }) => type === 'wave')
    const esds = [...boxes, ...(wave ? boxesIn(bytes, wave.body, wave.end) : [])].find(({ type }) => type === 'esds')
    return esds && bytes.slice(esds.start, esds.end)
  } catch {
    return undefined
  }
}

class Unusual extends Error {}

type FindInTrack = { bytes: Uint8Array; box(path: string): Box | undefined }

function trackAt(moov: Uint8Array, index: number): FindInTrack {
  const top = must(boxesIn(moov)[0])
  const tracks = boxesIn(moov, top.body, top.end).filter(({ type }) => type === 'trak')
  const trak = must(tracks[index])
  const bytes = moov.subarray(trak.start, trak.end)
  return { bytes, box: (path) => findBox(bytes, `trak/${path}`) }
}

function layoutOf({ bytes, box }: FindInTrack) {
  const mdhd = must(box('mdia/mdhd'))
  const timescale = u32(bytes, mdhd.body + (bytes[mdhd.body] === 1 ? 20 : 12))
  if (timescale === 0) throw new Unusual('a clock that stands still')
  const sizes = readSizes(bytes, must(box('mdia/minf/stbl/stsz')))
  const decodeAt = readDecodeTimes(bytes, must(box('mdia/minf/stbl/stts')), sizes.length)
  const offsets = readOffsets(bytes, {
    chunks: must(box('mdia/minf/stbl/stco') ?? box('mdia/minf/stbl/co64')),
    runs: must(box('mdia/minf/stbl/stsc')),
    sizes,
  })
  return { timescale, count: sizes.length, offsets, sizes, decodeAt }
}

export function movieTimescaleOf(moov: Uint8Array): number {
  const mvhd = must(findBox(moov, 'moov/mvhd'))
  const timescale = u32(moov, mvhd.body + (moov[mvhd.body] === 1 ? 20 : 12))
  if (timescale === 0) throw new Unusual('a clock that stands still')
  return timescale
}

function read(moov: Uint8Array, index: number): SampleTable {
  const track = trackAt(moov, index)
  const { bytes, box } = track
  const movieTimescale = movieTimescaleOf(moov)

  const configuration = readConfiguration(bytes, must(box('mdia/minf/stbl/stsd')))
  const { timescale, count, offsets, sizes, decodeAt } = layoutOf(track)
  const shownAt = addCompositionOffsets(bytes, box('mdia/minf/stbl/ctts'), decodeAt)
  const isSync = readSync(bytes, box('mdia/minf/stbl/stss'), count)
  const edit = readEdits(bytes, box('edts/elst'), timescale / movieTimescale)
  return { timescale, configuration, count, offsets, sizes, shownAt, isSync, ...edit }
}

function readConfiguration(bytes: Uint8Array, stsd: Box): Uint8Array {
  if (u32(bytes, stsd.body + 4) !== 1) throw new Unusual('several sample descriptions')
  const entry = must(boxesIn(bytes, stsd.body + 8, stsd.end)[0])
  if (entry.type !== 'avc1') throw new Unusual(`samples of ${entry.type}`)
  const avcC = must(boxesIn(bytes, entry.body + VISUAL_ENTRY_BYTES, entry.end).find(({ type }) => type === 'avcC'))
  return bytes.slice(avcC.start, avcC.end)
}

function readSizes(bytes: Uint8Array, stsz: Box): Uint32Array {
  const same = u32(bytes, stsz.body + 4)
  const count = u32(bytes, stsz.body + 8)
  if (count === 0 || count > MAX_SAMPLES) throw new Unusual(`${count} samples`)
  if (same !== 0) return new Uint32Array(count).fill(same)
  fits(stsz, 12 + count * 4)
  return Uint32Array.from({ length: count }, (_, n) => u32(bytes, stsz.body + 12 + n * 4))
}

function readDecodeTimes(bytes: Uint8Array, stts: Box, count: number): Float64Array {
  const times = new Float64Array(count)
  let n = 0
  let time = 0
  for (const [run, ticks] of pairs(bytes, stts)) {
    for (let left = run; left > 0 && n < count; left--) {
      times[n++] = time
      time += ticks
    }
  }
  if (n !== count) throw new Unusual('fewer times than samples')
  return times
}

/** Offsets are signed in practice in both versions of the box: writers use negative ones in version 0 too. */
function addCompositionOffsets(bytes: Uint8Array, ctts: Box | undefined, decodeAt: Float64Array): Float64Array {
  if (!ctts) return decodeAt
  let n = 0
  for (const [run, offset] of pairs(bytes, ctts)) {
    for (let left = run; left > 0 && n < decodeAt.length; left--) decodeAt[n++]! += offset | 0
  }
  if (n !== decodeAt.length) throw new Unusual('fewer offsets than samples')
  return decodeAt
}

function readOffsets(bytes: Uint8Array, { chunks, runs, sizes }: { chunks: Box; runs: Box; sizes: Uint32Array }) {
  const wide = chunks.type === 'co64'
  const chunkCount = u32(bytes, chunks.body + 4)
  fits(chunks, 8 + chunkCount * (wide ? 8 : 4))
  const runCount = u32(bytes, runs.body + 4)
  fits(runs, 8 + runCount * 12)

  const offsets = new Float64Array(sizes.length)
  let n = 0
  for (let run = 0; run < runCount; run++) {
    const at = runs.body + 8 + run * 12
    const first = u32(bytes, at)
    const next = run + 1 < runCount ? u32(bytes, at + 12) : chunkCount + 1
    const perChunk = u32(bytes, at + 4)
    for (let chunk = first; chunk < next && chunk <= chunkCount && n < sizes.length; chunk++) {
      const place = chunks.body + 8 + (chunk - 1) * (wide ? 8 : 4)
      let offset = wide ? u64(bytes, place) : u32(bytes, place)
      for (let left = perChunk; left > 0 && n < sizes.length; left--) {
        offsets[n] = offset
        offset += sizes[n]!
        n++
      }
    }
  }
  if (n !== sizes.length) throw new Unusual('samples without a chunk')
  return offsets
}

function readSync(bytes: Uint8Array, stss: Box | undefined, count: number): Uint8Array {
  if (!stss) throw new Unusual('no table of key frames')
  const isSync = new Uint8Array(count)
  const marked = u32(bytes, stss.body + 4)
  fits(stss, 8 + marked * 4)
  for (let row = 0; row < marked; row++) {
    const n = u32(bytes, stss.body + 8 + row * 4)
    if (n >= 1 && n <= count) isSync[n - 1] = 1
  }
  return isSync
}

type Edit = { duration: number; mediaTime: number; rate: number }

function editsOf(bytes: Uint8Array, elst: Box): Edit[] {
  const wide = bytes[elst.body] === 1
  const size = wide ? 20 : 12
  const count = u32(bytes, elst.body + 4)
  fits(elst, 8 + count * size)
  return Array.from({ length: count }, (_, row) => {
    const at = elst.body + 8 + row * size
    const duration = wide ? u64(bytes, at) : u32(bytes, at)
    const mediaTime = wide ? (u32(bytes, at + 8) | 0) * 0x1_0000_0000 + u32(bytes, at + 12) : u32(bytes, at + 4) | 0
    return { duration, mediaTime, rate: u32(bytes, at + size - 4) }
  })
}

/** The one edit that shows something. An empty one in front only shifts the track; more leave frames out or show them twice. */
function onlyEdit(edits: Edit[]): Edit {
  const shown = edits.filter(({ mediaTime }) => mediaTime !== -1)
  const [only] = shown
  if (!only || shown.length > 1 || only !== edits.at(-1) || only.rate !== 0x1_0000) throw new Unusual('an edited track')
  return only
}

function readEdits(bytes: Uint8Array, elst: Box | undefined, ticksPerMovieTick: number) {
  if (!elst) return { shownFrom: Number.NEGATIVE_INFINITY, shownTo: Number.POSITIVE_INFINITY }
  const only = onlyEdit(editsOf(bytes, elst))
  const shownTo = only.duration === 0 ? Number.POSITIVE_INFINITY : only.mediaTime + only.duration * ticksPerMovieTick
  return { shownFrom: only.mediaTime, shownTo }
}

export function editOf(bytes: Uint8Array, elst: Box | undefined, timescale: number, movieTimescale: number) {
  try {
    const shown = readEdits(bytes, elst, timescale / movieTimescale)
    const edits = elst ? editsOf(bytes, elst) : []
    const late = edits.reduce((sum, { mediaTime, duration }) => (mediaTime === -1 ? sum + duration : sum), 0)
    const from = elst ? shown.shownFrom : 0
    return { ...shown, shiftSeconds: late / movieTimescale - from / timescale }
  } catch {
    return { shiftSeconds: undefined, shownFrom: Number.NEGATIVE_INFINITY, shownTo: Number.POSITIVE_INFINITY }
  }
}

function* pairs(bytes: Uint8Array, box: Box): Generator<[number, number]> {
  const count = u32(bytes, box.body + 4)
  fits(box, 8 + count * 8)
  for (let row = 0; row < count; row++) {
    const at = box.body + 8 + row * 8
    yield [u32(bytes, at), u32(bytes, at + 4)]
  }
}

function fits(box: Box, bodyBytes: number): void {
  if (box.body + bodyBytes > box.end) throw new Unusual(`${box.type} is cut off`)
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Unusual('a box is missing')
  return value
}
