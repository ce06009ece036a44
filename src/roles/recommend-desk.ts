/** What the administrator of the machine may do with models of suggestions, without a server in between. */
import {
  beginExperiment,
  type Evaluation,
  endExperiment,
  evaluate,
  evaluateOwn,
  historyFromLines,
  type LinesRead,
  listModels,
  reportExperiment,
  runRankerTraining,
  runTraining,
  serveVersion,
} from '../features/recommend/recommend.ts'
import type { App } from '../platform/app.ts'

export type { Evaluation }

const MODELS_LISTED = 20

/** Models, newest first, with what they reached. */
export async function modelsKept(app: App) {
  const rows = await listModels(app, MODELS_LISTED)
  return rows.map(({ version, kind, made_at, served, held, figures }) => ({
    version,
    kind,
    made: made_at.toISOString(),
    served,
    held,
    figures,
  }))
}

/** Makes both models now, here, and serves each unless it is clearly worse. */
export async function trainNow(app: App) {
  await runTraining(app)
  await runRankerTraining(app)
  return modelsKept(app)
}

/** Serves another version that is kept, and holds to it where it is not the newest. Refuses not_found. */
export async function serveAgain(app: App, version: string): Promise<void> {
  await serveVersion(app, version)
}

/** Replays what this platform has watched. */
export async function evaluateHere(app: App): Promise<Evaluation> {
  return evaluateOwn(app)
}

/** Replays a file of lines `user item [time]`; says how it was split, how many lines cannot be read, and which is the first. */
export function evaluateLines(lines: Iterable<string>): Evaluation & Omit<LinesRead, 'history'> {
  const { history, ...read } = historyFromLines(lines)
  return { ...evaluate(history), ...read }
}

/** Begins, ends or reports an experiment on home pages. Refuses bad_request and not_found. */
export async function experimentDone(app: App, verb: 'begin' | 'end' | 'report', name: string, arms: string[]) {
  if (verb === 'begin') await beginExperiment(app, name, arms)
  if (verb === 'end') await endExperiment(app, name)
  return reportExperiment(app, name)
}
