/** Notifications: what an account should hear of. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ChannelRef, Id, PageQuery, pageOf, Time, WebAddress } from './shapes.ts'

export const NOTIFICATION_KINDS = [
  'new_video',
  'comment',
  'reply',
  'mention',
  'comment_held',
  'subscriber',
  'video_ready',
  'video_failed',
  'team_invitation',
  'report_handled',
  'moderation',
  'digest',
  'starts_fell',
  'audience_grew',
] as const
export const NotificationKind = z.enum(NOTIFICATION_KINDS)
export type NotificationKind = z.infer<typeof NotificationKind>

/** What it is about, as far as there is such a thing; the texts are made of it in the reader's language. */
export const NotificationBody = z.object({
  /** Who did it. */
  actor: ChannelRef.optional(),
  video: z.object({ id: Id, title: z.string() }).optional(),
  commentId: Id.optional(),
  channel: ChannelRef.optional(),
  /** The beginning of a comment, or the words of staff. */
  excerpt: z.string().optional(),
  /** What a digest suggests. */
  videos: z
    .array(z.object({ id: Id, title: z.string(), channel: z.string() }))
    .max(10)
    .optional(),
  /** Code of a refusal: why a video failed. */
  reason: z.string().optional(),
  /** What failed is a file that was to take the place of another; the video is what it was. */
  replacement: z.boolean().optional(),
})
export type NotificationBody = z.infer<typeof NotificationBody>

export const Notification = NotificationBody.extend({
  id: Id,
  kind: NotificationKind,
  created: Time,
  read: z.boolean(),
})
export type Notification = z.infer<typeof Notification>

export const NotificationSetting = z.object({
  kind: NotificationKind,
  inApp: z.boolean(),
  byEmail: z.boolean(),
  /** To every browser of the account that takes pushes. */
  byPush: z.boolean(),
})
export type NotificationSetting = z.infer<typeof NotificationSetting>

export const listNotifications = endpoint({
  says: 'What the account should hear of, newest first.',
  method: 'GET',
  path: '/me/notifications',
  who: 'member',
  query: PageQuery,
  reply: pageOf(Notification).extend({ unread: z.number() }),
  refuses: [],
})

export const readNotifications = endpoint({
  says: 'Marks notifications as read: those named, or all.',
  method: 'PUT',
  path: '/me/notifications/read',
  who: 'member',
  body: z.object({ ids: z.array(Id).max(200).optional() }),
  reply: z.object({ unread: z.number() }),
  refuses: [],
})

export const removeNotification = endpoint({
  says: 'Deletes a notification; one that is not there is no error.',
  method: 'DELETE',
  path: '/me/notifications/:notificationId',
  who: 'member',
  params: z.object({ notificationId: Id }),
  refuses: [],
})

export const getNotificationSettings = endpoint({
  says: 'Which kinds of notification the account wants, and how.',
  method: 'GET',
  path: '/me/notification-settings',
  who: 'member',
  reply: z.object({ items: z.array(NotificationSetting) }),
  refuses: [],
})

export const setNotificationSettings = endpoint({
  says: 'Changes the kinds that are given; the others stay.',
  method: 'PUT',
  path: '/me/notification-settings',
  who: 'member',
  body: z.object({
    items: z.array(NotificationSetting.extend({ byPush: z.boolean().optional() })).max(NOTIFICATION_KINDS.length),
  }),
  reply: z.object({ items: z.array(NotificationSetting) }),
  refuses: [],
})

/** The key that a letter carries for ending letters of its kind. */
export const StopKey = z.string().min(1).max(500)
export const STOPS_PER_MINUTE = 30

export const stopLetters = endpoint({
  says: 'Ends letters of one kind to one account, by the key that each of them carries in the address `/unsubscribe?key=`; to whatever is posted there the answer is the same (RFC 8058).',
  method: 'POST',
  path: '/letters/stop',
  who: 'anyone',
  body: z.object({ key: StopKey }),
  reply: z.object({ kind: NotificationKind }),
  refuses: [],
  perMinute: STOPS_PER_MINUTE,
})

/** A browser of the account that takes pushes. */
export const PushWindow = z.object({
  id: Id,
  /** What it says it is. */
  browser: z.string(),
  created: Time,
  /** The one that asks. */
  current: z.boolean(),
})
export type PushWindow = z.infer<typeof PushWindow>

export const getPush = endpoint({
  says: 'The key that a browser subscribes to pushes with (`applicationServerKey`), and the browsers of the account that do.',
  method: 'GET',
  path: '/me/push',
  who: 'member',
  scope: 'account',
  reply: z.object({ key: z.string(), items: z.array(PushWindow) }),
  refuses: [],
})

export const addPush = endpoint({
  says: 'Pushes notifications to the browser that asks: what `PushSubscription.toJSON()` gives. It ends with the session.',
  method: 'POST',
  path: '/me/push',
  who: 'member',
  scope: 'account',
  body: z.object({
    endpoint: WebAddress.pipe(z.string().max(1000)),
    expirationTime: z.number().nullish(),
    keys: z.object({
      p256dh: z.string().regex(/^[A-Za-z0-9_-]{87}=?$/, 'is not a key'),
      auth: z.string().regex(/^[A-Za-z0-9_-]{22}(==)?$/, 'is not a secret'),
    }),
  }),
  reply: PushWindow,
  refuses: ['address_forbidden'],
  perMinute: 20,
})

export const removePush = endpoint({
  says: 'Pushes no more to a browser of the account; to one that is not there is no error.',
  method: 'DELETE',
  path: '/me/push/:pushId',
  who: 'member',
  scope: 'account',
  params: z.object({ pushId: Id }),
  refuses: [],
})

/** What a push holds, as JSON: for the service worker to show. */
export interface PushMessage {
  kind: NotificationKind
  /** One sentence that says it all, in the language of the account. */
  title: string
  /** The beginning of a comment, or the words of staff. */
  text?: string
  /** Where it leads to: a path on this site. */
  path: string
  /** The same for the same thing: a browser shows the last one only. */
  tag: string
}

/** What the socket at `/api/me/live` says: on opening, and whenever something is new or was read. */
export interface NotificationNews {
  unread: number
  /** What has just come, where that is why. */
  latest?: Notification
}
