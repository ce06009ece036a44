/** How far a Matroska file has arrived, told from its clusters one after another: nothing but their heads is read. */
import { MIB } from '../../kit/bytes.ts'
import { Lru } from '../../kit/lru.ts'
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
import type { App } from '../../platform/app.ts'
import { readSource } from './source.ts'

/** Fonts and pictures that stand before the first cluster; more is not waited for. */
const MOST_HEAD_BYTES = 16 * MIB
const INFO_BYTES = 64 * 1024
/** Elements of a file that are walked over: a cluster a second for thirty hours. */
const MOST_ELEMENTS = 108_000
const REMEMBERED = 200

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
