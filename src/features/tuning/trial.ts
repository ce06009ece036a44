/** Trials: a few short stretches of a source encoded at several qualities, to learn what a bit buys in it. */
import type { RunPlan, Trial } from '../../media/plan.ts'
import { readTrials, type Stretches, trialArgs, trialReads } from '../../media/trials.ts'
import type { App } from '../../platform/app.ts'
import { lookLimits, runOnSource } from '../sources/sources.ts'

/** Of one thread, on a machine that has much else to do. */
const WALL_MS = 600_000

/**
 * What the trials came to; undefined when the source did not yield them.
 * @param zimg this FFmpeg has `zscale`
 */
export async function tryOut(
  app: App,
  plan: RunPlan,
  sourceKey: string,
  { stretches, zimg }: { stretches: Stretches; zimg: boolean },
  signal: AbortSignal,
): Promise<Trial[] | undefined> {
  const limits = { ...lookLimits, wallMs: WALL_MS, nice: 10 }
  const outcome = await runOnSource(
    app,
    { key: sourceKey, wanted: trialReads(plan, stretches) },
    (sourcePath) => ({
      program: 'ffmpeg',
      args: trialArgs(plan, { sourcePath, stretches, zimg }),
      pipes: 0,
      limits,
    }),
    signal,
    ({ stderr }) => readTrials(plan, stderr) !== undefined,
  )
  return outcome.ok ? readTrials(plan, outcome.stderr) : undefined
}
