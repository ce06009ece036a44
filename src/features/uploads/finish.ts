/**
 * How uploads end. With a video: the staged file becomes its source; bytes before rows, rows with the job, and every step may
 * run twice, so whoever comes after a crash (the client asking again, the clock) just does it once more. Or without one:
 * removed by their owner, replaced, or left alone for too long.
 */
import type { App } from '../../platform/app.ts'
import { forgetBegun, probeSource } from '../transcode/transcode.ts'
import { loadVideo, removeDraft, sourceArrived } from '../videos/videos.ts'
import { sourceKeyOf } from './rules.ts'
import * as store from './store.ts'
import { endWriter, takeWriter } from './writers.ts'

/** Rows one sweep takes; the rest waits for the next. */
const SWEEP = 500
/** A staged file that no row knows is left by something that died between row and file. Younger ones may be on their way. */
const ORPHAN_AFTER_MS = 30 * 60_000

/** Whether an upload has all its bytes and still has to be handed over. */
export function isWaiting(row: store.UploadRow): boolean {
  return (
    row.finished_at === null && row.kind !== 'partial' && row.video_id !== null && row.offset_bytes === row.length_bytes
  )
}

/**
 * Hands a complete upload over to its video: blob, then row, state of the video and the job that probes it. Only one process does
 * it at a time (the writer's lease). Refuses upload_locked while another is at it.
 */
export async function handOver(app: App, row: store.UploadRow): Promise<void> {
  const writer = await takeWriter(app, row)
  const alive = setInterval(writer.touch, 1000)
  try {
    if (isWaiting(writer.row)) await hand(app, writer.row)
  } finally {
    clearInterval(alive)
    await writer.release()
  }
}

async function hand(app: App, row: store.UploadRow): Promise<void> {
  const videoId = row.video_id!
  const sourceKey = sourceKeyOf(videoId, row.upload_id)
  const facts = store.factsOf(row)
  if (!(await app.blobs.head(sourceKey))) {
    if (facts.join) await app.blobs.staging.join(row.staging_key, facts.join)
    await app.blobs.staging.commit(row.staging_key, sourceKey, row.length_bytes)
  }
  const handed = await app.together(async (app) => {
    const locked = await store.lockUpload(app, row)
    const video = await loadVideo(app, videoId)
    // A process that was held up longer than its lease finds its own work done by another: the source is the video's by now.
    if (video?.source_key === sourceKey) return true
    if (!locked || !video) return false
    const source = { sourceKey, sourceName: facts.filename, sourceBytes: row.length_bytes }
    if (facts.replace && video.state !== 'uploading') {
      await store.markFinished(app, row, app.clock.now())
      await app.queue.add(probeSource, { videoId, renew: { replacement: source } }, { key: `${videoId} ${sourceKey}` })
      return true
    }
    if (video.state !== 'uploading') return false
    await store.markFinished(app, row, app.clock.now())
    await sourceArrived(app, videoId, source)
    await app.queue.add(probeSource, { videoId }, { key: videoId })
    return true
  })
  // The video was deleted, or got its file another way, while this one was being put in place: nobody will ask for it.
  if (!handed) {
    await app.blobs.remove(sourceKey)
    await store.removeUploads(app, row.account_id, [row.upload_id])
    return
  }
  app.log.info({ uploadId: row.upload_id, videoId, sizeBytes: row.length_bytes }, 'upload finished')
  for (const part of facts.join ?? []) await app.blobs.staging.remove(part.key)
}

/** Removes an upload: row, bytes, and the video that waited for it, if nothing else leads to it. */
export async function dropUpload(
  app: App,
  row: store.UploadRow,
  video: 'only a video made for it' | 'any draft',
): Promise<void> {
  await app.together(async (app) => {
    await store.removeUploads(app, row.account_id, [row.upload_id])
    if (row.video_id === null || row.finished_at !== null) return
    if (video === 'only a video made for it' && !store.factsOf(row).draft) return
    if (await store.hasUploads(app, row.video_id)) return
    const waiting = await loadVideo(app, row.video_id)
    if (waiting?.state === 'uploading') await removeDraft(app, row.video_id)
  })
  await forget(app, row)
}

/** Ends the writer and removes the staged bytes of an upload whose row is gone, unless other parts lie in the same file. */
export async function forget(app: App, row: store.UploadRow): Promise<void> {
  await endWriter(row.upload_id)
  if (row.video_id !== null && row.finished_at === null)
    await app.queue.add(forgetBegun, { videoId: row.video_id }, { key: row.video_id })
  const keys = [row.staging_key, ...(store.factsOf(row).join ?? []).map((part) => part.key)]
  for (const key of keys) {
    if (!(await store.stagedIsNeeded(app, key))) await app.blobs.staging.remove(key)
  }
}

/**
 * The clock's task: finishes what a crash left between bytes and row, removes what has expired, and what lies staged without
 * anybody knowing it. Returns how many uploads ended.
 */
export async function expireUploads(app: App): Promise<number> {
  for (const row of await store.listStuck(app, SWEEP)) {
    await handOver(app, row).catch((error) =>
      app.log.warn({ error: String(error), uploadId: row.upload_id }, 'upload not handed over'),
    )
  }
  const expired = await store.listExpired(app, app.clock.now(), SWEEP)
  for (const row of expired) {
    if (isWaiting(row)) continue
    await dropUpload(app, row, 'any draft')
    if (row.finished_at === null) app.log.info({ uploadId: row.upload_id, videoId: row.video_id }, 'upload expired')
  }
  for await (const key of app.blobs.staging.listOlder(new Date(Date.now() - ORPHAN_AFTER_MS))) {
    if (!(await store.stagedIsNeeded(app, key))) await app.blobs.staging.remove(key)
  }
  return expired.length
}
