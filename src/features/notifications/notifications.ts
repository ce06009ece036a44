/** Notifications: tells accounts what they should hear of, in the app at once, and by letter where they want one. */
import type { NotificationBody, NotificationKind, NotificationSetting } from '../../contract/notifications.ts'
import { newId } from '../../kit/ids.ts'
import { cutPage } from '../../kit/places.ts'
import type { App } from '../../platform/app.ts'
import { siteAddress } from '../../platform/config.ts'
import { askedPlace, nextOf, type PageAsked } from '../../platform/http/paging.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import { loadVideo, toCard, type videoStepped } from '../videos/videos.ts'
import { tellWebhooks } from '../webhooks/webhooks.ts'
import { pushTo } from './push.ts'
import * as rules from './rules.ts'
import { stopKeyOf } from './stop.ts'
import * as store from './store.ts'

export { excerptOf } from './rules.ts'

/** Shouted when an account has something new or has read it; the word is JSON: account ids. */
export const NEWS_CHANNEL = 'notifications'
/** So many ids fit into one shout. */
const IDS_PER_SHOUT = 100
const FOLLOWERS_AT_ONCE = 500
/** Shown as "99+". */
const MOST_UNREAD = 100
const DAY_MS = 86_400_000

export interface Notice {
  accountId: string
  kind: NotificationKind
  /** What it is about: the same is told to an account once. */
  subject: string
  body: NotificationBody
}

/** Sends one letter. */
export const mailNotice = jobKind<{ accountId: string; kind: NotificationKind; body: NotificationBody }>({
  name: 'notifications.mail',
  lane: 'quick',
  maxAttempts: 8,
  maxCrashes: 3,
})

/** Tells accounts, each by the ways it wants. Called in the transaction of what happened, it is told if that commits. */
export async function notify(app: App, notices: Notice[]): Promise<void> {
  if (notices.length === 0) return
  await app.together(async (app) => {
    const kinds = [...new Set(notices.map((it) => it.kind))]
    const chosen = await store.listSettings(app, [...new Set(notices.map((it) => it.accountId))], kinds)
    const wayOf = new Map(chosen.map((it) => [`${it.accountId} ${it.kind}`, it]))
    const ways = notices.map((it) => ({
      it,
      way: wayOf.get(`${it.accountId} ${it.kind}`) ?? rules.defaultSetting(it.kind),
    }))
    const told = await store.insertNew(
      app,
      ways.filter(({ way }) => way.inApp).map(({ it }) => ({ ...it, notificationId: newId() })),
    )
    const letters = ways.filter(({ it, way }) => way.byEmail && (!way.inApp || told.includes(it.accountId)))
    await app.queue.addMany(
      mailNotice,
      letters.map(({ it: { accountId, kind, subject, body } }) => ({
        input: { accountId, kind, body },
        options: { key: `${accountId} ${kind} ${subject}` },
      })),
    )
    const pushed = ways.filter(({ it, way }) => way.byPush && (!way.inApp || told.includes(it.accountId)))
    await pushTo(
      app,
      pushed.map(({ it }) => it),
    )
    await shoutTo(app, told)
  })
}

async function shoutTo(app: App, accountIds: string[]): Promise<void> {
  for (let from = 0; from < accountIds.length; from += IDS_PER_SHOUT)
    await app.bus.shout(NEWS_CHANNEL, JSON.stringify(accountIds.slice(from, from + IDS_PER_SHOUT)))
}

/** A file that was to take the place of another could not be used: the owner hears of it. May run twice. */
export async function tellRefusedFile(
  app: App,
  { videoId, sourceKey, reason }: { videoId: string; sourceKey: string; reason: string },
): Promise<void> {
  const video = await loadVideo(app, videoId)
  if (!video) return
  const body = { video: { id: videoId, title: video.title }, reason, replacement: true }
  await notify(app, [{ accountId: video.account_id, kind: 'video_failed', subject: sourceKey, body }])
}

/** A video is ready, has failed or was published: its owner or the channel's followers hear of it. May run twice. */
export async function tellStep(
  app: App,
  { videoId, what }: typeof videoStepped extends { input?: infer I } ? NonNullable<I> : never,
): Promise<void> {
  const video = await loadVideo(app, videoId)
  if (!video) return
  const body = { video: { id: videoId, title: video.title } }
  if (what !== 'published' || (video.privacy === 'public' && video.state === 'ready'))
    await app.together((app) =>
      tellWebhooks(app, video.account_id, `video.${what}`, `${videoId} ${video.run_id}`, body),
    )
  if (what === 'failed') {
    const reason = video.reason_code === null ? {} : { reason: video.reason_code }
    return notify(app, [
      { accountId: video.account_id, kind: 'video_failed', subject: videoId, body: { ...body, ...reason } },
    ])
  }
  if (what === 'ready')
    return notify(app, [{ accountId: video.account_id, kind: 'video_ready', subject: videoId, body }])
  if (video.privacy !== 'public' || video.state !== 'ready') return
  const actor = toCard(app, video).channel
  let after = ''
  for (;;) {
    const followers = await store.listFollowers(app, video.channel_id, after, FOLLOWERS_AT_ONCE)
    await notify(
      app,
      followers.map((accountId) => ({ accountId, kind: 'new_video', subject: videoId, body: { ...body, actor } })),
    )
    const last = followers.at(-1)
    if (last === undefined || followers.length < FOLLOWERS_AT_ONCE) return
    after = last
  }
}

/** Sends the letter of a notice; to an account that is gone, none. */
export async function sendLetter(
  app: App,
  { accountId, kind, body }: { accountId: string; kind: NotificationKind; body: NotificationBody },
): Promise<void> {
  const reader = await store.findReader(app, accountId)
  if (!reader) return
  const stopKey = stopKeyOf(app, accountId, kind)
  await app.mail.send(rules.letterOf({ ...reader, stopKey }, siteAddress(app.config), kind, body))
}

/** Newest first, and how many are unread. Refuses bad_request for a cursor that is not ours. */
export async function listNotifications(app: App, accountId: string, page: PageAsked) {
  const rows = await store.listOf(app, accountId, askedPlace(page, 'number', 'id'), page.limit + 1)
  const cut = cutPage(rows, page.limit, (row) => [row.created_at.getTime(), row.notification_id])
  return {
    items: cut.rows.map(toNotification),
    ...nextOf(cut),
    unread: await store.countUnread(app, accountId, MOST_UNREAD),
  }
}

/** The newest one, and how many are unread. */
export async function newsOf(app: App, accountId: string) {
  const [latest] = await store.listOf(app, accountId, undefined, 1)
  return { unread: await store.countUnread(app, accountId, MOST_UNREAD), latest: latest && toNotification(latest) }
}

function toNotification(row: store.NotificationRow) {
  return {
    ...(row.body as NotificationBody),
    id: row.notification_id,
    kind: row.kind as NotificationKind,
    created: row.created_at.toISOString(),
    read: row.read_at !== null,
  }
}

/** Marks those named as read, or all; tells the account's other windows. */
export async function readNotifications(
  app: App,
  accountId: string,
  ids: string[] | undefined,
): Promise<{ unread: number }> {
  await store.markRead(app, accountId, ids)
  await shoutTo(app, [accountId])
  return { unread: await store.countUnread(app, accountId, MOST_UNREAD) }
}

export async function removeNotification(app: App, accountId: string, notificationId: string): Promise<void> {
  await store.deleteOne(app, accountId, notificationId)
  await shoutTo(app, [accountId])
}

export async function getSettings(app: App, accountId: string): Promise<{ items: NotificationSetting[] }> {
  const chosen = await store.listSettings(app, [accountId])
  return { items: rules.settingsOf(chosen.map(({ accountId: _, ...it }) => it)) }
}

export async function setSettings(app: App, accountId: string, items: store.ChosenSetting[]) {
  // A kind that is given twice means what was said last; one statement cannot write a row twice.
  await store.saveSettings(app, accountId, [...new Map(items.map((it) => [it.kind, it])).values()])
  return getSettings(app, accountId)
}

/** Forgets what is old. Run by the clock; may run twice. */
export async function forgetOldNotifications(app: App): Promise<void> {
  const before = new Date(app.clock.nowMs() - rules.KEPT_DAYS * DAY_MS)
  const batch = 10_000
  while ((await store.deleteBefore(app, before, batch)) === batch);
}
