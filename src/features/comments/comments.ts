/** Comments: threads below videos, and what their authors and the channel may do with them. */
import type { Comment } from '../../contract/comments.ts'
import { refuse } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import { cutPage } from '../../kit/places.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { retryAfter } from '../../platform/http/limits.ts'
import { askedPlace, nextOf, type PageAsked } from '../../platform/http/paging.ts'
import { accountsOfHandles, channelOf } from '../channels/channels.ts'
import { excerptOf, notify } from '../notifications/notifications.ts'
import { judgeWords, refuseBlocked, standingOf, unseenBy, whoHear } from '../trust/trust.ts'
import { loadVideo, mayEdit, seeVideo, type VideoRow } from '../videos/videos.ts'
import { tellWebhooks } from '../webhooks/webhooks.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

type CommentRow = store.CommentRow

const HOUR_MS = 3_600_000
/** An author's own comments that wait are shown to them on top; more than these wait in silence. */
const OWN_HELD_SHOWN = 10

const isStaff = (viewer: Viewer) => viewer.role === 'moderator' || viewer.role === 'admin'

/** The threads of a video: on the first page the pinned one and the viewer's own that wait, then by `sort`. */
export async function listComments(
  app: App,
  viewer: Viewer,
  videoId: string,
  page: PageAsked & { sort: 'top' | 'newest' },
) {
  const video = await seeVideo(app, viewer, videoId)
  const { accountId } = viewer
  const unseen = await unseenBy(app, accountId)
  const isFirst = page.after === undefined
  const held =
    isFirst && accountId !== undefined ? await store.listOwnHeld(app, videoId, accountId, OWN_HELD_SHOWN) : []
  // On the first page there may be one before all that is not counted.
  const read = page.limit + (isFirst ? 2 : 1)
  const found =
    page.sort === 'top'
      ? await store.listTop(app, videoId, accountId, askedPlace(page, 'number', 'number', 'id'), read)
      : await store.listNewest(app, videoId, accountId, askedPlace(page, 'number', 'id'), read)
  const pinned = found.filter((row) => row.pinned)
  const cut = cutPage(
    found.filter((row) => !row.pinned),
    page.limit,
    page.sort === 'top' ? weightPlace : timePlace,
  )
  return {
    items: [...pinned, ...held, ...cut.rows]
      .filter((row) => !unseen.has(row.account_id))
      .map((row) => rules.toComment(row, video, accountId)),
    ...nextOf(cut),
    count: Number(video.comment_count),
    policy: video.comments_policy,
    manages: mayEdit(viewer, video),
  }
}

const weightPlace = (row: CommentRow) => [row.weight, row.created_at.getTime(), row.comment_id]
const timePlace = (row: CommentRow): [number, string] => [row.created_at.getTime(), row.comment_id]

/** The replies of a thread, oldest first. Refuses video_not_found, comment_not_found. */
export async function listReplies(app: App, viewer: Viewer, videoId: string, commentId: string, page: PageAsked) {
  const { video } = await seeComment(app, viewer, videoId, commentId)
  const rows = await store.listReplies(
    app,
    videoId,
    commentId,
    viewer.accountId,
    askedPlace(page, 'number', 'id'),
    page.limit + 1,
  )
  const cut = cutPage(rows, page.limit, timePlace)
  const unseen = await unseenBy(app, viewer.accountId)
  const seen = cut.rows.filter((row) => !unseen.has(row.account_id))
  return { items: seen.map((row) => rules.toComment(row, video, viewer.accountId)), ...nextOf(cut) }
}

export async function getComment(app: App, viewer: Viewer, videoId: string, commentId: string): Promise<Comment> {
  const { video, row } = await seeComment(app, viewer, videoId, commentId)
  return rules.toComment(row, video, viewer.accountId)
}

/** The comment and its video, if this viewer may see them. Refuses video_not_found, comment_not_found. */
async function seeComment(
  app: App,
  viewer: Viewer,
  videoId: string,
  commentId: string,
): Promise<{ video: VideoRow; row: CommentRow; manages: boolean }> {
  const video = await seeVideo(app, viewer, videoId)
  const row = await store.loadComment(app, videoId, commentId, viewer.accountId)
  const manages = mayEdit(viewer, video)
  if (!row || !rules.maySeeComment(row, { accountId: viewer.accountId, manages, isStaff: isStaff(viewer) }))
    return refuse('comment_not_found')
  return { video, row, manages }
}

/** Writes a comment or a reply. Refuses comments_closed, comment_not_found, blocked, words_refused, email_unproved, too_many. */
export async function postComment(
  app: App,
  viewer: Viewer,
  videoId: string,
  given: { text: string; replyTo?: string | undefined },
): Promise<Comment> {
  const accountId = viewer.accountId!
  const video = await seeVideo(app, viewer, videoId)
  const manages = mayEdit(viewer, video)
  if (video.comments_policy === 'closed' && !manages) return refuse('comments_closed')
  const parent = given.replyTo === undefined ? undefined : await store.loadComment(app, videoId, given.replyTo)
  if (given.replyTo !== undefined && parent?.state !== 'shown') return refuse('comment_not_found')
  await standingOf(app, accountId)
  await refuseBlocked(app, accountId, [video.channel_account_id, ...(parent ? [parent.account_id] : [])])
  const isNewAccount = await isNew(app, accountId)
  if (isNewAccount && !manages) await takeNewcomersTurn(app, accountId)
  const judged = manages ? 'pass' : await judgeWords(app, given.text)

  const { id: channelId } = await channelOf(app, accountId)
  const waits =
    judged === 'hold' || rules.mustWait({ policy: video.comments_policy, manages, isNewAccount, text: given.text })
  const commentId = newId()
  await app.together(async (app) => {
    await store.insertComment(app, {
      video_id: videoId,
      comment_id: commentId,
      thread_id: parent ? (parent.thread_id ?? parent.comment_id) : null,
      account_id: accountId,
      channel_id: channelId,
      body: given.text,
      state: waits ? 'held' : 'shown',
      created_at: app.clock.now(),
    })
    const row = (await store.loadComment(app, videoId, commentId))!
    await tell(app, video, row, parent)
    await tellWebhooks(app, video.account_id, 'comment.created', commentId, {
      video: { id: videoId, title: video.title },
      comment: { id: commentId, text: given.text, state: row.state, author: row.handle },
    })
  })
  return getComment(app, viewer, videoId, commentId)
}

async function isNew(app: App, accountId: string): Promise<boolean> {
  const born = await store.findAccountBirth(app, accountId)
  const trustedAfterMs = app.config['comments.trust_after_hours'] * HOUR_MS
  return born === undefined || app.clock.nowMs() - born.getTime() < trustedAfterMs
}

async function takeNewcomersTurn(app: App, accountId: string): Promise<void> {
  const turn = await app.cache.take(`comments:newcomer:${accountId}`, rules.NEW_ACCOUNT_PER_HOUR, HOUR_MS)
  if (!turn.ok) refuse('too_many', undefined, retryAfter(turn.waitMs))
}

/** Tells of a comment: of one that waits its channel only, of one that is shown also those it answers and names. */
async function tell(app: App, video: VideoRow, row: CommentRow, parent?: CommentRow): Promise<void> {
  const body = {
    actor: { id: row.channel_id, handle: row.handle, name: row.name },
    video: { id: video.video_id, title: video.title },
    commentId: row.comment_id,
    excerpt: excerptOf(row.body),
  }
  const subject = row.comment_id
  if (row.state !== 'shown')
    return notify(app, [{ accountId: video.channel_account_id, kind: 'comment_held', subject, body }])
  const thread = row.thread_id === null ? undefined : await store.loadComment(app, row.video_id, row.thread_id)
  await notify(
    app,
    rules.noticesOf({
      authorId: row.account_id,
      subject,
      body,
      answered: [parent, thread].flatMap((it) => it?.account_id ?? []),
      named: await whoHear(app, row.account_id, await accountsOfHandles(app, rules.mentionsIn(row.body))),
      ownerId: video.channel_account_id,
    }),
  )
}

/** Changes an own comment; what it says now is judged like a new one. */
export async function editComment(
  app: App,
  viewer: Viewer,
  videoId: string,
  commentId: string,
  text: string,
): Promise<Comment> {
  const { video, row, manages } = await seeComment(app, viewer, videoId, commentId)
  if (row.account_id !== viewer.accountId) return refuse('not_allowed')
  if (video.comments_policy === 'closed' && !manages) return refuse('comments_closed')
  if (text !== row.body) {
    const isNewAccount = await isNew(app, viewer.accountId)
    const judged = manages ? 'pass' : await judgeWords(app, text)
    const waits = judged === 'hold' || rules.mustWait({ policy: video.comments_policy, manages, isNewAccount, text })
    await store.updateComment(app, videoId, commentId, {
      body: text,
      edited_at: app.clock.now(),
      ...(waits && row.state === 'shown' ? { state: 'held', pinned: false } : {}),
    })
  }
  return getComment(app, viewer, videoId, commentId)
}

/** Deletes a comment with its replies: by its author, the channel or staff. */
export async function removeComment(app: App, viewer: Viewer, videoId: string, commentId: string): Promise<void> {
  const { row, manages } = await seeComment(app, viewer, videoId, commentId)
  if (row.account_id !== viewer.accountId && !manages && !isStaff(viewer)) return refuse('not_allowed')
  await store.deleteComment(app, videoId, commentId)
}

export async function likeComment(app: App, viewer: Viewer, videoId: string, commentId: string, liked: boolean) {
  await seeComment(app, viewer, videoId, commentId)
  if (liked) await store.insertLike(app, videoId, commentId, viewer.accountId!)
  else await store.deleteLike(app, videoId, commentId, viewer.accountId!)
  const row = await store.loadComment(app, videoId, commentId, viewer.accountId)
  return row ? { likes: row.like_count, liked: row.liked } : refuse('comment_not_found')
}

/** Pins, hearts, approves: for those who edit the channel of the video. */
export async function markComment(
  app: App,
  viewer: Viewer,
  videoId: string,
  commentId: string,
  marks: { pinned?: boolean | undefined; hearted?: boolean | undefined; approved?: true | undefined },
): Promise<Comment> {
  const { video, row, manages } = await seeComment(app, viewer, videoId, commentId)
  if (!manages) return refuse('not_allowed')
  const state = marks.approved && row.state === 'held' ? 'shown' : row.state
  if (marks.pinned && (row.thread_id !== null || state !== 'shown'))
    return refuse('bad_request', 'only the beginning of a thread that is shown can be pinned')
  await app.together(async (app) => {
    if (marks.pinned) await store.unpinAll(app, videoId)
    await store.updateComment(app, videoId, commentId, {
      ...(marks.pinned === undefined ? {} : { pinned: marks.pinned }),
      ...(marks.hearted === undefined ? {} : { hearted: marks.hearted }),
      ...(state === row.state ? {} : { state }),
    })
    if (state !== row.state) await tell(app, video, { ...row, state })
  })
  return getComment(app, viewer, videoId, commentId)
}

/** Takes a comment out of sight, or brings it back: for moderation, which has asked already who may. No error where it is gone. */
export async function setHidden(app: App, videoId: string, commentId: string, hidden: boolean): Promise<void> {
  await store.updateComment(app, videoId, commentId, hidden ? { state: 'hidden', pinned: false } : { state: 'shown' })
}

/** A comment whoever asks, with the video it is below: for work that was allowed elsewhere. */
export async function loadComment(app: App, videoId: string, commentId: string) {
  const [row, video] = await Promise.all([store.loadComment(app, videoId, commentId), loadVideo(app, videoId)])
  return row && video ? { row, video } : undefined
}

/** What waits for approval on the channels the account works for, newest first. */
export async function listHeld(app: App, viewer: Viewer, page: PageAsked) {
  const rows = await store.listHeld(app, viewer.accountId!, askedPlace(page, 'number', 'id'), page.limit + 1)
  const cut = cutPage(rows, page.limit, timePlace)
  const items = cut.rows.map((row) => ({
    ...rules.toComment(row, { channel_id: row.video_channel_id }, viewer.accountId),
    videoTitle: row.video_title,
  }))
  return { items, ...nextOf(cut) }
}
