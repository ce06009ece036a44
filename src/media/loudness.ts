// Loudness: how loud a title is (EBU R 128, ITU-R BS.1770), and the gain that makes all titles equally loud. It is measured on a sample
// spread over the title before its first sound is encoded, and the gain is part of the plan: every segment of a run, whenever it is made
// and by whomever, has the same one, so that nothing ever jumps in level.

import { fileUrl, inputLimits, opening } from './allowed.ts'
import { decimal } from './picture-filters.ts'
import type { Loudness, RunPlan, SourceSound } from './plan.ts'
import { soundChain } from './sound-filters.ts'
import { AUDIO_RATE } from './timeline.ts'
import type { Wanted } from './wanted.ts'

const WHOLE_SECONDS = 60
const WINDOWS = 12
const WINDOW_SECONDS = 5
/** A decoder is warm by then; nearer to the beginning a seek saves nothing. */
const SEEK_BACK_SECONDS = 1
const WORTH_SEEKING_SECONDS = 2
/** Louder than this would raise what nobody meant to be heard. */
const MAX_RAISE_DB = 9
/** The true peak that the limiter holds, too. */
export const MAX_PEAK_DBFS = -1
const NEAR_LU = 0.5
/** Below the absolute gate of BS.1770 there is nothing to measure. */
const SILENCE_LUFS = -69.9

/** A stretch of the title to listen to, in seconds from its zero. */
export type Window = { from: number; to: number }

/** All of a short title, windows spread over a long one. */
export function windowsOf(plan: RunPlan): Window[] {
  const seconds = plan.source.durationMs / 1000
  if (seconds <= WHOLE_SECONDS || plan.source.seekable === 'start')
    return [{ from: 0, to: Math.min(seconds, WHOLE_SECONDS) }]
  return Array.from({ length: WINDOWS }, (_, n) => {
    const from = ((n + 0.5) * seconds) / WINDOWS - WINDOW_SECONDS / 2
    return { from, to: from + WINDOW_SECONDS }
  })
}

/**
 * What can be listened to of a title that has not arrived completely, and whether it is enough to decide by: three quarters of what
 * would be listened to of all of it.
 */
export function windowsArrived(
  plan: RunPlan,
  has: (from: number, to: number) => boolean,
): { windows: Window[]; enough: boolean } {
  const all = windowsOf(plan)
  // A short title is one window: as much of its beginning as there is.
  const asked = all.length > 1 ? all : stepsOf(all[0]!)
  const heard = asked.filter(({ from, to }) => has(from, to))
  const windows = all.length > 1 ? heard : leading(asked, heard)
  return { windows, enough: secondsOf(windows) >= secondsOf(all) * ENOUGH_SHARE }
}

const ENOUGH_SHARE = 0.75

const secondsOf = (windows: readonly Window[]): number => windows.reduce((sum, { from, to }) => sum + to - from, 0)

function stepsOf({ from, to }: Window): Window[] {
  const steps = Math.max(1, Math.floor(to - from))
  return Array.from({ length: steps }, (_, n) => ({ from: from + n, to: n === steps - 1 ? to : from + n + 1 }))
}

function leading(asked: readonly Window[], heard: readonly Window[]): Window[] {
  const count = asked.findIndex((it) => !heard.includes(it))
  const last = asked[(count < 0 ? asked.length : count) - 1]
  return last ? [{ from: asked[0]!.from, to: last.to }] : []
}

/** The command that listens to one sound as viewers will hear it, and says its loudness on standard error. */
export function loudnessArgs(
  plan: RunPlan,
  sound: SourceSound,
  sourcePath: string,
  windows: readonly Window[] = windowsOf(plan),
): string[] {
  return listenArgs(plan, sound, sourcePath, windows, 'ebur128=framelog=verbose')
}

/** The same of a title that is listened to in full, and for its highest true peak. It takes longer. */
export function peakArgs(plan: RunPlan, sound: SourceSound, sourcePath: string): string[] {
  return listenArgs(plan, sound, sourcePath, windowsOf(plan), 'ebur128=framelog=verbose:peak=true')
}

function listenArgs(
  plan: RunPlan,
  sound: SourceSound,
  sourcePath: string,
  windows: readonly Window[],
  meter: string,
): string[] {
  const zero = plan.source.startSeconds
  const chains = windows.map(({ from, to }, n) => {
    const samples = { from: Math.round(from * AUDIO_RATE), to: Math.round(to * AUDIO_RATE) }
    const { loudness: _, ...asItIs } = sound
    return `[${n}:${sound.streamIndex}]${soundChain(asItIs, zero, samples, from === 0).join(',')}[w${n}]`
  })
  const all = windows.map((_, n) => `[w${n}]`).join('')
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'info', '-copyts'],
    ...windows.flatMap(({ from }) => [
      ...[...inputLimits(), ...opening(plan.source), '-vn', '-sn', '-dn'],
      ...(from > WORTH_SEEKING_SECONDS
        ? ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', decimal(zero + from - SEEK_BACK_SECONDS)]
        : []),
      ...['-i', fileUrl(sourcePath)],
    ]),
    ...['-filter_complex', `${chains.join(';')};${all}concat=n=${windows.length}:v=0:a=1,${meter}[heard]`],
    ...['-map', '[heard]', '-f', 'null', '-'],
  ]
}

/** What these commands read of their source. */
export function loudnessReads(plan: RunPlan, sound: SourceSound, windows: readonly Window[] = windowsOf(plan)): Wanted {
  const zero = plan.source.startSeconds
  const stretches = windows.map(({ from, to }) => ({
    from: from > WORTH_SEEKING_SECONDS ? zero + from - SEEK_BACK_SECONDS : Number.NEGATIVE_INFINITY,
    to: zero + to,
  }))
  return { streams: [sound.streamIndex], stretches }
}

/** Reads the integrated loudness from what the command said; undefined when it says none. */
export function readLoudness(said: string): number | undefined {
  const found = [...said.matchAll(/^\s*I:\s*(-?\d+(?:\.\d+)?|-?inf|nan) LUFS/gm)].at(-1)?.[1]
  const lufs = Number(found)
  return Number.isFinite(lufs) && lufs > SILENCE_LUFS ? lufs : undefined
}

/** Reads the true peak from what the command said, in dBFS; undefined when it says none. */
export function readPeak(said: string): number | undefined {
  const found = Number(/^\s*Peak:\s+(-?\d+(?:\.\d+)?) dBFS/m.exec(said)?.[1])
  return Number.isFinite(found) ? found : undefined
}

/** Whether a sound is so near the target that a gain would not be heard, and all of it was listened to: what was not may peak higher. */
export function isNearTarget(plan: RunPlan, { lufs, targetLufs }: Loudness): boolean {
  const isWhole = plan.source.durationMs <= WHOLE_SECONDS * 1000
  return isWhole && lufs !== undefined && Math.abs(lufs - targetLufs) <= NEAR_LU
}

/** What was found of a sound that needs no gain and no limiter. */
export const rightAsItIs = (loudness: Loudness): Loudness => ({ ...loudness, gainDb: 0, why: 'right as it is' })

/** The gain for one sound. `said` is undefined when it could not be measured: then it stays as it is. */
export function decideLoudness(
  plan: RunPlan,
  targetLufs: number,
  said: string | undefined,
  windows: readonly Window[] = windowsOf(plan),
): Loudness {
  const heardSeconds = secondsOf(windows)
  if (said === undefined) return { heardSeconds: 0, targetLufs, gainDb: 0, why: 'not measured' }
  const lufs = readLoudness(said)
  if (lufs === undefined) return { heardSeconds, targetLufs, gainDb: 0, why: 'silent' }
  const wanted = Math.round((targetLufs - lufs) * 10) / 10
  if (wanted > MAX_RAISE_DB)
    return { lufs, heardSeconds, targetLufs, gainDb: MAX_RAISE_DB, why: 'too quiet to be raised further' }
  return { lufs, heardSeconds, targetLufs, gainDb: wanted, why: 'brought to the target' }
}

/** Whether it has been decided how loud this title's sounds become. */
export const isHeard = (plan: RunPlan): boolean => plan.source.audio.every(({ loudness }) => loudness !== undefined)

/** The plan with what was decided for each of its sounds, in their order. */
export function withLoudness(plan: RunPlan, decided: readonly Loudness[]): RunPlan {
  const audio = plan.source.audio.map((sound, index) => ({ ...sound, loudness: decided[index]! }))
  return { ...plan, source: { ...plan.source, audio } }
}
