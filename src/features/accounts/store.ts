/** SQL of accounts: accounts, sessions and tokens. */
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import type { Role } from '../../contract/shapes.ts'
import type { App } from '../../platform/app.ts'
import type { AccountLettersTable, AccountsTable, SessionsTable, TokensTable } from '../../schema/tables.ts'
import type { Purpose } from './rules.ts'

export type AccountRow = Selectable<AccountsTable> & { role: Role }
export type NewAccountRow = Insertable<AccountsTable>

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
export async function insertAccount(app: App, row: NewAccountRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await app.db
    .insertInto('accounts')
    .values(row)
    .onConflict((conflict) => conflict.column('email').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export async function findByEmail(app: App, email: string): Promise<AccountRow | undefined> {
  return app.db.selectFrom('accounts').selectAll().where('email', '=', email).executeTakeFirst() as Promise<
    AccountRow | undefined
  >
}

export async function loadAccount(app: App, accountId: string): Promise<AccountRow | undefined> {
  return app.db.selectFrom('accounts').selectAll().where('account_id', '=', accountId).executeTakeFirst() as Promise<
    AccountRow | undefined
  >
}

/** The row, locked until the transaction ends. */
export async function lockAccount(app: App, accountId: string): Promise<AccountRow | undefined> {
  return app.db
    .selectFrom('accounts')
    .selectAll()
    .where('account_id', '=', accountId)
    .forUpdate()
    .executeTakeFirst() as Promise<AccountRow | undefined>
}

export async function insertSession(app: App, row: Insertable<SessionsTable>): Promise<void> {
  await app.db.insertInto('sessions').values(row).execute()
}

/** The session of this secret that has not expired, with the role of its account. */
export async function findSession(app: App, secretHash: string, now: Date) {
  return app.db
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.account_id', 'sessions.account_id')
    .select([
      'sessions.account_id',
      'sessions.expires_at',
      'sessions.created_at',
      'sessions.session_id',
      'accounts.role',
    ])
    .where('sessions.secret_hash', '=', secretHash)
    .where('accounts.state', '=', sql.lit('active'))
    .where('sessions.expires_at', '>', now)
    .executeTakeFirst()
}

export async function prolongSession(app: App, secretHash: string, now: Date, expires: Date): Promise<void> {
  await app.db
    .updateTable('sessions')
    .set({ expires_at: expires, last_seen_at: now })
    .where('secret_hash', '=', secretHash)
    .execute()
}

/** Returns whose it was. */
export async function deleteSession(app: App, secretHash: string): Promise<string | undefined> {
  const row = await app.db
    .deleteFrom('sessions')
    .where('secret_hash', '=', secretHash)
    .returning('account_id')
    .executeTakeFirst()
  return row?.account_id
}

export async function deleteSessionsBefore(app: App, now: Date): Promise<void> {
  await app.db.deleteFrom('sessions').where('expires_at', '<=', now).execute()
}

export async function insertToken(app: App, row: Insertable<TokensTable>): Promise<void> {
  await app.db.insertInto('tokens').values(row).execute()
}

export async function findToken(app: App, secretHash: string, now: Date) {
  return app.db
    .selectFrom('tokens')
    .innerJoin('accounts', 'accounts.account_id', 'tokens.account_id')
    .select(['tokens.account_id', 'tokens.last_used_at', 'tokens.scopes', 'accounts.role'])
    .where('tokens.secret_hash', '=', secretHash)
    .where('accounts.state', '=', sql.lit('active'))
    .where((it) => it.or([it('tokens.expires_at', 'is', null), it('tokens.expires_at', '>', now)]))
    .executeTakeFirst()
}

export async function noteTokenUse(app: App, secretHash: string, at: Date): Promise<void> {
  await app.db.updateTable('tokens').set({ last_used_at: at }).where('secret_hash', '=', secretHash).execute()
}

export async function listTokens(app: App, accountId: string) {
  return app.db
    .selectFrom('tokens')
    .select(['token_id', 'name', 'scopes', 'created_at', 'last_used_at', 'expires_at'])
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

export async function listSessions(app: App, accountId: string, now: Date) {
  return app.db
    .selectFrom('sessions')
    .select(['session_id', 'secret_hash', 'user_agent', 'created_at', 'last_seen_at'])
    .where('account_id', '=', accountId)
    .where('expires_at', '>', now)
    .orderBy('last_seen_at', 'desc')
    .orderBy('session_id')
    .limit(200)
    .execute()
}

/** False when the account has no such session. */
export async function deleteSessionNamed(app: App, accountId: string, sessionId: string): Promise<boolean> {
  const { numDeletedRows } = await app.db
    .deleteFrom('sessions')
    .where('account_id', '=', accountId)
    .where('session_id', '=', sessionId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Signs an account out everywhere but, where it is given, in the session of this secret. */
export async function deleteSessionsOf(app: App, accountId: string, exceptHash?: string): Promise<void> {
  let query = app.db.deleteFrom('sessions').where('account_id', '=', accountId)
  if (exceptHash !== undefined) query = query.where('secret_hash', '<>', exceptHash)
  await query.execute()
}

export async function deleteTokensOf(app: App, accountId: string): Promise<void> {
  await app.db.deleteFrom('tokens').where('account_id', '=', accountId).execute()
}

export async function updateAccount(app: App, accountId: string, change: Updateable<AccountsTable>): Promise<void> {
  await app.db.updateTable('accounts').set(change).where('account_id', '=', accountId).execute()
}

/** Makes an address, proved by a letter, the account's. False when it is another's. */
export async function setEmail(app: App, accountId: string, email: string, now: Date): Promise<boolean> {
  // One statement that cannot fail: an error would end the transaction it runs in.
  const { numUpdatedRows } = await app.db
    .updateTable('accounts')
    .set({ email, email_verified_at: now })
    .where('account_id', '=', accountId)
    .where((it) =>
      it.not(
        it.exists(
          it
            .selectFrom('accounts as other')
            .select('other.email')
            .where('other.email', '=', email)
            .where('other.account_id', '<>', accountId),
        ),
      ),
    )
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function insertLetter(app: App, row: Insertable<AccountLettersTable>): Promise<void> {
  await app.db.insertInto('account_letters').values(row).execute()
}

/** Takes a letter away and returns it, so that its key is good once, whoever else comes with it at the same instant. */
export async function takeLetter(app: App, secretHash: string, purposes: Purpose[], now: Date) {
  return app.db
    .deleteFrom('account_letters')
    .where('secret_hash', '=', secretHash)
    .where('purpose', 'in', purposes)
    .where('expires_at', '>', now)
    .returning(['account_id', 'purpose', 'email'])
    .executeTakeFirst()
}

/** The letter of this key that is still good, without taking it. */
export async function findLetter(app: App, secretHash: string, purposes: string[], now: Date) {
  return app.db
    .selectFrom('account_letters')
    .select(['account_id', 'email'])
    .where('secret_hash', '=', secretHash)
    .where('purpose', 'in', purposes as 'reset'[])
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

export async function deleteLetters(app: App, accountId: string): Promise<void> {
  await app.db.deleteFrom('account_letters').where('account_id', '=', accountId).execute()
}

export async function deleteLettersBefore(app: App, now: Date): Promise<void> {
  await app.db.deleteFrom('account_letters').where('expires_at', '<=', now).execute()
}

/** Keeps the sealed key of a set-up. False when a second factor holds already. */
export async function beginTotp(app: App, accountId: string, sealed: string): Promise<boolean> {
  const { numUpdatedRows } = await app.db
    .updateTable('accounts')
    .set({ totp_secret: sealed })
    .where('account_id', '=', accountId)
    .where('totp_since', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function confirmTotp(app: App, accountId: string, step: number, now: Date): Promise<void> {
  await updateAccount(app, accountId, { totp_since: now, totp_step: step })
}

/** False when this step, or a later one, was taken before. */
export async function takeTotpStep(app: App, accountId: string, step: number): Promise<boolean> {
  const { numUpdatedRows } = await app.db
    .updateTable('accounts')
    .set({ totp_step: step })
    .where('account_id', '=', accountId)
    .where('totp_since', 'is not', null)
    .where('totp_step', '<', step)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function removeTotp(app: App, accountId: string): Promise<void> {
  await updateAccount(app, accountId, { totp_secret: null, totp_since: null })
  await app.db.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute()
}

export async function replaceRecoveryCodes(app: App, accountId: string, hashes: string[]): Promise<void> {
  await app.db.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute()
  await app.db
    .insertInto('recovery_codes')
    .values(hashes.map((code_hash) => ({ account_id: accountId, code_hash })))
    .execute()
}

/** False when there was none: it is good once. */
export async function takeRecoveryCode(app: App, accountId: string, hash: string): Promise<boolean> {
  const { numDeletedRows } = await app.db
    .deleteFrom('recovery_codes')
    .where('account_id', '=', accountId)
    .where('code_hash', '=', hash)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

export async function countOtherAdmins(app: App, accountId: string): Promise<number> {
  const { count } = await app.db
    .selectFrom('accounts')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('role', '=', sql.lit('admin'))
    .where('state', '=', sql.lit('active'))
    .where('delete_after', 'is', null)
    .where('account_id', '<>', accountId)
    .executeTakeFirstOrThrow()
  return Number(count)
}
