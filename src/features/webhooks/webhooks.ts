/** Webhooks: tells addresses of an account what happened, signed, again and again until they have heard or it is enough. */
import { createHash, randomBytes } from 'node:crypto'
import { refuse } from '../../contract/refusals.ts'
import type { Webhook, WebhookDelivery, WebhookEvent } from '../../contract/webhooks.ts'
import { newId } from '../../kit/ids.ts'
import { cutPage } from '../../kit/places.ts'
import { seal, unseal } from '../../kit/seal.ts'
import type { App } from '../../platform/app.ts'
import { askedPlace, nextOf, type PageAsked } from '../../platform/http/paging.ts'
import { mayBeSentTo, postOutside } from '../../platform/outbound.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

/** Makes one try. Further ones are jobs of their own, hours apart. */
export const deliver = jobKind<{ accountId: string; webhookId: string; deliveryId: string }>({
  name: 'webhooks.deliver',
  lane: 'quick',
  maxAttempts: 5,
  maxCrashes: 3,
})

/** Names an address. Refuses address_forbidden for one that cannot be public, and too_many. */
export async function createWebhook(
  app: App,
  accountId: string,
  given: { address: string; events: WebhookEvent[] },
): Promise<Webhook & { secret: string }> {
  refuseForbidden(app, given.address)
  if ((await store.countOf(app, accountId)) >= rules.MOST_WEBHOOKS) return refuse('too_many')
  const key = randomBytes(32)
  const row = {
    account_id: accountId,
    webhook_id: newId(),
    address: given.address,
    events: [...new Set(given.events)],
    active: true,
    failures: 0,
    created_at: app.clock.now(),
  }
  await store.insertWebhook(app, { ...row, secret: seal(app.secrets.of('webhooks'), key, row.webhook_id) })
  return { ...rules.toWebhook(row), secret: `whsec_${key.toString('base64')}` }
}

function refuseForbidden(app: App, address: string): void {
  if (!mayBeSentTo(address, app.config['webhooks.private_addresses'])) refuse('address_forbidden')
}

export async function listWebhooks(app: App, accountId: string): Promise<{ items: Webhook[] }> {
  return { items: (await store.listOf(app, accountId)).map(rules.toWebhook) }
}

/** Turned on again, a webhook begins anew with its failures. Refuses webhook_not_found, address_forbidden. */
export async function changeWebhook(
  app: App,
  accountId: string,
  webhookId: string,
  given: { address?: string | undefined; events?: WebhookEvent[] | undefined; active?: boolean | undefined },
): Promise<Webhook> {
  const { address, events, active } = given
  if (address !== undefined) refuseForbidden(app, address)
  const row = await store.updateWebhook(app, accountId, webhookId, {
    ...(address === undefined ? {} : { address }),
    ...(events === undefined ? {} : { events: [...new Set(events)] }),
    ...(active === undefined ? {} : { active }),
    ...(active === true ? { failures: 0 } : {}),
  })
  return row ? rules.toWebhook(row) : refuse('webhook_not_found')
}

export async function removeWebhook(app: App, accountId: string, webhookId: string): Promise<void> {
  if (!(await store.deleteWebhook(app, accountId, webhookId))) refuse('webhook_not_found')
}

/** What a webhook was told, newest first. Refuses webhook_not_found for one of somebody else. */
export async function listDeliveries(app: App, accountId: string, webhookId: string, page: PageAsked) {
  if (!(await store.loadWebhook(app, accountId, webhookId))) return refuse('webhook_not_found')
  const rows = await store.listDeliveries(app, webhookId, askedPlace(page, 'number', 'id'), page.limit + 1)
  const cut = cutPage(rows, page.limit, (row) => [row.created_at.getTime(), row.delivery_id])
  return { items: cut.rows.map((row): WebhookDelivery => rules.toDelivery(row)), ...nextOf(cut) }
}

/** Tells a webhook once more, from the first try on. Refuses webhook_not_found. */
export async function redeliver(app: App, accountId: string, webhookId: string, deliveryId: string): Promise<void> {
  await app.together(async (app) => {
    if (!(await store.restartDelivery(app, accountId, webhookId, deliveryId))) return refuse('webhook_not_found')
    await app.queue.add(deliver, { accountId, webhookId, deliveryId }, { key: `${deliveryId} ${newId()}` })
  })
}

/**
 * Something happened that an account may want to be told of. Called in the transaction of what happened; `subject` names
 * it, so that what is said twice is told once.
 */
export async function tellWebhooks(
  app: App,
  accountId: string,
  event: WebhookEvent,
  subject: string,
  data: Record<string, unknown>,
): Promise<void> {
  const hooks = await store.listListening(app, accountId, event)
  for (const { webhook_id: webhookId } of hooks) {
    const deliveryId = deliveryIdOf(webhookId, event, subject)
    const inserted = await store.insertDelivery(app, {
      account_id: accountId,
      webhook_id: webhookId,
      delivery_id: deliveryId,
      event,
      body: JSON.stringify({ type: event, timestamp: app.clock.now().toISOString(), data }),
      state: 'waiting',
      created_at: app.clock.now(),
    })
    if (inserted) await app.queue.add(deliver, { accountId, webhookId, deliveryId }, { key: `${deliveryId} 0` })
  }
}

function deliveryIdOf(webhookId: string, event: string, subject: string): string {
  return createHash('sha256').update(`${webhookId} ${event} ${subject}`).digest('hex').slice(0, 32)
}

/** One try of a delivery. Another follows later unless it was heard, or it was the last. */
export async function runDelivery(
  app: App,
  { accountId, webhookId, deliveryId }: { accountId: string; webhookId: string; deliveryId: string },
): Promise<void> {
  const hook = await store.loadWebhook(app, accountId, webhookId)
  const row = await store.loadDelivery(app, accountId, webhookId, deliveryId)
  if (!hook || !row || row.state !== 'waiting') return
  if (!hook.active) return store.settle(app, row, { state: 'failed', said: 'the webhook is turned off' })

  const outcome = await tryOnce(app, hook, row)
  const attempts = row.attempts + 1
  const waitMs = rules.waitAfter(attempts)
  await app.together(async (app) => {
    if (rules.isHeard(outcome.status)) {
      await store.settle(app, row, { ...outcome, attempts, state: 'delivered' })
      return store.noteHeard(app, webhookId)
    }
    // Gone, said for good (RFC 9110 section 15.5.11): nobody is there who wants to hear.
    if (outcome.status === 410) await store.turnOff(app, webhookId)
    if (waitMs === undefined || outcome.status === 410) {
      await store.settle(app, row, { ...outcome, attempts, state: 'failed' })
      return store.noteFailure(app, webhookId, rules.FAILURES_UNTIL_OFF)
    }
    await store.settle(app, row, { ...outcome, attempts, state: 'waiting' })
    const key = `${deliveryId} ${attempts}`
    await app.queue.add(deliver, { accountId, webhookId, deliveryId }, { key, delayMs: waitMs })
  })
}

async function tryOnce(app: App, hook: store.WebhookRow, row: store.DeliveryRow) {
  const startedMs = performance.now()
  const took = () => Math.round(performance.now() - startedMs)
  const body = JSON.stringify(row.body)
  const key = unseal(app.secrets.of('webhooks'), hook.secret, hook.webhook_id)
  const seconds = Math.floor(app.clock.nowMs() / 1000)
  try {
    const { status, said } = await postOutside(hook.address, {
      body,
      timeoutMs: rules.TIMEOUT_MS,
      allowPrivate: app.config['webhooks.private_addresses'],
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Vitascope-Webhooks',
        'webhook-id': row.delivery_id,
        'webhook-timestamp': String(seconds),
        'webhook-signature': rules.signature(key, row.delivery_id, seconds, body),
      },
    })
    return { status, said: rules.shown(said), took_ms: took() }
  } catch (error) {
    return { status: null, said: rules.sayTrouble(error), took_ms: took() }
  }
}

/** Forgets deliveries that are old; for the clock. */
export async function forgetOldDeliveries(app: App): Promise<void> {
  const before = new Date(app.clock.nowMs() - rules.KEPT_MS)
  while ((await store.deleteDeliveriesBefore(app, before, 5000)) === 5000);
}
