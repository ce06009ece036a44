/**
 * The roller: takes what waits in the log, works out what is new in it, and adds that to the sums, all in one transaction. It
 * can be killed at any instant: what it had not committed waits again, and what it had does not. Several workers roll at the
 * same time, each the shards that no other has; only the last step of a batch is one after the other.
 */

import { sleep } from '../../kit/retry.ts'
import type { App } from '../../platform/app.ts'
import { metric } from '../../platform/meter.ts'
import { letMemoryGrow } from '../../platform/steady-memory.ts'
import { archiveHour, forgetArchives } from './care/archive.ts'
import { unpack } from './intake.ts'
import { knownOf, putBack, saveUnderWay, takeUnderWay } from './playbacks/under-way.ts'
import { tellViews } from './playbacks/views.ts'
import { addLate, type Noted, rollUpReports } from './rollup.ts'
import { DAY_MS, HOUR_MS, monthOf, SHARDS, type Unpacked } from './rules.ts'
import * as store from './store.ts'
import { retentionOfMinutesMs, warehouseOf } from './warehouse/open-warehouse.ts'

/** Reports taken at a time: enough that hot videos meet in one row, few enough that nobody waits long for the sums. */
const MOST_AT_ONCE = 40_000
const MOST_ROWS = 400
/** How often the log is looked into; with what the work takes, sums are a second or two behind. */
const LOOK_MS = 1000
/** Where many came it is looked into less often: what is the same in more reports is added once. Sums stay within five seconds. */
const MANY = 5000
const LOOK_AFTER_MANY_MS = 2000

const reportsRolled = metric({
  kind: 'counter',
  name: 'beacons_rolled_total',
  says: 'Reports that were added to the sums, by what came of them: added, repeated (said nothing new) or orphan (their video is gone).',
  labels: ['outcome'],
})
const rollSeconds = metric({
  kind: 'histogram',
  name: 'beacons_roll_seconds',
  says: 'Time to add one batch of reports to the sums.',
  labels: [],
  buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
})
const rollLag = metric({
  kind: 'gauge',
  name: 'beacons_lag_seconds',
  says: 'How long the oldest report has been waiting to be added to the sums.',
  labels: [],
})

/** Adds to the sums until nothing waits, or other processes are at the rest; returns how many reports it added. */
export async function rollUp(app: App): Promise<number> {
  let sum = 0
  for (;;) {
    const count = await rollNext(app)
    sum += count
    await settle(app)
    if (count === 0) return sum
  }
}

/**
 * A batch of what waits. Who is not behind takes all shards together, so that hot videos meet in one row. Where more waits than
 * one batch holds, a batch takes as many shards as fill it, the fullest that nobody else has, and leaves the others to other
 * workers.
 */
async function rollNext(app: App): Promise<number> {
  const waiting = (await store.countWaiting(app)).sort((a, b) => b.reports - a.reports)
  const total = waiting.reduce((sum, it) => sum + it.reports, 0)
  const sinceMs = Math.min(...waiting.map(({ since }) => since.getTime()))
  app.meter.set(rollLag, {}, total === 0 ? 0 : Math.max(0, app.clock.nowMs() - sinceMs) / 1000)
  // Then there may be notes of other features, which belong to no shard.
  if (total === 0) return rollShards(app, [])
  if (total <= MOST_AT_ONCE) return rollShards(app, ALL_SHARDS)
  const size = Math.max(1, Math.floor((SHARDS * MOST_AT_ONCE) / total))
  for (let from = 0; from < waiting.length; from += size) {
    const count = await rollShards(
      app,
      waiting.slice(from, from + size).map(({ shard }) => shard),
    )
    if (count > 0) return count
  }
  return 0
}

const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard)

/** A warehouse that cannot be reached holds nothing up: what is for it waits in its outbox. */
async function settle(app: App): Promise<void> {
  try {
    await warehouseOf(app).settle(app)
  } catch (error) {
    app.log.warn({ error: String(error) }, 'sums could not be carried over to the warehouse')
  }
}

/** One batch of those of these shards that no other process is rolling, and notes; 0 when nothing waits. */
export async function rollShards(app: App, shards: number[]): Promise<number> {
  const startMs = performance.now()
  const rolled = await app.together(async (app) => {
    const held = shards.length > 0 ? await store.holdShards(app, shards) : []
    if (held.length === 0 && shards.length > 0) return undefined
    const rows = held.length > 0 ? cut(await store.listWaiting(app, held, MOST_ROWS)) : []
    const underWay = await takeUnderWay(app, rows.length > 0 ? held : [])
    const outcome = await addRows(app, rows, underWay)
    if (rows.length > 0) await store.markRolled(app, rows, app.clock.now())
    return outcome && { ...outcome, underWay }
  })
  if (!rolled) return 0
  putBack(app, rolled.underWay)
  app.meter.observe(rollSeconds, {}, (performance.now() - startMs) / 1000)
  for (const outcome of ['added', 'repeated', 'orphan'] as const) {
    if (rolled[outcome] > 0) app.meter.count(reportsRolled, { outcome }, rolled[outcome])
  }
  return rolled.added + rolled.repeated + rolled.orphan
}

/** The first rows, up to so many reports; at least one. */
function cut(rows: store.LogRow[]): store.LogRow[] {
  let reports = 0
  let count = 0
  for (; count < rows.length && (count === 0 || reports + rows[count]!.reports <= MOST_AT_ONCE); count++) {
    reports += rows[count]!.reports
  }
  return rows.slice(0, count)
}

async function addRows(
  app: App,
  rows: store.LogRow[],
  underWay: Awaited<ReturnType<typeof takeUnderWay>>,
): Promise<Record<'added' | 'repeated' | 'orphan', number> | undefined> {
  const came = await unpackAll(rows)
  const { reports, shown, measured } = came
  const playbacks = await knownOf(app, underWay, reports)
  const visits = await store.loadVisits(app, [...new Set(shown.map((it) => it.session))])
  const videoIds = new Set([
    ...reports.map((it) => it.videoId),
    ...shown.flatMap((it) => it.shown.map(([id]) => id)),
    ...measured.map((it) => it.videoId),
  ])
  const channels = await store.channelsOf(app, [...videoIds])

  const viewSeconds = app.config['analytics.view_seconds']
  const rolled = rollUpReports(came, { playbacks, visits, channels, viewSeconds })
  await saveUnderWay(app, underWay, rolled.playbacks)
  await store.saveVisits(app, rolled.visits)

  // From here on it is one process at a time: the sums, views and members belong to all shards.
  await store.holdSums(app)
  const noted = await store.takeNotes(app, MOST_AT_ONCE)
  const total = reports.length + shown.length + measured.length + noted.length
  if (total === 0) return undefined
  const { counted: views, viewed } = await store.countViews(app, rolled.candidates)
  await tellViews(app, viewed)
  const members = await store.noteMembers(app, rolled.members)
  addLate(rolled, { noted, views, members, channels })
  await warehouseOf(app).add(app, batchName(rows, noted), rolled.intake)
  return { added: total - rolled.repeated - rolled.orphans, repeated: rolled.repeated, orphan: rolled.orphans }
}

/** A name that the same work has again when it is done again: the rows it is made of. */
function batchName(rows: store.LogRow[], noted: Noted[]): string {
  const ids = rows.map((row) => row.batch_id)
  return `${ids[0] ?? ''}-${ids.at(-1) ?? ''}-${noted[0]?.noteId ?? ''}-${noted.at(-1)?.noteId ?? ''}`
}

async function unpackAll(rows: store.LogRow[]): Promise<Unpacked> {
  const parts = await Promise.all(rows.map((row) => unpack(row.body)))
  return {
    reports: parts.flatMap((it) => it.reports),
    shown: parts.flatMap((it) => it.shown),
    measured: parts.flatMap((it) => it.measured),
  }
}

/** Rolls up in this process, beside others that do, until stopped. */
export function startRoller(app: App): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const ended = (async () => {
    while (!stopping.signal.aborted) {
      let rolled = 0
      try {
        rolled = await rollUp(app)
      } catch (error) {
        app.log.error({ err: error }, 'reports could not be rolled up')
      }
      if (rolled >= MANY) letMemoryGrow()
      await sleep(rolled >= MANY ? LOOK_AFTER_MANY_MS : LOOK_MS, stopping.signal).catch(() => {})
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

/** How long a playback may report after it began, and a page after its visit; as long as playback tokens live, and an hour. */
const PLAYBACK_LIFE_MS = DAY_MS + HOUR_MS
const FORGET_AT_ONCE = 10_000

/** Makes room: partitions for the hours to come, and raw reports, minutes, playbacks and counted views beyond their time. Run by the clock; may run twice. */
export async function tidyAnalytics(app: App): Promise<void> {
  const nowMs = app.clock.nowMs()
  const hourMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS
  for (let ahead = 1; ahead <= 6; ahead++) await store.makePartition(app, new Date(hourMs + ahead * HOUR_MS))
  await putAway(app, new Date(nowMs - app.config['analytics.raw_days'] * DAY_MS))
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS
  for (const ago of [2, 3, 4]) await warehouseOf(app).joinTails(app, today - ago * DAY_MS)
  await closeMonths(app, nowMs)
  await warehouseOf(app).forgetMinutes(app, nowMs - retentionOfMinutesMs)
  while ((await store.forgetPlaybacks(app, new Date(nowMs - 2 * PLAYBACK_LIFE_MS), FORGET_AT_ONCE)) >= FORGET_AT_ONCE);
  const lastHour = new Date(hourMs - PLAYBACK_LIFE_MS)
  while ((await store.forgetViews(app, lastHour, FORGET_AT_ONCE)) === FORGET_AT_ONCE);
}

/** Reports from before this moment go to the archive, and out of the log. */
async function putAway(app: App, before: Date): Promise<void> {
  const hours = await store.oldHours(app, before)
  for (const hour of hours) {
    await archiveHour(app, hour.getTime())
    await store.dropPartition(app, hour)
  }
  await store.forgetOther(app, before)
  await forgetArchives(app)
  if (hours.length > 0) app.log.info({ hours: hours.length }, 'raw reports put away')
}

/** A month is put together when the tails of its last day have been joined and nothing of it waits in the log. */
const MONTH_IS_IN_AFTER_MS = 5 * DAY_MS
/** So many back: what was opened again by late reports, and the past of a platform that has just learnt of months. */
const MONTHS_BACK = 36

async function closeMonths(app: App, nowMs: number): Promise<void> {
  const waitingSinceMs = nowMs - (await store.oldestWaitingMs(app, nowMs))
  let endMs = monthOf(Math.min(waitingSinceMs, nowMs - MONTH_IS_IN_AFTER_MS))
  for (let back = 0; back < MONTHS_BACK; back++) {
    const startMs = monthOf(endMs - 1)
    await warehouseOf(app).closeMonth(app, startMs)
    endMs = startMs
  }
}
