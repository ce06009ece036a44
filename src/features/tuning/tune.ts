/** Tries a title out, writes what was decided into its run, and lets its spans be made. */
import type { RunPlan, Tuning } from '../../media/plan.ts'
import { type Stretches, stretchesOf, triedSeconds } from '../../media/trials.ts'
import { decideInPart, decideTuning, needless, withTuning } from '../../media/tuning.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { forgetManifests } from '../delivery/delivery.ts'
import { hasZimg } from '../segments/segments.ts'
import { isStaged } from '../sources/sources.ts'
import { askForSpans, beginEarly } from '../transcode/transcode.ts'
import * as videos from '../videos/videos.ts'
import * as store from './store.ts'
import { tryOut } from './trial.ts'

type Run = { videoId: string; runId: string }

/** Makes the trials, then decides and writes it down in one commit. Done twice, the second time finds it decided. */
export async function runTuning(
  app: App,
  { arrived, ...run }: Run & { arrived?: Stretches },
  context: JobContext,
): Promise<void> {
  const found = await store.loadRun(app, run)
  if (!found?.undecided) return
  const plan = found.plan as unknown as RunPlan
  const part = isStaged(found.source_key) ? arrived : undefined
  const stretches = part ?? stretchesOf(plan)
  const trials = await tried(app, plan, found.source_key, stretches, context.signal)
  if (!trials) app.log.warn({ ...run }, 'a title could not be tried out; its ladder stays as it is')
  const decide = part ? decideInPart : decideTuning
  await app.together(async (app) => {
    await context.fence(app)
    await settle(app, run, trials && ((plan, begun) => decide(plan, trials, triedSeconds(plan, stretches), begun)))
  })
}

/** As in an encode: what goes wrong is tried again without `zscale`, which refuses some sources that `scale` takes. */
async function tried(app: App, plan: RunPlan, sourceKey: string, stretches: Stretches, signal: AbortSignal) {
  const fast = (await hasZimg(app)) ? await tryOut(app, plan, sourceKey, { stretches, zimg: true }, signal) : undefined
  return fast ?? tryOut(app, plan, sourceKey, { stretches, zimg: false }, signal)
}

/** The trials were given up: the ladder stays as it is planned, and is made. */
export async function giveUpTuning(app: App, run: Run): Promise<void> {
  await settle(app, run, undefined)
}

/**
 * Writes the decision into the run, takes what adds nothing out of its spans, and asks for the rest: all of it, or what can be made of a
 * file that is still arriving.
 */
async function settle(
  app: App,
  run: Run,
  decide: ((plan: RunPlan, begun: ReadonlySet<string>) => Tuning) | undefined,
): Promise<void> {
  const found = await store.lockRun(app, run)
  if (!found?.undecided) return
  const planned = found.plan as unknown as RunPlan
  const plan: RunPlan = decide
    ? withTuning(planned, decide(planned, new Set(found.begun)))
    : { ...planned, untuned: 'trials_failed' }
  await store.settleRun(app, run, plan)
  if (plan.tuning) {
    // The lowest one has a first segment already, made as it was planned: until it is measured its ceiling stands.
    const lowest = plan.video[0]!.id
    for (const { rendition, why, bitsPerSecond } of plan.tuning.decided)
      if (why === 'tuned' && rendition !== lowest) await store.setCeiling(app, run, rendition, bitsPerSecond)
    for (const rendition of needless(plan)) await store.leaveOut(app, run, rendition)
    await forgetManifests(app, run.runId)
  }
  const stagingKey = await store.loadArriving(app, run)
  if (stagingKey) await app.queue.add(beginEarly, { videoId: run.videoId, stagingKey }, { key: run.videoId })
  else await askForSpans(app, run, await store.listSpans(app, run))
  await videos.tellChanged(app, run.videoId)
}
