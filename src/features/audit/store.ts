/** SQL of the book of staff: rows come and are read, and none is ever changed. */
import { type Insertable, sql } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { StaffActsTable } from '../../schema/tables.ts'

export async function insertAct(app: App, row: Insertable<StaffActsTable>): Promise<void> {
  await app.db.insertInto('staff_acts').values(row).execute()
}

export async function nameOf(app: App, accountId: string): Promise<string | undefined> {
  const row = await app.db.selectFrom('accounts').select('name').where('account_id', '=', accountId).executeTakeFirst()
  return row?.name
}

/** Newest first, from a place on. */
export async function listActs(
  app: App,
  subjectId: string | undefined,
  after: readonly [number, string] | undefined,
  limit: number,
) {
  let query = app.db.selectFrom('staff_acts').selectAll()
  if (subjectId !== undefined) query = query.where('subject_id', '=', subjectId)
  if (after) query = query.where(sql<boolean>`(at, act_id) < (${new Date(after[0])}, ${after[1]})`)
  return query.orderBy('at', 'desc').orderBy('act_id', 'desc').limit(limit).execute()
}
