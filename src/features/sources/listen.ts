/** Listening: how loud each sound of a source is, before the first of it is encoded. */
import { decideLoudness, loudnessArgs, withLoudness } from '../../media/loudness.ts'
import type { RunPlan } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'
import { lookLimits, runJailed } from './run.ts'

/** The plan with the loudness of its sounds and the gain each gets. A sound that can't be measured stays as loud as it is. */
export async function listen(app: App, plan: RunPlan, sourceKey: string, signal: AbortSignal): Promise<RunPlan> {
  const target = app.config['transcode.loudness_lufs']
  if (target === 'off' || plan.source.audio.length === 0) return plan
  const source = await app.blobs.localPath(sourceKey)
  if (!source) throw new Error(`the source ${sourceKey} is gone`)
  try {
    const decided = []
    for (const sound of plan.source.audio) {
      const args = loudnessArgs(plan, sound, app.jail.inputName(source.path))
      const outcome = await runJailed(
        app,
        { program: 'ffmpeg', args, inputPath: source.path, pipes: 0, limits: { ...lookLimits, wallMs: 60_000 } },
        signal,
      )
      decided.push(decideLoudness(plan, target, outcome.ok ? outcome.stderr : undefined))
    }
    return withLoudness(plan, decided)
  } finally {
    await source.release()
  }
}
