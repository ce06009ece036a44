/** Pictures that are made when somebody asks for them first: sizes and formats of a thumbnail, and the moving preview of a title. */

import { MIB } from '../../kit/bytes.ts'
import { Lru } from '../../kit/lru.ts'
import { previewOf, previewPlaces } from '../../media/preview.ts'
import { segmentCount } from '../../media/timeline.ts'
import type { App } from '../../platform/app.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import { planOf, runFolder } from './manifests.ts'

/** A thumbnail is wanted in other sizes and formats than its JPEG. Handled where thumbnails are made. */
export const sizesWanted = jobKind<{ videoId: string; key: string }>({
  name: 'delivery.sizes_wanted',
  lane: 'quick',
  maxAttempts: 2,
  maxCrashes: 2,
})

const SEGMENT_BYTES = 16 * MIB
/** Behind everything else that is quick: until then there is the JPEG. */
const PRIORITY = -100
/** A picture that cannot be made is not asked for at every view. */
const ASK_AGAIN_MS = 600_000

const asked = new WeakMap<object, Lru<true>>()

/** Asks for the sizes of the JPEG under `key`, once in a while. Without the queue nobody asks. */
export async function askForSizes(app: App, videoId: string, key: string): Promise<void> {
  const known = asked.get(app.blobs) ?? new Lru<true>(10_000, () => app.clock.nowMs())
  asked.set(app.blobs, known)
  if (known.get(key)) return
  known.set(key, true, { lifeMs: ASK_AGAIN_MS })
  await app.queue
    .add(sizesWanted, { videoId, key }, { key, priority: PRIORITY })
    .catch((fault) => app.log.warn({ videoId, fault: String(fault) }, 'sizes of a thumbnail could not be asked for'))
}

/** Joins and stores the preview of a run. False when a segment that it needs does not exist. */
export async function makePreview(app: App, videoId: string, runId: string, key: string): Promise<boolean> {
  const plan = await planOf(app, videoId, runId)
  const folder = `${runFolder(videoId, runId)}/${plan.video[0]!.id}`
  const places = previewPlaces(segmentCount(plan.timeline))
  const [init, ...segments] = await Promise.all([
    app.blobs.read(`${folder}/init.mp4`, MIB),
    ...places.map((n) => app.blobs.read(`${folder}/${n}.m4s`, SEGMENT_BYTES)),
  ])
  if (!init || segments.some((bytes) => bytes === undefined)) return false
  await app.blobs.put(key, previewOf(init, segments as Buffer[]))
  return true
}
