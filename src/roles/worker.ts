/** What a worker does: the jobs of all features, lane by lane. */
import { hostname } from 'node:os'
import { jobs as accounts } from '../features/accounts/jobs.ts'
import { startRoller } from '../features/analytics/analytics.ts'
import { jobs as analytics } from '../features/analytics/jobs.ts'
import { jobs as captions } from '../features/captions/jobs.ts'
import { jobs as notifications } from '../features/notifications/jobs.ts'
import { jobs as recommend } from '../features/recommend/jobs.ts'
import { jobs as renditions } from '../features/renditions/jobs.ts'
import { jobs as renewal } from '../features/renewal/jobs.ts'
import { jobs as search } from '../features/search/jobs.ts'
import { jobs as stills } from '../features/stills/jobs.ts'
import { jobs as transcode } from '../features/transcode/jobs.ts'
import { jobs as tuning } from '../features/tuning/jobs.ts'
import { jobs as videos } from '../features/videos/jobs.ts'
import { jobs as webhooks } from '../features/webhooks/jobs.ts'
import type { App } from '../platform/app.ts'
import type { Lane } from '../platform/queue/queue.ts'
import { type JobHandler, work } from '../platform/queue/work.ts'

export const workerHandlers: JobHandler[] = [
  ...analytics,
  ...accounts,
  ...webhooks,
  ...notifications,
  ...recommend,
  ...transcode,
  ...tuning,
  ...stills,
  ...renditions,
  ...renewal,
  ...search,
  ...captions,
  ...videos,
]

/** Small work of the platform; two at a time, so that one slow one does not hold up the rest. */
const QUICK_SLOTS = 2
/** What is nearly done when we are told to stop may end; a longer span is given back, and another worker makes it. */
const GRACE_MS = 3000

/** How many jobs of each lane a worker does at a time. */
export const slotsOf = (app: App): Record<Lane, number> => ({
  now: app.config['worker.now_slots'],
  quick: QUICK_SLOTS,
  bulk: app.config['worker.bulk_slots'],
})

/** Works in this process until stopped. */
export function startWorker(app: App): { stop(): Promise<void> } {
  const worker = `${hostname()}:${process.pid}`
  const slots = slotsOf(app)
  const lanes = (['now', 'quick', 'bulk'] as const).filter((lane) => slots[lane] > 0)
  const works = lanes.map((lane) => work(app, { lane, slots: slots[lane], handlers: workerHandlers, worker }))
  const roller = startRoller(app)
  app.log.info({ worker, slots }, 'worker works')
  return {
    async stop() {
      await Promise.all([roller.stop(), ...works.map((it) => it.stop(GRACE_MS))])
    },
  }
}
