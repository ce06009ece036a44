/** Trials: a few short stretches of a source encoded at several qualities, to learn what a bit buys in it. */
import type { RunPlan, Trial } from '../../media/plan.ts'
import { readTrials, type Stretches, trialArgs } from '../../media/trials.ts'
import type { App } from '../../platform/app.ts'
import { lookLimits, runJailed } from './run.ts'
import { openSource } from './source.ts'

/** On a machine that has much else to do. */
const WALL_MS = 180_000

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
  const source = await openSource(app, sourceKey)
  try {
    const args = trialArgs(plan, {
      sourcePath: app.jail.inputName(source.path),
      stretches,
      zimg,
      threads: app.config['worker.threads'],
    })
    const limits = { ...lookLimits, wallMs: WALL_MS, nice: 10 }
    const run = { program: 'ffmpeg' as const, args, inputPath: source.path, pipes: 0, limits }
    const outcome = await runJailed(app, run, signal)
    return outcome.ok ? readTrials(plan, outcome.stderr) : undefined
  } finally {
    await source.release()
  }
}
