/** Retires a run: its rows now, its files after, unless it is the one that is served. */
import type { App } from '../../platform/app.ts'
import { forgetManifests, runFolder } from '../delivery/delivery.ts'
import * as videos from '../videos/videos.ts'
import * as store from './store.ts'

export async function runRetire(app: App, { videoId, runId }: { videoId: string; runId: string }): Promise<void> {
  const sources = await app.together(async (app) => {
    const { video, run, others } = await store.loadForRetiring(app, videoId, runId)
    if (!video || video.run_id === runId) return undefined
    // A picture of the old run that is still shown gives way to the one every run has.
    if (video.thumbnail_key?.startsWith(`${runFolder(videoId, runId)}/`) && video.run_id !== null)
      await videos.setThumbnail(app, videoId, `${runFolder(videoId, video.run_id)}/thumbnail.jpg`)
    await store.deleteRun(app, videoId, runId)
    const kept = new Set([video.source_key, ...others.map((it) => it.source_key)])
    return run && !kept.has(run.source_key) ? [run.source_key] : []
  })
  if (!sources) return
  await app.blobs.removeAll(`${runFolder(videoId, runId)}/`)
  await forgetManifests(app, runId)
  for (const key of sources) if (key.startsWith('sources/')) await app.blobs.remove(key)
}
