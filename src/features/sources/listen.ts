/** Listening: how loud each sound of a source is, before the first of it is encoded. */
import { sideBySide } from '../../kit/side-by-side.ts'
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
import type { AudioRendition, Loudness, RunPlan, SourceSound } from '../../media/plan.ts'
import { allWasDecoded, judgeSound, soundCopyArgs, worthApart } from '../../media/sound-copy.ts'
import type { App } from '../../platform/app.ts'
import { remux } from './copy.ts'
import { isInFragments, soundTableOf } from './frames.ts'
import { lookLimits } from './run.ts'
import { sourceBytes } from './source.ts'
import { runOnSource } from './window.ts'

/** Sounds that are listened to at a time: the first segment waits for all of them. */
const AT_ONCE = 2

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
  const decided: Loudness[] = []
  await sideBySide([...plan.source.audio.entries()], AT_ONCE, async ([index, sound]) => {
    const outcome = await runOnSource(
      app,
      { key: sourceKey, wanted: loudnessReads(plan, sound, windows) },
      (inputName) => ({ ...heard, args: loudnessArgs(plan, sound, inputName, windows) }),
      signal,
    )
    decided[index] = decideLoudness(plan, target, outcome.ok ? outcome.stderr : undefined, windows)
  })
  return withLoudness(plan, decided)
}

/** Where the frames of a sound lie whose source has no table of them. */
export const soundCopyKey = (folder: string, rendition: string): string => `${folder}/${rendition}-frames.mp4`

/**
 * The plan with those sounds copied that need neither gain nor limiter. To be called before the first of it is made, and of a source that
 * is all there; where loudness is left alone, the index of an MP4 is enough.
 * @param folder for the copies of sounds that stand in no table
 * @param wholeBytes the size the source is going to have, when it has not arrived completely
 */
export async function passSound(
  app: App,
  plan: RunPlan,
  { sourceKey, folder }: { sourceKey: string; folder: string },
  signal: AbortSignal,
  wholeBytes?: number,
): Promise<RunPlan> {
  if (!app.config['transcode.pass_through']) return plan
  const audio: AudioRendition[] = []
  const sounds: SourceSound[] = []
  for (const [index, rendition] of plan.audio.entries()) {
    const sound = plan.source.audio[index]!
    const judged = await judge(app, plan, sound, { sourceKey, folder, wholeBytes }, signal)
    app.log.debug(
      { sourceKey, rendition: rendition.id, why: 'why' in judged ? judged.why : 'fit' },
      'copying sound judged',
    )
    const fits = !('why' in judged)
    audio.push(fits ? { ...rendition, ...judged } : rendition)
    sounds.push(fits && sound.loudness ? { ...sound, loudness: rightAsItIs(sound.loudness) } : sound)
  }
  return { ...plan, audio, source: { ...plan.source, audio: sounds } }
}

interface Place {
  sourceKey: string
  folder: string
  wholeBytes: number | undefined
}

/** What the copy of a sound is; or in a few words what speaks against one. Then none of it stays behind. */
async function judge(app: App, plan: RunPlan, sound: SourceSound, place: Place, signal: AbortSignal) {
  const { sourceKey, folder, wholeBytes } = place
  if (!mayBeRight(app, plan, sound)) return { why: 'not as loud as it should be' }
  const isMp4 = plan.source.container === 'mov'
  const table = isMp4 ? await soundTableOf(app, sourceKey, sound.streamIndex, wholeBytes) : undefined
  if (table) {
    const judged = judgeSound(plan, sound, table)
    if ('why' in judged || (await peaksAreRight(app, plan, sound, sourceKey, signal))) return judged
    return { why: 'its peaks are too high' }
  }
  const sizeBytes = wholeBytes === undefined ? await sourceBytes(app, sourceKey) : undefined
  if (sizeBytes === undefined || !worthApart(plan, sound, sizeBytes)) return { why: 'no table of plain AAC-LC' }
  if (isMp4 && !(await isInFragments(app, sourceKey, sizeBytes))) return { why: 'a table that is not to be trusted' }
  if (!(await peaksAreRight(app, plan, sound, sourceKey, signal))) return { why: 'its peaks are too high' }
  const key = soundCopyKey(folder, sound.rendition)
  const judged = await judgeApart(app, plan, sound, { sourceKey, key }, signal)
  if ('why' in judged) await app.blobs.remove(key)
  return judged
}

/** Copies a sound into an MP4 of its own under `key`, and judges that. */
async function judgeApart(
  app: App,
  plan: RunPlan,
  sound: SourceSound,
  { sourceKey, key }: { sourceKey: string; key: string },
  signal: AbortSignal,
): Promise<ReturnType<typeof judgeSound>> {
  const copy = { key, args: (input: string, output: string) => soundCopyArgs(input, output, sound) }
  const done = await remux(app, sourceKey, copy, signal)
  if (!done) return { why: 'not all of it can be decoded' }
  const table = await soundTableOf(app, key, 0)
  if (!table) return { why: 'frames that do not follow one another' }
  if (!allWasDecoded(table, done.said)) return { why: 'more in it than it says' }
  const judged = judgeSound(plan, sound, table)
  return 'why' in judged ? judged : { ...judged, copied: { ...judged.copied, apart: true } }
}

/** Whether a sound is as loud as it should be, by what was heard of it. Where loudness is left alone, every sound is. */
function mayBeRight(app: App, plan: RunPlan, { loudness }: SourceSound): boolean {
  return app.config['transcode.loudness_lufs'] === 'off' || (loudness !== undefined && isNearTarget(plan, loudness))
}

/** Whether a sound that is as loud as it should be has its peaks where they may be. */
async function peaksAreRight(
  app: App,
  plan: RunPlan,
  sound: SourceSound,
  sourceKey: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (app.config['transcode.loudness_lufs'] === 'off') return true
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
