/** Thumbnails: three proposals from different scenes, or a picture of the owner's own, decoded in the jail and drawn anew. */
import { isRefusal, refuse } from '../../contract/refusals.ts'
import type { Still, Stills } from '../../contract/stills.ts'
import { MIB, readAll } from '../../kit/bytes.ts'
import { newId } from '../../kit/ids.ts'
import { coverArgs, PICTURE_HEAD_BYTES, pictureArgs, pictureFormat, sizedKeys } from '../../media/pictures.ts'
import type { RunPlan } from '../../media/plan.ts'
import { HEAD } from '../../media/wanted.ts'
import type { App } from '../../platform/app.ts'
import type { RawAnswer, RawAsked, Viewer } from '../../platform/http/http.ts'
import { takeTurn } from '../../platform/http/limits.ts'
import { mediaPath, runFolder } from '../delivery/delivery.ts'
import { lookLimits, pictureAt, runJailed, runOnSource } from '../sources/sources.ts'
import * as videos from '../videos/videos.ts'
import { pickStills, type Sketch } from './rules.ts'
import * as store from './store.ts'

const PROPOSALS = 3
const WIDTH = 1280
const LARGEST_BYTES = 12 * MIB
const NAMES = Array.from({ length: PROPOSALS }, (_, n) => `still-${n}.jpg`)

/** Takes the best pictures anew from the source, at full quality. The first becomes the thumbnail where nobody has chosen one. */
export async function proposeStills(
  app: App,
  { videoId, runId, plan, signal }: { videoId: string; runId: string; plan: RunPlan; signal: AbortSignal },
  sketches: Sketch[],
  times: number[],
): Promise<void> {
  const sourceKey = (await store.loadRun(app, videoId, runId))?.source_key
  if (!sourceKey || !(await app.blobs.head(sourceKey))) return
  if (!plan.source.video) return proposeCover(app, { videoId, runId, sourceKey, signal })
  const top = plan.video.at(-1)!
  const width = Math.min(WIDTH, top.width)
  for (const [n, place] of pickStills(sketches, PROPOSALS).entries()) {
    const { picture } = await pictureAt(app, plan, sourceKey, { atSeconds: times[place]!, width }, signal)
    if (!picture) continue
    await app.blobs.put(`${runFolder(videoId, runId)}/${NAMES[n]}`, picture)
    if (n === 0) await preferBest(app, videoId, runId)
  }
}

/** The cover that sound came with, drawn anew like a picture of the owner's own. One that cannot be read, or is too large, is as good as none. */
async function proposeCover(
  app: App,
  { videoId, runId, sourceKey, signal }: { videoId: string; runId: string; sourceKey: string; signal: AbortSignal },
): Promise<void> {
  const { ok, pipe } = await runOnSource(
    app,
    { key: sourceKey, wanted: HEAD },
    (path) => ({ program: 'ffmpeg', args: coverArgs(path, 3), pipes: 1, limits: lookLimits }),
    signal,
    ({ pipe }) => pipe.byteLength > 0,
  )
  const format =
    ok && pipe.byteLength <= LARGEST_BYTES ? pictureFormat(pipe.subarray(0, PICTURE_HEAD_BYTES)) : undefined
  if (!format) return
  const argsFor = (path: string) => pictureArgs({ path, format, width: 1280, height: 720, fd: 3 })
  const picture = await drawAnew(app, videoId, pipe, argsFor, signal).catch((thrown) => {
    if (isRefusal(thrown) && thrown.code === 'picture_unreadable') return undefined
    throw thrown
  })
  if (!picture) return
  await app.blobs.put(`${runFolder(videoId, runId)}/${NAMES[0]}`, picture)
  await preferBest(app, videoId, runId)
}

/** The best picture in the place of the one that was taken at a fixed time, where nobody has chosen. */
async function preferBest(app: App, videoId: string, runId: string): Promise<void> {
  const video = await videos.loadVideo(app, videoId)
  const folder = runFolder(videoId, runId)
  if (video?.thumbnail_key === `${folder}/thumbnail.jpg`)
    await videos.setThumbnail(app, videoId, `${folder}/${NAMES[0]}`)
}

/** The pictures a video's owner may choose from, and why there are none where they could not be made. */
export async function listStills(app: App, viewer: Viewer, videoId: string): Promise<Stills> {
  const video = await editable(app, viewer, videoId)
  if (video.run_id === null) return { items: [], state: 'waiting' }
  const folder = runFolder(videoId, video.run_id)
  const keys = [`${folder}/thumbnail.jpg`, ...NAMES.map((name) => `${folder}/${name}`)]
  const run = await store.loadRun(app, videoId, video.run_id)
  const own = video.thumbnail_key
  if (own !== null && !keys.includes(own)) keys.unshift(own)
  const items: Still[] = []
  for (const key of keys) {
    if (!(await app.blobs.head(key))) continue
    items.push({
      name: key.slice(key.lastIndexOf('/') + 1),
      address: mediaPath(app, video, `/${key}`, viewer),
      chosen: key === own,
    })
  }
  const reason = run?.stills_failed
  if (reason) return { items, state: 'failed', reason }
  return { items, state: run?.stills_made_at ? 'made' : 'waiting' }
}

/** Makes one of the proposals the thumbnail. Refuses media_not_found for a name that is none of them. */
export async function chooseStill(app: App, viewer: Viewer, videoId: string, name: string): Promise<Stills> {
  const video = await editable(app, viewer, videoId)
  const own = video.thumbnail_key
  if (own?.endsWith(`/${name}`)) return listStills(app, viewer, videoId)
  if (video.run_id === null || !['thumbnail.jpg', ...NAMES].includes(name)) return refuse('media_not_found')
  const key = `${runFolder(videoId, video.run_id)}/${name}`
  if (!(await app.blobs.head(key))) return refuse('media_not_found')
  await videos.setThumbnail(app, videoId, key)
  await removeOwn(app, own)
  return listStills(app, viewer, videoId)
}

/** Takes the body as the thumbnail. Refuses picture_unreadable, body_too_large, not_allowed. */
export async function putThumbnail(app: App, asked: RawAsked): Promise<RawAnswer> {
  const { viewer } = asked
  if (viewer.accountId === undefined) return refuse('sign_in_needed')
  const videoId = asked.params.videoId ?? ''
  if (!/^[0-9A-Za-z]{8,32}$/.test(videoId)) return refuse('video_not_found')
  const video = await editable(app, viewer, videoId)
  await takeTurn(app, viewer, 'stills.thumbnail', 10)
  const bytes = await readAll(asked.body, LARGEST_BYTES).catch((error) => {
    if (error instanceof RangeError) return refuse('body_too_large', 'at most 12 MiB')
    throw error
  })
  const format = pictureFormat(bytes.subarray(0, PICTURE_HEAD_BYTES))
  if (format === undefined) return refuse('picture_unreadable')
  const key = `videos/${videoId}/pictures/own-${newId()}.jpg`
  await app.blobs.put(
    key,
    await drawAnew(
      app,
      videoId,
      bytes,
      (path) => pictureArgs({ path, format, ...sizeFor(video), fd: 3 }),
      asked.signal,
    ),
  )
  await videos.setThumbnail(app, videoId, key)
  await removeOwn(app, video.thumbnail_key)
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify(await listStills(app, viewer, videoId)),
  }
}

/** Lists show upright videos upright. */
function sizeFor({ width, height }: videos.VideoRow): { width: number; height: number } {
  return (height ?? 0) > (width ?? 1) ? { width: 720, height: 1280 } : { width: 1280, height: 720 }
}

async function drawAnew(
  app: App,
  videoId: string,
  bytes: Buffer,
  argsFor: (path: string) => string[],
  signal: AbortSignal,
): Promise<Buffer> {
  const rawKey = `videos/${videoId}/pictures/raw-${newId()}`
  await app.blobs.put(rawKey, bytes)
  const source = await app.blobs.localPath(rawKey)
  try {
    if (!source) return refuse('not_available_now')
    const args = argsFor(app.jail.inputName(source.path))
    const outcome = await runJailed(
      app,
      { program: 'ffmpeg', args, inputPath: source.path, pipes: 1, limits: { ...lookLimits, wallMs: 15_000 } },
      signal,
    )
    if (outcome.why === 'not_started') return refuse('not_available_now')
    return outcome.ok && outcome.pipe.byteLength > 0 ? outcome.pipe : refuse('picture_unreadable')
  } finally {
    await source?.release()
    await app.blobs.remove(rawKey)
  }
}

async function removeOwn(app: App, key: string | null): Promise<void> {
  if (!key?.includes('/pictures/own-')) return
  for (const it of [key, ...sizedKeys(key)]) await app.blobs.remove(it)
}

/** The video, for those who may edit it. Refuses video_not_found, not_allowed. */
export async function editable(app: App, viewer: Viewer, videoId: string): Promise<videos.VideoRow> {
  const video = await videos.seeVideo(app, viewer, videoId)
  return videos.mayEdit(viewer, video) ? video : refuse('not_allowed')
}
