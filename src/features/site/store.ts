/** SQL of the site: its one row of settings, and announcements. */
import type { Insertable } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { AnnouncementsTable } from '../../schema/tables.ts'

/** What was chosen; empty where nothing was. */
export async function readSettings(app: App): Promise<Record<string, unknown>> {
  const row = await app.db.selectFrom('site_settings').select('body').executeTakeFirst()
  return (row?.body ?? {}) as Record<string, unknown>
}

/** The same inside a transaction, held until it ends, so that two who change it follow one another. */
export async function lockSettings(app: App): Promise<Record<string, unknown>> {
  await app.db
    .insertInto('site_settings')
    .values({ only_row: true, body: '{}', changed_at: app.clock.now() })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await app.db.selectFrom('site_settings').select('body').forUpdate().executeTakeFirstOrThrow()
  return row.body as Record<string, unknown>
}

export async function writeSettings(app: App, body: Record<string, unknown>): Promise<void> {
  await app.db
    .updateTable('site_settings')
    .set({ body: JSON.stringify(body), changed_at: app.clock.now() })
    .execute()
}

export async function listAnnouncements(app: App, limit: number) {
  return app.db.selectFrom('announcements').selectAll().orderBy('from_at', 'desc').limit(limit).execute()
}

export async function insertAnnouncement(app: App, row: Insertable<AnnouncementsTable>): Promise<void> {
  await app.db.insertInto('announcements').values(row).execute()
}

/** False when there was none. */
export async function deleteAnnouncement(app: App, id: string): Promise<boolean> {
  const { numDeletedRows } = await app.db
    .deleteFrom('announcements')
    .where('announcement_id', '=', id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
