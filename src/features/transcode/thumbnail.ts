/** The picture that lists show of a video. */
import { thumbnailArgs } from '../../media/ffmpeg.ts'
import type { RunPlan } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { runFolder } from '../delivery/delivery.ts'
import { lookLimits, runJailed } from '../sources/sources.ts'
import * as videos from '../videos/videos.ts'
import * as store from './store.ts'

const WIDTH = 640

/** Takes the picture from a tenth of the way in, but no later than a minute: past titles and black. */
export async function runThumbnail(
  app: App,
  { videoId, runId }: { videoId: string; runId: string },
  context: JobContext,
): Promise<void> {
  const run = await store.loadRun(app, videoId, runId)
  if (!run) return
  const plan = run.plan as unknown as RunPlan
  const source = await app.blobs.localPath(run.source_key)
  if (!source) return
  try {
    const atSeconds = Math.min(plan.source.durationMs / 10_000, 60)
    const args = thumbnailArgs(plan, { sourcePath: app.jail.inputName(source.path), atSeconds, width: WIDTH, fd: 3 })
    const outcome = await runJailed(
      app,
      { program: 'ffmpeg', args, inputPath: source.path, pipes: 1, limits: lookLimits },
      context.signal,
    )
    if (!outcome.ok || outcome.pipe.byteLength === 0)
      throw new Error(`no picture could be taken: ${outcome.stderr.slice(-300)}`)
    const key = `${runFolder(videoId, runId)}/thumbnail.jpg`
    await app.blobs.put(key, outcome.pipe)
    await app.together(async (app) => {
      await context.fence(app)
      // A picture that its owner has sent outlives the runs.
      const video = await videos.loadVideo(app, videoId)
      if (!video?.thumbnail_key?.includes('/pictures/')) await videos.setThumbnail(app, videoId, key)
    })
  } finally {
    await source.release()
  }
}
