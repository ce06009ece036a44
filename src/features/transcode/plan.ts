/** What is to be made of a source: facts, policy, and the plan that follows from them. */
import { refuse } from '../../contract/refusals.ts'
import type { TextFacts } from '../../media/facts.ts'
import { remuxArgs } from '../../media/ffmpeg.ts'
import type { LadderPolicy } from '../../media/ladder.ts'
import { planRun, type RunPlan } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'
import { runFolder } from '../delivery/delivery.ts'
import { findPassThrough } from '../segments/segments.ts'
import { siteSettings } from '../site/site.ts'
import { copyFromStream, indexMatroska, lookAt, remux } from '../sources/sources.ts'

/** What the site and the channel allow: the channel's word goes before what staff has chosen. */
export async function policyOf(app: App, eagerShortSide: number | null): Promise<LadderPolicy> {
  return {
    preset: app.config['transcode.preset'],
    eagerShortSide: eagerShortSide ?? (await siteSettings(app)).eagerShortSide,
    maxShortSide: app.config['transcode.max_short_side'],
    maxFrameRate: 60,
    secondCodecs: [...app.config['transcode.second_codecs']],
    surround: app.config['transcode.surround'],
  }
}

const sourceCopyKey = ({ videoId, runId }: { videoId: string; runId: string }) =>
  `${runFolder(videoId, runId)}/source.mkv`

/** The blob to read a source by whose streams are as they should be: itself, or a copy with an index, where it could be read in order only. */
export async function withIndex(
  app: App,
  run: { videoId: string; runId: string },
  sourceKey: string,
  signal: AbortSignal,
): Promise<string> {
  const copyKey = sourceCopyKey(run)
  return (await indexMatroska(app, sourceKey, copyKey, signal)) ? copyKey : sourceKey
}

/** What is to be made of the source, and the blob to make it from: the source itself or a copy with an index. */
export async function planSource(
  app: App,
  asked: { videoId: string; runId: string; sourceKey: string; eagerShortSide: number | null },
  signal: AbortSignal,
): Promise<{
  plan: RunPlan
  sourceKey: string
  texts: TextFacts[]
  textSource: { sourceKey: string; startSeconds: number }
}> {
  const { videoId, runId, sourceKey, eagerShortSide } = asked
  const copyKey = sourceCopyKey(asked)
  const streamed = await copyFromStream(app, sourceKey, copyKey, signal)
  const facts = streamed?.facts ?? (await lookAt(app, sourceKey, signal))
  const copied =
    streamed?.copied ??
    (facts.remux && (await remux(app, sourceKey, { key: copyKey, args: remuxArgs }, signal))
      ? await lookAt(app, copyKey, signal).catch(() => undefined)
      : undefined)
  const [best, key] =
    copied?.seekable === 'index' ? [copied, copyKey] : [facts, await withIndex(app, asked, sourceKey, signal)]
  if (best.durationMs > app.config['transcode.max_duration_hours'] * 3_600_000) refuse('source_too_long')
  const policy = await policyOf(app, eagerShortSide)
  const pass = app.config['transcode.pass_through']
    ? await findPassThrough(app, { videoId, runId }, best, key, policy, signal)
    : undefined
  // Texts are left behind when streams are copied: they come from the file as it was sent, by its own clock.
  const textSource = { sourceKey, startSeconds: facts.startSeconds }
  return { plan: planRun(best, policy, pass), sourceKey: key, texts: facts.texts ?? [], textSource }
}
