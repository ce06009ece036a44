// Which bytes of a Matroska or WebM file a reading needs, told from its cues (RFC 9559 5.1.5): times at which one may begin, and where.

import type { Stretch } from '../kit/stretches.ts'
import { type Element, elementAt, numberAt } from './matroska.ts'
import { AFTER_SECONDS, HEAD_SECONDS, HEAD_SIZE_BYTES, SEEK_SLACK_SECONDS, type Wanted } from './wanted.ts'

export const SEEK_HEAD = 0x114d9b74
export const TRACKS = 0x1654ae6b
export const CUES = 0x1c53bb6b
const SEEK = 0x4dbb
const SEEK_ID = 0x53ab
const SEEK_POSITION = 0x53ac
const TRACK_ENTRY = 0xae
const TRACK_NUMBER = 0xd7
const TRACK_TYPE = 0x83
const VIDEO = 1
const CUE_POINT = 0xbb
const CUE_TIME = 0xb3
const CUE_POSITIONS = 0xb7
const CUE_TRACK = 0xf7
const CUE_CLUSTER = 0xf1
/** A cue a second for three days. */
const MOST_CUES = 260_000
/** Clusters are a few MiB: of what probing may read, the last one can be begun and not ended. */
const HEAD_ROOM_BYTES = 8 * 1024 * 1024

export type Cue = { seconds: number; at: number }

/** Elements that stand elsewhere in the segment: by their identifiers, where they begin, counted from the segment's body. */
export function seekPositionsOf(seekHead: Uint8Array): { id: number; at: number }[] {
  const found: { id: number; at: number }[] = []
  for (const seek of childrenOf(seekHead, SEEK)) {
    const [id] = childrenOf(seek, SEEK_ID)
    const [at] = childrenOf(seek, SEEK_POSITION)
    if (id && at && id.length <= 4 && at.length <= 6)
      found.push({ id: numberAt(id, 0, id.length), at: numberAt(at, 0, at.length) })
  }
  return found
}

/** Numbers of the tracks by which FFmpeg may seek: the pictures, or all where there is none. */
export function seekTracksOf(tracks: Uint8Array): number[] {
  const all = [...childrenOf(tracks, TRACK_ENTRY)].map((entry) => ({
    number: firstNumber(entry, TRACK_NUMBER),
    type: firstNumber(entry, TRACK_TYPE),
  }))
  const pictures = all.filter(({ type }) => type === VIDEO)
  return (pictures.length > 0 ? pictures : all).flatMap(({ number }) => number ?? [])
}

/**
 * The cues of each of these tracks, in order, at places in the file. Undefined where one of them has none, or more than a file has.
 * @param segmentBody where the body of the segment begins
 */
export function cuesOf(
  cues: Uint8Array,
  { tracks, scaleNs, segmentBody }: { tracks: readonly number[]; scaleNs: number; segmentBody: number },
): Cue[][] | undefined {
  const found = new Map(tracks.map((track): [number, Cue[]] => [track, []]))
  let count = 0
  for (const point of childrenOf(cues, CUE_POINT)) {
    if (++count > MOST_CUES) return undefined
    const time = firstNumber(point, CUE_TIME)
    if (time === undefined) return undefined
    for (const positions of childrenOf(point, CUE_POSITIONS)) {
      const cluster = firstNumber(positions, CUE_CLUSTER)
      if (cluster === undefined) return undefined
      found
        .get(firstNumber(positions, CUE_TRACK) ?? -1)
        ?.push({ seconds: (time * scaleNs) / 1e9, at: segmentBody + cluster })
    }
  }
  const all = [...found.values()].map((some) => some.sort((a, b) => a.seconds - b.seconds))
  return all.length > 0 && all.every((some) => some.length > 0) ? all : undefined
}

/**
 * The bytes of the clusters that a reading needs.
 * @param firstCluster where the first of them begins
 */
export function clustersFor(
  cues: readonly Cue[][],
  { firstCluster, fileBytes }: { firstCluster: number; fileBytes: number },
  wanted: Wanted,
): Stretch[] {
  const all = cues.flat().sort((a, b) => a.at - b.at)
  const startSeconds = Math.min(...cues.map(([first]) => first!.seconds))
  /** All before a time lies before this: where the first cluster begins that has a cue after it, and none before. */
  const endFor = (seconds: number) => {
    const last = all.reduce((most, cue) => (cue.seconds <= seconds ? Math.max(most, cue.at) : most), firstCluster)
    return all.find(({ at }) => at > last)?.at ?? fileBytes
  }
  const headTo = Math.min(endFor(startSeconds + HEAD_SECONDS), firstCluster + HEAD_SIZE_BYTES + HEAD_ROOM_BYTES)
  const stretches = wanted.stretches.map(({ from, to }) => {
    const sought = from - SEEK_SLACK_SECONDS
    const begin = Math.min(...cues.map((some) => some.findLast(({ seconds }) => seconds <= sought)?.at ?? firstCluster))
    // The last cue says nothing of where the next key frame is: FFmpeg looks for it up to the end.
    const isLast = cues.some((some) => some.at(-1)!.seconds <= from)
    return { from: Math.max(firstCluster, begin), to: isLast ? fileBytes : endFor(to + AFTER_SECONDS) }
  })
  return [{ from: firstCluster, to: headTo }, ...stretches]
}

/** The bodies of all children of one kind. Ends where something is no element. */
function* childrenOf(body: Uint8Array, id: number): Generator<Uint8Array> {
  let at = 0
  while (at < body.length) {
    const child: Element | undefined = elementAt(body, at)
    if (child?.size === undefined || child.body + child.size > body.length) return
    if (child.id === id) yield body.subarray(child.body, child.body + child.size)
    at = child.body + child.size
  }
}

function firstNumber(body: Uint8Array, id: number): number | undefined {
  for (const child of childrenOf(body, id)) return child.length <= 6 ? numberAt(child, 0, child.length) : undefined
  return undefined
}
