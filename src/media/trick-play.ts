// Trick play: the key frames of the lowest rung once more, each a fragment of its own, for fast winding and for scrubbing. They are copied,
// never encoded: what a picture costs here is its bytes. One blob holds them all; each has an address, which is a stretch of it.

import { boxesIn, findBox, type Sample, u32, u64 } from './mp4-read.ts'
import { mediaSegment } from './mp4-write.ts'
import type { RunPlan } from './plan.ts'
import { totalTicks } from './timeline.ts'

/** Rendition id of trick play: the folder its files lie in. */
export const TRICK_ID = 'trick'

/** `starts` and `sizes` have one entry for each key frame: ticks of the timeline, and bytes in the blob, one after another. */
export type TrickPlay = { codecs: string; width: number; height: number; starts: number[]; sizes: number[] }

/** One key frame: when it is shown, in ticks from the title's start. */
export type KeyFrame = { start: number; data: Uint8Array }

/** How long decoding runs ahead of showing, in ticks: what the edit list of an initialisation segment takes back (0 without one). */
export function reorderTicksOf(init: Uint8Array): number {
  const elst = findBox(init, 'moov/trak/edts/elst')
  if (!elst) return 0
  return init[elst.body] === 1 ? u64(init, elst.body + 16) : u32(init, elst.body + 12)
}

/** The key frames among the samples of one segment. */
export function keyFramesOf(samples: readonly Sample[], reorderTicks: number): KeyFrame[] {
  return samples
    .filter((sample) => sample.isSync)
    .map(({ decodeTime, compositionOffset, data }) => ({ start: decodeTime + compositionOffset - reorderTicks, data }))
}

/** One fragment: key frame `n`, shown from its start until `end`. */
export function keyFragment(n: number, { start, data }: KeyFrame, end: number, reorderTicks: number): Uint8Array {
  return mediaSegment(n + 1, start, end - start, [{ data, compositionOffset: reorderTicks, isSync: true }])
}

/** Seconds that key frame `n` is shown for. */
export function trickSeconds(plan: RunPlan, trick: TrickPlay, n: number): number {
  const end = trick.starts[n + 1] ?? totalTicks(plan.timeline)
  return (end - trick.starts[n]!) / plan.timeline.timescale
}

/** Where key frame `n` lies in the blob; `to` is not in it. Undefined beyond the last. */
export function trickRange(trick: TrickPlay, n: number): { from: number; to: number } | undefined {
  const size = trick.sizes[n]
  if (size === undefined) return undefined
  const from = trick.sizes.slice(0, n).reduce((sum, bytes) => sum + bytes, 0)
  return { from, to: from + size }
}

/** Bits per second at normal speed: the densest picture, and the mean. */
export function trickBits(plan: RunPlan, trick: TrickPlay): { peak: number; average: number } {
  const total = trick.sizes.reduce((sum, bytes) => sum + bytes, 0)
  const seconds = totalTicks(plan.timeline) / plan.timeline.timescale
  // A last picture of one frame is no peak, because others are in the buffer by then; in a title of one frame it is all there is.
  const shortest = Math.min(0.1, seconds)
  const peaks = trick.sizes.map((bytes, n) => (bytes * 8) / Math.max(shortest, trickSeconds(plan, trick, n)))
  const average = (total * 8) / seconds
  return { peak: Math.max(1, Math.ceil(Math.max(...peaks))), average: Math.max(1, Math.ceil(average)) }
}

/** Whether bytes are one initialisation segment: `ftyp` and `moov`, nothing else. */
export function isInit(bytes: Uint8Array): boolean {
  const types = boxesIn(bytes).map(({ type }) => type)
  return types.length === 2 && types[0] === 'ftyp' && types[1] === 'moov'
}
