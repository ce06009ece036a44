/** The picture that lists show of a video. */
import { isAlong, stillAt } from '../../media/ffmpeg.ts'
import type { RunPlan } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { runFolder } from '../delivery/delivery.ts'
import type { Work } from '../segments/segments.ts'
import { pictureAt } from '../sources/sources.ts'
import * as videos from '../videos/videos.ts'
import * as store from './store.ts'

const WIDTH = 640

/** A tenth of the way in, but no later than a minute: past titles and black. */
const placeOf = (plan: RunPlan): number => Math.min(plan.source.durationMs / 10_000, 60)

const keyOf = ({ videoId, runId }: { videoId: string; runId: string }) => `${runFolder(videoId, runId)}/thumbnail.jpg`

/** The picture for the encode of the first segment to take along, where it lies in it: nothing is decoded for it again. */
export function thumbnailAlong(run: { videoId: string; runId: string }, plan: RunPlan): Pick<Work, 'still'> {
  const still = stillAt(plan, placeOf(plan), WIDTH)
  return isAlong(plan, still, 0) ? { still: { ...still, key: keyOf(run) } } : {}
}

/** Takes the picture, if the first segment did not bring it, and shows it. */
export async function runThumbnail(
  app: App,
  { videoId, runId }: { videoId: string; runId: string },
  context: JobContext,
): Promise<void> {
  const run = await store.loadRun(app, videoId, runId)
  if (!run) return
  const plan = run.plan as unknown as RunPlan
  const key = keyOf({ videoId, runId })
  if (!(await app.blobs.head(key))) {
    const picture = await take(app, plan, run.source_key, context.signal)
    if (!picture) return
    await app.blobs.put(key, picture)
  }
  await app.together(async (app) => {
    await context.fence(app)
    // A picture that its owner has sent outlives the runs.
    const video = await videos.loadVideo(app, videoId)
    if (!video?.thumbnail_key?.includes('/pictures/')) await videos.setThumbnail(app, videoId, key)
  })
}

/** The picture from the source itself; undefined where that is gone. */
async function take(app: App, plan: RunPlan, sourceKey: string, signal: AbortSignal): Promise<Buffer | undefined> {
  if (!(await app.blobs.head(sourceKey))) return undefined
  const { picture, said } = await pictureAt(app, plan, sourceKey, { atSeconds: placeOf(plan), width: WIDTH }, signal)
  if (!picture) throw new Error(`no picture could be taken: ${said.slice(-300)}`)
  return picture
}
