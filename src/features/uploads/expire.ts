/** How uploads end without a video: removed by their owner, replaced, or left alone for too long. */
import type { App } from '../../platform/app.ts'
import { loadVideo, removeDraft } from '../videos/videos.ts'
import { handOver, isWaiting } from './finish.ts'
import * as store from './store.ts'
import { endWriter } from './writers.ts'

/** Rows one sweep takes; the rest waits for the next. */
const SWEEP = 500
/** A staged file that no row knows is left by something that died between row and file. Younger ones may be on their way. */
const ORPHAN_AFTER_MS = 30 * 60_000

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
