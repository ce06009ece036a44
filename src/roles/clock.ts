/** What is done from time to time, by exactly one process however many run this role. */
import { forgetOldLetters, forgetOldSessions } from '../features/accounts/accounts.ts'
import { auditViews, raiseAlarms, tidyAnalytics } from '../features/analytics/analytics.ts'
import { deleteDueAccounts } from '../features/farewell/farewell.ts'
import { forgetOldNotifications } from '../features/notifications/notifications.ts'
import { forgetOldChallenges } from '../features/passkeys/passkeys.ts'
import { tidyRecommendations } from '../features/recommend/recommend.ts'
import { evictUnwatched, followDemand } from '../features/renditions/renditions.ts'
import { absorbMoved, settleClicks, wantVectors } from '../features/search/search.ts'
import { expireUploads } from '../features/uploads/uploads.ts'
import { publishDue } from '../features/videos/videos.ts'
import { forgetOldDeliveries } from '../features/webhooks/webhooks.ts'
import { sleep } from '../kit/retry.ts'
import type { App } from '../platform/app.ts'
import { LOCKS, tryHold } from '../platform/db/hold.ts'
import { metric } from '../platform/meter.ts'

export interface ClockTask {
  name: string
  everyMs: number
  run(app: App): Promise<unknown>
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const jobsWaiting = metric({
  kind: 'gauge',
  name: 'jobs',
  says: 'Jobs in the queue by lane and state; told by the process that acts as the clock.',
  labels: ['lane', 'state'],
})

export const clockTasks: ClockTask[] = [
  { name: 'renditions.follow_demand', everyMs: MINUTE, run: followDemand },
  { name: 'renditions.evict', everyMs: HOUR, run: evictUnwatched },
  { name: 'uploads.expire', everyMs: MINUTE, run: expireUploads },
  { name: 'videos.publish_due', everyMs: 15_000, run: publishDue },
  { name: 'accounts.forget_sessions', everyMs: HOUR, run: forgetOldSessions },
  { name: 'webhooks.forget', everyMs: HOUR, run: forgetOldDeliveries },
  { name: 'accounts.forget_letters', everyMs: HOUR, run: forgetOldLetters },
  { name: 'farewell.delete_due', everyMs: HOUR, run: deleteDueAccounts },
  { name: 'passkeys.forget_challenges', everyMs: 10 * MINUTE, run: forgetOldChallenges },
  { name: 'analytics.audit', everyMs: 10 * MINUTE, run: auditViews },
  { name: 'analytics.alarms', everyMs: 5 * MINUTE, run: raiseAlarms },
  { name: 'analytics.tidy', everyMs: HOUR, run: tidyAnalytics },
  { name: 'search.settle_clicks', everyMs: MINUTE, run: settleClicks },
  { name: 'search.want_vectors', everyMs: 15_000, run: wantVectors },
  { name: 'search.absorb_moved', everyMs: 10_000, run: absorbMoved },
  { name: 'notifications.forget', everyMs: DAY, run: forgetOldNotifications },
  { name: 'recommend.tidy', everyMs: 6 * HOUR, run: tidyRecommendations },
  { name: 'bus.forget', everyMs: HOUR, run: (app) => app.bus.forget(new Date(app.clock.nowMs() - DAY)) },
  { name: 'queue.measure', everyMs: 15_000, run: measureQueue },
]

/** How long another process is left alone before it is looked for again. */
const RETRY_MS = 4000
/** After a start the machine has more urgent things to do. */
const FIRST_RUN_MS = 5000

/** Acts as the clock whenever no other process does, until stopped. */
export function startClock(app: App, tasks: readonly ClockTask[] = clockTasks): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const ended = keepTime(app, tasks, stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

async function keepTime(app: App, tasks: readonly ClockTask[], stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const hold = await tryHold(app.config['db.url'], LOCKS.clock).catch((error) => {
      app.log.warn({ error: String(error) }, 'clock cannot reach the database')
      return undefined
    })
    if (hold) {
      const over = new AbortController()
      void hold.lost.then(() => over.abort())
      await runTasks(app, tasks, AbortSignal.any([stopping, over.signal]))
      await hold.release()
    }
    await sleep(RETRY_MS, stopping).catch(() => {})
  }
}

async function runTasks(app: App, tasks: readonly ClockTask[], over: AbortSignal): Promise<void> {
  const due = new Map(tasks.map((task) => [task, performance.now() + Math.min(task.everyMs, FIRST_RUN_MS)]))
  while (!over.aborted) {
    const [task, dueMs] = [...due].reduce((soonest, it) => (it[1] < soonest[1] ? it : soonest))
    await sleep(Math.max(0, dueMs - performance.now()), over).catch(() => {})
    if (over.aborted) return
    await task.run(app).catch((error) => app.log.error({ task: task.name, error: String(error) }, 'clock task failed'))
    due.set(task, performance.now() + task.everyMs)
  }
}

async function measureQueue(app: App): Promise<void> {
  for (const { lane, state, count } of await app.queue.counts()) app.meter.set(jobsWaiting, { lane, state }, count)
}
