/** SQL of leaving: every row of an account, read for the export and taken away at the end. */
import { sql } from 'kysely'
import type { App } from '../../platform/app.ts'

/**
 * What is exported, table by table: what names a row among those of its account, and what stays here because it is a
 * secret. `test/features/farewell.test.ts` sees to it that no table of accounts is forgotten.
 */
const EXPORTED = {
  accounts: { place: 'account_id', secret: ['password_hash', 'totp_secret', 'totp_step'] },
  identities: { place: "issuer || ' ' || subject", secret: [] },
  passkeys: { place: 'credential_id', secret: ['public_key', 'counter'] },
  sessions: { place: 'session_id', secret: ['secret_hash'] },
  tokens: { place: 'token_id', secret: ['secret_hash'] },
  channels: { place: 'channel_id', secret: [] },
  channel_members: { place: 'channel_id', secret: [] },
  videos: { place: 'video_id', secret: [] },
  uploads: { place: 'upload_id', secret: [] },
  comments: { place: 'comment_id', secret: [] },
  comment_likes: { place: 'comment_id', secret: [] },
  reactions: { place: 'video_id', secret: [] },
  subscriptions: { place: 'channel_id', secret: [] },
  playlists: { place: 'playlist_id', secret: [] },
  playlist_items: { place: "playlist_id || ' ' || video_id", secret: [] },
  watch_history: { place: 'video_id', secret: [] },
  history_pauses: { place: 'account_id', secret: [] },
  search_history: { place: 'search_id', secret: [] },
  saved_searches: { place: 'saved_id', secret: [] },
  recommend_wishes: { place: "kind || ' ' || subject", secret: [] },
  // What each suggestion was ranked by are numbers for the ranking only.
  recommend_pages: { place: 'page_id', secret: ['features', 'features_version'] },
  recommend_outcomes: { place: 'video_id', secret: [] },
  notifications: { place: 'notification_id', secret: [] },
  notification_settings: { place: 'kind', secret: [] },
  push_windows: { place: 'push_id', secret: ['browser_secret'] },
  reports: { place: 'report_id', secret: ['handled_by'] },
  account_blocks: { place: 'other_account_id', secret: [] },
  webhooks: { place: 'webhook_id', secret: ['secret'] },
  webhook_deliveries: { place: "webhook_id || ' ' || delivery_id", secret: [] },
} as const

export const EXPORTED_TABLES = Object.keys(EXPORTED) as (keyof typeof EXPORTED)[]

/** The rows of an account in one table, in the order of their names, after one of them. */
export async function readExported(
  app: App,
  name: keyof typeof EXPORTED,
  accountId: string,
  after: string,
  limit: number,
): Promise<{ place: string; body: unknown }[]> {
  const { place, secret } = EXPORTED[name]
  const { rows } = await sql<{ place: string; body: unknown }>`
    select ${sql.raw(place)} as place, to_jsonb(it) - ${[...secret]}::text[] as body
    from ${sql.table(name)} as it
    where account_id = ${accountId} and ${sql.raw(place)} > ${after}
    order by ${sql.raw(place)} limit ${limit}
  `.execute(app.db)
  return rows
}

export async function setDeletion(app: App, accountId: string, at: Date | null): Promise<void> {
  await app.db.updateTable('accounts').set({ delete_after: at }).where('account_id', '=', accountId).execute()
}

export async function listDue(app: App, now: Date, limit: number): Promise<string[]> {
  const rows = await app.db
    .selectFrom('accounts')
    .select('account_id')
    .where('delete_after', '<=', now)
    .orderBy('delete_after')
    .limit(limit)
    .execute()
  return rows.map((row) => row.account_id)
}

/** Videos of this account on channels of others belong to whoever owns the channel. */
export async function leaveVideosToChannels(app: App, accountId: string): Promise<void> {
  await sql`
    update videos set account_id = channels.account_id from channels
    where channels.channel_id = videos.channel_id
      and videos.account_id = ${accountId} and channels.account_id <> ${accountId}
  `.execute(app.db)
}

/** Videos that go with the account: its own, and those of others on its channels. */
export async function listVideosOf(app: App, accountId: string, limit: number): Promise<string[]> {
  const { rows } = await sql<{ video_id: string }>`
    (select video_id from videos where account_id = ${accountId} limit ${limit})
    union
    (select video_id from channels join videos using (channel_id) where channels.account_id = ${accountId} limit ${limit})
  `.execute(app.db)
  return rows.map((row) => row.video_id)
}

/** The pictures of the account's channels, by their keys. */
export async function listPictures(app: App, accountId: string): Promise<string[]> {
  const rows = await app.db
    .selectFrom('channels')
    .select(['avatar_key', 'banner_key'])
    .where('account_id', '=', accountId)
    .execute()
  return rows.flatMap((row) => [row.avatar_key, row.banner_key]).filter((key) => key !== null)
}

export async function deleteAccount(app: App, accountId: string): Promise<void> {
  await app.db.deleteFrom('accounts').where('account_id', '=', accountId).execute()
}
