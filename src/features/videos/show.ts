/** What goes over the wire of a video: a card for lists, and all there is to know of one. */

import { refuse } from '../../contract/refusals.ts'
import type { Progress, Video, VideoCard } from '../../contract/videos.ts'
import { whenThere } from '../../kit/when-there.ts'
import type { Chapter } from '../../media/chapters.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { mediaPath } from '../delivery/delivery.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

type VideoRow = store.VideoRow

/** What lists show. The viewer is needed for the picture of a video that is not public, and has been let in already. */
export function toCard(app: App, row: store.ShownRow, viewer?: Viewer): VideoCard {
  return rules.cardOf(row, thumbnailOf(app, row, viewer), previewOf(app, row, viewer))
}

function thumbnailOf(app: App, row: store.ShownRow, viewer?: Viewer): string | undefined {
  return row.thumbnail_key === null ? undefined : mediaPath(app, row, `/${row.thumbnail_key}`, viewer)
}

/** A title that is over in a moment is not shown in pieces first. */
const SHORTEST_PREVIEWED_MS = 5000

function previewOf(app: App, row: store.ShownRow, viewer?: Viewer): string | undefined {
  if (row.state !== 'ready' || row.run_id === null || Number(row.duration_ms ?? 0) < SHORTEST_PREVIEWED_MS)
    return undefined
  return mediaPath(app, row, `/videos/${row.video_id}/${row.run_id}/preview.mp4`, viewer)
}

/** One video in full, for a viewer who may see it. Why it failed is told to those who may edit it. */
export async function toVideo(app: App, viewer: Viewer, row: VideoRow): Promise<Video> {
  return fullVideo(app, viewer, row, await progressOf(app, row))
}

/** One video in full, in one question. Refuses video_not_found as `seeVideo` does. */
export async function showVideo(app: App, viewer: Viewer, videoId: string): Promise<Video> {
  const row = await store.loadVideoInFull(app, videoId, viewer.accountId)
  if (!row || !rules.maySee(viewer, row)) return refuse('video_not_found')
  const { segments_done: done, segments_total: total } = row
  const counted = done === null || total === null ? undefined : { segments_done: done, segments_total: total }
  return fullVideo(app, viewer, row, rules.progressOf(row, counted))
}

function fullVideo(app: App, viewer: Viewer, row: VideoRow, progress: Progress | undefined): Video {
  const mine = rules.mayEdit(viewer, row)
  return {
    ...toCard(app, row, viewer),
    description: row.description,
    tags: row.tags,
    category: row.category as Video['category'],
    ...whenThere('language', row.language ?? undefined),
    licence: row.licence as Video['licence'],
    likes: Number(row.likes),
    dislikes: Number(row.dislikes),
    commentCount: Number(row.comment_count),
    commentsPolicy: row.comments_policy,
    ...whenThere('reason', mine ? rules.reasonOf(row) : undefined),
    ...whenThere('progress', progress),
    ...whenThere('hidden', mine ? (row.hidden_reason ?? undefined) : undefined),
    ...whenThere('publishAt', mine ? row.publish_at?.toISOString() : undefined),
    ...whenThere('sourceChapters', mine ? ((row.source_chapters as Chapter[] | null) ?? undefined) : undefined),
    ...whenThere('embedHosts', mine ? (row.embed_hosts ?? undefined) : undefined),
    ...whenThere('inReview', mine && row.review === 'wanted' ? true : undefined),
    downloads: row.run_id !== null && rules.mayDownload(viewer, row),
    mine,
  }
}

/** How far the making of a video has come; undefined before there is a plan. */
export async function progressOf(app: App, row: VideoRow): Promise<Progress | undefined> {
  const [counted] = await store.countSegments(app, [row.video_id])
  return rules.progressOf(row, counted)
}
