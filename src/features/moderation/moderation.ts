/** Moderation: what people report, and what staff decides, with a reason that whoever it concerns can read. */
import type { z } from 'zod'
import type { Report, ReportWords, reportContent } from '../../contract/moderation.ts'
import { refuse } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import { cutPage } from '../../kit/places.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { askedPlace, nextOf, type PageAsked } from '../../platform/http/paging.ts'
import { changeAccount, lockAccount, refuseLastAdmin, tellByLetter } from '../accounts/accounts.ts'
import { noteAct } from '../audit/audit.ts'
import { findChannel } from '../channels/channels.ts'
import { removeAccount } from '../farewell/farewell.ts'
import { excerptOf, notify } from '../notifications/notifications.ts'
import { forgetAccount } from '../recommend/recommend.ts'
import * as trust from '../trust/trust.ts'
import * as videos from '../videos/videos.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

type Given = z.output<NonNullable<typeof reportContent.body>>

/** Reports something one can see. Refuses what the thing itself refuses, already_reported, and too_many. */
export async function report(app: App, viewer: Viewer, given: Given): Promise<Report> {
  const accountId = viewer.accountId!
  if ((await store.countOpenOf(app, accountId)) >= rules.MOST_OPEN_REPORTS) return refuse('too_many')
  const subject = await subjectOf(app, viewer, given)
  const row = {
    report_id: newId(),
    account_id: accountId,
    kind: given.kind,
    ...subject,
    reason: given.reason,
    words: given.words,
    state: 'open' as const,
    created_at: app.clock.now(),
  }
  if (!(await store.insertReport(app, row))) return refuse('already_reported')
  return seeReport(app, viewer, row.report_id)
}

async function subjectOf(app: App, viewer: Viewer, given: Given): Promise<store.Subject> {
  if (given.kind === 'channel') {
    const channel = await findChannel(app, given.handle)
    return { subject_id: channel.channel_id, video_id: null, owner_account_id: channel.account_id, title: channel.name }
  }
  const video = await videos.seeVideo(app, viewer, given.videoId)
  if (given.kind === 'video') {
    const { video_id, account_id, title } = video
    return { subject_id: video_id, video_id, owner_account_id: account_id, title }
  }
  const comment = await store.loadComment(app, given.videoId, given.commentId)
  if (comment?.state !== 'shown') return refuse('comment_not_found')
  return {
    subject_id: comment.comment_id,
    video_id: given.videoId,
    owner_account_id: comment.account_id,
    title: excerptOf(comment.body),
  }
}

/** What an account has reported, newest first. */
export async function listMine(app: App, viewer: Viewer, page: PageAsked) {
  return pageOfReports(app, viewer, page, { accountId: viewer.accountId! })
}

/** The queue, newest first. */
export async function listReports(app: App, viewer: Viewer, page: PageAsked & { state: Report['state'] }) {
  return pageOfReports(app, viewer, page, { state: page.state })
}

async function pageOfReports(app: App, viewer: Viewer, page: PageAsked, which: store.Which) {
  const rows = await store.listReports(app, which, askedPlace(page, 'number', 'id'), page.limit + 1)
  const cut = cutPage(rows, page.limit, (row) => [row.created_at.getTime(), row.report_id])
  return { items: cut.rows.map((row) => rules.toReport(row, rules.isStaff(viewer))), ...nextOf(cut) }
}

async function seeReport(app: App, viewer: Viewer, reportId: string): Promise<Report> {
  return rules.toReport(await rowFor(app, viewer, reportId), rules.isStaff(viewer))
}

/** Staff sees every report, and whoever reported their own. Refuses report_not_found, alike for what is not there. */
async function rowFor(app: App, viewer: Viewer, reportId: string): Promise<store.ReportRow> {
  const row = await store.loadReport(app, reportId)
  if (!row || (!rules.isStaff(viewer) && row.account_id !== viewer.accountId)) return refuse('report_not_found')
  return row
}

/** One report with what was said about it; notes are for staff. */
export async function getReport(app: App, viewer: Viewer, reportId: string) {
  const row = await rowFor(app, viewer, reportId)
  const isStaff = rules.isStaff(viewer)
  const said = (await store.listWords(app, reportId)).filter((it) => isStaff || !it.internal)
  return { ...rules.toReport(row, isStaff), said: said.map(rules.toWords) }
}

/** A message, or for staff a note. Whoever reported hears of a message by staff. */
export async function write(
  app: App,
  viewer: Viewer,
  reportId: string,
  given: { words: string; internal: boolean },
): Promise<z.infer<typeof ReportWords>> {
  const row = await rowFor(app, viewer, reportId)
  const byStaff = rules.isStaff(viewer)
  const words = {
    report_id: reportId,
    words_id: newId(),
    account_id: viewer.accountId!,
    internal: byStaff && given.internal,
    by_staff: byStaff,
    words: given.words,
    created_at: app.clock.now(),
  }
  await app.together(async (app) => {
    await store.insertWords(app, words)
    if (byStaff && !words.internal && row.account_id !== null) {
      const body = { excerpt: excerptOf(given.words) }
      await notify(app, [{ accountId: row.account_id, kind: 'report_handled', subject: words.words_id, body }])
    }
  })
  return rules.toWords(words)
}

/** Decides about a report; deciding again changes the decision. Whoever reported hears of it. */
export async function handle(
  app: App,
  viewer: Viewer,
  reportId: string,
  given: { state: 'accepted' | 'rejected'; answer: string },
): Promise<Report> {
  await app.together(async (app) => {
    const row = await store.lockReport(app, reportId)
    if (!row) return refuse('report_not_found')
    await store.settleReport(app, reportId, given.state, viewer.accountId!)
    await noteAct(app, viewer, 'report.settle', { kind: 'report', id: reportId }, given)
    if (row.account_id === null) return
    const excerpt = given.answer === '' ? {} : { excerpt: excerptOf(given.answer) }
    const subject = `${reportId} ${given.state}`
    await notify(app, [{ accountId: row.account_id, kind: 'report_handled', subject, body: excerpt }])
  })
  return seeReport(app, viewer, reportId)
}

/** Takes a video away; its owner reads why. Refuses video_not_found. */
export async function hideVideo(app: App, viewer: Viewer, videoId: string, reason: string): Promise<void> {
  const video = await videos.seeVideo(app, viewer, videoId)
  await app.together(async (app) => {
    await videos.hideVideo(app, videoId, reason)
    await noteAct(app, viewer, 'video.hide', { kind: 'video', id: videoId }, { reason, title: video.title })
    await tellOwner(app, video.account_id, { video: { id: videoId, title: video.title }, excerpt: reason })
  })
}

/** Gives a video back. Refuses video_not_found. */
export async function restoreVideo(app: App, viewer: Viewer, videoId: string): Promise<void> {
  const video = await videos.seeVideo(app, viewer, videoId)
  await app.together(async (app) => {
    await videos.restoreVideo(app, videoId)
    await noteAct(app, viewer, 'video.restore', { kind: 'video', id: videoId })
    await tellOwner(app, video.account_id, { video: { id: videoId, title: video.title } })
  })
}

async function tellOwner(
  app: App,
  accountId: string,
  body: { video?: { id: string; title: string }; excerpt?: string },
): Promise<void> {
  await notify(app, [{ accountId, kind: 'moderation', subject: newId(), body }])
}

/** Takes a comment away; its author reads why. Refuses comment_not_found. */
export async function hideComment(app: App, viewer: Viewer, videoId: string, commentId: string, reason: string) {
  await app.together(async (app) => {
    const comment = await store.setCommentState(app, videoId, commentId, 'hidden')
    if (!comment) return refuse('comment_not_found')
    const detail = { reason, text: excerptOf(comment.body) }
    await noteAct(app, viewer, 'comment.hide', { kind: 'comment', id: commentId }, detail)
    await tellOwner(app, comment.account_id, { excerpt: reason })
  })
}

export async function restoreComment(app: App, viewer: Viewer, videoId: string, commentId: string): Promise<void> {
  await app.together(async (app) => {
    if (!(await store.setCommentState(app, videoId, commentId, 'shown'))) return refuse('comment_not_found')
    await noteAct(app, viewer, 'comment.restore', { kind: 'comment', id: commentId })
  })
}

/**
 * Suspends an account. Nobody suspends oneself, and only administrators suspend staff. Refuses account_not_found,
 * not_allowed, last_admin.
 */
export async function suspend(
  app: App,
  viewer: Viewer,
  accountId: string,
  given: { reason: string; hideVideos: boolean },
): Promise<void> {
  await app.together(async (app) => {
    const account = await lockAccount(app, accountId)
    if (!rules.mayDecideAbout(viewer, account)) return refuse('not_allowed')
    if (account.role === 'admin') await refuseLastAdmin(app, accountId)
    await changeAccount(app, accountId, { state: 'suspended', state_reason: given.reason })
    await noteAct(app, viewer, 'account.suspend', { kind: 'account', id: accountId }, given)
    await tellByLetter(app, account, 'notice.suspended', { reason: given.reason })
  })
  if (!given.hideVideos) return
  // One by one: each is a change of its own, and a suspension holds whether or not all of them are through.
  for (const videoId of await store.listOpenVideosOf(app, accountId)) await videos.hideVideo(app, videoId, given.reason)
}

/** Ends a suspension. Refuses account_not_found, not_allowed. */
export async function reinstate(app: App, viewer: Viewer, accountId: string): Promise<void> {
  await app.together(async (app) => {
    const account = await lockAccount(app, accountId)
    if (!rules.mayDecideAbout(viewer, account)) return refuse('not_allowed')
    if (account.state !== 'suspended') return
    await changeAccount(app, accountId, { state: 'active', state_reason: null })
    await noteAct(app, viewer, 'account.reinstate', { kind: 'account', id: accountId })
    await tellByLetter(app, account, 'notice.reinstated')
  })
}

const WAITING_SHOWN = 100

export async function listReview(app: App, viewer: Viewer) {
  return { items: await videos.listToReview(app, viewer, WAITING_SHOWN) }
}

/** Lets a video become what its owner wanted. Refuses video_not_found. */
export async function passVideo(app: App, viewer: Viewer, videoId: string): Promise<void> {
  await videos.seeVideo(app, viewer, videoId)
  await app.together(async (app) => {
    await videos.passReview(app, videoId)
    await noteAct(app, viewer, 'video.pass', { kind: 'video', id: videoId })
  })
}

export async function listWaiting(app: App) {
  return { items: (await store.listWaiting(app, WAITING_SHOWN)).map(rules.toWaiting) }
}

/** Lets an account in. Refuses account_not_found for one that does not wait. */
export async function admit(app: App, viewer: Viewer, accountId: string): Promise<void> {
  await app.together(async (app) => {
    const account = await lockAccount(app, accountId)
    if (account.state !== 'waiting') return refuse('account_not_found')
    await changeAccount(app, accountId, { state: 'active' })
    await noteAct(app, viewer, 'account.admit', { kind: 'account', id: accountId })
    await tellByLetter(app, account, 'notice.admitted')
  })
}

/** Declines an account, and removes it. Refuses account_not_found for one that does not wait. */
export async function decline(app: App, viewer: Viewer, accountId: string): Promise<void> {
  await app.together(async (app) => {
    const account = await lockAccount(app, accountId)
    if (account.state !== 'waiting') return refuse('account_not_found')
    await noteAct(app, viewer, 'account.decline', { kind: 'account', id: accountId }, { name: account.name })
    await removeAccount(app, accountId)
  })
}

export async function setWords(app: App, viewer: Viewer, items: { word: string; deed: 'hold' | 'refuse' }[]) {
  return app.together(async (app) => {
    const kept = await trust.replaceWords(app, items)
    await noteAct(app, viewer, 'words.set', { kind: 'words', id: 'words' }, { count: kept.items.length })
    return kept
  })
}

export async function listBlocks(app: App, viewer: Viewer) {
  return { items: (await trust.listBlocks(app, viewer.accountId!)).map(rules.toBlock) }
}

/** Mutes or blocks whoever owns a channel. Refuses channel_not_found, own_channel, too_many. */
export async function block(app: App, viewer: Viewer, handle: string, kind: 'mute' | 'block'): Promise<void> {
  const channel = await findChannel(app, handle)
  if (channel.account_id === viewer.accountId) return refuse('own_channel')
  await trust.setBlock(app, viewer.accountId!, channel.account_id, kind)
  await forgetAccount(app, viewer.accountId!)
}

export async function unblock(app: App, viewer: Viewer, handle: string): Promise<void> {
  await trust.removeBlock(app, viewer.accountId!, (await findChannel(app, handle)).account_id)
  await forgetAccount(app, viewer.accountId!)
}
