/**
 * The audit of counted views: a view is counted at once, and looked at again when its hour is over. What no person watches is taken
 * back: more than a few views a day of one video by one viewer, and more views in an hour by one member than the hour has room for.
 */
import type { App } from '../../../platform/app.ts'
import { metric } from '../../../platform/meter.ts'
import { tellViews } from '../playbacks/views.ts'
import { HOUR_MS, SECOND_MS } from '../rules.ts'
import * as store from './store.ts'

/** Views of one video by one viewer that count in one day. */
export const MOST_A_DAY = 5
/** Views looked at in one transaction. */
const AT_ONCE = 20_000

const viewsAudited = metric({
  kind: 'counter',
  name: 'views_audited_total',
  says: 'Counted views that were looked at again, by what came of it: kept or struck.',
  labels: ['outcome'],
})

/** Looks at all views of hours that are over; returns how many were taken back. May run twice. */
export async function auditViews(app: App): Promise<number> {
  const before = new Date(Math.floor(app.clock.nowMs() / HOUR_MS) * HOUR_MS)
  // Nobody watches more often than one view takes.
  const mostAnHour = Math.ceil(HOUR_MS / (app.config['analytics.view_seconds'] * SECOND_MS))
  for (let struck = 0; ; ) {
    const done = await app.together(async (app) => {
      const judged = await store.auditViews(app, { before, mostADay: MOST_A_DAY, mostAnHour, limit: AT_ONCE })
      await tellViews(app, judged.viewed)
      return judged
    })
    app.meter.count(viewsAudited, { outcome: 'struck' }, done.struck)
    app.meter.count(viewsAudited, { outcome: 'kept' }, done.looked - done.struck)
    struck += done.struck
    if (done.looked < AT_ONCE) return struck
  }
}
