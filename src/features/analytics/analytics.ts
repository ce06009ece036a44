/** Analytics: hears what players report, and answers what owners ask of it. */
import type { z } from 'zod'
import type {
  Breakdown,
  Retention,
  Series,
  Spread,
  Sums,
  Totals,
  videoBreakdown,
  videoSeries,
  videoSpread,
  videoTotals,
} from '../../contract/analytics.ts'
import { refuse } from '../../contract/refusals.ts'
import { percentileOf } from '../../kit/histogram.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import { mayEdit, seeVideo } from '../videos/videos.ts'
import * as care from './care/store.ts'
import { withoutViewer } from './intake.ts'
import { nameMeasures } from './rollup.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'
import { warehouseOf } from './warehouse/open-warehouse.ts'
import { AT, addMeasures, type Measures, nothing } from './warehouse/warehouse.ts'

export { raiseAlarms } from './care/alarms.ts'
export { auditViews } from './care/audit.ts'
export { noteClientData, writeClientData } from './care/client-data.ts'
export { noteSent, writeSent } from './care/sent.ts'
export { hear, hearEvents, hearImpressions, hearMany, hearRequest, hearServed, noteRefused, visitorOf } from './hear.ts'
export { hearViews } from './playbacks/views.ts'
export { rollUp, startRoller, tidyAnalytics } from './roller.ts'
export { believedMs } from './rules.ts'

type Asked<E extends { query?: z.ZodType }> = z.output<NonNullable<E['query']>>
type Period = Asked<typeof videoTotals>

/** Goes through the log and takes a viewer out of it. */
export const forgetInLog = jobKind<{ viewerKey: string }>({
  name: 'analytics.forget_in_log',
  lane: 'bulk',
  maxAttempts: 20,
  maxCrashes: 20,
})

const ROWS_AT_ONCE = 100

/**
 * Forgets who an account was: what it watched stays in the sums, and nothing that is kept leads back to it. To be called when
 * the account is deleted, in that transaction; the log of raw reports follows in a job.
 */
export async function forgetAccount(app: App, accountId: string): Promise<void> {
  const viewerKey = rules.memberKey(accountId, app.secrets.of('analytics'))
  await store.forgetViewer(app, viewerKey)
  await app.queue.add(forgetInLog, { viewerKey })
}

/** Takes a viewer out of the log. May run twice. */
export async function runForgetInLog(app: App, { viewerKey }: { viewerKey: string }): Promise<void> {
  let after = { at: new Date(0), batchId: 0 }
  for (;;) {
    const rows = await store.listLog(app, after, ROWS_AT_ONCE)
    for (const row of rows) {
      const body = await withoutViewer(row.body, viewerKey)
      if (body) await store.replaceBody(app, row, body)
    }
    const last = rows.at(-1)
    if (!last || rows.length < ROWS_AT_ONCE) break
    after = { at: last.at, batchId: last.batch_id }
  }
  // What was rolled up while the log was gone through.
  await store.forgetViewer(app, viewerKey)
}

/** The subject of questions about one video, for who may ask them. Refuses video_not_found and not_allowed. */
export async function ofVideo(app: App, viewer: Viewer, videoId: string): Promise<string> {
  const video = await seeVideo(app, viewer, videoId)
  return mayEdit(viewer, video) ? `v${videoId}` : refuse('not_allowed')
}

/** The subject of questions about one channel. Refuses channel_not_found and not_allowed. */
export async function ofChannel(app: App, viewer: Viewer, handle: string): Promise<string> {
  const channel = await store.findChannel(app, handle, viewer.accountId)
  if (!channel) return refuse('channel_not_found')
  return rules.mayAsk(viewer, channel.account_id, channel.team_role) ? `c${channel.channel_id}` : refuse('not_allowed')
}

/** The subject of questions about what was watched from one playlist. Refuses playlist_not_found and not_allowed. */
export async function ofPlaylist(app: App, viewer: Viewer, playlistId: string): Promise<string> {
  const playlist = await store.findPlaylist(app, playlistId)
  if (!playlist) return refuse('playlist_not_found')
  if (rules.mayAsk(viewer, playlist.account_id)) return `p${playlistId}`
  return refuse(playlist.privacy === 'private' ? 'playlist_not_found' : 'not_allowed')
}

/** The subject of questions about the whole platform, which only administrators reach. */
export const OF_SITE = 'all'

export async function totals(app: App, subject: string, period: Period): Promise<Totals> {
  const grain = rules.totalGrain(period.from, period.to)
  const range = rangeOf(period, grain)
  const before = rules.rangeBefore(range)
  const warehouse = warehouseOf(app)
  const days = (it: rules.Range) => warehouse.viewers(app, subject, rules.wholeDays(it))
  const [now, then, viewers, viewersBefore, watchingNow, storedBytes, unaudited] = await Promise.all([
    warehouse.totals(app, subject, range, grain),
    warehouse.totals(app, subject, before, grain),
    days(range),
    days(before),
    countWatching(app, subject),
    subject.startsWith('p') ? undefined : care.storedBytes(app, subject),
    care.firstUnaudited(app),
  ])
  const sums = sumsOf(now)
  const hourMs = Math.floor(app.clock.nowMs() / rules.HOUR_MS) * rules.HOUR_MS
  const auditedUntil = new Date(Math.min(hourMs, unaudited?.getTime() ?? hourMs)).toISOString()
  return {
    sums,
    viewers,
    before: { sums: sumsOf(then), viewers: viewersBefore },
    watchingNow,
    audited: { views: sums.views - sums.struck, until: auditedUntil },
    ...(storedBytes === undefined
      ? {}
      : { storedBytes, ...rules.costOf(app.config, range, sums.sentBytes, storedBytes) }),
  }
}

/** A playback reports every 20 seconds, so the last full minute has heard of each that is under way. */
async function countWatching(app: App, subject: string): Promise<number> {
  const minuteMs = Math.floor(app.clock.nowMs() / rules.MINUTE_MS) * rules.MINUTE_MS
  const range = { fromMs: minuteMs - rules.MINUTE_MS, toMs: minuteMs + rules.MINUTE_MS }
  const minutes = await warehouseOf(app).series(app, subject, range, 'minute')
  return Math.max(0, ...minutes.map(({ measures }) => measures[AT.active]!))
}

export async function series(app: App, subject: string, asked: Asked<typeof videoSeries>): Promise<Series> {
  const { grain } = asked
  const range = rangeOf(asked, grain)
  if (!rules.fitsSeries(range, grain)) return refuse('bad_request', 'the period holds too many steps of this grain')
  const points = await warehouseOf(app).series(app, subject, range, rules.keptGrain(grain))
  const steps = new Map<number, Measures>()
  for (const { atMs, measures } of points) {
    const startMs = rules.stepStart(atMs, grain)
    const known = steps.get(startMs)
    if (known) addMeasures(known, measures)
    else steps.set(startMs, measures)
  }
  return {
    grain,
    points: [...steps].map(([atMs, measures]) => ({ at: new Date(atMs).toISOString(), sums: sumsOf(measures) })),
  }
}

export async function breakdown(app: App, subject: string, asked: Asked<typeof videoBreakdown>): Promise<Breakdown> {
  const range = rangeOf(asked, 'day')
  const warehouse = warehouseOf(app)
  const found = await warehouse.breakdown(app, subject, range, asked.by, asked.limit)
  const names = found.map((it) => it.member)
  const isVideo = asked.by === 'video' || asked.by === 'suggester'
  const [titles, earlier] = await Promise.all([
    isVideo ? store.titlesOf(app, names) : new Map<string, string>(),
    asked.compare === 'before' ? warehouse.members(app, subject, rules.rangeBefore(range), asked.by, names) : undefined,
  ])
  const before = earlier && new Map(earlier.map((it) => [it.member, it.measures]))
  return {
    rows: found.map(({ member, measures }) => {
      const label = titles.get(member)
      return {
        member,
        ...(label === undefined ? {} : { label }),
        sums: sumsOf(measures),
        ...(before ? { before: sumsOf(before.get(member) ?? nothing()) } : {}),
      }
    }),
  }
}

export async function retention(app: App, subject: string, asked: Period): Promise<Retention> {
  const range = rangeOf(asked, 'day')
  const warehouse = warehouseOf(app)
  const [curve, sums] = await Promise.all([
    warehouse.retention(app, subject.slice(1), range),
    warehouse.totals(app, subject, range, 'day'),
  ])
  return { playbacks: sums[AT.playbacks]!, ...curve }
}

const MOST_MEMBERS = 50

export async function spread(app: App, subject: string, asked: Asked<typeof videoSpread>): Promise<Spread> {
  const members = await warehouseOf(app).spreads(app, subject, rangeOf(asked, 'day'), asked.of, asked.by)
  const rows = [...members].map(([member, counts]) => ({
    member,
    count: [...counts.values()].reduce((sum, count) => sum + count, 0),
    p50: Math.round(percentileOf(counts, 0.5)),
    p75: Math.round(percentileOf(counts, 0.75)),
    p95: Math.round(percentileOf(counts, 0.95)),
    p99: Math.round(percentileOf(counts, 0.99)),
  }))
  return { rows: rows.sort((a, b) => b.count - a.count || (a.member < b.member ? -1 : 1)).slice(0, MOST_MEMBERS) }
}

function rangeOf(period: Period, grain: rules.AskedGrain): rules.Range {
  return (
    rules.wholeRange(period.from, period.to, grain) ??
    refuse('bad_request', 'the period ends before it begins, or is longer than six years')
  )
}

function sumsOf(measures: Measures): Sums {
  const {
    watched_ms,
    stalled_ms,
    new_viewers,
    returning_viewers,
    sent_bytes,
    active: _active,
    ...rest
  } = nameMeasures(measures)
  return {
    ...rest,
    watchedMs: watched_ms,
    stalledMs: stalled_ms,
    newViewers: new_viewers,
    returningViewers: returning_viewers,
    sentBytes: sent_bytes,
  }
}
