/** Decisions about videos: who may see and change them, how lists are cut into pages, what goes over the wire. */
import { type RefusalCode, refusals } from '../../contract/refusals.ts'
import { channelRef, type Privacy } from '../../contract/shapes.ts'
import type { VideoCard } from '../../contract/videos.ts'
import type { Viewer } from '../../platform/http/http.ts'
import type { Place, ProgressRow, ShownRow, VideoChange, VideoRow } from './store.ts'

type Seen = Pick<VideoRow, 'account_id' | 'privacy'> & Partial<Pick<VideoRow, 'channel_account_id' | 'team_role'>>

/** Public and unlisted ones are there for whoever knows the id; private ones for their owner, the channel's team and staff. */
export function maySee(viewer: Viewer, video: Seen): boolean {
  return video.privacy !== 'private' || isOwner(viewer, video) || isInTeam(video) || isStaff(viewer)
}

/** Owners, those who edit their channel, and administrators, who answer for what is on their machine. */
export function mayEdit(viewer: Viewer, video: Seen): boolean {
  return isOwner(viewer, video) || mayPublish(viewer, video) || viewer.role === 'admin'
}

/** Whether somebody may have a video as a file: whoever may edit it, and whom its owner allows it. */
export function mayDownload(viewer: Viewer, video: Seen & Pick<VideoRow, 'downloads'>): boolean {
  if (mayEdit(viewer, video)) return true
  return video.downloads === 'anyone' || (video.downloads === 'members' && viewer.accountId !== undefined)
}

/** Whether somebody may put videos on a channel: who has it, and who owns or edits it with them. */
export function mayPublish(
  viewer: Pick<Viewer, 'accountId'>,
  channel: Partial<Pick<VideoRow, 'channel_account_id' | 'team_role'>>,
): boolean {
  if (viewer.accountId === undefined) return false
  return (
    viewer.accountId === channel.channel_account_id || channel.team_role === 'owner' || channel.team_role === 'editor'
  )
}

function isOwner(viewer: Viewer, video: Seen): boolean {
  return (
    viewer.accountId !== undefined &&
    (viewer.accountId === video.account_id || viewer.accountId === video.channel_account_id)
  )
}

function isInTeam(video: Seen): boolean {
  return video.team_role !== null && video.team_role !== undefined
}

function isStaff(viewer: Viewer): boolean {
  return viewer.role === 'moderator' || viewer.role === 'admin'
}

type Standing = Pick<VideoRow, 'privacy' | 'state'>

/** What a change of a video is to people: its owner hears that it is ready or failed, subscribers that it was published. */
export function stepsTaken(before: Standing, after: Standing): ('ready' | 'failed' | 'published')[] {
  const open = (it: Standing) => it.state === 'ready' && it.privacy === 'public'
  return [
    ...(before.state !== 'ready' && after.state === 'ready' ? ['ready' as const] : []),
    ...(before.state !== 'failed' && after.state === 'failed' ? ['failed' as const] : []),
    ...(!open(before) && open(after) ? ['published' as const] : []),
  ]
}

type Publication = Pick<VideoRow, 'privacy' | 'hidden_reason' | 'review' | 'publish_at' | 'wished_privacy'>

/**
 * What a wish about privacy comes to: a video that staff has taken away stays private, one that has to be looked at first
 * waits, one with a time waits for that. `video_hidden` is a refusal.
 */
export function publication(
  row: Publication,
  wish: { privacy?: Privacy | undefined; publishAt?: Date | null | undefined },
  needsReview: boolean,
): VideoChange | 'video_hidden' {
  if (wish.publishAt) {
    if (row.hidden_reason !== null) return 'video_hidden'
    return { privacy: 'private', publish_at: wish.publishAt, wished_privacy: 'public' }
  }
  const unscheduled = wish.publishAt === null ? { publish_at: null } : {}
  if (wish.privacy === undefined) return unscheduled
  if (wish.privacy === 'private') {
    return {
      privacy: 'private',
      publish_at: null,
      wished_privacy: null,
      review: row.review === 'passed' ? 'passed' : null,
    }
  }
  if (row.hidden_reason !== null) return 'video_hidden'
  // What is out already has been looked at, or was there before anything was.
  if (needsReview && row.review !== 'passed' && row.privacy === 'private')
    return { privacy: 'private', publish_at: null, review: 'wanted', wished_privacy: wish.privacy }
  return { privacy: wish.privacy, publish_at: null, wished_privacy: null }
}

/** Tags that differ only in case or in how Unicode spells them are one tag; the first spelling stays. */
export function uniqueTags(tags: string[]): string[] {
  const seen = new Map<string, string>()
  for (const tag of tags) {
    const plain = tag.normalize('NFKC').toLowerCase()
    if (!seen.has(plain)) seen.set(plain, tag.normalize('NFC'))
  }
  return [...seen.values()]
}

/** Staff has seen other pictures than are there now: it looks again before others do. */
export function backToReview(row: Pick<VideoRow, 'privacy' | 'wished_privacy'>) {
  const wished = row.privacy === 'private' ? (row.wished_privacy as 'public' | 'unlisted' | null) : row.privacy
  return { review: 'wanted', privacy: 'private', wished_privacy: wished } as const
}

/** A place in a list as an opaque word. */
export function writeCursor(place: Place): string {
  return Buffer.from(`${place.at.getTime()}.${place.videoId}`).toString('base64url')
}

/** The place a word stands for; undefined for a word that we cannot have written. */
export function readCursor(cursor: string): Place | undefined {
  const match = /^(\d{1,15})\.([0-9A-Za-z]{8,32})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  return match ? { at: new Date(Number(match[1])), videoId: match[2]! } : undefined
}

/** One row more than the page was read, to know whether another page follows. */
export function cutPage<Row>(rows: Row[], limit: number, placeOf: (row: Row) => Place): { rows: Row[]; next?: string } {
  const last = rows[limit - 1]
  if (rows.length <= limit || last === undefined) return { rows }
  return { rows: rows.slice(0, limit), next: writeCursor(placeOf(last)) }
}

/** What a list shows of a video; `thumbnail` and `preview` are addresses, made by whoever knows the viewer. */
export function cardOf(row: ShownRow, thumbnail: string | undefined, preview?: string): VideoCard {
  // Written one by one, and not spread together: dozens are made for every page.
  const card: VideoCard = {
    id: row.video_id,
    title: row.title,
    channel: channelRef({
      channel_id: row.channel_id,
      handle: row.channel_handle,
      name: row.channel_name,
      avatar_key: row.channel_avatar_key,
    }),
    views: Number(row.views),
    privacy: row.privacy,
    state: row.state,
    created: row.created_at.toISOString(),
  }
  if (row.duration_ms !== null) card.durationMs = Number(row.duration_ms)
  if (row.width !== null) card.width = row.width
  if (row.height !== null) card.height = row.height
  if (thumbnail !== undefined) card.thumbnail = thumbnail
  if (preview !== undefined) card.preview = preview
  if (row.published_at !== null) card.published = row.published_at.toISOString()
  return card
}

/** Why a video failed, for those who may know. */
export function reasonOf(row: Pick<VideoRow, 'state' | 'reason_code'>): { code: string; sentence: string } | undefined {
  if (row.state !== 'failed') return undefined
  const code =
    row.reason_code !== null && Object.hasOwn(refusals, row.reason_code)
      ? (row.reason_code as RefusalCode)
      : 'source_undecodable'
  return { code, sentence: refusals[code][1] }
}

export function progressOf(
  row: Pick<VideoRow, 'optimised_at'>,
  counted: Pick<ProgressRow, 'segments_done' | 'segments_total'> | undefined,
) {
  if (!counted) return undefined
  const segmentsTotal = Number(counted.segments_total)
  const optimised = row.optimised_at !== null
  return {
    segmentsDone: optimised ? segmentsTotal : Math.min(Number(counted.segments_done), segmentsTotal),
    segmentsTotal,
    optimised,
  }
}
