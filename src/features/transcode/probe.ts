/** The first step: what is this source, can it be played, and how is it to be made? */
import type { RefusalCode } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import type { TextFacts } from '../../media/facts.ts'
import { isHeard } from '../../media/loudness.ts'
import { type RunPlan, spansOf } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { takeTexts } from '../captions/captions.ts'
import { runFolder } from '../delivery/delivery.ts'
import { retireRun } from '../renewal/renewal.ts'
import { makeSegments, type Work } from '../segments/segments.ts'
import { listen, passSound } from '../sources/sources.ts'
import { tuneLadder, whyUntuned } from '../tuning/tuning.ts'
import * as videos from '../videos/videos.ts'
import { adopt, findAdoptable } from './early.ts'
import { completeRun } from './encode.ts'
import { planSource, withIndex } from './plan.ts'
import * as store from './store.ts'
import { thumbnailAlong } from './thumbnail.ts'
import { askForSpans, makeThumbnail, type Replacement } from './transcode.ts'

/**
 * Probes the source, plans its run, and makes the first segment of the lowest rung as the proof that it can be decoded.
 * Then, in one commit: the run, its spans, their jobs, and the video's state `ready`.
 */
export async function runProbe(
  app: App,
  { videoId, renew }: { videoId: string; renew?: { replacement?: Replacement } },
  context: JobContext,
): Promise<void> {
  const video = await store.loadSource(app, videoId)
  const given = renew?.replacement?.sourceKey ?? video?.source_key
  if (!video || !given || (renew ? video.state === 'uploading' : video.state !== 'processing')) return
  const early = renew ? undefined : await findAdoptable(app, videoId, given, video.source_bytes ?? 0, context.signal)
  const runId = early?.runId ?? newId()
  const asked = { videoId, runId, sourceKey: given, eagerShortSide: video.eager_short_side }
  const planned = early
    ? await asFound(app, early, asked, context.signal)
    : await planSource(app, asked, context.signal)
  const { sourceKey } = planned
  const first = (plan: RunPlan, renditions: string[], along: Pick<Work, 'still'> = {}) =>
    makeSegments(app, {
      ...along,
      videoId,
      runId,
      plan,
      sourceKey,
      renditions,
      from: 0,
      to: 1,
      lane: 'now',
      signal: context.signal,
    })
  // The first picture does not wait for the loudness; the first sound must, and the picture of sound alone.
  const picture = planned.plan.source.video
    ? first(planned.plan, [planned.plan.video[0]!.id], thumbnailAlong({ videoId, runId }, planned.plan))
    : undefined
  const heard = async () => {
    // What was begun early may have its sound already, and keeps it as it is.
    const isBegun = early && (isHeard(early.plan) || app.config['transcode.loudness_lufs'] === 'off')
    const listened = await listen(app, planned.plan, sourceKey, context.signal)
    const folder = runFolder(videoId, runId)
    const plan = isBegun ? listened : await passSound(app, listened, { sourceKey, folder }, context.signal)
    await app.blobs.put(`${folder}/plan.json`, Buffer.from(JSON.stringify(plan)))
    const rest = [...(picture ? [] : [plan.video[0]!.id]), ...plan.audio.slice(0, 1).map(({ id }) => id)]
    if (rest.length > 0) await first(plan, rest)
    return plan
  }
  const [plan] = await Promise.all([heard(), picture])

  const top = plan.video.at(-1)!
  await app.together(async (app) => {
    await context.fence(app)
    const { spans, undecided } = early
      ? await adopt(app, videoId, { runId, plan, sourceKey })
      : await insert(app, { videoId, runId, plan, sourceKey })
    await videos.markReady(app, videoId, {
      runId,
      durationMs: Math.round(plan.source.durationMs),
      width: top.width,
      height: top.height,
    })
    if (renew?.replacement) await videos.replaceSource(app, videoId, renew.replacement)
    if (video.run_id !== null)
      await app.queue.add(
        retireRun,
        { videoId, runId: video.run_id },
        { key: video.run_id, delayMs: (app.config['delivery.grant_hours'] + 1) * 3_600_000 },
      )
    if (undecided) await app.queue.add(tuneLadder, { videoId, runId }, { key: runId })
    else await askForSpans(app, { videoId, runId }, spans)
    if (spans.length === 0) await completeRun(app, videoId, runId)
    if (planned.texts.length > 0)
      await app.queue.add(takeTexts, { ...planned.textSource, videoId, texts: planned.texts }, { key: runId })
    await app.queue.add(makeThumbnail, { videoId, runId }, { key: runId })
  })
}

/** Keeps a run that is made from a complete file, with what is to be made of it. */
async function insert(app: App, run: { videoId: string; runId: string; plan: RunPlan; sourceKey: string }) {
  const untuned = whyUntuned(app, run.plan)
  const plan = { ...run.plan, ...(untuned ? { untuned } : {}) }
  const spans = spansOf(plan, { seconds: app.config['transcode.span_seconds'] })
  await store.insertRun(app, { ...run, plan, spans, undecided: !untuned })
  return { spans, undecided: !untuned }
}

/** What an early run has found out stands for what would be found out now. */
async function asFound(
  app: App,
  early: { plan: RunPlan; texts: TextFacts[] },
  asked: { videoId: string; runId: string; sourceKey: string },
  signal: AbortSignal,
): ReturnType<typeof planSource> {
  const { sourceKey } = asked
  const textSource = { sourceKey, startSeconds: early.plan.source.startSeconds }
  return { ...early, sourceKey: await withIndex(app, asked, sourceKey, signal), textSource }
}

/** Nothing can be made of it. A file that was to replace another goes; the video stays what it was, and is failed only if it was nothing. */
export async function giveUpProbe(
  app: App,
  videoId: string,
  replacement: Replacement | undefined,
  code: RefusalCode,
  detail: string | undefined,
): Promise<void> {
  if (replacement) {
    const { sourceKey } = replacement
    await app.blobs.remove(sourceKey)
    await app.queue.add(videos.fileRefused, { videoId, sourceKey, reason: code }, { key: sourceKey })
  }
  await videos.markFailed(app, videoId, code, detail)
}
