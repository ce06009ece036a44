/** Encodes: spans in bulk, and the few segments that somebody waits for. */
import { isRefusal } from '../../contract/refusals.ts'
import type { RunPlan } from '../../media/plan.ts'
import { totalSeconds } from '../../media/timeline.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { tellMade } from '../delivery/delivery.ts'
import * as videos from '../videos/videos.ts'
import * as rules from './rules.ts'
import { makeSegments, segmentKey } from './segments.ts'
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
  const run = await store.loadRun(app, videoId, runId)
  const span = await store.loadSpan(app, videoId, runId, spanNo)
  if (!run || !span || span.done_at) return
  const plan = run.plan as unknown as RunPlan

  let done = 0
  let toldAt = performance.now()
  let telling = Promise.resolve()
  const sizes = await makeSegments(app, {
    videoId,
    runId,
    plan,
    sourceKey: run.source_key,
    renditions: span.renditions,
    from: span.from_segment,
    to: span.to_segment,
    lane: 'bulk',
    signal: context.signal,
    stored() {
      done++
      if (performance.now() - toldAt < TELL_MS) return
      toldAt = performance.now()
      telling = telling.then(() => tellProgress(app, { videoId, runId, spanNo }, done)).catch((fault) => app.log.warn({ videoId, fault: String(fault) }, 'progress could not be told'))
    },
  })
  await telling

  const made = Object.fromEntries([...sizes].map(([rendition, known]) => [rendition, rules.measure(plan, known)]))
  const total = [...sizes.values()].reduce((sum, known) => sum + known.size, 0)
  await app.together(async (app) => {
    await context.fence(app)
    if (!(await store.lockRun(app, videoId, runId))) return
    const { left } = await store.finishSpan(app, videoId, runId, spanNo, total, made)
    await store.gatherFiles(app, videoId, runId, totalSeconds(plan.timeline))
    if (left === 0) await videos.markOptimised(app, videoId)
    await videos.tellChanged(app, videoId)
  })
}

async function tellProgress(app: App, { videoId, runId, spanNo }: SpanInput, done: number): Promise<void> {
  await store.noteProgress(app, videoId, runId, spanNo, done)
  await videos.tellChanged(app, videoId)
}

/** Makes what somebody waits for, and tells them when it can't be made. */
export async function runWanted(app: App, input: { videoId: string; runId: string; rendition: string; from: number; to: number }, context: JobContext): Promise<void> {
  const run = await store.loadRun(app, input.videoId, input.runId)
  if (!run) return
  try {
    const plan = run.plan as unknown as RunPlan
    await makeSegments(app, { ...input, plan, sourceKey: run.source_key, renditions: [input.rendition], lane: 'now', signal: context.signal })
  } catch (thrown) {
    if (isRefusal(thrown)) for (let n = input.from; n < input.to; n++) await tellMade(app, segmentKey(input, input.rendition, n), 'failed')
    throw thrown
  }
}
