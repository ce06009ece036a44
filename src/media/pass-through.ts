// Passing a fit source through: its own frames, copied into segments, are the top rung. The timeline of the whole title is then taken from
// the source's key frames, so that all other rungs change over at the same frames.

import type { ColorFacts, SourceFacts, VideoFacts } from './facts.ts'
import { isLowest, type LadderPolicy, type Rung, rungsFor } from './ladder.ts'
import type { SampleTable } from './mp4-table.ts'
import { type CodedFrame, mediaSegment, videoInit } from './mp4-write.ts'
import type { PassThrough, RunPlan, VideoRendition } from './plan.ts'
import { toNumber } from './rational.ts'
import {
  frameRange,
  SMALLEST_TAIL_SECONDS,
  START_SECONDS,
  type Timeline,
  timelineOfFrames,
  totalTicks,
} from './timeline.ts'

/** A source may be half as dense again as the ceiling of its rung: copying saves the most dear encode of all. */
const MAX_OVER_CAP = 1.5
/** A denser one, up to here, stands in for its rung until that is encoded; what is denser still few lines could carry. */
const MAX_MEANWHILE = 6
/** Bits per second of all that is not picture in a source, at most, when only the size of the whole file is known. */
const ROOM_FOR_SOUND = 4_000_000
const MAX_LEVEL = 51
/** Between two places where playback can begin. */
const MAX_KEY_SECONDS = 5
/** A frame lies on the grid when it is nearer to its place than to any other, with room for the clock's rounding. */
const GRID_TOLERANCE = 0.4
const MAX_REORDER_FRAMES = 16
/** The title may end a little after the picture, when sound does; the difference is dropped. */
const MAX_TAIL_SECONDS = 0.5
/** AVC profiles that every player shows: Baseline, Main, High. */
const PROFILES = [66, 77, 100]
const START_WANTED_SECONDS = 2
const LATER_WANTED_SECONDS = 4

/** The rung that a source would replace, judged by what was probed alone; undefined when its frames can't be taken as they are. */
export function rungToPassThrough(facts: SourceFacts, policy: LadderPolicy): Rung | undefined {
  const { video } = facts
  if (video?.codec !== 'h264' || video.pixelFormat !== 'yuv420p' || video.bitDepth !== 8) return undefined
  const plain = video.rotation === 0 && !video.flip && !video.interlaced && !video.alpha && !video.variableRate
  if (!plain || toNumber(video.sar) !== 1 || video.hdr !== 'sdr' || video.color.range === 'pc') return undefined
  if (toNumber(video.frameRate) > policy.maxFrameRate * 1.001) return undefined
  if (toNumber(video.frameRate) !== toNumber(video.nominalRate)) return undefined
  // Wide gamut is brought to Rec. 709 in all other rungs; it must not change colour with the quality.
  if (video.color.primaries === 'bt2020' || facts.startSeconds !== video.startSeconds) return undefined
  const top = rungsFor(video.width, video.height, policy).at(-1)!
  if (top.width !== video.width || top.height !== video.height) return undefined
  const all = (facts.sizeBytes * 8) / Math.max(1, facts.durationMs / 1000)
  return all <= mostOf(facts, top) + ROOM_FOR_SOUND ? top : undefined
}

/** What a source may have in place of a rung, in bits per second. What only stands in is not worth a copy of the whole file, which other containers than MP4 need. */
function mostOf({ container }: SourceFacts, rung: Rung): number {
  return rung.bitsPerSecond * (container === 'mov' && !isLowest(rung) ? MAX_MEANWHILE : MAX_OVER_CAP)
}

/** Judges the frames themselves. `why` says in a few words what speaks against it. */
export function judgePassThrough(
  facts: SourceFacts & { video: VideoFacts },
  table: SampleTable,
  rung: Rung,
): PassThrough | { why: string } {
  const { video } = facts
  const rate = toNumber(video.frameRate)
  const [profile, constraints, level] = [...table.configuration.subarray(9, 12)] as [number, number, number]
  if (!PROFILES.includes(profile) || level > MAX_LEVEL) return { why: `profile ${profile}, level ${level}` }
  const end = facts.sizeBytes
  for (let n = 0; n < table.count; n++)
    if (table.offsets[n]! + table.sizes[n]! > end) return { why: 'frames beyond the end of the file' }

  const places = placesOf(table, rate)
  if (!places) return { why: 'frames off the grid of a constant rate' }
  const extra = facts.durationMs / 1000 - table.count / rate
  if (Math.abs(extra) > MAX_TAIL_SECONDS) return { why: 'picture and title end at different times' }
  const first = places.origin - table.timescale / rate / 2
  const last = places.origin + ((table.count - 0.5) * table.timescale) / rate
  if (table.shownFrom > first + table.timescale / rate || table.shownTo < last)
    return { why: 'the edit list hides frames' }

  const keys = cleanKeys(table, places.ranks)
  const cuts = chooseCuts(keys, table.count, rate)
  if (!cuts) return { why: `key frames more than ${MAX_KEY_SECONDS} s apart` }
  const reorderFrames = reorderOf(places.ranks)
  if (reorderFrames > MAX_REORDER_FRAMES) return { why: `${reorderFrames} frames out of order` }

  const total = sum(table.sizes, 0, table.count)
  const averageBitsPerSecond = Math.ceil((total * 8 * rate) / table.count)
  const isDense = averageBitsPerSecond > rung.bitsPerSecond * MAX_OVER_CAP
  if (averageBitsPerSecond > mostOf(facts, rung)) return { why: `${averageBitsPerSecond} bit/s` }
  const peaks = cuts.slice(1).map((to, index) => {
    const from = cuts[index]!
    return (sum(table.sizes, from, to) * 8 * rate) / (to - from)
  })
  const color = colorOf(video.color)
  return {
    timeline: timelineOfFrames(video.frameRate, cuts),
    codecs: `avc1.${[profile, constraints, level].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`,
    level,
    width: video.width,
    height: video.height,
    peakBitsPerSecond: Math.ceil(peaks.reduce((peak, rate) => Math.max(peak, rate), 0)),
    averageBitsPerSecond,
    reorderFrames,
    ...(color ? { color } : {}),
    ...(isDense ? { meanwhile: true } : {}),
  }
}

/** The frames of segment `n` in decoding order, as they lie in the file: stretches of bytes, few and rising. */
export function stretchesOf(table: SampleTable, plan: RunPlan, n: number): { from: number; to: number }[] {
  const range = frameRange(plan.timeline, n)
  const stretches: { from: number; to: number }[] = []
  for (let sample = range.from; sample < range.to; sample++) {
    const from = table.offsets[sample]!
    const to = from + table.sizes[sample]!
    const last = stretches.at(-1)
    // Sound lies between; reading over a little of it is cheaper than reading twice.
    if (last && from >= last.from && from - last.to <= NEAR_BYTES) last.to = Math.max(last.to, to)
    else stretches.push({ from, to })
  }
  return stretches
}

const NEAR_BYTES = 128 * 1024

/** Segment `n`, from the bytes of its stretches; undefined where a frame in it is damaged. */
export function copiedSegment(
  plan: RunPlan,
  rendition: VideoRendition,
  table: SampleTable,
  n: number,
  stretches: { from: number; bytes: Uint8Array }[],
): Uint8Array | undefined {
  const { timeline } = plan
  const range = frameRange(timeline, n)
  const rate = timeline.timescale / timeline.frameTicks
  const origin = originOf(table)
  const frames: CodedFrame[] = []
  for (let sample = range.from; sample < range.to; sample++) {
    const from = table.offsets[sample]!
    const stretch = stretches.find((it) => from >= it.from && from + table.sizes[sample]! <= it.from + it.bytes.length)
    if (!stretch) throw new Error(`frame ${sample} was not read`)
    const data = stretch.bytes.subarray(from - stretch.from, from - stretch.from + table.sizes[sample]!)
    if (!isWhole(data, table.configuration)) return undefined
    const rank = Math.round(((table.shownAt[sample]! - origin) * rate) / table.timescale)
    const wait = rank - sample + rendition.copied!.reorderFrames
    frames.push({ data, compositionOffset: wait * timeline.frameTicks, isSync: table.isSync[sample] === 1 })
  }
  return mediaSegment(n + 1, range.from * timeline.frameTicks, timeline.frameTicks, frames)
}

/** The initialisation segment of a copied rendition: the source's own parameter sets. */
export function copiedInit(plan: RunPlan, rendition: VideoRendition, table: SampleTable): Uint8Array {
  const { timeline } = plan
  const { reorderFrames, color } = rendition.copied!
  return videoInit({
    timescale: timeline.timescale,
    durationTicks: totalTicks(timeline),
    width: rendition.width,
    height: rendition.height,
    reorderTicks: reorderFrames * timeline.frameTicks,
    configuration: table.configuration,
    format: 'avc1',
    ...(color ? { color } : {}),
  })
}

/** Frames at which segments may begin and whose first slice should say so: at most `count` of them, spread over the title. */
export function keysToVerify(table: SampleTable, timeline: Timeline, count: number): { at: number; bytes: number }[] {
  const starts: number[] = []
  let frame = 0
  for (const [times, ticks] of timeline.steps) {
    for (let n = 0; n < times; n++) {
      starts.push(frame)
      frame += ticks / timeline.frameTicks
    }
  }
  const step = Math.max(1, Math.ceil(starts.length / count))
  return starts
    .filter((_, n) => n % step === 0)
    .map((sample) => ({ at: table.offsets[sample]!, bytes: table.sizes[sample]! }))
}

/** Whether a frame holds an IDR slice (H.264 table 7-1, type 5), after which nothing before it is needed. */
export function isIdr(frame: Uint8Array, configuration: Uint8Array): boolean {
  const lengthBytes = (configuration[12]! & 3) + 1
  let at = 0
  while (at + lengthBytes < frame.length) {
    let length = 0
    for (let byte = 0; byte < lengthBytes; byte++) length = length * 256 + frame[at + byte]!
    const type = frame[at + lengthBytes]! & 0x1f
    if (type === 5) return true
    if (type === 1) return false
    at += lengthBytes + length
  }
  return false
}

/** Whether a frame is a whole number of NAL units, each as long as it says (ISO/IEC 14496-15 section 5.3.3); decoders stumble over others. */
export function isWhole(frame: Uint8Array, configuration: Uint8Array): boolean {
  const lengthBytes = (configuration[12]! & 3) + 1
  let at = 0
  while (at + lengthBytes < frame.length) {
    let length = 0
    for (let byte = 0; byte < lengthBytes; byte++) length = length * 256 + frame[at + byte]!
    if (length === 0) return false
    at += lengthBytes + length
  }
  return at === frame.length && at > 0
}

/** Each frame's place in the order of showing; undefined when two share one, one is empty, or a frame lies between two. */
function placesOf(table: SampleTable, rate: number): { origin: number; ranks: Int32Array } | undefined {
  const origin = originOf(table)
  const ranks = new Int32Array(table.count)
  const taken = new Uint8Array(table.count)
  for (let n = 0; n < table.count; n++) {
    const place = ((table.shownAt[n]! - origin) * rate) / table.timescale
    const rank = Math.round(place)
    if (rank >= table.count || taken[rank] || Math.abs(place - rank) > GRID_TOLERANCE) return undefined
    taken[rank] = 1
    ranks[n] = rank
  }
  return { origin, ranks }
}

function originOf(table: SampleTable): number {
  let origin = Number.POSITIVE_INFINITY
  // The frame shown first is among the first in the file.
  for (let n = 0; n < Math.min(table.count, 64); n++) origin = Math.min(origin, table.shownAt[n]!)
  return origin
}

/** Key frames before which everything is shown that was decoded before them: no leading frames lean over the cut. */
function cleanKeys(table: SampleTable, ranks: Int32Array): number[] {
  const keys: number[] = []
  let latest = -1
  for (let n = 0; n < table.count; n++) {
    // All ranks below n have been seen when the latest of n frames is n - 1.
    if (table.isSync[n] && ranks[n] === n && latest === n - 1) keys.push(n)
    latest = Math.max(latest, ranks[n]!)
  }
  return keys
}

/** Boundaries in frames: about two seconds apart at the start and four after, wherever the key frames allow. */
function chooseCuts(keys: number[], count: number, rate: number): number[] | undefined {
  if (keys[0] !== 0) return undefined
  const cuts = [0]
  let next = 1
  while (cuts.at(-1)! < count) {
    const start = cuts.at(-1)!
    const wanted = (start < START_SECONDS * rate ? START_WANTED_SECONDS : LATER_WANTED_SECONDS) * rate
    while (next < keys.length && keys[next]! <= start) next++
    let cut = keys[next] ?? count
    while (next < keys.length && keys[next]! - start <= wanted * 1.25) cut = keys[next++]!
    const short = count - cut < SMALLEST_TAIL_SECONDS * rate && count - start <= MAX_KEY_SECONDS * rate
    if (short || (next >= keys.length && count - start <= wanted * 1.25)) cut = count
    if (cut - start > MAX_KEY_SECONDS * rate + 1) return undefined
    cuts.push(cut)
  }
  return cuts
}

function reorderOf(ranks: Int32Array): number {
  let most = 0
  for (let n = 0; n < ranks.length; n++) most = Math.max(most, n - ranks[n]!)
  return most
}

function sum(sizes: Uint32Array, from: number, to: number): number {
  let bytes = 0
  for (let n = from; n < to; n++) bytes += sizes[n]!
  return bytes
}

const PRIMARIES: Record<string, number> = { bt709: 1, bt470bg: 5, smpte170m: 6, smpte240m: 7 }
const TRANSFERS: Record<string, number> = { bt709: 1, bt470bg: 5, smpte170m: 6, smpte240m: 7 }
const MATRICES: Record<string, number> = { bt709: 1, fcc: 4, bt470bg: 5, smpte170m: 6, smpte240m: 7 }

function colorOf({ primaries, transfer, matrix }: ColorFacts): [number, number, number] | undefined {
  const numbers = [PRIMARIES[primaries], TRANSFERS[transfer], MATRICES[matrix]]
  return numbers.every((number) => number !== undefined) ? (numbers as [number, number, number]) : undefined
}
