/** SQL of accounts: accounts, sessions and tokens. */
import { sql } from 'kysely'
import type { Role } from '../../contract/shapes.ts'
import type { App } from '../../platform/app.ts'

export interface AccountRow {
  account_id: string
  email: string
  password_hash: string
  name: string
  role: Role
  quota_bytes: number
}

/** Inside a transaction: whoever comes second waits here until the first account is there or given up. */
export async function lockFirstAccount(app: App): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('accounts.first', 0))`.execute(app.db)
}

export async function countAccounts(app: App): Promise<number> {
  const { count } = await app.db
    .selectFrom('accounts')
    .select((it) => it.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function hasAccount(app: App): Promise<boolean> {
  return (await app.db.selectFrom('accounts').select('account_id').limit(1).executeTakeFirst()) !== undefined
}

/** False when the e-mail address is taken. */
export async function insertAccount(app: App, row: AccountRow & { created_at: Date }): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await app.db
    .insertInto('accounts')
    .values(row)
    .onConflict((conflict) => conflict.column('email').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export async function findByEmail(app: App, email: string): Promise<AccountRow | undefined> {
  return app.db
    .selectFrom('accounts')
    .select(['account_id', 'email', 'password_hash', 'name', 'role', 'quota_bytes'])
    .where('email', '=', email)
    .executeTakeFirst()
}

export async function loadAccount(app: App, accountId: string): Promise<AccountRow | undefined> {
  return app.db
    .selectFrom('accounts')
    .select(['account_id', 'email', 'password_hash', 'name', 'role', 'quota_bytes'])
    .where('account_id', '=', accountId)
    .executeTakeFirst()
}

export async function insertSession(
  app: App,
  row: { account_id: string; secret_hash: string; created_at: Date; expires_at: Date; user_agent: string },
): Promise<void> {
  await app.db.insertInto('sessions').values(row).execute()
}

/** The session of this secret that has not expired, with the role of its account. */
export async function findSession(app: App, secretHash: string, now: Date) {
  return app.db
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.account_id', 'sessions.account_id')
    .select(['sessions.account_id', 'sessions.expires_at', 'accounts.role'])
    .where('sessions.secret_hash', '=', secretHash)
    .where('sessions.expires_at', '>', now)
    .executeTakeFirst()
}

export async function prolongSession(app: App, secretHash: string, expires: Date): Promise<void> {
  await app.db.updateTable('sessions').set({ expires_at: expires }).where('secret_hash', '=', secretHash).execute()
}

export async function deleteSession(app: App, secretHash: string): Promise<void> {
  await app.db.deleteFrom('sessions').where('secret_hash', '=', secretHash).execute()
}

export async function deleteSessionsBefore(app: App, now: Date): Promise<void> {
  await app.db.deleteFrom('sessions').where('expires_at', '<=', now).execute()
}

export async function insertToken(
  app: App,
  row: { account_id: string; token_id: string; name: string; secret_hash: string; created_at: Date },
): Promise<void> {
  await app.db.insertInto('tokens').values(row).execute()
}

export async function findToken(app: App, secretHash: string) {
  return app.db
    .selectFrom('tokens')
    .innerJoin('accounts', 'accounts.account_id', 'tokens.account_id')
    .select(['tokens.account_id', 'tokens.last_used_at', 'accounts.role'])
    .where('tokens.secret_hash', '=', secretHash)
    .executeTakeFirst()
}

export async function noteTokenUse(app: App, secretHash: string, at: Date): Promise<void> {
  await app.db.updateTable('tokens').set({ last_used_at: at }).where('secret_hash', '=', secretHash).execute()
}

export async function listTokens(app: App, accountId: string) {
  return app.db
    .selectFrom('tokens')
    .select(['token_id', 'name', 'created_at', 'last_used_at'])
    .where('account_id', '=', accountId)
    .orderBy('created_at', 'desc')
    .orderBy('token_id')
    .limit(1000)
    .execute()
}

export async function countTokens(app: App, accountId: string): Promise<number> {
  const { count } = await app.db
    .selectFrom('tokens')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** False when the account has no such token. */
export async function deleteToken(app: App, accountId: string, tokenId: string): Promise<boolean> {
  const { numDeletedRows } = await app.db
    .deleteFrom('tokens')
    .where('account_id', '=', accountId)
    .where('token_id', '=', tokenId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
