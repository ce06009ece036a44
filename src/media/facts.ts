// What is known about a source once it has been probed: plain data, stored with the video and read by the planner.

import type { Rational } from './rational.ts'

/** Why a file is not taken. Each is a refusal that an uploader can read. */
export type ProbeRefusal =
  | 'source_unreadable'
  | 'source_not_media'
  | 'source_no_video'
  | 'source_too_large_picture'
  | 'source_too_long'
  | 'source_encrypted'
  | 'source_codec_unsupported'
  | 'source_empty'
  | 'source_too_short'
  | 'source_too_many_streams'

/** All times are in seconds on the source's own clock; `startSeconds` is where our timeline has its zero. */
export type SourceFacts = {
  /** FFmpeg's name of the container family: mov, matroska, mpegts, avi ... */
  container: string
  sizeBytes: number
  durationMs: number
  /** False when the header cannot be believed or says nothing: measure with `scanArgs` and `applyScan` before planning. */
  durationTrusted: boolean
  startSeconds: number
  /** `index`: a seek lands on a key frame, exactly. `start`: segments are decoded from the beginning. */
  seekable: 'index' | 'start'
  /** A stream copy into Matroska (`remuxArgs`) would make it seekable; probe the copy and plan from that. */
  remux: boolean
  /** The container's header says all that a decoder must know, so nothing need be decoded to find it out when the file is opened. */
  told?: boolean
  video?: VideoFacts
  audio: AudioFacts[]
  /** Tracks of timed text; those that are pictures (PGS, DVD) are left out. */
  texts?: TextFacts[]
}

export type VideoFacts = {
  streamIndex: number
  codec: string
  /** The decoder to ask for by name where FFmpeg's own choice would lose something (alpha in VP8 and VP9). */
  decoder?: string
  profile?: string
  pixelFormat: string
  /** Display size in square pixels, upright. */
  width: number
  height: number
  codedWidth: number
  codedHeight: number
  sar: Rational
  /** Degrees clockwise to turn the picture upright, then whether to mirror it left to right. */
  rotation: 0 | 90 | 180 | 270
  flip: boolean
  nominalRate: Rational
  /** The constant rate of all renditions. */
  frameRate: Rational
  variableRate: boolean
  interlaced: boolean
  bitDepth: number
  color: ColorFacts
  hdr: 'sdr' | 'pq' | 'hlg'
  /** What the container says of the light it was made for. */
  light?: LightFacts
  startSeconds: number
  /** Where the picture ends, if the file says so. */
  endSeconds?: number
  alpha: boolean
}

/**
 * The screen that the colours were chosen on (SMPTE ST 2086), and how bright the title gets (CTA-861.3). Chromaticities in steps of 0.00002, in
 * the order green, blue, red, white, x before y; light in steps of 0.0001 cd/m2; content levels in cd/m2.
 */
export type LightFacts = {
  mastering?: { chromaticities: number[]; most: number; least: number }
  content?: { most: number; average: number }
}

/** Names as FFmpeg writes them; `unknown` where the source does not say. */
export type ColorFacts = { primaries: string; transfer: string; matrix: string; range: 'tv' | 'pc' | 'unknown' }

export type TextFacts = {
  streamIndex: number
  /** BCP 47, `und` when not said. */
  language: string
  title?: string
  /** Says what is heard besides words, for those who cannot hear. */
  forDeaf: boolean
}

export type AudioFacts = {
  streamIndex: number
  codec: string
  channels: number
  sampleRate: number
  /** BCP 47, `und` when not said. */
  language: string
  title?: string
  isDefault: boolean
  startSeconds: number
  endSeconds?: number
  /**
   * Codec frames all have `samples` samples and begin at multiples of it, from `phase` on (in samples of `sampleRate`). Known
   * when the container's clock is too coarse to say where a sample is; decoded frames are put back on it.
   */
  lattice?: { samples: number; phase: number }
  /** The container's clock ticks more slowly than the samples. */
  coarse: boolean
  /** Its channels are named, and are those of 5.1 at least: 5.1, 6.1 or 7.1; and it is no commentary or the like. */
  surround?: true
  /** AAC-LC of one channel or two, as far as a decoder has found out: its frames may be copied. */
  plainAac?: true
}
