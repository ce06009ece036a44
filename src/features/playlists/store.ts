/** SQL of playlists. How many entries one has is kept by a trigger (migration 0033). */
import { type Selectable, type SqlBool, sql } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { PlaylistsTable } from '../../schema/tables.ts'

/** A playlist with the oldest channel of its account, and the video at its head. */
export type PlaylistRow = Selectable<PlaylistsTable> & {
  channel_id: string
  handle: string
  name: string
  avatar_key: string | null
  first_video_id: string | null
}

type Place = readonly [number, string]

function rows(app: App) {
  return app.db
    .selectFrom('playlists')
    .innerJoinLateral(
      (it) =>
        it
          .selectFrom('channels')
          .select(['channel_id', 'handle', 'name', 'avatar_key'])
          .whereRef('channels.account_id', '=', 'playlists.account_id')
          .orderBy('channels.created_at')
          .orderBy('channels.channel_id')
          .limit(1)
          .as('own'),
      (join) => join.onTrue(),
    )
    .selectAll('playlists')
    .select(['own.channel_id', 'own.handle', 'own.name', 'own.avatar_key'])
    .select((it) =>
      it
        .selectFrom('playlist_items')
        .select('playlist_items.video_id')
        .whereRef('playlist_items.account_id', '=', 'playlists.account_id')
        .whereRef('playlist_items.playlist_id', '=', 'playlists.playlist_id')
        .orderBy('position')
        .limit(1)
        .as('first_video_id'),
    )
}

export async function loadPlaylist(app: App, playlistId: string): Promise<PlaylistRow | undefined> {
  return rows(app).where('playlists.playlist_id', '=', playlistId).executeTakeFirst()
}

export async function findWatchLater(app: App, accountId: string): Promise<PlaylistRow | undefined> {
  return rows(app)
    .where('playlists.account_id', '=', accountId)
    .where('playlists.kind', '=', sql.lit('watch_later'))
    .executeTakeFirst()
}

/** Inside a transaction: changes of the order of one playlist follow one another. */
export async function lockPlaylist(app: App, playlistId: string): Promise<void> {
  await app.db.selectFrom('playlists').select('playlist_id').where('playlist_id', '=', playlistId).forUpdate().execute()
}

export async function countOf(app: App, accountId: string): Promise<number> {
  const { count } = await app.db
    .selectFrom('playlists')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export type NewPlaylist = Pick<
  PlaylistsTable,
  'account_id' | 'playlist_id' | 'title' | 'description' | 'privacy' | 'kind' | 'created_at' | 'updated_at'
>

/** A second `watch_later` of an account is not made, and no error. */
export async function insertPlaylist(app: App, row: NewPlaylist): Promise<void> {
  await app.db
    .insertInto('playlists')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function updatePlaylist(
  app: App,
  playlistId: string,
  change: Partial<Pick<Selectable<PlaylistsTable>, 'title' | 'description' | 'privacy' | 'updated_at'>>,
): Promise<void> {
  await app.db.updateTable('playlists').set(change).where('playlist_id', '=', playlistId).execute()
}

export async function deletePlaylist(app: App, playlistId: string): Promise<void> {
  await app.db.deleteFrom('playlists').where('playlist_id', '=', playlistId).execute()
}

/** The playlists of an account, last changed first: all, or the public ones. */
export async function listOf(
  app: App,
  accountId: string,
  onlyPublic: boolean,
  after: Place | undefined,
  limit: number,
): Promise<PlaylistRow[]> {
  let query = rows(app).where('playlists.account_id', '=', accountId)
  if (onlyPublic) query = query.where('playlists.privacy', '=', sql.lit('public'))
  if (after)
    query = query.where(
      sql<SqlBool>`(playlists.updated_at, playlists.playlist_id) < (${new Date(after[0])}, ${after[1]})`,
    )
  return query.orderBy('playlists.updated_at', 'desc').orderBy('playlists.playlist_id', 'desc').limit(limit).execute()
}

/** Which of an account's playlists have a video. */
export async function listHolding(app: App, accountId: string, videoId: string): Promise<Set<string>> {
  const found = await app.db
    .selectFrom('playlist_items')
    .select('playlist_id')
    .where('account_id', '=', accountId)
    .where('video_id', '=', videoId)
    .execute()
  return new Set(found.map((row) => row.playlist_id))
}

/** The entries in their order, from a place on. */
export async function listItems(
  app: App,
  playlist: { account_id: string; playlist_id: string },
  after: Place | undefined,
  limit: number,
) {
  let query = items(app, playlist).select(['video_id', 'position', 'added_at'])
  if (after) query = query.where(sql<SqlBool>`(position, video_id) > (${after[0]}, ${after[1]})`)
  return query.orderBy('position').orderBy('video_id').limit(limit).execute()
}

function items(app: App, playlist: { account_id: string; playlist_id: string }) {
  return app.db
    .selectFrom('playlist_items')
    .where('account_id', '=', playlist.account_id)
    .where('playlist_id', '=', playlist.playlist_id)
}

export async function lastPosition(app: App, playlist: PlaylistRow): Promise<number | undefined> {
  const row = await items(app, playlist).select('position').orderBy('position', 'desc').limit(1).executeTakeFirst()
  return row?.position
}

export async function positionOf(app: App, playlist: PlaylistRow, videoId: string): Promise<number | undefined> {
  const row = await items(app, playlist).select('position').where('video_id', '=', videoId).executeTakeFirst()
  return row?.position
}

/** The position of the entry before this one, `except` left out. */
export async function positionBefore(
  app: App,
  playlist: PlaylistRow,
  position: number,
  except: string,
): Promise<number | undefined> {
  const row = await items(app, playlist)
    .select('position')
    .where('position', '<', position)
    .where('video_id', '<>', except)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.position
}

/** False when the video is in the list already. */
export async function insertItem(app: App, playlist: PlaylistRow, videoId: string, position: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await app.db
    .insertInto('playlist_items')
    .values({
      account_id: playlist.account_id,
      playlist_id: playlist.playlist_id,
      video_id: videoId,
      position,
      added_at: app.clock.now(),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export async function deleteItem(app: App, playlist: PlaylistRow, videoId: string): Promise<void> {
  await app.db
    .deleteFrom('playlist_items')
    .where('account_id', '=', playlist.account_id)
    .where('playlist_id', '=', playlist.playlist_id)
    .where('video_id', '=', videoId)
    .execute()
}

export async function placeItem(app: App, playlist: PlaylistRow, videoId: string, position: number): Promise<void> {
  await app.db
    .updateTable('playlist_items')
    .set({ position })
    .where('account_id', '=', playlist.account_id)
    .where('playlist_id', '=', playlist.playlist_id)
    .where('video_id', '=', videoId)
    .execute()
}

/**
 * Gives every entry a new position, `gap` apart, in the order they have. Called inside `together`. A list that has just been
 * filled is not in the planner's statistics yet: it would compare every entry with every other.
 */
export async function renumber(app: App, playlist: PlaylistRow, gap: number): Promise<void> {
  await sql`select set_config('enable_nestloop', 'off', true)`.execute(app.db)
  await sql`
    update playlist_items it set position = numbered.place * ${gap}::bigint
    from (
      select video_id, row_number() over (order by position, video_id) as place from playlist_items
      where account_id = ${playlist.account_id} and playlist_id = ${playlist.playlist_id}
    ) numbered
    where it.account_id = ${playlist.account_id} and it.playlist_id = ${playlist.playlist_id}
      and it.video_id = numbered.video_id
  `.execute(app.db)
  await sql`select set_config('enable_nestloop', 'on', true)`.execute(app.db)
}
