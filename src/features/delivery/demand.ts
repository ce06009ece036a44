/**
 * Which renditions are fetched, and how much of them: counted in memory while segments are served, written down now and then.
 * It decides only what is worth keeping, so what a crash loses of it does not matter. Caches in front of the origin answer
 * for most viewers: the count is a lower bound.
 */
import { otherWay } from '../../media/plan.ts'
import { segmentCount, totalSeconds } from '../../media/timeline.ts'
import type { App } from '../../platform/app.ts'
import { planOf } from './manifests.ts'
import * as store from './store.ts'

const WRITE_MS = 10_000

/** Segments fetched since the last writing, by `video/run/rendition`. */
const counts = new WeakMap<object, Map<string, number>>()

/** Notes that a segment was fetched. */
export function noteFetched(app: App, address: { videoId: string; runId: string }, rendition: string): void {
  const known = counts.get(app.blobs)
  const mine = known ?? new Map<string, number>()
  const name = `${address.videoId}/${address.runId}/${rendition}`
  mine.set(name, (mine.get(name) ?? 0) + 1)
  if (known) return
  counts.set(app.blobs, mine)
  setTimeout(() => {
    writeDemand(app).catch((fault) => app.log.warn({ fault: String(fault) }, 'demand could not be written down'))
  }, WRITE_MS).unref()
}

/** Writes down what was noted. */
export async function writeDemand(app: App): Promise<void> {
  const mine = counts.get(app.blobs)
  counts.delete(app.blobs)
  for (const [name, segments] of mine ?? []) {
    const [videoId, runId, rendition] = name.split('/') as [string, string, string]
    const plan = await planOf(app, videoId, runId)
    const seconds = (segments * totalSeconds(plan.timeline)) / segmentCount(plan.timeline)
    // Who watches what stands in for a rung wants that rung.
    const standsFor = plan.video.find(({ id }) => otherWay(plan, id)?.id === rendition)?.id
    await store.addDemand(app, { videoId, runId, rendition: standsFor ?? rendition, seconds })
  }
}
