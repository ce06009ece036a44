// The moving preview of a title: a few scenes of its lowest rung, the first closed group of pictures of each, joined without sound. Nothing is
// decoded or encoded for it.

import { joinTracks, readSegmentHead, type SegmentHead } from './progressive.ts'

const SCENES = 3
/** Past titles, before credits. */
const FIRST = 0.15
const LAST = 0.75

/** The segments that show what a title of so many is like, in order. */
export function previewPlaces(segments: number): number[] {
  const parts = Array.from({ length: SCENES }, (_, n) => FIRST + ((LAST - FIRST) * n) / (SCENES - 1))
  return [...new Set(parts.map((part) => Math.min(segments - 1, Math.floor(part * segments))))]
}

/** One MP4 of the given segments of a rendition. Throws on bytes that are no segments. */
export function previewOf(init: Uint8Array, segments: readonly Uint8Array[]): Buffer {
  const heads = segments.map((bytes) => firstGroup(readSegmentHead(bytes, init)))
  const { head, stretches } = joinTracks([{ init, segments: heads }])
  return Buffer.concat([head, ...stretches.map(({ n, from, bytes }) => segments[n]!.subarray(from, from + bytes))])
}

/** The frames before the second key frame: in a closed group none of them needs one that follows. */
function firstGroup({ frames, from }: SegmentHead): SegmentHead {
  const second = frames.findIndex(({ isSync }, at) => at > 0 && isSync)
  const kept = second < 0 ? frames : frames.slice(0, second)
  return { frames: kept, from, bytes: kept.reduce((sum, { size }) => sum + size, 0) }
}
