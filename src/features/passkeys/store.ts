/** SQL of passkeys and their challenges. */
import type { Insertable } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { PasskeyChallengesTable, PasskeysTable } from '../../schema/tables.ts'

export async function insertChallenge(app: App, row: Insertable<PasskeyChallengesTable>): Promise<void> {
  await app.db.insertInto('passkey_challenges').values(row).execute()
}

/** Takes a challenge away, so that it is answered once; null is for sign-ins. False when there is none. */
export async function takeChallenge(app: App, hash: string, accountId: string | null, now: Date): Promise<boolean> {
  const { numDeletedRows } = await app.db
    .deleteFrom('passkey_challenges')
    .where('challenge_hash', '=', hash)
    .where('account_id', accountId === null ? 'is' : '=', accountId)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

export async function deleteChallengesBefore(app: App, now: Date): Promise<void> {
  await app.db.deleteFrom('passkey_challenges').where('expires_at', '<=', now).execute()
}

/** False when this key is known already. */
export async function insertPasskey(app: App, row: Insertable<PasskeysTable>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await app.db
    .insertInto('passkeys')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export async function listPasskeys(app: App, accountId: string) {
  return app.db
    .selectFrom('passkeys')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('created_at', 'desc')
    .limit(100)
    .execute()
}

export async function findPasskey(app: App, credentialId: string) {
  return app.db.selectFrom('passkeys').selectAll().where('credential_id', '=', credentialId).executeTakeFirst()
}

export async function noteUse(app: App, credentialId: string, counter: number, now: Date): Promise<void> {
  await app.db
    .updateTable('passkeys')
    .set({ counter, last_used_at: now })
    .where('credential_id', '=', credentialId)
    .execute()
}

/** False when the account has no such passkey. */
export async function deletePasskey(app: App, accountId: string, credentialId: string): Promise<boolean> {
  const { numDeletedRows } = await app.db
    .deleteFrom('passkeys')
    .where('account_id', '=', accountId)
    .where('credential_id', '=', credentialId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
