/** SQL of channels and their teams. */
import { type Selectable, sql } from 'kysely'
import type { TeamRole } from '../../contract/channels.ts'
import type { App } from '../../platform/app.ts'
import type { ChannelsTable } from '../../schema/tables.ts'

export type ChannelRow = Selectable<ChannelsTable>

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
    .select(['channel_id', 'handle', 'name', 'avatar_key'])
    .where('account_id', '=', accountId)
    .orderBy('created_at')
    .orderBy('channel_id')
    .limit(1)
    .executeTakeFirst()
}

export async function findByHandle(app: App, handle: string): Promise<ChannelRow | undefined> {
  return app.db.selectFrom('channels').selectAll().where('handle', '=', handle).executeTakeFirst()
}

/** The channels of these handles that are there. */
export async function findByHandles(app: App, handles: string[]) {
  if (handles.length === 0) return []
  return app.db.selectFrom('channels').select(['account_id', 'handle']).where('handle', 'in', handles).execute()
}

export async function countOfAccount(app: App, accountId: string): Promise<number> {
  const { count } = await app.db
    .selectFrom('channels')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Inside a transaction: two changes of how many channels an account has follow one another. */
export async function lockAccount(app: App, accountId: string): Promise<void> {
  await app.db.selectFrom('accounts').select('account_id').where('account_id', '=', accountId).forUpdate().execute()
}

export type ChannelChange = Partial<
  Pick<ChannelRow, 'name' | 'handle' | 'description' | 'featured_video_id' | 'avatar_key' | 'banner_key' | 'account_id'>
> & { links?: string }

/** False when the new handle is taken. */
export async function updateChannel(app: App, channelId: string, change: ChannelChange): Promise<boolean> {
  if (Object.keys(change).length === 0) return true
  if (change.handle !== undefined) {
    const taken = await app.db
      .selectFrom('channels')
      .select('channel_id')
      .where('handle', '=', change.handle)
      .where('channel_id', '<>', channelId)
      .executeTakeFirst()
    if (taken) return false
  }
  await app.db.updateTable('channels').set(change).where('channel_id', '=', channelId).execute()
  return true
}

export async function deleteChannel(app: App, channelId: string): Promise<void> {
  await app.db.deleteFrom('channels').where('channel_id', '=', channelId).execute()
}

/** What somebody who does not own the channel may do there; undefined for no part in its team. */
export async function findRole(
  app: App,
  channelId: string,
  accountId: string,
): Promise<{ role: TeamRole; accepted: boolean } | undefined> {
  const row = await app.db
    .selectFrom('channel_members')
    .select(['role', 'accepted_at'])
    .where('channel_id', '=', channelId)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return row && { role: row.role, accepted: row.accepted_at !== null }
}

/** The channels an account owns, and those it works for or is invited to. */
export async function listMine(app: App, accountId: string) {
  const { rows } = await sql<{
    channel_id: string
    handle: string
    name: string
    avatar_key: string | null
    role: TeamRole
    accepted: boolean
  }>`
    select channel_id, handle, name, avatar_key, 'owner' as role, true as accepted, created_at
    from channels where account_id = ${accountId}
    union all
    select channels.channel_id, handle, name, avatar_key, role, accepted_at is not null, channels.created_at
    from channel_members join channels using (channel_id) where channel_members.account_id = ${accountId}
    order by created_at, channel_id
  `.execute(app.db)
  return rows
}

/** The team of a channel, each named by the oldest channel of the account. */
export async function listTeam(app: App, channelId: string) {
  const { rows } = await sql<{
    account_id: string
    channel_id: string
    handle: string
    name: string
    avatar_key: string | null
    role: TeamRole
    accepted: boolean
  }>`
    select m.account_id, m.role, m.accepted_at is not null as accepted, own.channel_id, own.handle, own.name, own.avatar_key
    from channel_members m cross join lateral (
      select * from channels where channels.account_id = m.account_id order by created_at, channel_id limit 1
    ) own
    where m.channel_id = ${channelId} order by m.created_at, m.account_id
  `.execute(app.db)
  return rows
}

/** True when the account was not in the team before. */
export async function saveMember(app: App, channelId: string, accountId: string, role: TeamRole): Promise<boolean> {
  const { rows } = await sql<{ is_new: boolean }>`
    insert into channel_members (channel_id, account_id, role, created_at)
    values (${channelId}, ${accountId}, ${role}, ${app.clock.now()})
    on conflict (channel_id, account_id) do update set role = excluded.role
    returning xmax = 0 as is_new
  `.execute(app.db)
  return rows[0]?.is_new === true
}

/** False when there is no invitation. */
export async function acceptMember(app: App, channelId: string, accountId: string): Promise<boolean> {
  const { numUpdatedRows } = await app.db
    .updateTable('channel_members')
    .set((it) => ({ accepted_at: it.fn.coalesce('accepted_at', it.val(app.clock.now())) }))
    .where('channel_id', '=', channelId)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function deleteMember(app: App, channelId: string, accountId: string): Promise<void> {
  await app.db
    .deleteFrom('channel_members')
    .where('channel_id', '=', channelId)
    .where('account_id', '=', accountId)
    .execute()
}
