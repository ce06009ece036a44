/** Decisions of webhooks: how they are signed, when they are tried again, what is shown of an answer. Pure. */
import { createHmac } from 'node:crypto'
import type { Webhook, WebhookDelivery } from '../../contract/webhooks.ts'
import type { DeliveryRow, WebhookRow } from './store.ts'

export const MOST_WEBHOOKS = 20
/** The other side is to take the word and do its work afterwards. */
export const TIMEOUT_MS = 15_000
export const FAILURES_UNTIL_OFF = 10
export const KEPT_MS = 30 * 86_400_000

/** Between tries: at once again, then ever later, about a day in all (as the Standard Webhooks specification proposes). */
const WAITS_MS = [5_000, 60_000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000, 6 * 3_600_000, 15 * 3_600_000]

/** How long to wait after so many tries; undefined when it was the last. */
export function waitAfter(attempts: number): number | undefined {
  return WAITS_MS[attempts - 1]
}

export function isHeard(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300
}

/** Standard Webhooks: HMAC-SHA-256 over id, time and body, so that none of them can be put to another use. */
export function signature(key: Buffer, id: string, seconds: number, body: string): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`
}

/** What another server says is shown to people: without characters that could do anything. */
export function shown(said: string): string {
  return said
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .slice(0, 300)
}

/** Why no answer came, in few words; of forbidden addresses no more than that, or it would be a way to map a network. */
export function sayTrouble(error: unknown): string {
  const { name, code } = (error ?? {}) as { name?: string; code?: string }
  if (name === 'ForbiddenAddress') return 'the address leads to where this server must not go'
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer in time'
  return `no answer (${code ?? 'broken connection'})`
}

export function toWebhook(row: Omit<WebhookRow, 'secret'>): Webhook {
  return {
    id: row.webhook_id,
    address: row.address,
    events: row.events as Webhook['events'],
    active: row.active,
    failures: row.failures,
    created: row.created_at.toISOString(),
  }
}

export function toDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.delivery_id,
    event: row.event,
    state: row.state,
    attempts: row.attempts,
    ...(row.status === null ? {} : { status: row.status }),
    ...(row.said === null ? {} : { said: row.said }),
    ...(row.took_ms === null ? {} : { tookMs: row.took_ms }),
    created: row.created_at.toISOString(),
    ...(row.done_at === null ? {} : { done: row.done_at.toISOString() }),
    body: row.body,
  }
}
