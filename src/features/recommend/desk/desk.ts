/** What staff see of suggestions and do with them: figures of what was shown, models to go back to, and experiments. */
import type { RecommendFigures } from '../../../contract/recommend.ts'
import { refuse } from '../../../contract/refusals.ts'
import type { App } from '../../../platform/app.ts'
import { jobKind } from '../../../platform/queue/queue.ts'
import * as rules from '../rules.ts'
import * as models from '../store.ts'
import * as store from './store.ts'

const DAY_MS = 24 * 3_600_000
const DAYS = 14
const MODELS_LISTED = 20
const EXPERIMENTS_LISTED = 20
const MOST_ARM_VIEWERS = 1_000_000
const EXPERIMENTS_KEPT_MS = 10_000
const FIGURES_KEPT_MS = 60_000

/** How suggestions fell on the catalogue in the last two weeks, the models there are, and the experiments with their intervals. */
export async function figuresOfPages(app: App): Promise<RecommendFigures> {
  const name = 'recommend:figures'
  const known = await app.cache.get<RecommendFigures['days']>(name)
  const days = known ?? (await daysOf(app))
  if (!known) await app.cache.set(name, days, FIGURES_KEPT_MS)
  const rows = await models.listModels(app, MODELS_LISTED)
  return {
    days,
    models: rows.map((row) => ({
      version: row.version,
      kind: row.kind,
      made: row.made_at.toISOString(),
      served: row.served,
      held: row.held,
      figures: row.figures,
    })),
    experiments: await listExperiments(app),
    variants: Object.keys(rules.VARIANTS),
  }
}

async function daysOf(app: App): Promise<RecommendFigures['days']> {
  const since = new Date(Math.floor(app.clock.nowMs() / DAY_MS) * DAY_MS - (DAYS - 1) * DAY_MS)
  const rows = await store.listDays(app, since)
  return rows.map((row) => ({
    day: row.day,
    shown: Number(row.shown),
    watched: Number(row.watched),
    coverage: Number(row.coverage),
    gini: Number(row.gini),
    coldShare: Number(row.cold_share),
    skipRate: Number(row.skip_rate),
  }))
}

export async function listExperiments(app: App): Promise<RecommendFigures['experiments']> {
  const rows = await store.listExperiments(app, EXPERIMENTS_LISTED)
  return Promise.all(
    rows.map(async ({ name, arms, began_at, ended_at }) => ({
      name,
      began: began_at.toISOString(),
      ended: ended_at?.toISOString() ?? null,
      arms: rules.reportOf(arms, await models.listArmViewers(app, name, MOST_ARM_VIEWERS)),
    })),
  )
}

/** What runs now; asked for every few seconds only. */
export async function runningExperiments(app: App): Promise<models.ExperimentRow[]> {
  const known = await app.cache.get<models.ExperimentRow[]>('recommend:experiments')
  if (known) return known
  const rows = await models.runningExperiments(app)
  await app.cache.set('recommend:experiments', rows, EXPERIMENTS_KEPT_MS)
  return rows
}

/** Begins an experiment on home pages. Refuses bad_request for a name in use and for arms that are no variants. */
export async function beginExperiment(app: App, name: string, arms: string[]): Promise<void> {
  const unknown = arms.filter((arm) => !Object.hasOwn(rules.VARIANTS, arm))
  const known = Object.keys(rules.VARIANTS).join(', ')
  if (unknown.length > 0 || arms.length < 2 || new Set(arms).size < arms.length)
    return refuse('bad_request', `an experiment takes two or more different arms of: ${known}`)
  if (!(await models.insertExperiment(app, { name, arms })))
    return refuse('bad_request', `there is an experiment ${name} already`)
  await app.cache.remove('recommend:experiments')
}

/** Refuses not_found when none of this name runs. */
export async function endExperiment(app: App, name: string): Promise<void> {
  if (!(await models.endExperiment(app, name))) return refuse('not_found', `no experiment ${name} is running`)
  await app.cache.remove('recommend:experiments')
}

/** What an experiment says so far. Refuses not_found. */
export async function reportExperiment(app: App, name: string): Promise<rules.ArmReport[]> {
  const experiment = await models.findExperiment(app, name)
  if (!experiment) return refuse('not_found', `there is no experiment ${name}`)
  return rules.reportOf(experiment.arms, await models.listArmViewers(app, name, MOST_ARM_VIEWERS))
}

/** Sends letters of suggestions to those who asked for them. */
export const sendDigests = jobKind<Record<string, never>>({
  name: 'recommend.send_digests',
  lane: 'bulk',
  maxAttempts: 3,
  maxCrashes: 2,
})

/** The clock's task: asks for the letters that are due. */
export async function askDigests(app: App): Promise<void> {
  await app.queue.add(sendDigests, {}, { key: 'all' })
}
