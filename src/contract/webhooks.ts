/** Webhooks: addresses of an account that are told of what happens to its videos. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Id, PageQuery, pageOf, Time, WebAddress } from './shapes.ts'

export const WEBHOOK_EVENTS = ['video.ready', 'video.failed', 'video.published', 'comment.created'] as const
export const WebhookEvent = z.enum(WEBHOOK_EVENTS)
export type WebhookEvent = z.infer<typeof WebhookEvent>

export const Webhook = z.object({
  id: Id,
  address: z.string(),
  events: z.array(WebhookEvent),
  active: z.boolean(),
  /** Deliveries in a row that were given up; after ten the webhook is turned off. */
  failures: z.number(),
  created: Time,
})
export type Webhook = z.infer<typeof Webhook>

export const WebhookDelivery = z.object({
  id: Id,
  event: z.string(),
  state: z.enum(['waiting', 'delivered', 'failed']),
  attempts: z.number(),
  status: z.number().optional(),
  /** The beginning of what the other side answered, or why none came. */
  said: z.string().optional(),
  tookMs: z.number().optional(),
  created: Time,
  done: Time.optional(),
  body: z.unknown(),
})
export type WebhookDelivery = z.infer<typeof WebhookDelivery>

const OneWebhook = z.object({ webhookId: Id })

export const createWebhook = endpoint({
  says: 'Names an address that is told of events, signed as Standard Webhooks has it. The secret is in this answer and nowhere else.',
  method: 'POST',
  path: '/me/webhooks',
  who: 'member',
  scope: 'account',
  body: z.object({ address: WebAddress, events: z.array(WebhookEvent).min(1).max(WEBHOOK_EVENTS.length) }),
  reply: Webhook.extend({ secret: z.string() }),
  refuses: ['address_forbidden', 'too_many'],
  perMinute: 10,
})

export const listWebhooks = endpoint({
  says: 'The webhooks of the account.',
  method: 'GET',
  path: '/me/webhooks',
  who: 'member',
  scope: 'account',
  reply: z.object({ items: z.array(Webhook) }),
  refuses: [],
})

export const changeWebhook = endpoint({
  says: 'Changes address or events of a webhook, or turns it off or on.',
  method: 'PATCH',
  path: '/me/webhooks/:webhookId',
  who: 'member',
  scope: 'account',
  params: OneWebhook,
  body: z.object({
    address: WebAddress.optional(),
    events: z.array(WebhookEvent).min(1).max(WEBHOOK_EVENTS.length).optional(),
    active: z.boolean().optional(),
  }),
  reply: Webhook,
  refuses: ['webhook_not_found', 'address_forbidden'],
})

export const removeWebhook = endpoint({
  says: 'Forgets a webhook with all its deliveries.',
  method: 'DELETE',
  path: '/me/webhooks/:webhookId',
  who: 'member',
  scope: 'account',
  params: OneWebhook,
  refuses: ['webhook_not_found'],
})

export const listDeliveries = endpoint({
  says: 'What a webhook was told and what it answered, newest first, of the last thirty days.',
  method: 'GET',
  path: '/me/webhooks/:webhookId/deliveries',
  who: 'member',
  scope: 'account',
  params: OneWebhook,
  query: PageQuery,
  reply: pageOf(WebhookDelivery),
  refuses: ['webhook_not_found'],
})

export const redeliver = endpoint({
  says: 'Tells a webhook once more.',
  method: 'POST',
  path: '/me/webhooks/:webhookId/deliveries/:deliveryId',
  who: 'member',
  scope: 'account',
  params: OneWebhook.extend({ deliveryId: Id }),
  refuses: ['webhook_not_found'],
  perMinute: 10,
})
