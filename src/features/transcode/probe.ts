/** The first step: what is this source, can it be played, and how is it to be made? */
import { type RefusalCode, refuse } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import type { TextFacts } from '../../media/facts.ts'
import { remuxArgs } from '../../media/ffmpeg.ts'
import { planRun, type RunPlan, spansOf } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { takeTexts } from '../captions/captions.ts'
import { runFolder } from '../delivery/delivery.ts'
import { retireRun } from '../renewal/renewal.ts'
import { listen, lookAt, remux } from '../sources/sources.ts'
import * as videos from '../videos/videos.ts'
import { findPassThrough } from './copy.ts'
import * as rules from './rules.ts'
import { makeSegments } from './segments.ts'
import * as store from './store.ts'
import { encodeSpan, makeThumbnail, type Replacement } from './transcode.ts'

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
  const runId = newId()
  const eagerShortSide = video.eager_short_side ?? app.config['transcode.eager_short_side']
  const asked = { videoId, runId, sourceKey: given, eagerShortSide }
  const planned = await planSource(app, asked, context.signal)
  const { sourceKey } = planned
  const first = (plan: RunPlan, renditions: string[]) =>
    makeSegments(app, {
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
  const early = planned.plan.source.video ? first(planned.plan, [planned.plan.video[0]!.id]) : undefined
  const [plan] = await Promise.all([listen(app, planned.plan, sourceKey, context.signal), early])
  await app.blobs.put(`${runFolder(videoId, runId)}/plan.json`, Buffer.from(JSON.stringify(plan)))
  const rest = [...(early ? [] : [plan.video[0]!.id]), ...plan.audio.slice(0, 1).map(({ id }) => id)]
  if (rest.length > 0) await first(plan, rest)

  const spans = spansOf(plan, { seconds: app.config['transcode.span_seconds'] })
  const top = plan.video.at(-1)!
  await app.together(async (app) => {
    await context.fence(app)
    await store.insertRun(app, { videoId, runId, plan, sourceKey, spans })
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
    await app.queue.addMany(
      encodeSpan,
      spans.map((span) => ({
        input: { videoId, runId, spanNo: span.no },
        options: { key: `${runId}/${span.no}`, priority: rules.spanPriority(span) },
      })),
    )
    if (planned.texts.length > 0)
      await app.queue.add(takeTexts, { ...planned.textSource, videoId, texts: planned.texts }, { key: runId })
    await app.queue.add(makeThumbnail, { videoId, runId }, { key: runId })
  })
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

/** What is to be made of the source, and the blob to make it from: the source itself or a copy with an index. */
async function planSource(
  app: App,
  asked: { videoId: string; runId: string; sourceKey: string; eagerShortSide: number },
  signal: AbortSignal,
): Promise<{
  plan: RunPlan
  sourceKey: string
  texts: TextFacts[]
  textSource: { sourceKey: string; startSeconds: number }
}> {
  const { videoId, runId, sourceKey, eagerShortSide } = asked
  const facts = await lookAt(app, sourceKey, signal)
  const copyKey = `${runFolder(videoId, runId)}/source.mkv`
  const copied =
    facts.remux && (await remux(app, sourceKey, { key: copyKey, args: remuxArgs }, signal))
      ? await lookAt(app, copyKey, signal).catch(() => undefined)
      : undefined
  const [best, key] = copied?.seekable === 'index' ? [copied, copyKey] : [facts, sourceKey]
  if (best.durationMs > app.config['transcode.max_duration_hours'] * 3_600_000) refuse('source_too_long')
  const policy = {
    preset: app.config['transcode.preset'],
    eagerShortSide,
    maxShortSide: app.config['transcode.max_short_side'],
    maxFrameRate: 60,
    secondCodecs: [...app.config['transcode.second_codecs']],
  }
  const pass = app.config['transcode.pass_through']
    ? await findPassThrough(app, { videoId, runId }, best, key, policy, signal)
    : undefined
  // Texts are left behind when streams are copied: they come from the file as it was sent, by its own clock.
  const textSource = { sourceKey, startSeconds: facts.startSeconds }
  return { plan: planRun(best, policy, pass), sourceKey: key, texts: facts.texts ?? [], textSource }
}
