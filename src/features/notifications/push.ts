/** Web push: notifications to browsers whose window is closed (RFC 8030), by way of the servers of the browsers' makers. */
import { createHash } from 'node:crypto'
import type { NotificationBody, NotificationKind, PushWindow } from '../../contract/notifications.ts'
import { refuse } from '../../contract/refusals.ts'
import { authorizationFor, encryptFor, isPoint, type SenderKeys, senderKeys } from '../../kit/push-message.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { mayBeSentTo, postOutside } from '../../platform/outbound.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

export interface PushNotice {
  accountId: string
  kind: NotificationKind
  subject: string
  body: NotificationBody
}

/** Sends one message to one browser. */
export const pushNotice = jobKind<PushNotice & { pushId: string }>({
  name: 'notifications.push',
  lane: 'quick',
  maxAttempts: 6,
  maxCrashes: 3,
})

const TIMEOUT_MS = 10_000
/** Nobody wants to hear later of what was new a day ago. */
const LIFE_SECONDS = 86_400
/** Services take signatures of at most a day (RFC 8292 section 2). */
const SIGNED_SECONDS = 12 * 3600

const keysOf = new WeakMap<object, SenderKeys>()

/** The platform's keys: derived from its secret, so that they are there from the first start and the same in every process. */
function ourKeys(app: App): SenderKeys {
  let keys = keysOf.get(app.secrets)
  for (let turn = 0; !keys; turn++) keys = senderKeys(app.secrets.of(`web push ${turn}`))
  keysOf.set(app.secrets, keys)
  return keys
}

export async function getPush(app: App, viewer: Viewer): Promise<{ key: string; items: PushWindow[] }> {
  const rows = await store.listPushWindows(app, viewer.accountId!)
  return { key: ourKeys(app).publicKey, items: rows.map((row) => toWindow(row, viewer)) }
}

function toWindow(row: store.PushRow, viewer: Viewer): PushWindow {
  return {
    id: row.push_id,
    browser: row.user_agent,
    created: row.created_at.toISOString(),
    current: row.session_id === viewer.sessionId,
  }
}

/**
 * Lets a browser be pushed to; one that is known already is the caller's from now on. Refuses sign_in_needed to a token,
 * since what it began would end with no session, address_forbidden, and bad_request for keys that are none.
 */
export async function addPush(
  app: App,
  viewer: Viewer,
  given: { endpoint: string; keys: { p256dh: string; auth: string } },
): Promise<PushWindow> {
  const { accountId, sessionId } = viewer
  if (accountId === undefined || sessionId === undefined)
    return refuse('sign_in_needed', 'pushes belong to the session of a browser')
  const allowPrivate = app.config['webhooks.private_addresses']
  const isSafe = allowPrivate || given.endpoint.startsWith('https:')
  if (!isSafe || !mayBeSentTo(given.endpoint, allowPrivate)) return refuse('address_forbidden')
  const key = Buffer.from(given.keys.p256dh, 'base64url')
  if (!isPoint(key)) return refuse('bad_request', 'body: keys.p256dh is not a point on P-256')
  const pushId = createHash('sha256').update(given.endpoint).digest('hex').slice(0, 32)
  await app.together(async (app) => {
    await store.takePushWindow(app, accountId, pushId)
    await store.savePushWindow(app, {
      account_id: accountId,
      push_id: pushId,
      session_id: sessionId,
      address: given.endpoint,
      browser_key: key,
      browser_secret: Buffer.from(given.keys.auth, 'base64url'),
      created_at: app.clock.now(),
    })
    await store.dropOldestPushWindows(app, accountId, rules.MOST_PUSH_WINDOWS)
  })
  const row = await store.loadPushWindow(app, accountId, pushId)
  return row ? toWindow(row, viewer) : refuse('sign_in_needed')
}

export async function removePush(app: App, accountId: string, pushId: string): Promise<void> {
  await store.deletePushWindow(app, accountId, pushId)
}

/** Has notices pushed to every browser of their accounts, a job each: one that fails is tried again alone. */
export async function pushTo(app: App, notices: PushNotice[]): Promise<void> {
  if (notices.length === 0) return
  const windows = await store.listPushIds(app, [...new Set(notices.map((it) => it.accountId))])
  const of = Map.groupBy(windows, (it) => it.account_id)
  const jobs = notices.flatMap(({ accountId, kind, subject, body }) =>
    (of.get(accountId) ?? []).map(({ push_id: pushId }) => ({
      input: { accountId, kind, subject, body, pushId },
      options: { key: `${pushId} ${kind} ${subject}` },
    })),
  )
  await app.queue.addMany(pushNotice, jobs)
}

/** Sends one message. A browser that is gone, or whose service refuses us again and again, is forgotten. */
export async function sendPush(app: App, notice: PushNotice & { pushId: string }): Promise<void> {
  const { accountId, pushId } = notice
  const window = await store.loadPushWindow(app, accountId, pushId)
  if (!window) return
  const status = await deliver(app, window, notice)
  if (status >= 200 && status < 300) return store.notePush(app, accountId, pushId, true)
  // The subscription is over, for good (RFC 8030 section 7.3).
  if (status === 404 || status === 410) return store.deletePushWindow(app, accountId, pushId)
  if (status === 429 || status >= 500) throw new Error(`The push service answered ${status}`)
  app.log.warn({ status, pushId }, 'a push was refused')
  if (window.failures + 1 >= rules.PUSH_FAILURES_UNTIL_OFF) return store.deletePushWindow(app, accountId, pushId)
  return store.notePush(app, accountId, pushId, false)
}

async function deliver(app: App, window: store.PushRow, notice: PushNotice): Promise<number> {
  const message = rules.pushMessageOf(window.language, notice)
  const browser = { publicKey: window.browser_key, secret: window.browser_secret }
  const expires = Math.floor(app.clock.nowMs() / 1000) + SIGNED_SECONDS
  const { status } = await postOutside(window.address, {
    body: encryptFor(browser, Buffer.from(JSON.stringify(message))),
    timeoutMs: TIMEOUT_MS,
    allowPrivate: app.config['webhooks.private_addresses'],
    headers: {
      authorization: authorizationFor(ourKeys(app), window.address, rules.contactOf(app.config['mail.from']), expires),
      'content-type': 'application/octet-stream',
      'content-encoding': 'aes128gcm',
      ttl: String(LIFE_SECONDS),
      urgency: 'normal',
      // A message that still waits for the browser is replaced by one about the same thing (RFC 8030 section 5.4).
      topic: createHash('sha256').update(message.tag).digest('base64url').slice(0, 32),
    },
  })
  return status
}
