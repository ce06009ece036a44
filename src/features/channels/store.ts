/** SQL of channels. */
import type { App } from '../../platform/app.ts'

/** False when the handle is taken. */
export async function insertChannel(
  app: App,
  row: { account_id: string; channel_id: string; handle: string; name: string; description: string; created_at: Date },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await app.db
    .insertInto('channels')
    .values(row)
    .onConflict((conflict) => conflict.column('handle').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** The first channel of an account. */
export async function findOfAccount(app: App, accountId: string) {
  return app.db
    .selectFrom('channels')
    .select(['channel_id', 'handle', 'name'])
    .where('account_id', '=', accountId)
    .orderBy('created_at')
    .orderBy('channel_id')
    .limit(1)
    .executeTakeFirst()
}

export async function findByHandle(app: App, handle: string) {
  return app.db
    .selectFrom('channels')
    .select(['channel_id', 'account_id', 'handle', 'name', 'description', 'created_at'])
    .where('handle', '=', handle)
    .executeTakeFirst()
}
