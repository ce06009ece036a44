// Passing sound through: AAC-LC frames of a source become the segments of a rendition as they are, on a grid of their own. Whether they are
// as loud as they should be is not seen here; what no copy can do is change that.

import { fileUrl, inputLimits } from './allowed.ts'
import { type CodedFrame, mediaSegment } from './mp4-write.ts'
import { type AudioRendition, gridOf, type RunPlan, type SourceSound } from './plan.ts'
import { MAX_SHIFT_SECONDS, type SoundTable } from './sound-table.ts'
import { AUDIO_FRAME_SAMPLES, audioRange, type FrameRange, sampleOf, segmentCount } from './timeline.ts'

/** A sound that begins so much after the title, or ends so much before it, is filled up with silent frames. */
const MAX_SILENT_SECONDS = 0.1
const NEAR_BYTES = 128 * 1024
/** A frame of AAC-LC, of one channel and of two, in which nothing is heard. It holds no band that depends on the rate. */
const SILENT_FRAMES = {
  1: Uint8Array.of(0x00, 0xc8, 0x00, 0x80, 0x23, 0x80),
  2: Uint8Array.of(0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80),
}

/** Sounds of longer titles are not copied where that takes a reading of the whole file: the first segment waits for it. */
const MAX_APART_SECONDS = 1800
const MAX_APART_BYTES = 512 * 1024 ** 2
/** Frames at the beginning that a container may tell a decoder to leave out; all others have to come out of it. */
const UNHEARD_FRAMES = 4

/**
 * Whether a sound that stands in no table is worth a copy of its own, which has one. It can be had of Matroska, which transport streams and
 * others with broken clocks have become by then, and of MP4 in fragments.
 */
export function worthApart({ source }: RunPlan, sound: SourceSound, sizeBytes: number): boolean {
  return (
    sound.plainAac === true &&
    ['matroska', 'mov'].includes(source.container) &&
    source.durationMs <= MAX_APART_SECONDS * 1000 &&
    sizeBytes <= MAX_APART_BYTES
  )
}

/**
 * The command that copies the frames of one sound into an MP4, on the clock of the source, and decodes them beside: it fails at the first that
 * can't be, and where the decoder finds another rate or other channels on the way.
 */
export function soundCopyArgs(sourcePath: string, outputPath: string, sound: SourceSound): string[] {
  const stream = ['-map', `0:${sound.streamIndex}`, '-map_metadata', '-1', '-map_chapters', '-1']
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'info', '-y', '-xerror', '-copyts', ...inputLimits()],
    ...['-probesize', '20M', '-analyzeduration', '10M', '-reinit_filter', '0', '-i', fileUrl(sourcePath)],
    ...[...stream, '-c', 'copy', '-avoid_negative_ts', 'disabled', '-movie_timescale', String(sound.sampleRate)],
    ...['-f', 'mp4', fileUrl(outputPath)],
    ...[...stream, '-af', 'volumedetect', '-f', 'null', '-'],
  ]
}

/**
 * Whether as much was decoded as the copy holds, from what the command said: no frame was left out, none gave more than its samples, and the
 * decoder complained of nothing, such as of bands that begin after the first frame.
 */
export function allWasDecoded({ count, channels }: SoundTable, said: string): boolean {
  if (/^\[aac /m.test(said)) return false
  const samples = Number(/\bn_samples: (\d+)/.exec(said)?.[1] ?? Number.NaN) / channels
  return samples <= count * AUDIO_FRAME_SAMPLES && samples > (count - UNHEARD_FRAMES) * AUDIO_FRAME_SAMPLES
}

/** What the copy of a sound is as a rendition. */
export type CopiedSound = Pick<AudioRendition, 'channels' | 'sampleRate' | 'bitsPerSecond'> &
  Required<Pick<AudioRendition, 'copied'>>

/** Where the frames of a sound lie on the title, and how dense its densest segment is; or in a few words what speaks against a copy. */
export function judgeSound(plan: RunPlan, sound: SourceSound, table: SoundTable): CopiedSound | { why: string } {
  const { timeline, source } = plan
  const { rate, channels, heard } = table
  // A decoder that gives more than the set-up says has found what the set-up hides: HE-AAC, which is encoded.
  if (sound.sampleRate !== rate || sound.channels !== channels) return { why: 'more in it than it says' }
  const placed = placeOf(table, (table.startSeconds - source.startSeconds) * rate)
  if (!placed) return { why: 'begins after the title' }
  const { first, phase } = placed
  const grid = { rate, phase }
  const count = segmentCount(timeline)
  const silent = audioRange(timeline, count - 1, grid).to + first - heard.to
  if (silent > silentFrames(rate)) return { why: 'ends before the title' }

  let bitsPerSecond = 0
  for (let n = 0; n < count; n++) {
    const { from, to } = audioRange(timeline, n, grid)
    let bytes = 0
    for (let frame = from + first; frame < to + first; frame++)
      bytes += isHeard(table, frame) ? table.sizes[frame]! : SILENT_FRAMES[channels].length
    bitsPerSecond = Math.max(bitsPerSecond, (bytes * 8 * rate) / ((to - from) * AUDIO_FRAME_SAMPLES))
  }
  const copied = { first, ...(phase === 0 ? {} : { phase }) }
  return { copied, sampleRate: rate, channels, bitsPerSecond: Math.ceil(bitsPerSecond) }
}

/**
 * The frame of the table that is the title's first, and how late it begins, in samples. Frames stay where they are, to the sample: the
 * first heard one that lies in the title begins up to a frame after its zero, and what lies across the zero is dropped. Only where two
 * milliseconds put them on the zero itself they are moved. Undefined where too much silence would have to come before.
 * @param place where frame 0 of the table lies on the title, in samples from its zero
 */
function placeOf({ rate, heard }: SoundTable, place: number): { first: number; phase: number } | undefined {
  const near = MAX_SHIFT_SECONDS * rate
  const from = Math.max(heard.from, Math.ceil((-place - near) / AUDIO_FRAME_SAMPLES))
  const begins = place + from * AUDIO_FRAME_SAMPLES
  const whole = Math.round(begins / AUDIO_FRAME_SAMPLES)
  const isNear = Math.abs(begins - whole * AUDIO_FRAME_SAMPLES) <= near
  const silent = isNear ? whole : Math.floor(begins / AUDIO_FRAME_SAMPLES)
  if (silent > silentFrames(rate)) return undefined
  const phase = isNear ? 0 : Math.round(begins - silent * AUDIO_FRAME_SAMPLES)
  return { first: from - silent, phase }
}

const silentFrames = (rate: number): number => Math.ceil((MAX_SILENT_SECONDS * rate) / AUDIO_FRAME_SAMPLES)

const isHeard = ({ heard }: SoundTable, frame: number): boolean => frame >= heard.from && frame < heard.to

/** The frames of segment `n`, as places in the table of the source: not all of them need be there. */
function framesOf(plan: RunPlan, rendition: AudioRendition, n: number): FrameRange {
  const { from, to } = audioRange(plan.timeline, n, gridOf(rendition))
  const { first } = rendition.copied!
  return { from: from + first, to: to + first }
}

/** The bytes of segment `n`, as stretches of the file. */
export function soundStretches(plan: RunPlan, rendition: AudioRendition, table: SoundTable, n: number) {
  const { from, to } = framesOf(plan, rendition, n)
  const stretches: { from: number; to: number }[] = []
  for (let frame = from; frame < to; frame++) {
    if (!isHeard(table, frame)) continue
    const [at, end] = [table.offsets[frame]!, table.offsets[frame]! + table.sizes[frame]!]
    const last = stretches.at(-1)
    // A frame of the picture or two lie between; reading over them is cheaper than asking the store for every frame.
    if (last && at >= last.from && at - last.to <= NEAR_BYTES) last.to = Math.max(last.to, end)
    else stretches.push({ from: at, to: end })
  }
  return stretches
}

/** Segment `n`, from the bytes of its stretches; silence where there is no sound yet, or no more. */
export function soundSegment(
  plan: RunPlan,
  rendition: AudioRendition,
  table: SoundTable,
  n: number,
  stretches: readonly { from: number; bytes: Uint8Array }[],
): Uint8Array {
  const { from, to } = framesOf(plan, rendition, n)
  const bytesOf = (frame: number): Uint8Array => {
    const [at, size] = [table.offsets[frame]!, table.sizes[frame]!]
    const stretch = stretches.find((it) => at >= it.from && at + size <= it.from + it.bytes.length)
    if (!stretch) throw new Error(`frame ${frame} of the sound was not read`)
    return stretch.bytes.subarray(at - stretch.from, at - stretch.from + size)
  }
  const frames = Array.from({ length: to - from }, (_, place): CodedFrame => {
    const data = isHeard(table, from + place) ? bytesOf(from + place) : SILENT_FRAMES[table.channels]
    return { data, compositionOffset: 0, isSync: true }
  })
  const grid = gridOf(rendition)
  const start = sampleOf(audioRange(plan.timeline, n, grid).from, grid)
  return mediaSegment(n + 1, start, AUDIO_FRAME_SAMPLES, frames)
}
