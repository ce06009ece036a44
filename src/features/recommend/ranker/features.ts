/**
 * What the ranking knows of a candidate, as a row of numbers: the same row is ranked by, written beside the page that was shown, and
 * learned from, so that what is learned is what was seen. Pure.
 */
import { SIGNALS } from '../rules.ts'

/** Changes with every change of the list below: rows of another version are not learned from. */
export const FEATURES_VERSION = 1

/** What is known beside the signals. */
export interface Surroundings {
  /** How often the video stood on a page of this viewer without being watched. */
  shown: number
  ageMs: number
  durationMs: number
  /** Recent views, decayed. */
  heat: number
  /** Whether the model of items knows the video. */
  isKnown: boolean
  /** By how many videos the viewer is known to have watched. */
  experience: number
  hasAccount: boolean
  /** Of the channel, and of the topic, of what was watched last. */
  sameChannel: boolean
  sameTopic: boolean
  /** Beside a video, not on the home page. */
  isNext: boolean
  /** Sine and cosine of the hour, by the clock of the server: what matters is the wave of the day, wherever it stands. */
  wave: readonly [number, number]
}

export const FEATURE_COUNT = SIGNALS.length + 12
const DAY_MS = 24 * 3_600_000
/** Numbers of 16 bits hold -8 to 8. */
const SCALE = 4096

/** Fills a row at `base`, its signals from those that stand at `from`; every number about -1 to 1. */
export function writeFeatures(
  signals: Float32Array,
  from: number,
  it: Surroundings,
  rows: Float32Array,
  base: number,
): void {
  for (let signal = 0; signal < SIGNALS.length; signal++) rows[base + signal] = signals[from + signal]!
  let at = base + SIGNALS.length
  rows[at++] = Math.min(it.shown, 10) / 10
  rows[at++] = Math.log1p(Math.max(0, it.ageMs) / DAY_MS) / 8
  rows[at++] = Math.log1p(it.durationMs / 60_000) / 6
  rows[at++] = Math.log1p(Math.max(0, it.heat)) / 8
  rows[at++] = Number(it.isKnown)
  rows[at++] = it.experience
  rows[at++] = Number(it.hasAccount)
  rows[at++] = Number(it.sameChannel)
  rows[at++] = Number(it.sameTopic)
  rows[at++] = Number(it.isNext)
  rows[at++] = it.wave[0]
  rows[at] = it.wave[1]
}

export function experienceOf(watched: number): number {
  return Math.log1p(watched) / 7
}

export function waveOf(nowMs: number): [number, number] {
  const angle = (((nowMs / 3_600_000) % 24) / 12) * Math.PI
  return [Math.sin(angle), Math.cos(angle)]
}

/** Of one row as it is written down. */
export const PACKED_BYTES = 2 * FEATURE_COUNT

/** Writes the row that begins at `base` as the `place`-th of `bytes`: numbers of 16 bits, the lower byte first. */
export function packRow(rows: Float32Array, base: number, bytes: Buffer, place: number): void {
  let to = place * PACKED_BYTES
  for (let at = 0; at < FEATURE_COUNT; at++) {
    const value = Math.round(Math.max(-8, Math.min(7.999, rows[base + at]!)) * SCALE)
    bytes[to++] = value & 255
    bytes[to++] = value >> 8
  }
}

/** All of these rows as they are written down. */
export function packFeatures(rows: Float32Array): Buffer {
  const count = rows.length / FEATURE_COUNT
  const bytes = Buffer.alloc(count * PACKED_BYTES)
  for (let place = 0; place < count; place++) packRow(rows, place * FEATURE_COUNT, bytes, place)
  return bytes
}

/** The rows that were packed; a tail that is no whole row is left out. */
export function unpackFeatures(bytes: Buffer): Float32Array {
  const count = Math.floor(bytes.length / 2 / FEATURE_COUNT) * FEATURE_COUNT
  const rows = new Float32Array(count)
  for (let at = 0; at < count; at++) rows[at] = bytes.readInt16LE(2 * at) / SCALE
  return rows
}

/** Bins of places: the first ones alone, the later ones together. Beside a video the places look different from home. */
export const PLACE_BINS = 16

export function placeBin(place: number, isNext: boolean): number {
  const bin = place < 4 ? place : Math.min(7, 2 + Math.floor(Math.log2(place)))
  return isNext ? 8 + bin : bin
}
