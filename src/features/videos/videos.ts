/** Videos, the hearth: what they are, who may see them, and how they go from `uploading` to `ready`. */
import assert from 'node:assert/strict'
import type { z } from 'zod'
import { type RefusalCode, refuse } from '../../contract/refusals.ts'
import type { Video, VideoCard, VideoDraft, VideoFile } from '../../contract/videos.ts'
import { newId } from '../../kit/ids.ts'
import { whenThere } from '../../kit/when-there.ts'
import type { App } from '../../platform/app.ts'
import { eventKind } from '../../platform/bus/bus.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { forgetShared } from '../../platform/http/shared-answers.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import { forgetVisibility } from '../delivery/delivery.ts'
import { needsReview, takeVideoTurn } from '../trust/trust.ts'
import { freshCards } from './kept-cards.ts'
import * as rules from './rules.ts'
import { toCard, toVideo } from './show.ts'
import * as store from './store.ts'

export { mayDownload, mayEdit, maySee } from './rules.ts'
export { progressOf, showVideo, toCard, toVideo } from './show.ts'
export type { ShownRow, VideoRow } from './store.ts'

type VideoRow = store.VideoRow

export interface PageAsked {
  after?: string | undefined
  limit: number
}

/** State, progress, privacy or text of a video changed, or it is gone. */
export const videoChanged = eventKind<{ videoId: string; accountId: string }>('videos.changed')

/** Removes the files of a video that is gone. */
export const sweepVideo = jobKind<{ videoId: string; keys: string[]; stagingKeys: string[] }>({
  name: 'videos.sweep',
  lane: 'quick',
  maxAttempts: 20,
  maxCrashes: 5,
})

/** A video came to where people are told of it. Handled by notifications; may be told more than once. */
export const videoStepped = jobKind<{ videoId: string; what: 'ready' | 'failed' | 'published' }>({
  name: 'videos.stepped',
  lane: 'quick',
  maxAttempts: 10,
  maxCrashes: 3,
})

/** A file that was to take the place of a video's was refused, for the code of a refusal. Handled by notifications. */
export const fileRefused = jobKind<{ videoId: string; sourceKey: string; reason: string }>({
  name: 'videos.file_refused',
  lane: 'quick',
  maxAttempts: 10,
  maxCrashes: 3,
})

/** The second sweep: after this long nothing that was at work on the video when it went can still be writing. */
const SECOND_SWEEP_MS = 30 * 60_000

/** The video, if this viewer may see it. Refuses video_not_found for what is not there and for what is hidden, alike. */
export async function seeVideo(app: App, viewer: Viewer, videoId: string): Promise<VideoRow> {
  const row = await store.loadVideo(app, videoId, viewer.accountId)
  if (!row || !rules.maySee(viewer, row)) return refuse('video_not_found')
  return row
}

/** Cards of these videos by id, without those this viewer may not see: for lists of other features, in one question. */
export async function cardsOf(app: App, viewer: Viewer, videoIds: string[]): Promise<Map<string, VideoCard>> {
  return freshCards(app, viewer, videoIds)
}

/** The video whoever asks, or undefined: for work that was allowed earlier. */
export async function loadVideo(app: App, videoId: string): Promise<VideoRow | undefined> {
  return store.loadVideo(app, videoId)
}

/** Sites that may show a video in a frame; undefined for every site. */
export async function embedHostsOf(app: App, videoId: string): Promise<string[] | undefined> {
  return (await store.loadVideo(app, videoId))?.embed_hosts ?? undefined
}

/** Makes a video in state `uploading` on the channel that is named, or the account's own. Refuses channel_not_found, not_allowed, email_unproved, and too_many. */
export async function createDraft(app: App, accountId: string, draft: z.output<typeof VideoDraft>): Promise<VideoRow> {
  const channelId =
    draft.channel === undefined ? await ownChannel(app, accountId) : await channelNamed(app, accountId, draft.channel)
  await takeVideoTurn(app, accountId)
  const waits = draft.privacy !== 'private' && (await needsReview(app, accountId))
  const videoId = newId()
  await store.insertVideo(app, {
    video_id: videoId,
    account_id: accountId,
    channel_id: channelId,
    title: draft.title,
    description: draft.description,
    tags: rules.uniqueTags(draft.tags),
    category: draft.category,
    language: draft.language ?? null,
    licence: draft.licence,
    privacy: waits ? 'private' : draft.privacy,
    review: waits ? 'wanted' : null,
    wished_privacy: waits && draft.privacy !== 'private' ? draft.privacy : null,
    created_at: app.clock.now(),
  })
  await app.bus.publish(videoChanged, { videoId, accountId })
  const row = await store.loadVideo(app, videoId)
  assert(row, 'the video was just made')
  return row
}

async function ownChannel(app: App, accountId: string): Promise<string> {
  const channelId = await store.findChannelId(app, accountId)
  assert(channelId !== undefined, 'every account has a channel')
  return channelId
}

async function channelNamed(app: App, accountId: string, handle: string): Promise<string> {
  const channel = await store.findChannelFor(app, handle, accountId)
  if (!channel) return refuse('channel_not_found')
  if (!rules.mayPublish({ accountId }, channel)) return refuse('not_allowed')
  return channel.channel_id
}

/** The whole file has arrived: `uploading` becomes `processing`. Anything else stays as it is, so it may be said twice. */
export async function sourceArrived(
  app: App,
  videoId: string,
  source: { sourceKey: string; sourceName: string; sourceBytes: number },
): Promise<void> {
  await change(app, videoId, (row) => {
    if (row.state !== 'uploading') return undefined
    return {
      state: 'processing',
      source_key: source.sourceKey,
      source_name: source.sourceName,
      source_bytes: source.sourceBytes,
    }
  })
}

/** The video can be watched, from this run. The time of publication is set once; later runs keep it. */
export async function markReady(
  app: App,
  videoId: string,
  run: { runId: string; durationMs: number; width: number; height: number },
): Promise<void> {
  await change(app, videoId, (row) => ({
    state: 'ready',
    reason_code: null,
    reason_detail: null,
    run_id: run.runId,
    duration_ms: Math.round(run.durationMs),
    width: run.width,
    height: run.height,
    published_at: row.published_at ?? app.clock.now(),
    optimised_at: row.run_id === run.runId ? row.optimised_at : null,
  }))
}

/** No video can be made of the source. One that can be watched already stays as it is. */
export async function markFailed(app: App, videoId: string, code: RefusalCode, detail?: string): Promise<void> {
  await change(app, videoId, (row) => {
    if (row.state === 'ready') return undefined
    return { state: 'failed', reason_code: code, reason_detail: detail?.slice(0, 2000) ?? null }
  })
  app.log.info({ videoId, code }, 'video failed')
}

export async function setThumbnail(app: App, videoId: string, key: string): Promise<void> {
  await change(app, videoId, () => ({ thumbnail_key: key }))
}

/** The video has got another file: the run that is served was made from it. */
export async function replaceSource(
  app: App,
  videoId: string,
  source: { sourceKey: string; sourceName: string; sourceBytes: number },
): Promise<void> {
  const video = await store.loadVideo(app, videoId)
  const reviewed = video !== undefined && (await needsReview(app, video.account_id))
  await change(app, videoId, (row) => ({
    source_key: source.sourceKey,
    source_name: source.sourceName,
    source_bytes: source.sourceBytes,
    ...(reviewed ? rules.backToReview(row) : {}),
  }))
}

/** All eager renditions of the run that is served are complete. */
export async function markOptimised(app: App, videoId: string): Promise<void> {
  await change(app, videoId, (row) => (row.optimised_at ? undefined : { optimised_at: app.clock.now() }))
}

/** Says that something about a video is new that stands in other tables (progress). */
export async function tellChanged(app: App, videoId: string): Promise<void> {
  const row = await store.loadVideo(app, videoId)
  if (row) await app.bus.publish(videoChanged, { videoId, accountId: row.account_id })
}

/** Loads and locks, decides, saves, tells. Undefined from `decide`: nothing changes. A video that is gone is no error. */
async function change(
  app: App,
  videoId: string,
  decide: (row: Awaited<ReturnType<typeof store.lockVideo>> & object) => store.VideoChange | undefined,
): Promise<void> {
  await app.together(async (app) => {
    const row = await store.lockVideo(app, videoId)
    const wanted = row && decide(row)
    if (!row || !wanted) return
    await store.updateVideo(app, videoId, wanted)
    if (wanted.privacy !== undefined && wanted.privacy !== row.privacy) await hideEverywhere(app, videoId)
    await app.bus.publish(videoChanged, { videoId, accountId: row.account_id })
    for (const what of rules.stepsTaken(row, { ...row, ...wanted }))
      await app.queue.add(videoStepped, { videoId, what }, { key: `${videoId} ${what}` })
  })
}

/** What may be changed of a video: only what is given. Null for a language takes it away. */
export type VideoEdit = {
  [Field in
    | 'title'
    | 'description'
    | 'tags'
    | 'category'
    | 'language'
    | 'licence'
    | 'privacy'
    | 'comments_policy'
    | 'embed_hosts']?: store.VideoChange[Field] | undefined
} & { publishAt?: Date | null | undefined }

/** Changes what is given. Refuses video_not_found, and not_allowed to those who may see the video but not change it. */
export async function editVideo(app: App, viewer: Viewer, videoId: string, edit: VideoEdit): Promise<Video> {
  refuseUnlessEditor(viewer, await seeVideo(app, viewer, videoId))
  const { privacy, publishAt, ...plain } = edit
  const given = Object.fromEntries(
    Object.entries(plain).filter(([, value]) => value !== undefined),
  ) as store.VideoChange
  if (given.tags) given.tags = rules.uniqueTags(given.tags)
  const reviewed = viewer.role === 'member' && (await needsReview(app, viewer.accountId!))
  await change(app, videoId, (row) => {
    const wanted = rules.publication(row, { privacy, publishAt }, reviewed)
    if (wanted === 'video_hidden') return refuse('video_hidden', row.hidden_reason ?? undefined)
    const all = { ...given, ...wanted }
    return Object.keys(all).length === 0 ? undefined : all
  })
  return toVideo(app, viewer, await seeVideo(app, viewer, videoId))
}

/** Staff takes a video away: it is private, and its owner reads why, until it is given back. */
export async function hideVideo(app: App, videoId: string, reason: string): Promise<void> {
  await change(app, videoId, (row) => ({
    privacy: 'private',
    hidden_reason: reason,
    hidden_at: app.clock.now(),
    publish_at: null,
    wished_privacy: row.privacy === 'private' ? (row.wished_privacy as 'public' | 'unlisted' | null) : row.privacy,
  }))
}

/** Staff gives a video back, as public as it was. */
export async function restoreVideo(app: App, videoId: string): Promise<void> {
  await change(app, videoId, (row) => {
    if (row.hidden_reason === null) return undefined
    const waits = row.review === 'wanted'
    return {
      hidden_reason: null,
      hidden_at: null,
      ...(waits ? {} : { privacy: (row.wished_privacy ?? 'private') as VideoRow['privacy'], wished_privacy: null }),
    }
  })
}

/** Staff has looked at a video: it becomes what its owner wanted. */
export async function passReview(app: App, videoId: string): Promise<void> {
  await change(app, videoId, (row) => {
    if (row.review !== 'wanted') return undefined
    const open = row.hidden_reason === null && row.publish_at === null && row.wished_privacy !== null
    return {
      review: 'passed',
      ...(open
        ? { privacy: row.wished_privacy as VideoRow['privacy'], wished_privacy: null, ...publishedNow(app, row) }
        : {}),
    }
  })
}

const DUE_AT_ONCE = 100

/** Publishes what is due; for the clock. Each one commits alone, so it may be cut off anywhere. */
export async function publishDue(app: App): Promise<void> {
  for (const videoId of await store.listDue(app, app.clock.now(), DUE_AT_ONCE)) {
    const video = await store.loadVideo(app, videoId)
    const reviewed = video !== undefined && (await needsReview(app, video.account_id))
    await change(app, videoId, (row) => {
      // Looked at again under the lock: the owner may have thought better of it.
      if (row.publish_at === null || row.publish_at > app.clock.now()) return undefined
      if (reviewed && row.review !== 'passed') return { publish_at: null, review: 'wanted', wished_privacy: 'public' }
      return { privacy: 'public', publish_at: null, wished_privacy: null, ...publishedNow(app, row) }
    })
  }
}

/** What comes out later than it was ready is new on the day it comes out. */
function publishedNow(app: App, row: { published_at: Date | null }): store.VideoChange {
  return row.published_at === null ? {} : { published_at: app.clock.now() }
}

/** Videos that wait for staff, oldest first. */
export async function listToReview(app: App, viewer: Viewer, limit: number): Promise<VideoCard[]> {
  return (await store.listToReview(app, limit)).map((row) => toCard(app, row, viewer))
}

/** Deletes a video: its rows now, its files by a job that was committed with them. */
export async function removeVideo(app: App, viewer: Viewer, videoId: string): Promise<void> {
  refuseUnlessEditor(viewer, await seeVideo(app, viewer, videoId))
  await removeDraft(app, videoId)
  app.log.info({ videoId, accountId: viewer.accountId }, 'video removed')
}

/** The same for those who have asked already who may: an upload that was given up takes its draft with it. */
export async function removeDraft(app: App, videoId: string): Promise<void> {
  await app.together(async (app) => {
    const row = await store.lockVideo(app, videoId)
    if (!row) return
    const input = {
      videoId,
      keys: row.source_key === null ? [] : [row.source_key],
      stagingKeys: await store.listStagingKeys(app, videoId),
    }
    await store.deleteVideo(app, videoId)
    await app.queue.add(sweepVideo, input, { key: videoId })
    await app.queue.add(sweepVideo, input, { key: `${videoId} again`, delayMs: SECOND_SWEEP_MS })
    await hideEverywhere(app, videoId)
    await app.bus.publish(videoChanged, { videoId, accountId: row.account_id })
  })
}

/** Removes the files of a video that is gone. What is not there any more is no error, so it may run as often as it likes. */
export async function runSweep(
  app: App,
  input: { videoId: string; keys: string[]; stagingKeys: string[] },
): Promise<void> {
  if (await store.loadVideo(app, input.videoId)) return
  await app.blobs.removeAll(`videos/${input.videoId}/`)
  await app.blobs.removeAll(`sources/${input.videoId}/`)
  for (const key of input.keys) await app.blobs.remove(key)
  for (const key of input.stagingKeys) await app.blobs.staging.remove(key)
}

/** Who may see the video has changed: origins, and what is held for strangers, forget at commit what they knew. */
async function hideEverywhere(app: App, videoId: string): Promise<void> {
  await forgetVisibility(app, videoId)
  await forgetShared(app)
}

function refuseUnlessEditor(viewer: Viewer, row: VideoRow): void {
  if (!rules.mayEdit(viewer, row)) refuse('not_allowed')
}

/** Public videos that are ready, newest first. Refuses bad_request for a cursor that is not ours. */
export async function listPublished(app: App, page: PageAsked) {
  return pageOfCards(app, page, (after, limit) => store.listPublished(app, undefined, after, limit))
}

/** The same of one channel. */
export async function listOfChannel(app: App, channelId: string, page: PageAsked) {
  return pageOfCards(app, page, (after, limit) => store.listPublished(app, channelId, after, limit))
}

async function pageOfCards(
  app: App,
  page: PageAsked,
  read: (after: store.Place | undefined, limit: number) => Promise<VideoRow[]>,
) {
  const rows = await read(placeOf(page), page.limit + 1)
  const cut = rules.cutPage(rows, page.limit, (row) => ({ at: row.published_at!, videoId: row.video_id }))
  return { items: cut.rows.map((row) => toCard(app, row)), ...nextOf(cut) }
}

/** All videos of an account, in every state, with how far they are and why they failed. */
export async function listMine(app: App, viewer: Viewer, page: PageAsked) {
  const rows = await store.listOfAccount(app, viewer.accountId!, placeOf(page), page.limit + 1)
  const cut = rules.cutPage(rows, page.limit, (row) => ({ at: row.created_at, videoId: row.video_id }))
  const counted = new Map(
    (
      await store.countSegments(
        app,
        cut.rows.map((row) => row.video_id),
      )
    ).map((it) => [it.video_id, it]),
  )
  const items = cut.rows.map((row) => ({
    ...toCard(app, row, viewer),
    ...whenThere('progress', rules.progressOf(row, counted.get(row.video_id))),
    ...whenThere('reason', rules.reasonOf(row)),
  }))
  return { items, ...nextOf(cut) }
}

function placeOf(page: PageAsked): store.Place | undefined {
  return page.after === undefined
    ? undefined
    : (rules.readCursor(page.after) ?? refuse('bad_request', 'query.after: is not a cursor of this list'))
}

function nextOf({ next }: { next?: string }): { next?: string } {
  return next === undefined ? {} : { next }
}

/** All videos of a channel, for those who work on it; the caller has asked whether they do. */
export async function listAllOfChannel(app: App, viewer: Viewer, channelId: string, page: PageAsked) {
  const rows = await store.listAllOfChannel(app, channelId, placeOf(page), page.limit + 1)
  const cut = rules.cutPage(rows, page.limit, (row) => ({ at: row.created_at, videoId: row.video_id }))
  return { items: cut.rows.map((row) => toCard(app, row, viewer)), ...nextOf(cut) }
}

/** A channel changes hands, and with it the videos its owner had put on it. */
export async function handOver(app: App, channelId: string, fromAccount: string, toAccount: string): Promise<void> {
  await store.handOver(app, channelId, fromAccount, toAccount)
}

export async function hasVideos(app: App, channelId: string): Promise<boolean> {
  return store.hasVideos(app, channelId)
}

export async function countPublished(app: App, channelId: string): Promise<number> {
  return store.countPublished(app, channelId)
}

/** Bytes of the sources an account has stored. */
export async function usedBytes(app: App, accountId: string): Promise<number> {
  return store.sumSources(app, accountId)
}

/** The renditions of the run that is served; none before there is one. */
export async function listFiles(
  app: App,
  viewer: Viewer,
  videoId: string,
): Promise<{ items: z.infer<typeof VideoFile>[] }> {
  const video = await seeVideo(app, viewer, videoId)
  const rows = video.run_id === null ? [] : await store.listFiles(app, videoId, video.run_id)
  return {
    items: rows.map((row) => ({
      rendition: row.rendition,
      kind: row.kind,
      codec: row.codec,
      ...whenThere('width', row.width ?? undefined),
      ...whenThere('height', row.height ?? undefined),
      ...whenThere('frameRate', row.frame_rate ?? undefined),
      bitsPerSecond: Number(row.bits_per_second),
      sizeBytes: Number(row.size_bytes),
      state: row.state,
    })),
  }
}
