/** Stills: the pictures that show a title without playing it. Storyboard, trick play and proposals for its thumbnail, made of its key frames. */
import { refuse } from '../../contract/refusals.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import { forgetManifests } from '../delivery/delivery.ts'
import * as videos from '../videos/videos.ts'
import * as store from './store.ts'
import { editable } from './thumbnails.ts'

/** The lowest rung of a run is complete: make its storyboard, trick play and proposals. */
export const makeStills = jobKind<{ videoId: string; runId: string }>({
  name: 'stills.make',
  lane: 'quick',
  maxAttempts: 3,
  maxCrashes: 2,
})

export { chooseStill, listStills } from './thumbnails.ts'

/** Makes the stills of a video once more, where they could not be made. Refuses media_not_found while there is nothing to make them from. */
export async function makeAgain(app: App, viewer: Viewer, videoId: string): Promise<void> {
  const { run_id: runId } = await editable(app, viewer, videoId)
  if (runId === null) return refuse('media_not_found')
  await app.together(async (app) => {
    const run = await store.loadRun(app, videoId, runId)
    if (!run?.stills_failed) return
    await store.noteStills(app, { videoId, runId }, {})
    await app.queue.add(makeStills, { videoId, runId }, { key: runId })
    await forgetManifests(app, runId)
    await videos.tellChanged(app, videoId)
  })
}
