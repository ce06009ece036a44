/** Looking at a source: facts a plan can stand on, or a refusal with the reason a person can read. */
import { refuse } from '../../contract/refusals.ts'
import { STREAM } from '../../media/allowed.ts'
import { thumbnailArgs, thumbnailReads } from '../../media/ffmpeg.ts'
import type { RunPlan } from '../../media/plan.ts'
import { explainProbeFailure, type ProbeAnswer, probeArgs, readProbe, type SourceFacts } from '../../media/probe.ts'
import { applyScan, readScan, scanArgs } from '../../media/scan.ts'
import { isAllThere, isCutShort, namesMoreThanThereIs, readTail, tailArgs, tailReads } from '../../media/tail.ts'
import { HEAD, type Wanted } from '../../media/wanted.ts'
import type { App } from '../../platform/app.ts'
import { readLayouts } from './frames.ts'
import { lookLimits, readingMs } from './run.ts'
import { sourceBytes, sourceGone } from './source.ts'
import { orderOf, runOnSource, runOnStream } from './window.ts'

/**
 * The facts about a source. Refuses with the reason a person can read when it can't be played.
 * @param wholeBytes the size it is going to have, when it has not arrived completely
 */
export async function lookAt(app: App, key: string, signal: AbortSignal, wholeBytes?: number): Promise<SourceFacts> {
  const size = wholeBytes ?? (await sourceBytes(app, key))
  if (size === undefined) throw sourceGone(key)
  if (size === 0) refuse('source_empty')
  const look = (wanted: Wanted | undefined, argsFor: (inputName: string) => string[], wallMs: number) => {
    const limits = { ...lookLimits, wallMs }
    const runWith = (inputName: string) => ({ program: 'ffprobe', args: argsFor(inputName), pipes: 0, limits }) as const
    return runOnSource(app, { key, wanted, inOrder }, runWith, signal)
  }
  // Of other containers FFmpeg tells less from a stream than from a file.
  const inOrder = (await orderOf(app, key)) === 'matroska'

  const probe = await look(HEAD, probeArgs, lookLimits.wallMs)
  if (probe.why === 'not_started') throw new Error(`ffprobe could not be started: ${probe.stderr}`)
  if (!probe.ok) refuse(explainProbeFailure(probe.stderr))
  const json = JSON.parse(probe.stdout.toString()) as unknown
  const answer = readProbe(json, size)
  // ffprobe ends well without a picture's size; why it has none stands in what it said.
  if ('refusal' in answer && answer.refusal === 'source_unreadable')
    refuse(explainProbeFailure(probe.stderr), answer.detail)
  const facts = factsOf(answer)
  if (namesMoreThanThereIs(json, size)) refuse('source_truncated')
  // The end of a file is looked at, and its length measured, when it has come.
  if (wholeBytes !== undefined && (facts.container === 'matroska' || !facts.durationTrusted)) return facts
  if (facts.durationTrusted) {
    if (facts.container === 'mov' && isAllThere(facts, await readLayouts(app, key, facts, size), size)) return facts
    const wallMs = inOrder ? readingMs(size) : lookLimits.wallMs
    const tail = await look(tailReads(facts), (inputName) => tailArgs(inputName, facts), wallMs)
    if (isCutShort(facts, readTail(tail.stdout.toString()))) refuse('source_truncated')
    return facts
  }

  const scan = await look(undefined, scanArgs, inOrder ? readingMs(size) : 120_000 + size / 20_000)
  if (!scan.ok && scan.stdout.byteLength === 0) refuse('source_unreadable')
  return factsOf(applyScan(facts, readScan(scan.stdout.toString())))
}

/** Refusals that stand in the first bytes, however they are read. */
const PLAIN: readonly string[] = [
  'source_encrypted',
  'source_codec_unsupported',
  'source_too_large_picture',
  'source_too_many_streams',
]

/**
 * What the beginning of a source tells that lies in a remote store and can be read in order only: as much as decides whether it is copied. Undefined
 * for all others, and where it has to be looked at as a file. Refuses what is plain already.
 */
export async function glanceAt(app: App, key: string, signal: AbortSignal): Promise<SourceFacts | undefined> {
  if ((await orderOf(app, key)) !== 'linear') return undefined
  const args = probeArgs(STREAM)
  const probe = await runOnStream(app, key, { program: 'ffprobe', args, pipes: 0, limits: lookLimits }, signal)
  const size = await sourceBytes(app, key)
  if (!probe.ok || size === undefined) return undefined
  const json = JSON.parse(probe.stdout.toString()) as unknown
  const answer = readProbe(json, size)
  if ('facts' in answer) return namesMoreThanThereIs(json, size) ? undefined : answer.facts
  return PLAIN.includes(answer.refusal) ? factsOf(answer) : undefined
}

function factsOf(answer: ProbeAnswer): SourceFacts {
  if ('refusal' in answer) refuse(answer.refusal, answer.detail)
  return answer.facts
}

/** The JPEG of what the title shows at a time, `width` wide; undefined where none came, with what FFmpeg said. */
export async function pictureAt(
  app: App,
  plan: RunPlan,
  sourceKey: string,
  { atSeconds, width }: { atSeconds: number; width: number },
  signal: AbortSignal,
): Promise<{ picture: Buffer | undefined; said: string }> {
  const outcome = await runOnSource(
    app,
    { key: sourceKey, wanted: thumbnailReads(plan, atSeconds) },
    (sourcePath) => ({
      program: 'ffmpeg',
      args: thumbnailArgs(plan, { sourcePath, atSeconds, width, fd: 3 }),
      pipes: 1,
      limits: lookLimits,
    }),
    signal,
    ({ pipe }) => pipe.byteLength > 0,
  )
  const isThere = outcome.ok && outcome.pipe.byteLength > 0
  return { picture: isThere ? outcome.pipe : undefined, said: outcome.stderr }
}
