/** SQL of notifications, and of who is to be told of a new video. */
import { sql } from 'kysely'
import type { NotificationBody, NotificationKind, NotificationSetting } from '../../contract/notifications.ts'
import type { App } from '../../platform/app.ts'
import { defaultSetting } from './rules.ts'

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
    .select(['account_id', 'kind', 'in_app', 'by_email', 'by_push'])
    .where('account_id', 'in', accountIds)
  if (kinds) query = query.where('kind', 'in', kinds)
  const rows = await query.execute()
  return rows.map((row) => ({
    accountId: row.account_id,
    kind: row.kind as NotificationKind,
    inApp: row.in_app,
    byEmail: row.by_email,
    byPush: row.by_push ?? defaultSetting(row.kind as NotificationKind).byPush,
  }))
}

/** As somebody sets it; by push absent: as it was. */
export type ChosenSetting = Omit<NotificationSetting, 'byPush'> & { byPush?: boolean | undefined }

export async function saveSettings(app: App, accountId: string, items: ChosenSetting[]): Promise<void> {
  if (items.length === 0) return
  await app.db
    .insertInto('notification_settings')
    .values(
      items.map((it) => ({
        account_id: accountId,
        kind: it.kind,
        in_app: it.inApp,
        by_email: it.byEmail,
        by_push: it.byPush ?? null,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'kind']).doUpdateSet({
        in_app: sql<boolean>`excluded.in_app`,
        by_email: sql<boolean>`excluded.by_email`,
        by_push: sql<boolean>`coalesce(excluded.by_push, notification_settings.by_push)`,
      }),
    )
    .execute()
}

export async function findReader(
  app: App,
  accountId: string,
): Promise<{ email: string; language: string } | undefined> {
  return app.db
    .selectFrom('accounts')
    .select(['email', 'language'])
    .where('account_id', '=', accountId)
    .executeTakeFirst()
}

/** Accounts that want to hear of the new videos of a channel, in the order of their ids, after one of them. */
export async function listFollowers(app: App, channelId: string, after: string, limit: number): Promise<string[]> {
  const rows = await app.db
    .selectFrom('subscriptions')
    .select('account_id')
    .where('channel_id', '=', channelId)
    .where('notify', '=', sql.lit('all'))
    .where('account_id', '>', after)
    .orderBy('account_id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.account_id)
}

export interface PushRow {
  push_id: string
  session_id: string
  address: string
  browser_key: Buffer
  browser_secret: Buffer
  failures: number
  created_at: Date
  user_agent: string
  language: string
}

function pushWindows(app: App, accountId: string) {
  return app.db
    .selectFrom('push_windows')
    .innerJoin('sessions', (join) =>
      join
        .onRef('sessions.account_id', '=', 'push_windows.account_id')
        .onRef('sessions.session_id', '=', 'push_windows.session_id'),
    )
    .innerJoin('accounts', 'accounts.account_id', 'push_windows.account_id')
    .select([
      'push_windows.push_id',
      'push_windows.session_id',
      'push_windows.address',
      'push_windows.browser_key',
      'push_windows.browser_secret',
      'push_windows.failures',
      'push_windows.created_at',
      'sessions.user_agent',
      'accounts.language',
    ])
    .where('push_windows.account_id', '=', accountId)
    .where('sessions.expires_at', '>', app.clock.now())
}

/** The browsers of an account that take pushes, newest first. */
export async function listPushWindows(app: App, accountId: string): Promise<PushRow[]> {
  return pushWindows(app, accountId).orderBy('push_windows.created_at', 'desc').execute()
}

/** One of them, as long as its session lasts. */
export async function loadPushWindow(app: App, accountId: string, pushId: string): Promise<PushRow | undefined> {
  return pushWindows(app, accountId).where('push_windows.push_id', '=', pushId).executeTakeFirst()
}

/** The browsers of these accounts. */
export async function listPushIds(app: App, accountIds: string[]): Promise<{ account_id: string; push_id: string }[]> {
  return app.db
    .selectFrom('push_windows')
    .select(['account_id', 'push_id'])
    .where('account_id', 'in', accountIds)
    .execute()
}

/** A browser that another account used before is not pushed to for that one any more. */
export async function takePushWindow(app: App, accountId: string, pushId: string): Promise<void> {
  await app.db.deleteFrom('push_windows').where('push_id', '=', pushId).where('account_id', '<>', accountId).execute()
}

export async function savePushWindow(
  app: App,
  row: {
    account_id: string
    push_id: string
    session_id: string
    address: string
    browser_key: Buffer
    browser_secret: Buffer
    created_at: Date
  },
): Promise<void> {
  await app.db
    .insertInto('push_windows')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'push_id']).doUpdateSet({
        session_id: row.session_id,
        browser_key: row.browser_key,
        browser_secret: row.browser_secret,
        failures: 0,
      }),
    )
    .execute()
}

/** Keeps the newest `most`. */
export async function dropOldestPushWindows(app: App, accountId: string, most: number): Promise<void> {
  await sql`
    delete from push_windows where account_id = ${accountId} and push_id in (
      select push_id from push_windows where account_id = ${accountId} order by created_at desc, push_id offset ${most}
    )
  `.execute(app.db)
}

export async function deletePushWindow(app: App, accountId: string, pushId: string): Promise<void> {
  await app.db.deleteFrom('push_windows').where('account_id', '=', accountId).where('push_id', '=', pushId).execute()
}

/** Counts what failed in a row; one that was taken ends the count. */
export async function notePush(app: App, accountId: string, pushId: string, taken: boolean): Promise<void> {
  let change = app.db
    .updateTable('push_windows')
    .set({ failures: taken ? 0 : sql<number>`failures + 1` })
    .where('account_id', '=', accountId)
    .where('push_id', '=', pushId)
  if (taken) change = change.where('failures', '>', 0)
  await change.execute()
}
