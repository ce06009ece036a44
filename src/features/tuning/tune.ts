/** Tries a title out, writes what was decided into its run, and lets its spans be made. */
import type { RunPlan, Trial } from '../../media/plan.ts'
import { type Stretches, stretchesOf, triedSeconds } from '../../media/trials.ts'
import { decideTuning, needless, withTuning } from '../../media/tuning.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { forgetManifests } from '../delivery/delivery.ts'
import { hasZimg } from '../segments/segments.ts'
import { tryOut } from '../sources/sources.ts'
import { askForSpans } from '../transcode/transcode.ts'
import * as videos from '../videos/videos.ts'
import * as store from './store.ts'

type Run = { videoId: string; runId: string }

/** Makes the trials, then decides and writes it down in one commit. Done twice, the second time finds it decided. */
export async function runTuning(app: App, run: Run, context: JobContext): Promise<void> {
  const found = await store.loadRun(app, run)
  if (!found?.undecided) return
  const plan = found.plan as unknown as RunPlan
  const stretches = stretchesOf(plan)
  const trials = stretches && (await tried(app, plan, found.source_key, stretches, context.signal))
  if (!trials) app.log.warn({ ...run }, 'a title could not be tried out; its ladder stays as it is')
  await app.together(async (app) => {
    await context.fence(app)
    await settle(app, run, trials && { trials, stretches })
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

/** Writes the decision into the run, takes what adds nothing out of its spans, and asks for the rest. */
async function settle(app: App, run: Run, tried: { trials: Trial[]; stretches: Stretches } | undefined): Promise<void> {
  const found = await store.lockRun(app, run)
  if (!found?.undecided) return
  const planned = found.plan as unknown as RunPlan
  const plan = tried ? decided(planned, tried, new Set(found.begun)) : planned
  await store.settleRun(app, run, plan)
  if (plan.tuning) {
    // The lowest one has a first segment already, made as it was planned: until it is measured its ceiling stands.
    const lowest = plan.video[0]!.id
    for (const { rendition, why, bitsPerSecond } of plan.tuning.decided)
      if (why === 'tuned' && rendition !== lowest) await store.setCeiling(app, run, rendition, bitsPerSecond)
    for (const rendition of needless(plan)) await store.leaveOut(app, run, rendition)
    await forgetManifests(app, run.runId)
  }
  await askForSpans(app, run, await store.listSpans(app, run))
  await videos.tellChanged(app, run.videoId)
}

function decided(
  plan: RunPlan,
  { trials, stretches }: { trials: Trial[]; stretches: Stretches },
  begun: ReadonlySet<string>,
): RunPlan {
  return withTuning(plan, decideTuning(plan, trials, triedSeconds(plan, stretches), begun))
}
