// Which bytes of an MP4 or MOV a reading needs, told from the chunks of its tracks (ISO/IEC 14496-12 8.7): coarser than the table of
// samples, and so as small for an hour of PCM as for an hour of AAC. The file is a stranger's: what is unusual gives no answer, and the file
// is then fetched whole.

import type { Stretch } from '../kit/stretches.ts'
import { type Box, boxesIn, findBox, u32, u64 } from './mp4-read.ts'
import { editOf, movieTimescaleOf } from './mp4-table.ts'
import {
  AFTER_FRAMES,
  AFTER_SECONDS,
  BEFORE_SECONDS,
  HEAD_PACKETS,
  HEAD_SECONDS,
  HEAD_SIZE_BYTES,
  SEEK_SLACK_SECONDS,
  type Wanted,
} from './wanted.ts'

/** One track, in decoding order. Times are in seconds on the source's clock. */
export type ChunkTrack = {
  isPicture: boolean
  isSound: boolean
  /** Read in full when the file is opened: its chapters. */
  isChapters: boolean
  count: number
  starts: Float64Array
  ends: Float64Array
  /** When the first sample of a chunk is decoded, and which one it is. */
  times: Float64Array
  samples: Float64Array
  /** Times of key frames, rising; undefined where every sample is one. */
  keys: Float64Array | undefined
}

/** A day of chunks that hold one frame each is not served in parts. */
const MOST_CHUNKS = 1_000_000
const MOST_TRACKS = 64
/** Chunks of a track that are fetched for themselves; beyond, the file comes whole. */
const MOST_STRETCHES = 400_000
/** A duration that says it is negative. */
const SIGNED = 0x8000_0000

/** All tracks of a `moov` box, in the order of FFmpeg's streams; undefined where they do not say which bytes are which time. */
export function readChunkTracks(moov: Uint8Array, fileBytes: number): ChunkTrack[] | undefined {
  try {
    if (findBox(moov, 'moov/mvex')) return undefined
    const top = boxesIn(moov)[0]!
    const traks = boxesIn(moov, top.body, top.end).filter(({ type }) => type === 'trak')
    if (traks.length === 0 || traks.length > MOST_TRACKS) return undefined
    const movieTimescale = movieTimescaleOf(moov)
    const chapters = traks.flatMap((trak) => chapterTracksOf(moov.subarray(trak.start, trak.end)))
    const read = traks.map((trak) => readTrack(moov.subarray(trak.start, trak.end), movieTimescale, chapters))
    closeOpenEnds(read, fileBytes)
    return read.reduce((sum, { count }) => sum + count, 0) > MOST_CHUNKS ? undefined : read
  } catch {
    // Whatever is odd about a foreign table, the answer is the same.
    return undefined
  }
}

/** The bytes of the frames that a reading needs; undefined when they are too many apart. */
export function chunksFor(tracks: readonly ChunkTrack[], wanted: Wanted): Stretch[] | undefined {
  const found = headOf(tracks, wanted.stretches.length > 0 ? 0 : HEAD_PACKETS)
  for (const track of tracks) if (track.isChapters) pushChunks(found, track, 0, track.count)
  const used = wanted.streams?.map((index) => tracks[index]) ?? tracks
  // Seeks go by a picture, whichever streams are asked for.
  const pictures = tracks.filter(({ isPicture, isChapters, count }) => isPicture && !isChapters && count > 0)
  for (const { from, to } of wanted.stretches) {
    const sought = from - SEEK_SLACK_SECONDS
    const landed = Math.min(sought, ...pictures.map((track) => keyBefore(track, sought)))
    for (const track of used) {
      if (!track) return undefined
      const first = chunkAt(track, Math.min(keyBefore(track, landed), landed - BEFORE_SECONDS))
      pushChunks(found, track, first, lastChunkFor(track, to))
    }
    if (found.length > MOST_STRETCHES) return undefined
  }
  return found
}

/** Of every track, whatever it holds, as much as FFmpeg may read to know what it is: the packet that is too late for it is read as well. */
function headOf(tracks: readonly ChunkTrack[], packets: number): Stretch[] {
  const early: { seconds: number; from: number; to: number }[] = []
  for (const { times, samples, starts, ends, count } of tracks)
    for (let n = 0; n < count; n++) {
      const seconds = times[n]! - times[0]!
      early.push({ seconds, from: starts[n]!, to: ends[n]! })
      if (seconds > HEAD_SECONDS && samples[n]! > packets) break
    }
  early.sort((a, b) => a.seconds - b.seconds)
  let bytes = 0
  let lastSeconds = Number.POSITIVE_INFINITY
  for (const { seconds, from, to } of early) {
    bytes += to - from
    if (bytes > HEAD_SIZE_BYTES) lastSeconds = Math.min(lastSeconds, seconds + BEFORE_SECONDS)
  }
  return early.filter(({ seconds }) => seconds <= lastSeconds)
}

/** The last key frame at or before a time, or a little earlier; -Infinity where there is none before. */
function keyBefore(track: ChunkTrack, seconds: number): number {
  const { keys, times } = track
  // Every sample is one: the first of the chunk that holds the time.
  if (!keys) return Math.min(seconds, times[chunkAt(track, seconds)] ?? seconds)
  const n = firstAfter(keys, keys.length, seconds) - 1
  return n < 0 ? Number.NEGATIVE_INFINITY : keys[n]!
}

/** The chunk that holds what is decoded at a time. */
const chunkAt = ({ times, count }: ChunkTrack, seconds: number): number =>
  Math.max(0, firstAfter(times, count, seconds) - 1)

/** The chunk after the last one that is needed up to a time. */
function lastChunkFor({ times, samples, count }: ChunkTrack, seconds: number): number {
  const byTime = firstAfter(times, count, seconds + AFTER_SECONDS)
  const next = firstAfter(times, count, seconds)
  if (next >= count) return count
  return Math.max(byTime, firstAfter(samples, count, samples[next]! + AFTER_FRAMES))
}

/** How many of the first `count` values, which rise, are not greater. */
function firstAfter(values: Float64Array, count: number, value: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}

function pushChunks(found: Stretch[], { starts, ends }: ChunkTrack, from: number, to: number): void {
  for (let n = from; n < to; n++) {
    const last = found.at(-1)
    if (last && starts[n]! >= last.from && starts[n]! <= last.to) last.to = Math.max(last.to, ends[n]!)
    else found.push({ from: starts[n]!, to: ends[n]! })
    if (found.length > MOST_STRETCHES) return
  }
}

class Unusual extends Error {}

/** An end that is not known until all chunks of the file are. */
const OPEN = Number.NaN

function readTrack(trak: Uint8Array, movieTimescale: number, chapters: readonly number[]): ChunkTrack {
  const box = (path: string) => findBox(trak, `trak/${path}`)
  const hdlr = box('mdia/hdlr')
  const handler = hdlr ? String.fromCharCode(...trak.subarray(hdlr.body + 8, hdlr.body + 12)) : ''
  const about = {
    isPicture: handler === 'vide',
    isSound: handler === 'soun',
    isChapters: chapters.includes(trackIdOf(trak)),
  }
  const [stco, stsc, stsz, stts] = [
    box('mdia/minf/stbl/stco') ?? box('mdia/minf/stbl/co64'),
    box('mdia/minf/stbl/stsc'),
    box('mdia/minf/stbl/stsz'),
    box('mdia/minf/stbl/stts'),
  ]
  if (stco && u32(trak, stco.body + 4) === 0) return { ...about, ...NO_CHUNKS }
  const mdhd = must(box('mdia/mdhd'))
  const timescale = u32(trak, mdhd.body + (trak[mdhd.body] === 1 ? 20 : 12))
  const shift = editOf(trak, box('edts/elst'), timescale, movieTimescale).shiftSeconds
  if (timescale === 0 || shift === undefined) throw new Unusual('a clock that can not be told')

  const { starts, samples, total } = readChunks(trak, must(stco), must(stsc))
  const ends = readEnds(trak, must(stsz), { starts, samples, total }, about.isSound)
  const times = timesAt(trak, must(stts), samples)
  const stss = box('mdia/minf/stbl/stss')
  const keys = stss && timesAt(trak, must(stts), readNumbers(trak, stss))
  const inSeconds = (ticks: Float64Array) => ticks.map((it) => it / timescale + shift)
  return {
    ...about,
    ...{ count: starts.length, starts, samples, ends, times: inSeconds(times) },
    keys: keys && inSeconds(keys),
  }
}

const none = new Float64Array(0)
const NO_CHUNKS = { count: 0, starts: none, ends: none, times: none, samples: none, keys: undefined }

/** Where each chunk begins, the number of its first sample from 0, and how many samples all have. */
function readChunks(bytes: Uint8Array, stco: Box, stsc: Box) {
  const wide = stco.type === 'co64'
  const count = u32(bytes, stco.body + 4)
  fits(stco, 8 + count * (wide ? 8 : 4))
  if (count > MOST_CHUNKS) throw new Unusual(`${count} chunks`)
  const runs = u32(bytes, stsc.body + 4)
  fits(stsc, 8 + runs * 12)
  const starts = new Float64Array(count)
  const samples = new Float64Array(count)
  let run = -1
  let perChunk = 0
  let total = 0
  for (let n = 0; n < count; n++) {
    while (run + 1 < runs && u32(bytes, stsc.body + 8 + (run + 1) * 12) <= n + 1)
      perChunk = u32(bytes, stsc.body + 12 + ++run * 12)
    const at = stco.body + 8 + n * (wide ? 8 : 4)
    starts[n] = wide ? u64(bytes, at) : u32(bytes, at)
    samples[n] = total
    total += perChunk
  }
  return { starts, samples, total }
}

type Chunks = { starts: Float64Array; samples: Float64Array; total: number }

/**
 * Where each chunk ends. Sound whose samples are all of one size says in other places how large that is (QuickTime File Format, sound
 * sample descriptions): its chunks go up to whatever comes next.
 */
function readEnds(bytes: Uint8Array, stsz: Box, { starts, samples, total }: Chunks, isSound: boolean): Float64Array {
  const same = u32(bytes, stsz.body + 4)
  const count = u32(bytes, stsz.body + 8)
  if (same !== 0) {
    if (isSound) return new Float64Array(starts.length).fill(OPEN)
    return starts.map((start, n) => start + ((samples[n + 1] ?? total) - samples[n]!) * same)
  }
  fits(stsz, 12 + count * 4)
  if (total < count) throw new Unusual('samples without a chunk')
  return starts.map((start, n) => {
    let end = start
    const next = Math.min(samples[n + 1] ?? total, count)
    for (let sample = samples[n]!; sample < next; sample++) end += u32(bytes, stsz.body + 12 + sample * 4)
    return end
  })
}

function closeOpenEnds(tracks: readonly ChunkTrack[], fileBytes: number): void {
  if (!tracks.some(({ ends }) => ends.some(Number.isNaN))) return
  const all = Float64Array.from(tracks.flatMap(({ starts }) => [...starts])).sort()
  for (const { starts, ends } of tracks)
    for (const [n, start] of starts.entries())
      if (Number.isNaN(ends[n])) ends[n] = all[firstAfter(all, all.length, start)] ?? fileBytes
}

/** When samples are decoded, in ticks. They are asked for in rising order; after the last run of times its pace goes on. */
function timesAt(bytes: Uint8Array, stts: Box, samples: Float64Array): Float64Array {
  const runs = u32(bytes, stts.body + 4)
  fits(stts, 8 + runs * 8)
  const times = new Float64Array(samples.length)
  let run = -1
  let [first, ticks, count, time] = [0, 0, 0, 0]
  for (const [n, sample] of samples.entries()) {
    if (n > 0 && sample < samples[n - 1]!) throw new Unusual('samples that go back')
    while (run + 1 < runs && sample >= first + count) {
      time += count * ticks
      first += count
      const at = stts.body + 8 + ++run * 8
      count = u32(bytes, at)
      ticks = u32(bytes, at + 4)
      if (ticks >= SIGNED) throw new Unusual('a clock that runs backwards')
    }
    times[n] = time + (sample - first) * ticks
  }
  return times
}

/** Numbers of key samples, from 0. */
function readNumbers(bytes: Uint8Array, stss: Box): Float64Array {
  const count = u32(bytes, stss.body + 4)
  fits(stss, 8 + count * 4)
  return Float64Array.from({ length: count }, (_, n) => Math.max(0, u32(bytes, stss.body + 8 + n * 4) - 1))
}

function trackIdOf(trak: Uint8Array): number {
  const tkhd = must(findBox(trak, 'trak/tkhd'))
  return u32(trak, tkhd.body + (trak[tkhd.body] === 1 ? 20 : 12))
}

/** Tracks that hold the chapters of this one. */
function chapterTracksOf(trak: Uint8Array): number[] {
  const chap = findBox(trak, 'trak/tref/chap')
  if (!chap) return []
  return Array.from({ length: Math.floor((chap.end - chap.body) / 4) }, (_, n) => u32(trak, chap.body + n * 4))
}

function fits(box: Box, bodyBytes: number): void {
  if (box.body + bodyBytes > box.end) throw new Unusual(`${box.type} is cut off`)
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Unusual('a box is missing')
  return value
}
