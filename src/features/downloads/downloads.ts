/** Downloads: a complete rendition with its sound in every language as one MP4, for those whom the owner allows it. */
import type { Downloads, DownloadsFor } from '../../contract/downloads.ts'
import { refuse } from '../../contract/refusals.ts'
import { readRange } from '../../kit/range.ts'
import type { AudioRendition, RunPlan } from '../../media/plan.ts'
import { isSurround } from '../../media/surround.ts'
import { segmentCount } from '../../media/timeline.ts'
import type { App } from '../../platform/app.ts'
import type { RawAnswer, RawAsked, Viewer } from '../../platform/http/http.ts'
import { takeTurn } from '../../platform/http/limits.ts'
import { planOf, runFolder } from '../delivery/delivery.ts'
import * as videos from '../videos/videos.ts'
import { join, type Part } from './join.ts'
import * as store from './store.ts'

const SIZES_KEPT_MS = 30 * 86_400_000

/** What whoever asks may download. */
export async function listDownloads(app: App, viewer: Viewer, videoId: string): Promise<Downloads> {
  const video = await videos.seeVideo(app, viewer, videoId)
  const who = video.downloads
  if (video.run_id === null || !videos.mayDownload(viewer, video)) return { who, items: [] }
  const plan = await planOf(app, videoId, video.run_id)
  const files = await store.listFiles(app, videoId, video.run_id)
  const sounds = soundsOf(plan, files)
  const items = plan.video.flatMap(({ id, label }) => {
    const parts = [id, ...sounds.map((sound) => sound.id)].map((it) => files.find(({ rendition }) => rendition === it))
    if (!parts.every((part) => part?.state === 'made')) return []
    const sizeBytes = parts.reduce((sum, part) => sum + Number(part!.size_bytes), 0)
    return [{ rendition: id, label, sizeBytes, address: `/api/videos/${videoId}/download/${id}` }]
  })
  return { who, items }
}

/** The sounds that a download holds, the first of which plays: two channels of every language, but for what could not be made. */
function soundsOf(plan: RunPlan, files: { rendition: string; state: string }[]): AudioRendition[] {
  const isFailed = (id: string) => files.some(({ rendition, state }) => rendition === id && state === 'failed')
  return plan.audio.filter((sound) => !isSurround(sound) && !isFailed(sound.id))
}

/** Says who may download. Refuses not_allowed to those who may not edit the video. */
export async function setDownloads(app: App, viewer: Viewer, videoId: string, who: DownloadsFor): Promise<Downloads> {
  const video = await videos.seeVideo(app, viewer, videoId)
  if (!videos.mayEdit(viewer, video)) refuse('not_allowed')
  await store.setWho(app, videoId, who)
  return listDownloads(app, viewer, videoId)
}

/**
 * The size of a file to the byte, where the listed one is that of its segments. The heads of all of them are read the first
 * time; then it is known. Undefined when a segment is not there.
 */
export async function exactBytes(
  app: App,
  viewer: Viewer,
  videoId: string,
  rendition: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { run_id: runId } = await videos.seeVideo(app, viewer, videoId)
  if (runId === null) return undefined
  const parts = await partsOf(app, videoId, runId, rendition)
  const key = `downloads:size:${parts.map(({ folder }) => folder).join()}`
  const known = await app.cache.get<number>(key)
  if (known !== undefined) return known
  const file = await fileOf(app, videoId, runId, parts, signal)
  if (file) await app.cache.set(key, file.sizeBytes, SIZES_KEPT_MS)
  return file?.sizeBytes
}

/** The folders that a file is joined from: the picture, then its sounds. */
async function partsOf(app: App, videoId: string, runId: string, rendition: string): Promise<Part[]> {
  const plan = await planOf(app, videoId, runId)
  if (!plan.video.some(({ id }) => id === rendition)) return refuse('media_not_found')
  const folderOf = (id: string) => `${runFolder(videoId, runId)}/${id}`
  const sounds = soundsOf(plan, await store.listFiles(app, videoId, runId))
  return [{ folder: folderOf(rendition) }, ...sounds.map(({ id, language }) => ({ folder: folderOf(id), language }))]
}

async function fileOf(app: App, videoId: string, runId: string, parts: readonly Part[], signal: AbortSignal) {
  const plan = await planOf(app, videoId, runId)
  return join(app, parts, segmentCount(plan.timeline), signal)
}

/** Sends one rendition as a file. Ranges work, so a download that broke off goes on where it was. */
export async function sendDownload(app: App, asked: RawAsked): Promise<RawAnswer> {
  const { viewer, params } = asked
  const { videoId = '', rendition = '' } = params
  if (!/^[0-9A-Za-z]{8,32}$/.test(videoId)) return refuse('video_not_found')
  const video = await videos.seeVideo(app, viewer, videoId)
  if (!videos.mayDownload(viewer, video))
    return refuse(viewer.accountId === undefined ? 'sign_in_needed' : 'not_allowed')
  await takeTurn(app, viewer, 'downloads', 60)
  const runId = video.run_id ?? refuse('video_not_ready')
  const file =
    (await fileOf(app, videoId, runId, await partsOf(app, videoId, runId, rendition), asked.signal)) ??
    refuse('still_making', undefined, { 'retry-after': '60' })

  const range =
    asked.headers['if-range'] === undefined || asked.headers['if-range'] === file.etag
      ? readRange(asked.headers.range, file.sizeBytes)
      : 'whole'
  if (range === 'unsatisfiable')
    return refuse('range_not_satisfiable', undefined, { 'content-range': `bytes */${file.sizeBytes}` })
  const { from, to } = range === 'whole' ? { from: 0, to: file.sizeBytes - 1 } : range
  return {
    status: range === 'whole' ? 200 : 206,
    headers: {
      'content-type': 'video/mp4',
      'content-length': String(to - from + 1),
      ...(range === 'whole' ? {} : { 'content-range': `bytes ${from}-${to}/${file.sizeBytes}` }),
      'content-disposition': disposition(`${video.title} (${rendition}).mp4`),
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-store',
      etag: file.etag,
    },
    ...(asked.method === 'HEAD' ? {} : { body: file.open(from, to) }),
  }
}

/** RFC 6266: a plain name for old programs, and the true one. */
function disposition(name: string): string {
  const safe = name.replace(/[\\/:*?"<>|\u0000-\u001f\s]+/g, ' ').trim()
  const plain =
    safe
      .normalize('NFKD')
      .replace(/[^\x20-\x7e]/g, '')
      .replace(/["\\]/g, '')
      .trim() || 'video.mp4'
  const coded = encodeURIComponent(safe).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${coded}`
}
