/** Listening: how loud each sound of a source is, before the first of it is encoded. */
import { decideLoudness, isHeard, loudnessArgs, type Window, withLoudness } from '../../media/loudness.ts'
import type { RunPlan } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'
import { lookLimits, runJailed } from './run.ts'
import { openSource } from './source.ts'

/**
 * The plan with the loudness of its sounds and the gain each gets. A sound that can't be measured stays as loud as it is, and what was
 * decided before stays decided.
 */
export async function listen(
  app: App,
  plan: RunPlan,
  sourceKey: string,
  signal: AbortSignal,
  windows?: readonly Window[],
): Promise<RunPlan> {
  const target = app.config['transcode.loudness_lufs']
  if (target === 'off' || isHeard(plan)) return plan
  const source = await openSource(app, sourceKey)
  try {
    const decided = []
    for (const sound of plan.source.audio) {
      const args = loudnessArgs(plan, sound, app.jail.inputName(source.path), windows)
      const outcome = await runJailed(
        app,
        { program: 'ffmpeg', args, inputPath: source.path, pipes: 0, limits: { ...lookLimits, wallMs: 60_000 } },
        signal,
      )
      decided.push(decideLoudness(plan, target, outcome.ok ? outcome.stderr : undefined, windows))
    }
    return withLoudness(plan, decided)
  } finally {
    await source.release()
  }
}
