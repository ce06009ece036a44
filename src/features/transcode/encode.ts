/** Encodes: spans in bulk, and the few segments that somebody waits for. */
import { isRefusal } from '../../contract/refusals.ts'
import { sleep } from '../../kit/retry.ts'
import type { RunPlan } from '../../media/plan.ts'
import { totalSeconds } from '../../media/timeline.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { forgetManifests, runFolder, tellMade } from '../delivery/delivery.ts'
import { giveUpCopies, standDown } from '../renditions/renditions.ts'
import { makeSegments, segmentKey, type Work } from '../segments/segments.ts'
import { isStaged, sourceBytes } from '../sources/sources.ts'
import { makeStills } from '../stills/stills.ts'
import { planToMake } from '../tuning/tuning.ts'
import * as videos from '../videos/videos.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

/** How often the progress of a span is written down and told. */
const TELL_MS = 1000

interface SpanInput {
  videoId: string
  runId: string
  spanNo: number
}

/** Makes one span. Segments that are stored already, from an attempt that died, are not made again. */
export async function runEncode(app: App, { videoId, runId, spanNo }: SpanInput, context: JobContext): Promise<void> {
  const span = await store.loadSpan(app, videoId, runId, spanNo)
  const run = await loadReadable(app, videoId, runId)
  if (!run || !span || span.done_at) return
  const plan = await planToMake(app, { videoId, runId }, span.renditions)
  if (!plan) return

  let done = 0
  let toldAt = performance.now()
  let telling = Promise.resolve()
  // A video that is deleted takes its span with it; the rest of it would be work for nobody, and files that nobody sweeps.
  const gone = new AbortController()
  const outcome = await makeApart(app, {
    videoId,
    runId,
    plan,
    sourceKey: run.source_key,
    renditions: span.renditions,
    from: span.from_segment,
    to: span.to_segment,
    lane: 'bulk',
    beside: context.alike,
    signal: AbortSignal.any([context.signal, gone.signal]),
    stored() {
      done++
      if (done === 1) telling = context.gotFurther(app).catch(() => {})
      if (performance.now() - toldAt < TELL_MS) return
      toldAt = performance.now()
      telling = telling
        .then(() => tellProgress(app, { videoId, runId, spanNo }, done))
        .then((stands) => {
          if (!stands) gone.abort()
        })
        .catch((fault) => app.log.warn({ videoId, fault: String(fault) }, 'progress could not be told'))
    },
  }).catch((thrown) => {
    if (gone.signal.aborted) return undefined
    throw thrown
  })
  await telling
  if (!outcome) return
  const { sizes, failed } = outcome

  const made = Object.fromEntries([...sizes].map(([rendition, known]) => [rendition, rules.measure(plan, known)]))
  const total = [...sizes.values()].reduce((sum, known) => sum + known.size, 0)
  await app.together(async (app) => {
    await context.fence(app)
    if (!(await store.lockRun(app, videoId, runId))) return
    await store.failRenditions(app, videoId, runId, failed)
    await giveUpCopies(app, { videoId, runId }, plan, failed)
    // What cannot be made is named in no manifest from now on.
    if (failed.size > 0) await forgetManifests(app, runId)
    const { left } = await store.finishSpan(app, videoId, runId, spanNo, total, made)
    await store.gatherFiles(app, videoId, runId, totalSeconds(plan.timeline))
    await standDown(app, { videoId, runId }, plan)
    if (left === 0) await completeRun(app, videoId, runId)
    await videos.tellChanged(app, videoId)
  })
}

/** The run. Between the last byte of its upload and its adoption its source has one name no more and the other not yet: that passes. */
async function loadReadable(app: App, videoId: string, runId: string) {
  for (let tries = 0; tries < 40; tries++) {
    const run = await store.loadRun(app, videoId, runId)
    if (!run || !isStaged(run.source_key) || (await sourceBytes(app, run.source_key)) !== undefined) return run
    await sleep(250)
  }
  throw new Error('the file of an early run is gone')
}

/** All that was to be made of a run is made. One that nobody watches yet, because its file is still arriving, is told of later. */
export async function completeRun(app: App, videoId: string, runId: string): Promise<void> {
  if ((await store.loadSource(app, videoId))?.run_id !== runId) return
  await videos.markOptimised(app, videoId)
  await app.queue.add(makeStills, { videoId, runId }, { key: runId })
}

/**
 * Makes all renditions in one encode or, where that can't be done, each in one of its own: one that fails does not take the
 * others down. What the encoder said of those that failed comes back with the sizes of the rest.
 */
async function makeApart(
  app: App,
  work: Work,
): Promise<{ sizes: Map<string, Map<number, number>>; failed: Map<string, string> }> {
  const failed = new Map<string, string>()
  const sizes = new Map<string, Map<number, number>>()
  const make = async (renditions: string[]) => {
    const made = await makeSegments(app, { ...work, renditions }).catch((thrown) => {
      if (!isRefusal(thrown)) throw thrown
      if (renditions.length === 1) failed.set(renditions[0]!, thrown.detail ?? thrown.code)
      return undefined
    })
    for (const [rendition, known] of made ?? []) sizes.set(rendition, known)
    return made !== undefined
  }
  // What is copied has no encode to share.
  const copied = work.plan.video.flatMap((it) => (it.copied && work.renditions.includes(it.id) ? [it.id] : []))
  const encoded = work.renditions.filter((it) => !copied.includes(it))
  for (const rendition of copied) await make([rendition])
  if (encoded.length > 0 && !(await make(encoded)) && encoded.length > 1)
    for (const rendition of encoded) await make([rendition])
  if (failed.size === 0) return { sizes, failed }
  app.log.warn(
    { videoId: work.videoId, from: work.from, to: work.to, failed: Object.fromEntries(failed) },
    'renditions of a span could not be made',
  )
  return { sizes, failed }
}

/** A span that was given up, after faults or because its workers died: its renditions say so, and the rest goes on. */
export async function giveUpSpan(app: App, { videoId, runId, spanNo }: SpanInput, reason: string): Promise<void> {
  const span = await store.loadSpan(app, videoId, runId, spanNo)
  if (!span || span.done_at || !(await store.lockRun(app, videoId, runId))) return
  await store.failRenditions(app, videoId, runId, new Map(span.renditions.map((it) => [it, reason])))
  await forgetManifests(app, runId)
  const { left } = await store.finishSpan(app, videoId, runId, spanNo, 0, {})
  if (left === 0) await completeRun(app, videoId, runId)
  await videos.tellChanged(app, videoId)
}

/** False when nobody waits for the span any more. */
async function tellProgress(app: App, { videoId, runId, spanNo }: SpanInput, done: number): Promise<boolean> {
  const stands = await store.noteProgress(app, videoId, runId, spanNo, done)
  await videos.tellChanged(app, videoId)
  return stands
}

/** Makes what somebody waits for, and tells them when it can't be made. */
export async function runWanted(
  app: App,
  input: { videoId: string; runId: string; rendition: string; from: number; to: number },
  context: JobContext,
): Promise<void> {
  const failed = async () => {
    if (input.from === 0)
      await tellMade(app, `${runFolder(input.videoId, input.runId)}/${input.rendition}/init.mp4`, 'failed')
    for (let n = input.from; n < input.to; n++) await tellMade(app, segmentKey(input, input.rendition, n), 'failed')
  }
  const run = await store.loadRun(app, input.videoId, input.runId)
  // The run was retired while somebody played it: waiting would be in vain.
  if (!run) return failed()
  try {
    const plan = await planToMake(app, input, [input.rendition])
    if (!plan) return failed()
    await makeSegments(app, {
      ...input,
      plan,
      sourceKey: run.source_key,
      renditions: [input.rendition],
      lane: 'now',
      signal: context.signal,
    })
  } catch (thrown) {
    if (isRefusal(thrown)) {
      await failed()
      const damaged = new Map([[input.rendition, thrown.detail ?? thrown.code]])
      await app.together((app) => giveUpCopies(app, input, run.plan as unknown as RunPlan, damaged))
    }
    throw thrown
  }
}
