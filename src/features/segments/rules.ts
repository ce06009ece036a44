/** Limits for a run of FFmpeg, decided by what it is to make. */
import { MIB } from '../../kit/bytes.ts'
import { type RunPlan, renditionsOf } from '../../media/plan.ts'
import { segmentTicks } from '../../media/timeline.ts'
import type { JailLimits } from '../../platform/process.ts'

/** Seconds of the title that segments `from` to `to` (not included) last. */
export function spanSeconds(plan: RunPlan, from: number, to: number): number {
  let ticks = 0
  for (let n = from; n < to; n++) ticks += segmentTicks(plan.timeline, n)
  return ticks / plan.timeline.timescale
}

/** What a very slow machine may need for a second of a rendition. In bulk a single thread may be all an encode has. */
const SLOWEST = { now: 30, bulk: 60 }

/**
 * Limits of one encode. Time: two minutes to seek and start, and what a very slow machine may need per second of every
 * rendition. Memory: x264 at 2160p with its lookahead and an 8K decoder stay below 5 GiB of address space. Output: four
 * times the cap of every rendition, which capped quality cannot reach.
 */
export function encodeLimits(
  plan: RunPlan,
  renditions: readonly string[],
  from: number,
  to: number,
  lane: 'now' | 'bulk',
): JailLimits {
  const seconds = spanSeconds(plan, from, to)
  const all = renditionsOf(plan).filter(({ id }) => renditions.includes(id))
  const bits = all.reduce((sum, { bitsPerSecond }) => sum + bitsPerSecond, 0)
  return {
    wallMs: (120 + seconds * SLOWEST[lane] * Math.max(1, all.length)) * 1000,
    memoryBytes: 6 * 1024 * MIB,
    outputBytes: Math.ceil((bits / 8) * seconds * 4) + 32 * MIB,
    nice: lane === 'bulk' ? 10 : 0,
  }
}

type Size = { width: number; height: number }

const PROGRAM_BYTES = 64 * MIB
/** Pictures of the source that a decoder and the filters hold, and of a rendition that its encoder does: lookahead, references, what is in work. */
const SOURCE_PICTURES = 14
const RENDITION_PICTURES = 40
const PICTURES_A_THREAD = 5

/**
 * Memory that one encode will really hold, to within a fifth. Measured with x264 veryfast and two threads: 855 MB at 2160p, 444 MB for
 * the ladder of 1080p; other encoders hold less.
 */
export function encodeBytes(source: Size | undefined, renditions: readonly Size[], threads: number): number {
  const bytesOf = ({ width, height }: Size) => width * height * 1.5
  const decoded = source ? bytesOf(source) * SOURCE_PICTURES : 0
  const encoded = renditions.reduce((sum, it) => sum + bytesOf(it), 0)
  return PROGRAM_BYTES + decoded + encoded * (RENDITION_PICTURES + PICTURES_A_THREAD * threads)
}

/**
 * Threads of an encode in bulk, where `side` of them, itself among them, share the machine: one each where there are as many as processors. Threads
 * cost by themselves, and several encodes of one thread get more done in a time than one of several.
 */
export function bulkThreads(most: number, side: number): number {
  return Math.max(1, Math.ceil(most / Math.max(1, side)))
}
