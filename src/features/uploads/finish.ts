/**
 * The last step of an upload: the staged file becomes the source of a video. Bytes before rows, rows with the job; every step
 * may run twice, so whoever comes after a crash (the client asking again, the clock) just does it once more.
 */
import type { App } from '../../platform/app.ts'
import { probeSource } from '../transcode/transcode.ts'
import { loadVideo, sourceArrived } from '../videos/videos.ts'
import { sourceKeyOf } from './rules.ts'
import * as store from './store.ts'
import { takeWriter } from './writers.ts'

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
    if (!locked || video?.state !== 'uploading') return false
    await store.markFinished(app, row, app.clock.now())
    await sourceArrived(app, videoId, { sourceKey, sourceName: facts.filename, sourceBytes: row.length_bytes })
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
