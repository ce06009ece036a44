// The timeline of a title: where every segment begins and ends, decided before anything is encoded. All renditions share it, so
// playlists can be written in full at once and any worker can make any segment alone.

import { gcd, type Rational } from './rational.ts'

/**
 * Segment lengths in exact integer ticks, run-length coded: `steps` holds `[how many segments, ticks of each]`.
 * One tick is `1 / timescale` seconds and one video frame lasts `frameTicks` ticks; every boundary is a whole number of frames.
 */
export type Timeline = { timescale: number; frameTicks: number; steps: [count: number, ticks: number][] }

/** A half-open run of frames: `from` is in it, `to` is not. */
export type FrameRange = { from: number; to: number }

/** Samples in one AAC frame (ISO/IEC 14496-3) and the one rate that all encoded sound is brought to. */
export const AUDIO_FRAME_SAMPLES = 1024
export const AUDIO_RATE = 48_000

/** Where the AAC frames of a sound lie: samples in a second, and how many of them after the title's zero the first frame begins. */
export type SoundGrid = { rate: number; phase: number }

/** The grid of all sound that is encoded: one frame after another from the title's zero. */
export const TITLE_GRID: SoundGrid = { rate: AUDIO_RATE, phase: 0 }

/** How long a title is in its beginning, where segments are short. */
export const START_SECONDS = 20
const GOP_SECONDS = 2
/** A last segment shorter than this joins the one before it. */
export const SMALLEST_TAIL_SECONDS = 0.4
const MIN_TIMESCALE = 10_000

/**
 * The usual timeline: two-second segments for the first twenty seconds (a fast start), four-second ones after. Two seconds are
 * the nearest whole number of frames, so at 29.97 frames/s they last 2.002 s. A last segment that would be shorter than 0.4 s
 * joins the one before it.
 */
export function timelineOf(rate: Rational, frames: number): Timeline {
  const { timescale, frameTicks } = ticksOf(rate)
  const short = Math.max(1, Math.round((GOP_SECONDS * rate.num) / rate.den))
  const shortCount = Math.max(1, Math.round((START_SECONDS * rate.num) / rate.den / short))
  const smallestTail = Math.min(short - 1, Math.floor((SMALLEST_TAIL_SECONDS * rate.num) / rate.den))

  const lengths: number[] = []
  let left = Math.max(1, Math.round(frames))
  while (left > 0) {
    const wanted = lengths.length < shortCount ? short : short * 2
    const taken = left - wanted <= smallestTail ? left : wanted
    lengths.push(taken)
    left -= taken
  }
  return { timescale, frameTicks, steps: runs(lengths.map((length) => length * frameTicks)) }
}

/**
 * A timeline from boundaries that are already there, such as a source's own key frames. `cuts` are in ticks, begin with 0 and end
 * with the total. Throws a RangeError when they do not rise or do not lie on the frame grid.
 */
export function timelineFromCuts(timescale: number, frameTicks: number, cuts: number[]): Timeline {
  if (cuts.length < 2 || cuts[0] !== 0) throw new RangeError('cuts must begin with 0 and hold at least one segment')
  const ticks = cuts.slice(1).map((cut, index) => cut - cuts[index]!)
  for (const length of ticks)
    if (!(length > 0) || length % frameTicks !== 0) throw new RangeError('cuts must rise by whole frames')
  return { timescale, frameTicks, steps: runs(ticks) }
}

/** A timeline from boundaries counted in frames, from 0 to the title's end. */
export function timelineOfFrames(rate: Rational, cuts: number[]): Timeline {
  const { timescale, frameTicks } = ticksOf(rate)
  return timelineFromCuts(
    timescale,
    frameTicks,
    cuts.map((frame) => frame * frameTicks),
  )
}

export const segmentCount = (timeline: Timeline): number => timeline.steps.reduce((sum, [count]) => sum + count, 0)

export const totalTicks = (timeline: Timeline): number =>
  timeline.steps.reduce((sum, [count, ticks]) => sum + count * ticks, 0)

export const totalSeconds = (timeline: Timeline): number => totalTicks(timeline) / timeline.timescale

/** The first tick of segment `n`; for `n` equal to the count, the end of the title. Throws a RangeError beyond that. */
export function segmentStart(timeline: Timeline, n: number): number {
  const { firsts, starts } = indexOf(timeline)
  const step = stepOf(firsts, n)
  const ticks = timeline.steps[step]?.[1] ?? 0
  if (step === timeline.steps.length && n !== firsts[step]) throw new RangeError(`segment ${n} is beyond the timeline`)
  return starts[step]! + (n - firsts[step]!) * ticks
}

export function segmentTicks(timeline: Timeline, n: number): number {
  const ticks = timeline.steps[stepOf(indexOf(timeline).firsts, n)]?.[1]
  if (ticks === undefined) throw new RangeError(`segment ${n} is beyond the timeline`)
  return ticks
}

/** The segment that is on at `seconds`; times outside the title give its first or last segment. */
export function segmentAt(timeline: Timeline, seconds: number): number {
  let tick = Math.max(0, Math.floor(seconds * timeline.timescale))
  let n = 0
  for (const [count, ticks] of timeline.steps) {
    if (tick < count * ticks) return n + Math.floor(tick / ticks)
    tick -= count * ticks
    n += count
  }
  return n - 1
}

/** The video frames of segment `n`, counted from the start of the title. */
export function frameRange(timeline: Timeline, n: number): FrameRange {
  const from = segmentStart(timeline, n) / timeline.frameTicks
  return { from, to: from + segmentTicks(timeline, n) / timeline.frameTicks }
}

/**
 * The AAC frames of segment `n` on a grid of 1024-sample frames. A boundary goes to the nearest frame, so sound and picture cut
 * within half an AAC frame (11 ms at 48 kHz) of one another and the segments together hold every frame exactly once.
 * The end of the title is rounded up: no sound is lost there.
 */
export function audioRange(timeline: Timeline, n: number, grid: SoundGrid = TITLE_GRID): FrameRange {
  return { from: audioFrameAt(timeline, n, grid), to: audioFrameAt(timeline, n + 1, grid) }
}

/** The sample after the title's zero at which a frame of a grid begins: its time, on a clock of the grid's rate. */
export const sampleOf = (frame: number, { phase }: SoundGrid): number => phase + frame * AUDIO_FRAME_SAMPLES

/** Video frames between forced key frames: two seconds, in whole frames. */
export function gopFrames(timeline: Timeline): number {
  return Math.max(1, Math.round((GOP_SECONDS * timeline.timescale) / timeline.frameTicks))
}

/** Whether all segments begin on the two-second grid; cut at a source's own key frames they need not. */
export function onGrid(timeline: Timeline): boolean {
  const gop = gopFrames(timeline) * timeline.frameTicks
  // The last one may be of any length.
  return timeline.steps.every(
    ([count, ticks], at) => ticks % gop === 0 || (at === timeline.steps.length - 1 && count === 1),
  )
}

export function frameRateOf(timeline: Timeline): Rational {
  const common = gcd(timeline.timescale, timeline.frameTicks)
  return { num: timeline.timescale / common, den: timeline.frameTicks / common }
}

function audioFrameAt(timeline: Timeline, n: number, { rate, phase }: SoundGrid): number {
  const samples = (segmentStart(timeline, n) * rate) / timeline.timescale - phase
  const frames = samples / AUDIO_FRAME_SAMPLES
  // A title may be shorter than what its sound begins late by; it has a frame all the same.
  if (n === segmentCount(timeline)) return Math.max(1, Math.ceil(frames))
  return Math.max(0, Math.round(frames))
}

/** At least ten thousand ticks a second, as other tools do, so that neighbours such as 24 and 25 frames/s stay far apart. */
function ticksOf(rate: Rational): { timescale: number; frameTicks: number } {
  const factor = rate.num >= MIN_TIMESCALE ? 1 : 1000
  return { timescale: rate.num * factor, frameTicks: rate.den * factor }
}

/** Where each step begins, in segments and in ticks, with the end as a last one. */
type StepIndex = { firsts: number[]; starts: number[] }

const indexes = new WeakMap<Timeline, StepIndex>()

/** Twelve hours cut at a source's own key frames are ten thousand steps, and playlists ask for all of them. */
function indexOf(timeline: Timeline): StepIndex {
  const known = indexes.get(timeline)
  if (known) return known
  const firsts = [0]
  const starts = [0]
  for (const [count, ticks] of timeline.steps) {
    firsts.push(firsts.at(-1)! + count)
    starts.push(starts.at(-1)! + count * ticks)
  }
  indexes.set(timeline, { firsts, starts })
  return { firsts, starts }
}

/** The last step that begins at or before segment `n`. */
function stepOf(firsts: number[], n: number): number {
  let low = 0
  let high = firsts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (firsts[middle]! <= n) low = middle
    else high = middle - 1
  }
  return low
}

function runs(lengths: number[]): [number, number][] {
  const steps: [number, number][] = []
  for (const ticks of lengths) {
    const last = steps.at(-1)
    if (last && last[1] === ticks) last[0] += 1
    else steps.push([1, ticks])
  }
  return steps
}
