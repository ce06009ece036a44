/** SQL of moderation: reports and what was said about them, and the state of comments and accounts it decides about. */
import { type Insertable, type Selectable, sql } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { ReportsTable, ReportWordsTable } from '../../schema/tables.ts'

export type ReportRow = Selectable<ReportsTable> & { owner_name: string | null; reporter_name: string | null }
export type Subject = Pick<ReportRow, 'subject_id' | 'video_id' | 'owner_account_id' | 'title'>
export type Which = { accountId: string } | { state: ReportsTable['state'] }

export async function countOpenOf(app: App, accountId: string): Promise<number> {
  const { count } = await app.db
    .selectFrom('reports')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('state', '=', sql.lit('open'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** False when this account has an open report of the same. */
export async function insertReport(app: App, row: Insertable<ReportsTable>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await app.db
    .insertInto('reports')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

function reports(app: App) {
  return app.db
    .selectFrom('reports')
    .leftJoin('accounts as owner', 'owner.account_id', 'reports.owner_account_id')
    .leftJoin('accounts as reporter', 'reporter.account_id', 'reports.account_id')
    .selectAll('reports')
    .select(['owner.name as owner_name', 'reporter.name as reporter_name'])
}

export async function loadReport(app: App, reportId: string): Promise<ReportRow | undefined> {
  return reports(app).where('reports.report_id', '=', reportId).executeTakeFirst()
}

export async function listReports(
  app: App,
  which: Which,
  after: readonly [number, string] | undefined,
  limit: number,
): Promise<ReportRow[]> {
  let query = reports(app)
  query =
    'accountId' in which
      ? query.where('reports.account_id', '=', which.accountId)
      : query.where('reports.state', '=', which.state)
  if (after)
    query = query.where(sql<boolean>`(reports.created_at, reports.report_id) < (${new Date(after[0])}, ${after[1]})`)
  return query.orderBy('reports.created_at', 'desc').orderBy('reports.report_id', 'desc').limit(limit).execute()
}

export async function lockReport(app: App, reportId: string) {
  return app.db.selectFrom('reports').selectAll().where('report_id', '=', reportId).forUpdate().executeTakeFirst()
}

export async function settleReport(
  app: App,
  reportId: string,
  state: ReportsTable['state'],
  by: string,
): Promise<void> {
  await app.db
    .updateTable('reports')
    .set({ state, handled_at: app.clock.now(), handled_by: by })
    .where('report_id', '=', reportId)
    .execute()
}

export async function insertWords(app: App, row: Insertable<ReportWordsTable>): Promise<void> {
  await app.db.insertInto('report_words').values(row).execute()
}

export async function listWords(app: App, reportId: string) {
  return app.db
    .selectFrom('report_words')
    .selectAll()
    .where('report_id', '=', reportId)
    .orderBy('created_at')
    .orderBy('words_id')
    .limit(500)
    .execute()
}

export async function loadComment(app: App, videoId: string, commentId: string) {
  return app.db
    .selectFrom('comments')
    .select(['comment_id', 'account_id', 'body', 'state'])
    .where('video_id', '=', videoId)
    .where('comment_id', '=', commentId)
    .executeTakeFirst()
}

/** Undefined when there is no such comment. */
export async function setCommentState(app: App, videoId: string, commentId: string, state: 'hidden' | 'shown') {
  return app.db
    .updateTable('comments')
    .set({ state, ...(state === 'hidden' ? { pinned: false } : {}) })
    .where('video_id', '=', videoId)
    .where('comment_id', '=', commentId)
    .returning(['account_id', 'body'])
    .executeTakeFirst()
}

/** Videos of an account that are not private and that staff has not taken away. */
export async function listOpenVideosOf(app: App, accountId: string): Promise<string[]> {
  const rows = await app.db
    .selectFrom('videos')
    .select('video_id')
    .where('account_id', '=', accountId)
    .where('hidden_reason', 'is', null)
    .where((it) => it.or([it('privacy', '<>', 'private'), it('publish_at', 'is not', null)]))
    .execute()
  return rows.map((row) => row.video_id)
}

export async function listWaiting(app: App, limit: number) {
  return app.db
    .selectFrom('accounts')
    .select(['account_id', 'name', 'email', 'applied_with', 'email_verified_at', 'created_at'])
    .where('state', '=', sql.lit('waiting'))
    .orderBy('created_at')
    .limit(limit)
    .execute()
}
