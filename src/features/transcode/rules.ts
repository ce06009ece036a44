/** Decisions of the transcoder, pure: order of the work, what a run measured. */
import type { RunPlan, Span } from '../../media/plan.ts'
import { segmentTicks } from '../../media/timeline.ts'

const EARLY_PRIORITY = -3000

/** Priority of a span's job: the first minute of every title goes before the rest of any. */
export function spanPriority(span: Pick<Span, 'order'>): number {
  return -Math.min(span.order, 1000)
}

/** The same while the file is still arriving: behind everything that has arrived. */
export function earlyPriority(span: Pick<Span, 'order'>): number {
  return EARLY_PRIORITY + spanPriority(span)
}

/** Bytes and peak of one rendition over a span: the peak is the rate of its densest segment. */
export interface Made {
  bytes: number
  peakBitsPerSecond: number
}

export function measure(plan: RunPlan, sizes: ReadonlyMap<number, number>): Made {
  let bytes = 0
  let peakBitsPerSecond = 0
  for (const [n, size] of sizes) {
    bytes += size
    const rate = (size * 8 * plan.timeline.timescale) / segmentTicks(plan.timeline, n)
    peakBitsPerSecond = Math.max(peakBitsPerSecond, Math.round(rate))
  }
  return { bytes, peakBitsPerSecond }
}
