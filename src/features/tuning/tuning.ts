/**
 * Tuning: the ladder of a title is decided by trials, once, before most of it is made. The video can be watched meanwhile: what is
 * made for somebody who waits is made as planned, and its rendition stays so.
 */
import type { RunPlan, Untuned } from '../../media/plan.ts'
import { type Stretches, whyUntried } from '../../media/trials.ts'
import type { App } from '../../platform/app.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import * as store from './store.ts'

/** Try the title out, decide, and let its spans be made. `arrived`: what can be tried out of a file that is still arriving. */
export const tuneLadder = jobKind<{ videoId: string; runId: string; arrived?: Stretches }>({
  name: 'tuning.tune',
  lane: 'quick',
  maxAttempts: 3,
  maxCrashes: 2,
})

/** Why there is nothing to decide about this title, or trials are not worth their price; undefined where it is to be tried out. */
export function whyUntuned(app: App, plan: RunPlan): Untuned | undefined {
  return app.config['transcode.per_title'] ? whyUntried(plan) : 'switched_off'
}

/**
 * The plan by which these renditions are made from now on. As long as nothing is decided this decides it for them: they stay as they
 * are planned. Undefined where the run is gone.
 */
export async function planToMake(
  app: App,
  run: { videoId: string; runId: string },
  renditions: readonly string[],
): Promise<RunPlan | undefined> {
  const known = await store.loadRun(app, run)
  const begun = known?.undecided ? await store.noteBegun(app, run, renditions) : known
  return (begun ?? (await store.loadRun(app, run)))?.plan as unknown as RunPlan | undefined
}
