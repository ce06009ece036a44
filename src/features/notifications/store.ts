/** SQL of notifications, and of who is to be told of a new video. */
import { sql } from 'kysely'
import type { NotificationBody, NotificationKind, NotificationSetting } from '../../contract/notifications.ts'
import type { App } from '../../platform/app.ts'

export interface NotificationRow {
  notification_id: string
  kind: string
  body: unknown
  created_at: Date
  read_at: Date | null
}

export interface NewNotification {
  accountId: string
  notificationId: string
  kind: NotificationKind
  subject: string
  body: NotificationBody
}

/** Inserts those that have not been told yet; returns the accounts that were told now. */
export async function insertNew(app: App, rows: NewNotification[]): Promise<string[]> {
  if (rows.length === 0) return []
  const inserted = await app.db
    .insertInto('notifications')
    .values(
      rows.map((it) => ({
        account_id: it.accountId,
        notification_id: it.notificationId,
        kind: it.kind,
        subject: it.subject,
        body: JSON.stringify(it.body),
        created_at: app.clock.now(),
      })),
    )
    .onConflict((conflict) => conflict.columns(['account_id', 'kind', 'subject']).doNothing())
    .returning('account_id')
    .execute()
  return inserted.map((row) => row.account_id)
}

/** Newest first, from a place on. */
export async function listOf(
  app: App,
  accountId: string,
  after: readonly [number, string] | undefined,
  limit: number,
): Promise<NotificationRow[]> {
  let query = app.db
    .selectFrom('notifications')
    .select(['notification_id', 'kind', 'body', 'created_at', 'read_at'])
    .where('account_id', '=', accountId)
  if (after) query = query.where(sql<boolean>`(created_at, notification_id) < (${new Date(after[0])}, ${after[1]})`)
  return query.orderBy('created_at', 'desc').orderBy('notification_id', 'desc').limit(limit).execute()
}

/** How many are unread; counting ends at `most`, since nobody reads a larger number. */
export async function countUnread(app: App, accountId: string, most: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (
      select 1 from notifications where account_id = ${accountId} and read_at is null limit ${most}
    ) counted
  `.execute(app.db)
  return Number(rows[0]?.count ?? 0)
}

export async function markRead(app: App, accountId: string, ids: string[] | undefined): Promise<void> {
  if (ids?.length === 0) return
  let query = app.db
    .updateTable('notifications')
    .set({ read_at: app.clock.now() })
    .where('account_id', '=', accountId)
    .where('read_at', 'is', null)
  if (ids) query = query.where('notification_id', 'in', ids)
  await query.execute()
}

export async function deleteOne(app: App, accountId: string, notificationId: string): Promise<void> {
  await app.db
    .deleteFrom('notifications')
    .where('account_id', '=', accountId)
    .where('notification_id', '=', notificationId)
    .execute()
}

/** Deletes at most `limit` that are older; returns how many. */
export async function deleteBefore(app: App, before: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from notifications where ctid in (select ctid from notifications where created_at < ${before} limit ${limit})
  `.execute(app.db)
  return Number(numAffectedRows ?? 0n)
}

/** What these accounts have chosen, as far as it is not the default. */
export async function listSettings(
  app: App,
  accountIds: string[],
  kinds?: NotificationKind[],
): Promise<(NotificationSetting & { accountId: string })[]> {
  if (accountIds.length === 0) return []
  let query = app.db
    .selectFrom('notification_settings')
    .select(['account_id', 'kind', 'in_app', 'by_email'])
    .where('account_id', 'in', accountIds)
  if (kinds) query = query.where('kind', 'in', kinds)
  const rows = await query.execute()
  return rows.map((row) => ({
    accountId: row.account_id,
    kind: row.kind as NotificationKind,
    inApp: row.in_app,
    byEmail: row.by_email,
  }))
}

export async function saveSettings(app: App, accountId: string, items: NotificationSetting[]): Promise<void> {
  if (items.length === 0) return
  await app.db
    .insertInto('notification_settings')
    .values(items.map((it) => ({ account_id: accountId, kind: it.kind, in_app: it.inApp, by_email: it.byEmail })))
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'kind']).doUpdateSet({
        in_app: sql<boolean>`excluded.in_app`,
        by_email: sql<boolean>`excluded.by_email`,
      }),
    )
    .execute()
}

export async function findEmail(app: App, accountId: string): Promise<string | undefined> {
  const row = await app.db.selectFrom('accounts').select('email').where('account_id', '=', accountId).executeTakeFirst()
  return row?.email
}

/** Accounts that want to hear of the new videos of a channel, in the order of their ids, after one of them. */
export async function listFollowers(app: App, channelId: string, after: string, limit: number): Promise<string[]> {
  const rows = await app.db
    .selectFrom('subscriptions')
    .select('account_id')
    .where('channel_id', '=', channelId)
    .where('notify', '=', 'all')
    .where('account_id', '>', after)
    .orderBy('account_id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.account_id)
}
