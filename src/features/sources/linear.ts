/** Matroska files, element by element: how far one has arrived, told from its clusters, and which bytes are which time, told from its cues. */
import { MIB } from '../../kit/bytes.ts'
import { Lru } from '../../kit/lru.ts'
import type { Stretch } from '../../kit/stretches.ts'
import {
  CLUSTER,
  clusterStartOf,
  EBML,
  elementAt,
  HEAD_BYTES,
  INFO,
  SEGMENT,
  timestampScaleOf,
} from '../../media/matroska.ts'
import { CUES, type Cue, cuesOf, SEEK_HEAD, seekPositionsOf, seekTracksOf, TRACKS } from '../../media/matroska-cues.ts'
import type { App } from '../../platform/app.ts'
import { readHere, readSource } from './source.ts'

/** Fonts and pictures that stand before the first cluster; more is not waited for. */
const MOST_HEAD_BYTES = 16 * MIB
const INFO_BYTES = 64 * 1024
/** Elements of a file that are walked over: a cluster a second for thirty hours. */
const MOST_ELEMENTS = 108_000
const REMEMBERED = 200
const MOST_ELEMENTS_BEFORE = 1000

/** Where a walk over a file stands. */
interface Walk {
  at: number
  elements: number
  scaleNs: number
  /** Where the first cluster begins. */
  headEnd?: number
  /** When the last cluster begins whose head has been seen: all before it is there. */
  reachedSeconds: number
}

const memories = new WeakMap<object, Lru<Walk>>()

/**
 * Where the head of a Matroska file ends, and up to which time, in seconds on its own clock, all of it has arrived. `not here yet`: the
 * head has not. Undefined where it is no such file, or does not say how long its parts are.
 * @param runId the walk is remembered for: other bytes under the same key are another run @param arrivedBytes how much of its beginning is there
 */
export async function reachOf(
  app: App,
  { key, runId }: { key: string; runId: string },
  arrivedBytes: number,
): Promise<{ headEnd: number; reachedSeconds: number } | 'not here yet' | undefined> {
  const memory = memories.get(app.blobs) ?? new Lru<Walk>(REMEMBERED, () => app.clock.nowMs())
  memories.set(app.blobs, memory)
  const walk = { ...(memory.get(runId) ?? { at: 0, elements: 0, scaleNs: 1_000_000, reachedSeconds: 0 }) }
  while (walk.at + HEAD_BYTES <= arrivedBytes) {
    const bytes = await readSource(app, key, walk.at, walk.at + HEAD_BYTES)
    const element = elementAt(bytes, 0)
    const isFirst = walk.at === 0
    if (!element || ++walk.elements > MOST_ELEMENTS || (element.id === EBML) !== isFirst) return undefined
    if (element.id === SEGMENT) {
      walk.at += element.body
      continue
    }
    if (element.size === undefined) return undefined
    if (element.id === INFO) {
      const body = walk.at + element.body
      if (element.size > INFO_BYTES) return undefined
      if (body + element.size > arrivedBytes) break
      walk.scaleNs = timestampScaleOf(await readSource(app, key, body, body + element.size))
    }
    if (element.id === CLUSTER) {
      const start = clusterStartOf(bytes.subarray(element.body))
      if (start === undefined) return undefined
      walk.headEnd ??= walk.at
      walk.reachedSeconds = (start * walk.scaleNs) / 1e9
    }
    walk.at += element.body + element.size
    if (walk.headEnd === undefined && walk.at > MOST_HEAD_BYTES) return undefined
  }
  memory.set(runId, walk)
  const { headEnd, reachedSeconds } = walk
  return headEnd === undefined ? 'not here yet' : { headEnd, reachedSeconds }
}

/** Where the first cluster of a Matroska file begins; undefined where that can't be told. */
export async function headOfMatroska(app: App, key: string, fileBytes: number): Promise<number | undefined> {
  let at = 0
  for (let count = 0; at < Math.min(fileBytes, MOST_HEAD_BYTES) && count < MOST_ELEMENTS_BEFORE; count++) {
    const element = elementAt(await readHere(app, key, at, Math.min(at + HEAD_BYTES, fileBytes)), 0)
    if (element?.id === CLUSTER) return at
    if (!element || (element.size === undefined && element.id !== SEGMENT)) return undefined
    at += element.body + (element.id === SEGMENT ? 0 : element.size!)
  }
  return undefined
}

/** Where the parts of a Matroska file lie: what is read whenever it is opened and sought in, and the cues of the tracks that are sought by. */
export type MatroskaMap = { frame: Stretch[]; cues: Cue[][]; firstCluster: number; fileBytes: number }

/** Cues, tags, chapters, fonts. */
const SIDE_BYTES = 32 * MIB

/** The map of a Matroska file; undefined where it is none, or has no cues. */
export async function mapOfMatroska(app: App, key: string, fileBytes: number): Promise<MatroskaMap | undefined> {
  const elementOf = async (at: number) => {
    const element = elementAt(await readHere(app, key, at, Math.min(at + HEAD_BYTES, fileBytes)), 0)
    return element && { ...element, bodyAt: at + element.body, end: at + element.body + (element.size ?? 0) }
  }
  let [at, segmentBody, scaleNs] = [0, 0, 1_000_000]
  const bodies = new Map<number, Buffer>()
  for (let count = 0; ; count++) {
    const element = at < fileBytes ? await elementOf(at) : undefined
    if (!element || count > MOST_ELEMENTS_BEFORE || (element.id === EBML) !== (at === 0)) return undefined
    if (element.id === CLUSTER) break
    if (element.id === SEGMENT) {
      at = element.bodyAt
      segmentBody = at
      continue
    }
    if (element.size === undefined || element.end > Math.min(fileBytes, MOST_HEAD_BYTES)) return undefined
    if ([INFO, SEEK_HEAD, TRACKS, CUES].includes(element.id))
      bodies.set(element.id, await readHere(app, key, element.bodyAt, element.end))
    if (element.id === INFO) scaleNs = timestampScaleOf(bodies.get(INFO)!)
    at = element.end
  }
  const firstCluster = at
  const frame = [{ from: 0, to: Math.min(fileBytes, firstCluster + HEAD_BYTES) }]
  for (const place of seekPositionsOf(bodies.get(SEEK_HEAD) ?? Buffer.alloc(0))) {
    const from = segmentBody + place.at
    if (from < firstCluster || from >= fileBytes) continue
    const element = await elementOf(from)
    // A second list of places, or something without an end, is not followed.
    if (element?.id !== place.id || element.id === SEEK_HEAD || element.size === undefined) return undefined
    if (element.size > SIDE_BYTES || element.end > fileBytes) return undefined
    frame.push({ from, to: element.end })
    if (element.id === CUES) bodies.set(CUES, await readHere(app, key, element.bodyAt, element.end))
  }
  const [tracks, all] = [bodies.get(TRACKS), bodies.get(CUES)]
  const cues = tracks && all && cuesOf(all, { tracks: seekTracksOf(tracks), scaleNs, segmentBody })
  return cues && { frame, cues, firstCluster, fileBytes }
}
