/**
 * Watches as players report them, by the thousand a second: those that say something new are kept together, a statement for
 * many of them, for a transaction of each would be most of what a report costs.
 */
import { type Gathering, gathering } from '../../../kit/gather.ts'
import type { App } from '../../../platform/app.ts'
import { runningExperiments } from '../desk/desk.ts'
import { noteWatches } from '../live.ts'
import { keepOutcomes } from '../ranker/store.ts'
import * as rules from '../rules.ts'
import { addOutcome, whoPaused } from '../store.ts'
import { type News, newsOf } from './steps.ts'

export interface Watch {
  /** `account:…` or `viewer:…`. */
  viewer: string
  videoId: string
  watchedMs: number
  durationMs: number
  country?: string | undefined
}

interface Heard extends Watch, News {
  share: number
  isQualified: boolean
}

const MOST_AT_ONCE = 1000
/** So many at once are a crowd. They are written down a few times a second, and nobody waits for it. */
const CROWD = 20
const CROWD_REST_MS = 300
/** Where the database is so far behind, suggestions do without. */
const MOST_WAITING = 20_000

const gatherings = new WeakMap<object, Gathering<Heard>>()

/**
 * Hears of a watch, as often as a player reports one. Only what has reached another quarter is kept and told, so that a long
 * playback is a handful of writes. Kept in memory for as long as a playback may report: whatever is told twice changes nothing.
 * Undefined where there is nothing to wait for, else resolves when it is written down. In a crowd nobody waits, and what a crash then loses of half a second, the next quarter of the
 * playback says again.
 */
export function hearWatch(app: App, watch: Watch): Promise<void> | undefined {
  const share = rules.shareOf(watch.watchedMs, watch.durationMs)
  const isQualified = rules.isQualified(watch.watchedMs, watch.durationMs)
  // Even what says nothing yet was chosen: that is what a suggestion is for.
  const step = isQualified ? Math.max(1, rules.stepOf(share)) : rules.stepBefore(watch.watchedMs)
  const news = newsOf(app, watch, step)
  if (!news) return undefined
  const gathered = gatheringOf(app)
  if (gathered.waiting >= MOST_WAITING) return undefined
  const written = gathered.add({ ...watch, share, isQualified, ...news })
  if (!gathered.isCrowded) return written
  written.catch((error) => app.log.warn({ error: String(error) }, 'watches were not kept for suggestions'))
  return undefined
}

function gatheringOf(app: App): Gathering<Heard> {
  const known = gatherings.get(app.blobs)
  if (known) return known
  const made = gathering<Heard>(MOST_AT_ONCE, (heard) => keep(app, heard), { of: CROWD, restMs: CROWD_REST_MS })
  gatherings.set(app.blobs, made)
  return made
}

async function keep(app: App, all: Heard[]): Promise<void> {
  const accounts = all.flatMap(({ viewer }) => (viewer.startsWith('account:') ? [viewer.slice('account:'.length)] : []))
  const paused = accounts.length > 0 ? await whoPaused(app, accounts) : new Set<string>()
  // Who keeps no history wants nothing learned from it either.
  const names = new Set([...paused].map((accountId) => `account:${accountId}`))
  const heard = all.filter(({ viewer }) => !names.has(viewer))
  await keepOutcomes(app, heard)
  const qualified = heard.filter((it) => it.isQualified)
  if (qualified.length === 0) return
  await noteWatches(app, qualified)
  if ((await runningExperiments(app)).length === 0) return
  for (const it of qualified) await addOutcome(app, it.viewer, Number(it.isFirst), it.moreMs)
}
