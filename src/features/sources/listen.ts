/** Listening: how loud each sound of a source is, before the first of it is encoded. */
import {
  decideLoudness,
  isHeard,
  isNearTarget,
  loudnessArgs,
  loudnessReads,
  MAX_PEAK_DBFS,
  peakArgs,
  readPeak,
  rightAsItIs,
  type Window,
  withLoudness,
} from '../../media/loudness.ts'
import type { AudioRendition, RunPlan, SourceSound } from '../../media/plan.ts'
import { judgeSound } from '../../media/sound-copy.ts'
import type { App } from '../../platform/app.ts'
import { soundTableOf } from './frames.ts'
import { lookLimits } from './run.ts'
import { runOnSource } from './window.ts'

/** How a sound is listened to. */
const heard = { program: 'ffmpeg' as const, pipes: 0, limits: { ...lookLimits, wallMs: 60_000 } }

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
  const decided = []
  for (const sound of plan.source.audio) {
    const outcome = await runOnSource(
      app,
      { key: sourceKey, wanted: loudnessReads(plan, sound, windows) },
      (inputName) => ({ ...heard, args: loudnessArgs(plan, sound, inputName, windows) }),
      signal,
    )
    decided.push(decideLoudness(plan, target, outcome.ok ? outcome.stderr : undefined, windows))
  }
  return withLoudness(plan, decided)
}

/**
 * The plan with those sounds copied that need neither gain nor limiter. To be called before the first of it is made, and of a source that
 * is all there; where loudness is left alone, its index is enough.
 * @param wholeBytes the size the source is going to have, when it has not arrived completely
 */
export async function passSound(
  app: App,
  plan: RunPlan,
  sourceKey: string,
  signal: AbortSignal,
  wholeBytes?: number,
): Promise<RunPlan> {
  if (!app.config['transcode.pass_through'] || plan.source.container !== 'mov') return plan
  const audio: AudioRendition[] = []
  const sounds: SourceSound[] = []
  for (const [index, rendition] of plan.audio.entries()) {
    const sound = plan.source.audio[index]!
    const table = await soundTableOf(app, sourceKey, sound.streamIndex, wholeBytes)
    const judged = table ? judgeSound(plan, sound, table) : { why: 'no plain AAC-LC' }
    const fits = !('why' in judged) && (await isRight(app, plan, sound, sourceKey, signal))
    app.log.debug({ sourceKey, rendition: rendition.id, why: whyOf(judged, fits) }, 'copying sound judged')
    audio.push(fits ? { ...rendition, ...judged } : rendition)
    sounds.push(fits && sound.loudness ? { ...sound, loudness: rightAsItIs(sound.loudness) } : sound)
  }
  return { ...plan, audio, source: { ...plan.source, audio: sounds } }
}

const whyOf = (judged: object, fits: boolean): string => {
  if ('why' in judged) return String(judged.why)
  return fits ? 'fit' : 'not as loud as it should be'
}

/** Whether a sound is as loud as it should be, with its peaks where they may be. Where loudness is left alone, every sound is. */
async function isRight(
  app: App,
  plan: RunPlan,
  sound: SourceSound,
  sourceKey: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (app.config['transcode.loudness_lufs'] === 'off') return true
  if (!sound.loudness || !isNearTarget(plan, sound.loudness)) return false
  // As it is, without the gain that was decided.
  const { loudness: _, ...asItIs } = sound
  const outcome = await runOnSource(
    app,
    { key: sourceKey, wanted: loudnessReads(plan, sound) },
    (inputName) => ({ ...heard, args: peakArgs(plan, asItIs, inputName) }),
    signal,
  )
  const peak = outcome.ok ? readPeak(outcome.stderr) : undefined
  return peak !== undefined && peak <= MAX_PEAK_DBFS
}
