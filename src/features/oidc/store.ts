/** SQL of identities elsewhere. */
import type { App } from '../../platform/app.ts'

export interface Identity {
  issuer: string
  subject: string
}

/** The account this identity belongs to. */
export async function findIdentity(app: App, { issuer, subject }: Identity): Promise<string | undefined> {
  const row = await app.db
    .selectFrom('identities')
    .select('account_id')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row?.account_id
}

/** False when it is tied already. */
export async function insertIdentity(app: App, accountId: string, it: Identity): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await app.db
    .insertInto('identities')
    .values({ account_id: accountId, issuer: it.issuer, subject: it.subject, created_at: app.clock.now() })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export async function emailOf(app: App, accountId: string): Promise<string | undefined> {
  const row = await app.db.selectFrom('accounts').select('email').where('account_id', '=', accountId).executeTakeFirst()
  return row?.email
}
