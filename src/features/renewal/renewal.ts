/**
 * Renewal: a video that can be watched gets a new run, from a new file or by a newer plan. Address, comments and counts stay;
 * the old run is served until the new one can be, and kept a while longer for those who are in the middle of it.
 */
import type { App } from '../../platform/app.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import { probeSource } from '../transcode/transcode.ts'
import * as store from './store.ts'

/** Removes a run that is not served any more, and its source where a new file took its place. */
export const retireRun = jobKind<{ videoId: string; runId: string }>({
  name: 'renewal.retire',
  lane: 'quick',
  maxAttempts: 10,
  maxCrashes: 3,
})

/** Videos that one question asks for. */
const PAGE = 200

export interface Replanning {
  asked: number
  waiting: number
}

/**
 * Plans and encodes again what can be watched: these videos, or all. Asked for twice, it is done once. Returns how many were
 * asked for; they are done behind whatever was just uploaded.
 */
export async function replan(app: App, videoIds: string[] | 'all'): Promise<number> {
  let asked = 0
  let after = ''
  for (;;) {
    const page = await store.listReady(app, videoIds, after, PAGE)
    await app.queue.addMany(
      probeSource,
      page.map((videoId) => ({
        input: { videoId, renew: {} },
        options: { key: `${videoId} renew`, priority: -1000 },
      })),
    )
    asked += page.length
    after = page.at(-1) ?? ''
    if (page.length < PAGE) return asked
  }
}

/** How many renewals are still to be planned, and how many videos are not completely encoded. */
export async function replanProgress(app: App): Promise<{ toPlan: number; toEncode: number }> {
  return { toPlan: await store.countWaiting(app), toEncode: await store.countUnfinished(app) }
}
