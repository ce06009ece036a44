/** SQL of webhooks and their deliveries. */
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { WebhookDeliveriesTable, WebhooksTable } from '../../schema/tables.ts'

export type WebhookRow = Selectable<WebhooksTable>
export type DeliveryRow = Selectable<WebhookDeliveriesTable>

export async function insertWebhook(app: App, row: Insertable<WebhooksTable>): Promise<void> {
  await app.db.insertInto('webhooks').values(row).execute()
}

export async function countOf(app: App, accountId: string): Promise<number> {
  return (await listOf(app, accountId)).length
}

export async function listOf(app: App, accountId: string): Promise<WebhookRow[]> {
  return app.db
    .selectFrom('webhooks')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('created_at')
    .limit(100)
    .execute()
}

export async function loadWebhook(app: App, accountId: string, webhookId: string): Promise<WebhookRow | undefined> {
  return app.db
    .selectFrom('webhooks')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('webhook_id', '=', webhookId)
    .executeTakeFirst()
}

export async function updateWebhook(
  app: App,
  accountId: string,
  webhookId: string,
  change: Updateable<WebhooksTable>,
): Promise<WebhookRow | undefined> {
  if (Object.keys(change).length === 0) return loadWebhook(app, accountId, webhookId)
  return app.db
    .updateTable('webhooks')
    .set(change)
    .where('account_id', '=', accountId)
    .where('webhook_id', '=', webhookId)
    .returningAll()
    .executeTakeFirst()
}

/** False when the account has no such webhook. */
export async function deleteWebhook(app: App, accountId: string, webhookId: string): Promise<boolean> {
  const { numDeletedRows } = await app.db
    .deleteFrom('webhooks')
    .where('account_id', '=', accountId)
    .where('webhook_id', '=', webhookId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** The account's webhooks that want to hear of an event. */
export async function listListening(app: App, accountId: string, event: string): Promise<{ webhook_id: string }[]> {
  return app.db
    .selectFrom('webhooks')
    .select('webhook_id')
    .where('account_id', '=', accountId)
    .where('active', '=', true)
    .where(sql<boolean>`${event} = any(events)`)
    .execute()
}

/** False when this was told already. */
export async function insertDelivery(app: App, row: Insertable<WebhookDeliveriesTable>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await app.db
    .insertInto('webhook_deliveries')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export async function loadDelivery(app: App, accountId: string, webhookId: string, deliveryId: string) {
  return app.db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('webhook_id', '=', webhookId)
    .where('delivery_id', '=', deliveryId)
    .executeTakeFirst()
}

export async function listDeliveries(
  app: App,
  webhookId: string,
  after: readonly [number, string] | undefined,
  limit: number,
): Promise<DeliveryRow[]> {
  let query = app.db.selectFrom('webhook_deliveries').selectAll().where('webhook_id', '=', webhookId)
  if (after) query = query.where(sql<boolean>`(created_at, delivery_id) < (${new Date(after[0])}, ${after[1]})`)
  return query.orderBy('created_at', 'desc').orderBy('delivery_id', 'desc').limit(limit).execute()
}

/** False when there is no such delivery. */
export async function restartDelivery(app: App, accountId: string, webhookId: string, deliveryId: string) {
  const { numUpdatedRows } = await app.db
    .updateTable('webhook_deliveries')
    .set({ state: 'waiting', attempts: 0, done_at: null })
    .where('account_id', '=', accountId)
    .where('webhook_id', '=', webhookId)
    .where('delivery_id', '=', deliveryId)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function settle(
  app: App,
  row: Pick<DeliveryRow, 'webhook_id' | 'delivery_id'>,
  change: Pick<Updateable<WebhookDeliveriesTable>, 'state' | 'attempts' | 'status' | 'said' | 'took_ms'>,
): Promise<void> {
  await app.db
    .updateTable('webhook_deliveries')
    .set({ ...change, done_at: change.state === 'waiting' ? null : app.clock.now() })
    .where('webhook_id', '=', row.webhook_id)
    .where('delivery_id', '=', row.delivery_id)
    .execute()
}

export async function noteHeard(app: App, webhookId: string): Promise<void> {
  await app.db
    .updateTable('webhooks')
    .set({ failures: 0 })
    .where('webhook_id', '=', webhookId)
    .where('failures', '>', 0)
    .execute()
}

/** One more given up; turned off when there were enough in a row. */
export async function noteFailure(app: App, webhookId: string, most: number): Promise<void> {
  await sql`
    update webhooks set failures = failures + 1, active = active and failures + 1 < ${most} where webhook_id = ${webhookId}
  `.execute(app.db)
}

export async function turnOff(app: App, webhookId: string): Promise<void> {
  await app.db.updateTable('webhooks').set({ active: false }).where('webhook_id', '=', webhookId).execute()
}

/** Deletes at most `limit` that are older; returns how many. */
export async function deleteDeliveriesBefore(app: App, before: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from webhook_deliveries
    where ctid in (select ctid from webhook_deliveries where created_at < ${before} limit ${limit})
  `.execute(app.db)
  return Number(numAffectedRows ?? 0n)
}
