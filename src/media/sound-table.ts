// Reading a sound whose frames may be copied out of an MP4 or MOV: AAC-LC that says plainly how it is decoded and where its frames are.
// The file is a stranger's: what is unusual gives no table at all, and the sound is encoded like any other. Frames follow one another without a
// gap, whatever clock they are timed by: a coarse one rounds their times, and which grid they are on is told from all of them together.

import { readSoundConfiguration, readTrackLayout } from './mp4-table.ts'
import { AUDIO_FRAME_SAMPLES, type FrameRange } from './timeline.ts'

/** The frames of one AAC track in a whole MP4. */
export type SoundTable = {
  /** The whole `esds` box. */
  configuration: Uint8Array
  /** Samples in a second, and how many channels, as the decoder's set-up says. */
  rate: number
  channels: 1 | 2
  count: number
  offsets: Float64Array
  sizes: Uint32Array
  /** When the first frame would be heard, in seconds on the clock of the file. */
  startSeconds: number
  /** The frames that are heard: the edit list takes those away that only ready the decoder, and what was cut off. */
  heard: FrameRange
}

/** Farther from its place nobody may be moved, nor lie from where the file says it does: where more is missing, something is. */
export const MAX_SHIFT_SECONDS = 0.002
/** Rates by their number in the set-up of a decoder (ISO/IEC 14496-3 1.6.3.4). Frames of lower ones last longer than lips may be off. */
const RATES: Readonly<Record<number, number>> = { 3: 48_000, 4: 44_100, 5: 32_000, 6: 24_000, 7: 22_050 }
const LOW_COMPLEXITY = 2
/** What may follow the set-up of AAC-LC (1.6.6.1): nothing, or that there is no spectral band replication. */
const NO_EXTENSION = ['', '56e500']
/** ISO/IEC 14496-3 4.5.3: 6,144 bits a channel. */
const MAX_CHANNEL_BYTES = 768
const MAX_CONFIGURATION_BYTES = 1024
const DECODER_BYTES = 13
const AAC = 0x40

/** The table of the track at `index` of a `moov` box in a file of `sizeBytes`; undefined where it is no such sound, or not all of it is there. */
export function readSoundTable(moov: Uint8Array, index: number, sizeBytes: number): SoundTable | undefined {
  const layout = readTrackLayout(moov, index)
  const configuration = readSoundConfiguration(moov, index)
  if (layout?.shiftSeconds === undefined || !configuration) return undefined
  if (configuration.length > MAX_CONFIGURATION_BYTES) return undefined
  const coding = codingOf(setupOf(configuration) ?? new Uint8Array())
  if (!coding) return undefined

  const { count, offsets, sizes, decodeAt, timescale, shiftSeconds } = layout
  const { rate, channels } = coding
  const gridSeconds = gridStart(decodeAt, timescale, rate)
  if (gridSeconds === undefined) return undefined
  for (let n = 0; n < count; n++) {
    if (sizes[n] === 0 || sizes[n]! > MAX_CHANNEL_BYTES * channels) return undefined
    if (offsets[n]! + sizes[n]! > sizeBytes) return undefined
  }
  const frameOf = (ticks: number) => (ticks * rate) / timescale / AUDIO_FRAME_SAMPLES
  const near = (MAX_SHIFT_SECONDS * rate) / AUDIO_FRAME_SAMPLES
  const heard = {
    from: Math.max(0, Math.ceil(frameOf(layout.shownFrom) - near)),
    to: Math.min(count, Math.ceil(frameOf(layout.shownTo))),
  }
  const startSeconds = shiftSeconds + gridSeconds
  return { configuration, rate, channels, count, offsets, sizes, startSeconds, heard }
}

/**
 * When the first frame begins, in seconds, if all of them follow one another without a gap: what most of them say, each reckoned back
 * by its number. Undefined where one lies farther from its place than a clock's rounding and a little jitter can put it.
 * @param decodeAt in ticks of `timescale`
 */
export function gridStart(decodeAt: Float64Array, timescale: number, rate: number): number | undefined {
  // Exact where the clock is: whole numbers until the division.
  const starts = decodeAt.map((ticks, n) => (ticks * rate - n * AUDIO_FRAME_SAMPLES * timescale) / (timescale * rate))
  const rising = starts.sort()
  const start = rising[rising.length >> 1]!
  const farthest = Math.max(start - rising[0]!, rising.at(-1)! - start)
  return farthest <= MAX_SHIFT_SECONDS ? start : undefined
}

/** Reads an AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1); undefined where it is not AAC-LC as it is copied, in frames of 1,024 samples. */
function codingOf(setup: Uint8Array): { rate: number; channels: 1 | 2 } | undefined {
  if (setup.length < 2) return undefined
  const bits = setup[0]! * 256 + setup[1]!
  const rate = RATES[(bits >> 7) & 15]
  const channels = (bits >> 3) & 15
  // The last three bits: shorter frames, a coder underneath, and further extensions.
  if (bits >> 11 !== LOW_COMPLEXITY || rate === undefined || (bits & 7) !== 0) return undefined
  if (channels !== 1 && channels !== 2) return undefined
  return NO_EXTENSION.includes(Buffer.from(setup.subarray(2)).toString('hex')) ? { rate, channels } : undefined
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
