// The ladder: which qualities a source is offered in, their sizes and ceilings, and the H.264 level each one needs.

import type { Rational } from './rational.ts'
import type { SecondCodec } from './second-codecs.ts'

export type RungId = '360p' | '480p' | '720p' | '1080p' | '2160p'

/** What the house allows: rungs above `eagerShortSide` are made only when somebody watches; those above `maxShortSide` never. */
export type LadderPolicy = {
  preset: string
  eagerShortSide: number
  maxShortSide: number
  maxFrameRate: number
  /** Further codecs that renditions may be made in, once a title is watched much. */
  secondCodecs: SecondCodec[]
  /** Sound of 5.1 channels and more is made in 5.1, too, beside the mix for two. */
  surround: boolean
}

export const DEFAULT_LADDER: LadderPolicy = {
  preset: 'veryfast',
  eagerShortSide: 1080,
  maxShortSide: 2160,
  maxFrameRate: 60,
  secondCodecs: [],
  surround: true,
}

/** A quality with its size for one source. Bit rates are ceilings in bits per second; `crf` asks for constant quality below them. */
export type Rung = { id: RungId; label: string; width: number; height: number; bitsPerSecond: number; crf: number }

const RUNGS: { id: RungId; label: string; shortSide: number; bitsPerSecond: number; crf: number }[] = [
  { id: '360p', label: '360p', shortSide: 360, bitsPerSecond: 800_000, crf: 23 },
  { id: '480p', label: '480p', shortSide: 480, bitsPerSecond: 1_400_000, crf: 23 },
  { id: '720p', label: '720p', shortSide: 720, bitsPerSecond: 2_800_000, crf: 23 },
  { id: '1080p', label: '1080p', shortSide: 1080, bitsPerSecond: 5_000_000, crf: 23 },
  { id: '2160p', label: '4K', shortSide: 2160, bitsPerSecond: 15_000_000, crf: 24 },
]

/** A source a little short of a rung (1072 lines for 1080) still gets it, at its own size: leaving it out would cost a third of the lines. */
const NEARLY = 0.9

/** The smallest picture the encoder is given; smaller ones are padded (reference: x264 refuses less than 16x16). */
export const SMALLEST_SIDE = 16

/** Nothing is smaller: every line must carry it. */
export const isLowest = (rung: Rung): boolean => rung.id === RUNGS[0]!.id

export const rungLabel = (id: string): string => RUNGS.find((rung) => rung.id === id)?.label ?? id

/** The rungs for a picture of `width` x `height` square pixels, lowest first: never larger than the source, always at least one. */
export function rungsFor(width: number, height: number, policy: LadderPolicy): Rung[] {
  const side = Math.min(width, height)
  const fitting = RUNGS.filter((rung) => rung.shortSide * NEARLY <= side && rung.shortSide <= policy.maxShortSide)
  const chosen = fitting.length > 0 ? fitting : [RUNGS[0]!]
  return chosen.map(({ id, label, shortSide, bitsPerSecond, crf }) => {
    const scale = Math.min(1, shortSide / side)
    return { id, label, width: even(width, scale), height: even(height, scale), bitsPerSecond, crf }
  })
}

/** Chroma of 4:2:0 covers two by two pixels, so sides are even: nearest when scaling down, below at the source's own size. */
function even(side: number, scale: number): number {
  const half = (side * scale) / 2
  return Math.max(SMALLEST_SIDE, 2 * (scale < 1 ? Math.round(half) : Math.floor(half)))
}

// ITU-T H.264 (08/2021) table A-1: level, macroblocks a second, macroblocks a frame, macroblocks of decoded pictures, kb/s.
const LEVELS: [level: number, perSecond: number, perFrame: number, decoded: number, kilobits: number][] = [
  [10, 1485, 99, 396, 64],
  [11, 3000, 396, 900, 192],
  [12, 6000, 396, 2376, 384],
  [13, 11880, 396, 2376, 768],
  [20, 11880, 396, 2376, 2000],
  [21, 19800, 792, 4752, 4000],
  [22, 20250, 1620, 8100, 4000],
  [30, 40500, 1620, 8100, 10000],
  [31, 108000, 3600, 18000, 14000],
  [32, 216000, 5120, 20480, 20000],
  [40, 245760, 8192, 32768, 20000],
  [42, 522240, 8704, 34816, 50000],
  [50, 589824, 22080, 110400, 135000],
  [51, 983040, 36864, 184320, 240000],
  [52, 2073600, 36864, 184320, 240000],
  [60, 4177920, 139264, 696320, 240000],
  [61, 8355840, 139264, 696320, 480000],
  [62, 16711680, 139264, 696320, 800000],
]

/** Decoded pictures our encodes keep: x264 asks for four with B-frames in a pyramid. */
const DECODED_PICTURES = 4

/** The lowest H.264 level (31 for 3.1) that holds a picture size, frame rate and ceiling, for High profile with four decoded pictures. */
export function avcLevel(width: number, height: number, rate: Rational, bitsPerSecond: number): number {
  const across = Math.ceil(width / 16)
  const down = Math.ceil(height / 16)
  const perFrame = across * down
  const perSecond = (perFrame * rate.num) / rate.den
  const fits = LEVELS.find(
    ([, maxPerSecond, maxPerFrame, maxDecoded, kilobits]) =>
      perFrame <= maxPerFrame &&
      perSecond <= maxPerSecond &&
      Math.max(across, down) <= Math.sqrt(8 * maxPerFrame) &&
      perFrame * DECODED_PICTURES <= maxDecoded &&
      2 * bitsPerSecond <= kilobits * 1250,
  )
  return fits?.[0] ?? 62
}

/** RFC 6381 name of H.264 High profile at a level: `avc1.64001f`. */
export const avcCodecs = (level: number): string => `avc1.6400${level.toString(16).padStart(2, '0')}`
