// Passing sound through: AAC-LC frames that lie on the title's own grid become its segments as they are. Whether they are as loud as they
// should be is not seen here; what no copy can do is change that.

import { readSoundConfiguration, readTrackLayout } from './mp4-table.ts'
import { type CodedFrame, mediaSegment } from './mp4-write.ts'
import type { AudioRendition, RunPlan } from './plan.ts'
import { AUDIO_FRAME_SAMPLES, AUDIO_RATE, audioRange, type FrameRange, segmentCount } from './timeline.ts'

/** The frames of one AAC track in a whole MP4. */
export type SoundTable = {
  /** The whole `esds` box. */
  configuration: Uint8Array
  count: number
  offsets: Float64Array
  sizes: Uint32Array
  /** When the first frame is heard, in seconds on the clock of the file. */
  startSeconds: number
}

/** Farther from its place nobody may be moved: 2 ms. */
const MAX_SHIFT_SAMPLES = 96
/** A sound that ends so many frames before the title is filled up with silence: a tenth of a second. */
const MAX_SILENT_FRAMES = 5
/** A frame of AAC-LC, two channels, in which nothing is heard. */
const SILENT_FRAME = Uint8Array.of(0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80)
/** AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1) of AAC-LC, 48 kHz, two channels, 1,024 samples; and what may follow: no SBR. */
const LOW_COMPLEXITY = '1190'
const NO_EXTENSION = ['', '56e500']
const DECODER_BYTES = 13
const AAC = 0x40

/** The table of the track at `index` of a `moov` box; undefined where it is no such sound, or does not say plainly where its frames are. */
export function readSoundTable(moov: Uint8Array, index: number): SoundTable | undefined {
  const layout = readTrackLayout(moov, index)
  const configuration = readSoundConfiguration(moov, index)
  if (layout?.shiftSeconds === undefined || !configuration || layout.timescale !== AUDIO_RATE) return undefined
  if (layout.decodeAt.some((at, n) => at !== n * AUDIO_FRAME_SAMPLES)) return undefined
  const setup = Buffer.from(setupOf(configuration) ?? []).toString('hex')
  if (!setup.startsWith(LOW_COMPLEXITY) || !NO_EXTENSION.includes(setup.slice(LOW_COMPLEXITY.length))) return undefined
  const { count, offsets, sizes, shiftSeconds: startSeconds } = layout
  return { configuration, count, offsets, sizes, startSeconds }
}

/** Which frame is the title's first, and the rate of its densest segment; or in a few words what speaks against it. */
export function judgeSound(
  plan: RunPlan,
  table: SoundTable,
): { copied: { first: number }; bitsPerSecond: number } | { why: string } {
  const { timeline, source } = plan
  const place = (table.startSeconds - source.startSeconds) * AUDIO_RATE
  const first = Math.round(-place / AUDIO_FRAME_SAMPLES)
  if (first < 0) return { why: 'begins after the title' }
  if (Math.abs(place + first * AUDIO_FRAME_SAMPLES) > MAX_SHIFT_SAMPLES) return { why: 'off the grid' }
  const count = segmentCount(timeline)
  if (audioRange(timeline, count - 1).to + first - table.count > MAX_SILENT_FRAMES)
    return { why: 'ends before the title' }
  let bitsPerSecond = 0
  for (let n = 0; n < count; n++) {
    const { from, to } = audioRange(timeline, n)
    let bytes = 0
    for (let frame = from + first; frame < to + first; frame++) bytes += table.sizes[frame] ?? SILENT_FRAME.length
    bitsPerSecond = Math.max(bitsPerSecond, (bytes * 8 * AUDIO_RATE) / ((to - from) * AUDIO_FRAME_SAMPLES))
  }
  return { copied: { first }, bitsPerSecond: Math.ceil(bitsPerSecond) }
}

/** The frames of segment `n` that are in the file, as places in its table. */
function framesOf(plan: RunPlan, { copied }: AudioRendition, n: number): FrameRange {
  const { from, to } = audioRange(plan.timeline, n)
  return { from: from + copied!.first, to: to + copied!.first }
}

/** The bytes of segment `n`, as stretches of the file. */
export function soundStretches(plan: RunPlan, rendition: AudioRendition, table: SoundTable, n: number) {
  const { from, to } = framesOf(plan, rendition, n)
  const stretches: { from: number; to: number }[] = []
  for (let frame = from; frame < Math.min(to, table.count); frame++) {
    const [at, end] = [table.offsets[frame]!, table.offsets[frame]! + table.sizes[frame]!]
    const last = stretches.at(-1)
    if (last?.to === at) last.to = end
    else stretches.push({ from: at, to: end })
  }
  return stretches
}

/** Segment `n`, from the bytes of its stretches; silence where the sound has ended. */
export function soundSegment(
  plan: RunPlan,
  rendition: AudioRendition,
  table: SoundTable,
  n: number,
  stretches: readonly { bytes: Uint8Array }[],
): Uint8Array {
  const { from, to } = framesOf(plan, rendition, n)
  const bytes = Buffer.concat(stretches.map((it) => it.bytes))
  let at = 0
  const frames = Array.from({ length: to - from }, (_, place): CodedFrame => {
    const size = table.sizes[from + place]
    const data = size === undefined ? SILENT_FRAME : bytes.subarray(at, at + size)
    at += size ?? 0
    return { data, compositionOffset: 0, isSync: true }
  })
  const start = audioRange(plan.timeline, n).from * AUDIO_FRAME_SAMPLES
  return mediaSegment(n + 1, start, AUDIO_FRAME_SAMPLES, frames)
}

/** The decoder's set-up in an `esds` box (ISO/IEC 14496-1 7.2.6): inside the decoder's description inside the stream's. */
function setupOf(esds: Uint8Array): Uint8Array | undefined {
  let at = 12
  const open = () => {
    const tag = esds[at++]
    let size = 0
    for (let bytes = 0; bytes < 4; bytes++) {
      const byte = esds[at++] ?? 0
      size = size * 128 + (byte & 0x7f)
      if (byte < 0x80) break
    }
    return { tag, size }
  }
  if (open().tag !== 3) return undefined
  const flags = esds[at + 2] ?? 0
  // Streams that depend on others, or lie elsewhere, are none of ours.
  if (flags & 0xe0) return undefined
  at += 3
  if (open().tag !== 4 || esds[at] !== AAC) return undefined
  at += DECODER_BYTES
  const { tag, size } = open()
  return tag === 5 ? esds.subarray(at, at + size) : undefined
}
