/** SQL of trust: what is known of an account, watched words, blocks. */
import { type Insertable, sql } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { WatchedWordsTable } from '../../schema/tables.ts'

export async function loadAccount(app: App, accountId: string) {
  return app.db
    .selectFrom('accounts')
    .select(['role', 'created_at', 'email_verified_at'])
    .where('account_id', '=', accountId)
    .executeTakeFirst()
}

export async function countVideosSince(app: App, accountId: string, since: Date): Promise<number> {
  const { count } = await app.db
    .selectFrom('videos')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function listWords(app: App) {
  return app.db.selectFrom('watched_words').select(['word', 'deed']).orderBy('word').execute()
}

export async function replaceWords(app: App, rows: Insertable<WatchedWordsTable>[]): Promise<void> {
  await app.db.deleteFrom('watched_words').execute()
  if (rows.length > 0) await app.db.insertInto('watched_words').values(rows).execute()
}

export async function listOthers(app: App, accountId: string): Promise<string[]> {
  const rows = await app.db
    .selectFrom('account_blocks')
    .select('other_account_id')
    .where('account_id', '=', accountId)
    .execute()
  return rows.map((row) => row.other_account_id)
}

export async function isBlockedByAny(app: App, accountId: string, by: string[]): Promise<boolean> {
  if (by.length === 0) return false
  const row = await app.db
    .selectFrom('account_blocks')
    .select('account_id')
    .where('account_id', 'in', by)
    .where('other_account_id', '=', accountId)
    .where('kind', '=', 'block')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Of these accounts those that have blocked or muted this one. */
export async function listDeafTo(app: App, accountId: string, others: string[]): Promise<string[]> {
  if (others.length === 0) return []
  const rows = await app.db
    .selectFrom('account_blocks')
    .select('account_id')
    .where('account_id', 'in', others)
    .where('other_account_id', '=', accountId)
    .execute()
  return rows.map((row) => row.account_id)
}

/** With the oldest channel of each, in whose name it speaks. */
export async function listBlocks(app: App, accountId: string, limit: number) {
  const { rows } = await sql<{
    kind: 'mute' | 'block'
    created_at: Date
    channel_id: string
    handle: string
    name: string
    avatar_key: string | null
  }>`
    select b.kind, b.created_at, own.channel_id, own.handle, own.name, own.avatar_key
    from account_blocks b
    join lateral (
      select * from channels where channels.account_id = b.other_account_id order by created_at, channel_id limit 1
    ) own on true
    where b.account_id = ${accountId} order by b.created_at desc limit ${limit}
  `.execute(app.db)
  return rows
}

export async function countBlocks(app: App, accountId: string): Promise<number> {
  const { count } = await app.db
    .selectFrom('account_blocks')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function saveBlock(app: App, accountId: string, other: string, kind: 'mute' | 'block'): Promise<void> {
  await app.db
    .insertInto('account_blocks')
    .values({ account_id: accountId, other_account_id: other, kind, created_at: app.clock.now() })
    .onConflict((conflict) => conflict.columns(['account_id', 'other_account_id']).doUpdateSet({ kind }))
    .execute()
}

export async function deleteBlock(app: App, accountId: string, other: string): Promise<void> {
  await app.db
    .deleteFrom('account_blocks')
    .where('account_id', '=', accountId)
    .where('other_account_id', '=', other)
    .execute()
}
