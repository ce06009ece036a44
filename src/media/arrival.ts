// What can be made of a file that is still arriving: which of its bytes a segment needs, and whether they are here.

import { type Stretch, within } from '../kit/stretches.ts'
import type { TrackLayout } from './mp4-table.ts'
import type { RunPlan } from './plan.ts'
import { segmentCount, segmentStart } from './timeline.ts'

/** The tracks a plan reads, the picture's first. */
export type Tracks = { picture: TrackLayout; sounds: TrackLayout[] }

/** Decoding begins this much before a segment, and then at the key frame before; see the seeks of `encodeArgs`. */
const LEAD_SECONDS = 2.5
/** Frames are decoded before they are shown, sound needs a little more than its end, and neighbours lie interleaved. */
const MARGIN_SECONDS = 1.5
/** What is read of the head of a file to know what it is. */
const HEAD_SECONDS = 3

/** Asks whether all that is read for a stretch of the title, in seconds from its zero, has arrived. */
export function arrivals(
  plan: RunPlan,
  tracks: Tracks,
  has: readonly Stretch[],
): (from: number, to: number) => boolean {
  const zero = plan.source.startSeconds
  const all = [tracks.picture, ...tracks.sounds].map((layout) => arrivalOf(layout, zero, has))
  const picture = all[0]!
  return (from, to) => {
    const key = picture.keyBefore(from - LEAD_SECONDS)
    return all.every((track) => track.has(Math.min(key, from) - MARGIN_SECONDS, to + MARGIN_SECONDS))
  }
}

/** Whether the first seconds are here, by which a file is judged. */
export const headArrived = (plan: { startSeconds: number }, tracks: Tracks, has: readonly Stretch[]): boolean =>
  [tracks.picture, ...tracks.sounds].every((layout) =>
    arrivalOf(layout, plan.startSeconds, has).has(Number.NEGATIVE_INFINITY, HEAD_SECONDS),
  )

/** For each segment, whether it could be made now. */
export function segmentsArrived(plan: RunPlan, asked: (from: number, to: number) => boolean): boolean[] {
  const { timeline } = plan
  const startOf = (n: number) => segmentStart(timeline, n) / timeline.timescale
  return Array.from({ length: segmentCount(timeline) }, (_, n) => asked(startOf(n), startOf(n + 1)))
}

function arrivalOf(layout: TrackLayout, zeroSeconds: number, has: readonly Stretch[]) {
  const { count, timescale, decodeAt, offsets, sizes, isSync } = layout
  const shift = (layout.shiftSeconds ?? 0) - zeroSeconds
  const missing = new Uint32Array(count + 1)
  for (let n = 0; n < count; n++)
    missing[n + 1] = missing[n]! + (within(has, offsets[n]!, offsets[n]! + sizes[n]!) ? 0 : 1)
  /** The first frame that is decoded at or after a time of the title. */
  const firstAt = (seconds: number) => {
    let low = 0
    let high = count
    while (low < high) {
      const middle = (low + high) >> 1
      if (decodeAt[middle]! / timescale + shift < seconds) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    has: (from: number, to: number) => missing[firstAt(to)]! === missing[firstAt(from)]!,
    keyBefore: (seconds: number) => {
      let n = Math.max(0, firstAt(seconds) - 1)
      while (n > 0 && isSync && !isSync[n]) n--
      return n === 0 ? Number.NEGATIVE_INFINITY : decodeAt[n]! / timescale + shift
    },
  }
}
