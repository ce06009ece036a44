/**
 * Alarms: tells an owner when much fewer playbacks of a video start than usual, or much more people come than usual; and the
 * administrators when that happens to the whole site. Once a day for each, however long it lasts.
 */
import type { App } from '../../../platform/app.ts'
import { notify } from '../../notifications/notifications.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../rules.ts'
import { warehouseOf } from '../warehouse/open-warehouse.ts'
import { AT, addMeasures, type Measures, nothing } from '../warehouse/warehouse.ts'
import { type Figures, findFall, findSpike } from './alarm-rules.ts'
import * as store from './store.ts'

/** Videos looked at: those with most watching today and yesterday. A video that hardly anybody watches has no usual. */
const MOST_VIDEOS = 100
const USUAL_DAYS = 7

/** Looks at the last hour of what is watched most. May run twice: the same is told once a day. */
export async function raiseAlarms(app: App): Promise<void> {
  const nowMs = app.clock.nowMs()
  const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS
  const lately = { fromMs: todayMs - DAY_MS, toMs: todayMs + DAY_MS }
  const top = await warehouseOf(app).breakdown(app, 'all', lately, 'video', MOST_VIDEOS)
  const videos = await store.ownersOf(
    app,
    top.map((it) => it.member),
  )
  for (const { videoId, title, accountId } of videos) {
    const alarm = await look(app, `v${videoId}`, nowMs)
    if (!alarm) continue
    const subject = `${videoId} ${new Date(todayMs).toISOString().slice(0, 10)}`
    await notify(app, [{ accountId, kind: alarm, subject, body: { video: { id: videoId, title } } }])
  }
  const ofSite = await look(app, 'all', nowMs)
  if (!ofSite) return
  const subject = `site ${new Date(todayMs).toISOString().slice(0, 10)}`
  const administrators = await store.listAdministrators(app)
  await notify(
    app,
    administrators.map((accountId) => ({ accountId, kind: ofSite, subject, body: {} })),
  )
}

/** What is out of the usual with the last hour of a subject. */
async function look(app: App, subject: string, nowMs: number): Promise<'starts_fell' | 'audience_grew' | undefined> {
  const toMs = (Math.floor(nowMs / MINUTE_MS) + 1) * MINUTE_MS
  const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS
  const warehouse = warehouseOf(app)
  const minutes = await warehouse.series(app, subject, { fromMs: toMs - HOUR_MS, toMs }, 'minute')
  const lastHour = nothing()
  for (const { measures } of minutes) addMeasures(lastHour, measures)
  const before = { fromMs: todayMs - USUAL_DAYS * DAY_MS, toMs: todayMs }
  const days = await warehouse.series(app, subject, before, 'day')
  const usual = nothing()
  for (const { measures } of days) addMeasures(usual, measures)
  const [now, past] = [figuresOf(lastHour), figuresOf(usual)]
  if (findFall(now, past)) return 'starts_fell'
  return findSpike(now, past, days.length * 24) ? 'audience_grew' : undefined
}

const figuresOf = (sums: Measures): Figures => ({
  playbacks: sums[AT.playbacks]!,
  starts: sums[AT.starts]!,
  exits: sums[AT.exits]!,
})
