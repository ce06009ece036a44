/**
 * Renditions: which of them exist. Lazy ones are completed once they are watched enough, complete ones that nobody watches are
 * taken away again and made anew on request, and one that failed can be tried again. What is taken away leaves no hole: its
 * segments are made when somebody asks for them.
 */
import type { z } from 'zod'
import { refuse } from '../../contract/refusals.ts'
import type { OfferedRendition, Rendition } from '../../contract/renditions.ts'
import { otherWay, type RunPlan, renditionsOf, spansOfRendition } from '../../media/plan.ts'
import { segmentCount, totalSeconds } from '../../media/timeline.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { metric } from '../../platform/meter.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import { forgetManifests, runFolder } from '../delivery/delivery.ts'
import { siteSettings } from '../site/site.ts'
import { encodeSpan } from '../transcode/transcode.ts'
import * as videos from '../videos/videos.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

export { setPolicy } from './policy.ts'

const evictedBytes = metric({
  kind: 'counter',
  name: 'renditions_evicted_bytes',
  says: 'Bytes of renditions that were taken away because nobody watched them.',
  labels: [],
})

/** Copies of a source's frames that are named in no manifest any more. */
export const dropCopies = jobKind<{ videoId: string; runId: string; rendition: string }>({
  name: 'renditions.drop_copies',
  lane: 'quick',
  maxAttempts: 10,
  maxCrashes: 3,
})

interface Run {
  videoId: string
  runId: string
}

/** Behind everything that was uploaded lately. */
const COMPLETE_PRIORITY = -2000
/** A person asked for it. */
const RETRY_PRIORITY = -5

/** The renditions of a video as its owner sees them, with what went wrong. */
export async function listRenditions(
  app: App,
  viewer: Viewer,
  videoId: string,
): Promise<{ items: z.infer<typeof Rendition>[]; offered: z.infer<typeof OfferedRendition>[] }> {
  const video = await ownVideo(app, viewer, videoId)
  const rows = video.run_id === null ? [] : await store.listFiles(app, videoId, video.run_id)
  return {
    offered: rules.offeredOf(rows),
    items: rules.shown(rows).map((row) => ({
      rendition: row.rendition,
      codec: row.codec,
      ...rules.nameOf(row),
      state: row.state,
      sizeBytes: Number(row.size_bytes),
      watchedMinutes: Math.round((row.watched_seconds ?? 0) / 60),
      ...(row.reason === null ? {} : { reason: row.reason }),
      ...rules.decidedOf(row, row.rendition),
    })),
  }
}

/** Makes a rendition that failed once more, or one that is made on request in full. */
export async function makeRendition(app: App, viewer: Viewer, videoId: string, rendition: string): Promise<void> {
  const video = await ownVideo(app, viewer, videoId)
  if (video.run_id === null) refuse('rendition_not_found')
  const begun = await complete(app, videoId, video.run_id, rendition, RETRY_PRIORITY)
  if (begun === 'unknown') refuse('rendition_not_found')
}

/** Completes lazy renditions that have been watched enough, and makes those of second codecs for what is watched most. Returns how many were begun. */
export async function followDemand(app: App): Promise<number> {
  const { completeAfterMinutes, secondCodecsAfterMinutes } = await siteSettings(app)
  let begun = 0
  for (const row of await store.listWanted(app, completeAfterMinutes, 50))
    if ((await complete(app, row.video_id, row.run_id, row.rendition, COMPLETE_PRIORITY)) === 'begun') begun++
  for (const row of await store.listPopular(app, secondCodecsAfterMinutes, 10))
    for (const rendition of row.more)
      if ((await complete(app, row.video_id, row.run_id, rendition, COMPLETE_PRIORITY)) === 'begun') begun++
  return begun
}

/** Takes away the renditions nobody has watched for long, never the lowest one nor sound. Returns how many. */
export async function evictUnwatched(app: App): Promise<number> {
  const { evictAfterDays: days } = await siteSettings(app)
  if (days === 0) return 0
  const before = new Date(app.clock.nowMs() - days * 24 * 3_600_000)
  let count = 0
  for (const row of await store.listUnwatched(app, before, 200)) {
    const plan = row.plan as unknown as RunPlan
    if (!rules.mayEvict(plan, row.rendition)) continue
    // Rows before bytes: what is left behind by a crash here is served as it is, for it is what would be made again.
    const gone = await app.together(async (app) => {
      if (!(await store.lockRun(app, row.video_id, row.run_id))) return false
      return store.setLazy(app, row, before)
    })
    if (!gone) continue
    for (let n = 0; n < segmentCount(plan.timeline); n++)
      await app.blobs.remove(`${runFolder(row.video_id, row.run_id)}/${row.rendition}/${n}.m4s`)
    app.meter.count(evictedBytes, {}, Number(row.size_bytes))
    app.log.info(
      { videoId: row.video_id, rendition: row.rendition, sizeBytes: Number(row.size_bytes) },
      'unwatched rendition taken away',
    )
    count++
  }
  return count
}

/** What laziness and eviction save, over the whole platform. */
export async function reportSavings(app: App): Promise<rules.Savings> {
  return rules.savingsOf(await store.listTotals(app))
}

/** What trials of a title measured and decided. Refuses video_not_found. */
export async function showTuning(app: App, videoId: string) {
  return (await store.loadTuning(app, videoId)) ?? refuse('video_not_found')
}

/**
 * A rung for which the source's frames stood in may be complete now: manifests name it from now on. The copies go when the last who
 * were given their addresses have to ask anew; until then, and even after, who asks for one gets it.
 */
export async function standDown(app: App, { videoId, runId }: Run, plan: RunPlan): Promise<void> {
  for (const rung of plan.video) {
    const other = otherWay(plan, rung.id)
    if (!other?.copied || !(await store.isMade(app, { videoId, runId, rendition: rung.id }))) continue
    await forgetManifests(app, runId)
    const delayMs = (app.config['delivery.grant_hours'] + 1) * 3_600_000
    await app.queue.add(dropCopies, { videoId, runId, rendition: other.id }, { key: `${runId}/${other.id}`, delayMs })
  }
}

/** Takes away what was copied for viewers. Nothing is lost: a copy is made again in a moment. */
export async function runDropCopies(app: App, { videoId, runId, rendition }: Run & { rendition: string }) {
  await app.blobs.removeAll(`${runFolder(videoId, runId)}/${rendition}/`)
}

/**
 * Where frames that were to be copied could not be: manifests name them no more, and where they were a rung, it is encoded. `failed`:
 * why, by rendition; those that are encoded are not meant.
 */
export async function giveUpCopies(app: App, run: Run, plan: RunPlan, failed: ReadonlyMap<string, string>) {
  for (const [rendition, reason] of failed) {
    const found = [...plan.video, ...(plan.more ?? [])].find(({ id }) => id === rendition)
    if (!found?.copied) continue
    app.log.warn({ ...run, rendition, reason }, 'frames of the source could not be passed through')
    await store.noteFailed(app, { ...run, rendition }, reason)
    await forgetManifests(app, run.runId)
    const other = otherWay(plan, rendition)
    if (other) await complete(app, run.videoId, run.runId, other.id, RETRY_PRIORITY)
  }
}

async function complete(
  app: App,
  videoId: string,
  runId: string,
  rendition: string,
  priority: number,
): Promise<'begun' | 'as it is' | 'unknown'> {
  return app.together(async (app) => {
    const run = await store.lockRun(app, videoId, runId)
    const plan = run?.plan as unknown as RunPlan | undefined
    const found = plan && renditionsOf(plan).find(({ id }) => id === rendition)
    if (!plan || !found || rules.standsIn(rendition)) return 'unknown'
    if (found.kind === 'video') await store.insertFile(app, { videoId, runId }, found)
    if (!(await store.beginMaking(app, { videoId, runId, rendition }))) return 'as it is'
    const spans = await store.addSpans(
      app,
      { videoId, runId },
      spansOfRendition(plan, rendition, { seconds: app.config['transcode.span_seconds'] }),
    )
    await app.queue.addMany(
      encodeSpan,
      spans.map(({ no }) => ({ input: { videoId, runId, spanNo: no }, options: { key: `${runId}/${no}`, priority } })),
    )
    await forgetManifests(app, runId)
    await videos.tellChanged(app, videoId)
    app.log.info({ videoId, rendition, seconds: totalSeconds(plan.timeline) }, 'rendition is being completed')
    return 'begun'
  })
}

async function ownVideo(app: App, viewer: Viewer, videoId: string): Promise<videos.VideoRow> {
  const video = await videos.seeVideo(app, viewer, videoId)
  if (!videos.mayEdit(viewer, video)) refuse('not_allowed')
  return video
}
