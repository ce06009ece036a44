/** The first step: what is this source, can it be played, and how is it to be made? */
import { refuse } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import { planRun, type RunPlan, spansOf } from '../../media/plan.ts'
import { explainProbeFailure, type ProbeAnswer, probeArgs, readProbe, type SourceFacts } from '../../media/probe.ts'
import { remuxArgs } from '../../media/ffmpeg.ts'
import { applyScan, readScan, scanArgs } from '../../media/scan.ts'
import { isCutShort, namesMoreThanThereIs, readTail, tailArgs } from '../../media/tail.ts'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { runFolder } from '../delivery/delivery.ts'
import * as videos from '../videos/videos.ts'
import * as rules from './rules.ts'
import { runJailed } from './run.ts'
import { makeSegments } from './segments.ts'
import * as store from './store.ts'
import { encodeSpan, makeThumbnail } from './transcode.ts'

/**
 * Probes the source, plans its run, and makes the first segment of the lowest rung as the proof that it can be decoded.
 * Then, in one commit: the run, its spans, their jobs, and the video's state `ready`.
 */
export async function runProbe(app: App, { videoId }: { videoId: string }, context: JobContext): Promise<void> {
  const video = await store.loadSource(app, videoId)
  if (!video?.source_key || video.state !== 'processing') return
  const runId = newId()
  const { plan, sourceKey } = await planSource(app, videoId, runId, video.source_key, context.signal)
  await app.blobs.put(`${runFolder(videoId, runId)}/plan.json`, Buffer.from(JSON.stringify(plan)))
  const first = [plan.video[0]!.id, ...plan.audio.slice(0, 1).map(({ id }) => id)]
  await makeSegments(app, { videoId, runId, plan, sourceKey, renditions: first, from: 0, to: 1, lane: 'now', signal: context.signal })

  const spans = spansOf(plan, { seconds: app.config['transcode.span_seconds'] })
  const top = plan.video.at(-1)!
  await app.together(async (app) => {
    await context.fence(app)
    await store.insertRun(app, { videoId, runId, plan, sourceKey, spans })
    await videos.markReady(app, videoId, { runId, durationMs: Math.round(plan.source.durationMs), width: top.width, height: top.height })
    await app.queue.addMany(
      encodeSpan,
      spans.map((span) => ({ input: { videoId, runId, spanNo: span.no }, options: { key: `${runId}/${span.no}`, priority: rules.spanPriority(span) } })),
    )
    await app.queue.add(makeThumbnail, { videoId, runId }, { key: runId })
  })
}

/** What is to be made of the source, and the blob to make it from: the source itself or a copy with an index. */
async function planSource(app: App, videoId: string, runId: string, sourceKey: string, signal: AbortSignal): Promise<{ plan: RunPlan; sourceKey: string }> {
  const facts = await lookAt(app, sourceKey, signal)
  const copyKey = facts.remux ? await remux(app, videoId, runId, sourceKey, signal) : undefined
  const copied = copyKey ? await lookAt(app, copyKey, signal).catch(() => undefined) : undefined
  const [best, key] = copied?.seekable === 'index' ? [copied, copyKey!] : [facts, sourceKey]
  if (best.durationMs > app.config['transcode.max_duration_hours'] * 3_600_000) refuse('source_too_long')
  const plan = planRun(best, {
    preset: app.config['transcode.preset'],
    eagerShortSide: app.config['transcode.eager_short_side'],
    maxShortSide: app.config['transcode.max_short_side'],
    maxFrameRate: 60,
  })
  return { plan, sourceKey: key }
}

/** The facts about a source. Refuses with the reason a person can read when it can't be played. */
async function lookAt(app: App, key: string, signal: AbortSignal): Promise<SourceFacts> {
  const source = await app.blobs.localPath(key)
  if (!source) throw new Error(`the source ${key} is gone`)
  try {
    const { size } = await stat(source.path)
    if (size === 0) refuse('source_empty')
    const look = (args: string[], wallMs: number) =>
      runJailed(app, { program: 'ffprobe', args, inputPath: source.path, pipes: 0, limits: { ...rules.lookLimits, wallMs } }, signal)

    const probe = await look(probeArgs(app.jail.inputName(source.path)), rules.lookLimits.wallMs)
    if (probe.why === 'not_started') throw new Error(`ffprobe could not be started: ${probe.stderr}`)
    if (!probe.ok) refuse(explainProbeFailure(probe.stderr))
    const json = JSON.parse(probe.stdout.toString()) as unknown
    const answer = readProbe(json, size)
    // ffprobe ends well without a picture's size; why it has none stands in what it said.
    if ('refusal' in answer && answer.refusal === 'source_unreadable') refuse(explainProbeFailure(probe.stderr), answer.detail)
    const facts = factsOf(answer)
    if (namesMoreThanThereIs(json, size)) refuse('source_truncated')
    if (facts.durationTrusted) {
      const tail = await look(tailArgs(app.jail.inputName(source.path), facts), rules.lookLimits.wallMs)
      if (isCutShort(facts, readTail(tail.stdout.toString()))) refuse('source_truncated')
      return facts
    }

    const scan = await look(scanArgs(app.jail.inputName(source.path)), 120_000 + size / 20_000)
    if (!scan.ok && scan.stdout.byteLength === 0) refuse('source_unreadable')
    return factsOf(applyScan(facts, readScan(scan.stdout.toString())))
  } finally {
    await source.release()
  }
}

function factsOf(answer: ProbeAnswer): SourceFacts {
  if ('refusal' in answer) refuse(answer.refusal, answer.detail)
  return answer.facts
}

/** Copies the streams into a container with an index; undefined where that can't be done, and the source serves as it is. */
async function remux(app: App, videoId: string, runId: string, sourceKey: string, signal: AbortSignal): Promise<string | undefined> {
  const source = await app.blobs.localPath(sourceKey)
  if (!source) throw new Error(`the source ${sourceKey} is gone`)
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-remux-'))
  try {
    const { size } = await stat(source.path)
    const args = remuxArgs(app.jail.inputName(source.path), join(app.jail.outputName(folder), 'source.mkv'))
    const limits = { ...rules.lookLimits, wallMs: 120_000 + size / 10_000, outputBytes: size * 2 + 1024 * 1024 }
    const outcome = await runJailed(app, { program: 'ffmpeg', args, inputPath: source.path, outputFolder: folder, pipes: 0, limits }, signal)
    if (!outcome.ok) return undefined
    const key = `${runFolder(videoId, runId)}/source.mkv`
    await app.blobs.put(key, createReadStream(join(folder, 'source.mkv')))
    return key
  } finally {
    await rm(folder, { recursive: true, force: true })
    await source.release()
  }
}
