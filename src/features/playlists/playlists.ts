/** Playlists: videos in an order of somebody's own, and the list of what to watch later. */
import type { Playlist } from '../../contract/playlists.ts'
import { refuse } from '../../contract/refusals.ts'
import { channelRef, type Privacy } from '../../contract/shapes.ts'
import { newId } from '../../kit/ids.ts'
import { cutPage } from '../../kit/places.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { askedPlace, nextOf, type PageAsked } from '../../platform/http/paging.ts'
import { findChannel } from '../channels/channels.ts'
import { cardsOf, seeVideo } from '../videos/videos.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

type PlaylistRow = store.PlaylistRow

/** Makes an empty playlist. Refuses too_many. */
export async function createPlaylist(
  app: App,
  viewer: Viewer,
  given: { title: string; description: string; privacy: Privacy },
): Promise<Playlist> {
  const accountId = viewer.accountId!
  if ((await store.countOf(app, accountId)) >= rules.MOST_PLAYLISTS)
    return refuse('too_many', `an account has at most ${rules.MOST_PLAYLISTS} playlists`)
  const playlistId = newId()
  const now = app.clock.now()
  await store.insertPlaylist(app, {
    account_id: accountId,
    playlist_id: playlistId,
    ...given,
    kind: 'own',
    created_at: now,
    updated_at: now,
  })
  return getPlaylist(app, viewer, playlistId)
}

/** The playlist, if this viewer may see it. Refuses playlist_not_found for what is not there and for what is hidden, alike. */
async function seePlaylist(app: App, viewer: Viewer, playlistId: string): Promise<PlaylistRow> {
  const row = await store.loadPlaylist(app, playlistId)
  if (!row || !rules.maySeePlaylist(viewer, row)) return refuse('playlist_not_found')
  return row
}

async function ownPlaylist(app: App, viewer: Viewer, playlistId: string): Promise<PlaylistRow> {
  const row = await seePlaylist(app, viewer, playlistId)
  return row.account_id === viewer.accountId ? row : refuse('not_allowed')
}

export async function getPlaylist(app: App, viewer: Viewer, playlistId: string): Promise<Playlist> {
  const [playlist] = await toPlaylists(app, viewer, [await seePlaylist(app, viewer, playlistId)])
  return playlist!
}

/** With the pictures of their first videos, all in one question. */
async function toPlaylists(app: App, viewer: Viewer, rows: PlaylistRow[]): Promise<Playlist[]> {
  const cards = await cardsOf(
    app,
    viewer,
    rows.flatMap((row) => row.first_video_id ?? []),
  )
  return rows.map((row) => {
    const thumbnail = cards.get(row.first_video_id ?? '')?.thumbnail
    return {
      id: row.playlist_id,
      title: row.title,
      description: row.description,
      privacy: row.privacy,
      kind: row.kind,
      by: channelRef(row),
      itemCount: row.item_count,
      ...(thumbnail === undefined ? {} : { thumbnail }),
      created: row.created_at.toISOString(),
      updated: row.updated_at.toISOString(),
      mine: row.account_id === viewer.accountId,
    }
  })
}

/** Changes what is given. What to watch later stays private, and what it is. */
export async function editPlaylist(
  app: App,
  viewer: Viewer,
  playlistId: string,
  edit: { title?: string | undefined; description?: string | undefined; privacy?: Privacy | undefined },
): Promise<Playlist> {
  const row = await ownPlaylist(app, viewer, playlistId)
  if (row.kind === 'watch_later') return refuse('not_allowed')
  const given = Object.fromEntries(Object.entries(edit).filter(([, value]) => value !== undefined))
  await store.updatePlaylist(app, playlistId, { ...given, updated_at: app.clock.now() })
  return getPlaylist(app, viewer, playlistId)
}

export async function removePlaylist(app: App, viewer: Viewer, playlistId: string): Promise<void> {
  const row = await ownPlaylist(app, viewer, playlistId)
  if (row.kind === 'watch_later') return refuse('not_allowed')
  await store.deletePlaylist(app, playlistId)
}

/** The entries in their order; one whose video this viewer may not see is there without it. */
export async function listItems(app: App, viewer: Viewer, playlistId: string, page: PageAsked) {
  const playlist = await seePlaylist(app, viewer, playlistId)
  const rows = await store.listItems(app, playlist, askedPlace(page, 'number', 'id'), page.limit + 1)
  const cut = cutPage(rows, page.limit, (row) => [row.position, row.video_id])
  const cards = await cardsOf(
    app,
    viewer,
    cut.rows.map((row) => row.video_id),
  )
  const items = cut.rows.map((row) => {
    const video = cards.get(row.video_id)
    return { videoId: row.video_id, ...(video ? { video } : {}), added: row.added_at.toISOString() }
  })
  return { items, ...nextOf(cut) }
}

/** Puts a video at the end; one that is in the list stays where it is. Refuses playlist_full, video_not_found. */
export async function addItem(app: App, viewer: Viewer, playlistId: string, videoId: string): Promise<Playlist> {
  const playlist = await ownPlaylist(app, viewer, playlistId)
  await seeVideo(app, viewer, videoId)
  await app.together(async (app) => {
    await store.lockPlaylist(app, playlistId)
    const now = (await store.loadPlaylist(app, playlistId)) ?? refuse('playlist_not_found')
    if ((await store.positionOf(app, playlist, videoId)) !== undefined) return
    if (now.item_count >= rules.MOST_ITEMS) return refuse('playlist_full')
    const position = rules.between(await store.lastPosition(app, playlist), undefined)!
    await store.insertItem(app, playlist, videoId, position)
    await store.updatePlaylist(app, playlistId, { updated_at: app.clock.now() })
  })
  return getPlaylist(app, viewer, playlistId)
}

export async function removeItem(app: App, viewer: Viewer, playlistId: string, videoId: string): Promise<Playlist> {
  const playlist = await ownPlaylist(app, viewer, playlistId)
  await app.together(async (app) => {
    await store.lockPlaylist(app, playlistId)
    await store.deleteItem(app, playlist, videoId)
    await store.updatePlaylist(app, playlistId, { updated_at: app.clock.now() })
  })
  return getPlaylist(app, viewer, playlistId)
}

/** Puts an entry before another one, or at the end. One row is written; now and then, where no place is left, all are. */
export async function moveItem(
  app: App,
  viewer: Viewer,
  playlistId: string,
  videoId: string,
  before: string | null,
): Promise<void> {
  const playlist = await ownPlaylist(app, viewer, playlistId)
  if (before === videoId) return
  await app.together(async (app) => {
    await store.lockPlaylist(app, playlistId)
    if ((await store.positionOf(app, playlist, videoId)) === undefined) return refuse('video_not_found')
    let position = await placeBefore(app, playlist, videoId, before)
    if (position === undefined) {
      await store.renumber(app, playlist, rules.GAP)
      position = await placeBefore(app, playlist, videoId, before)
    }
    await store.placeItem(app, playlist, videoId, position!)
    await store.updatePlaylist(app, playlistId, { updated_at: app.clock.now() })
  })
}

async function placeBefore(app: App, playlist: PlaylistRow, videoId: string, before: string | null) {
  if (before === null) return rules.between(await store.lastPosition(app, playlist), undefined)
  const next = (await store.positionOf(app, playlist, before)) ?? refuse('video_not_found')
  return rules.between(await store.positionBefore(app, playlist, next, videoId), next)
}

/** The playlists of the account, last changed first; with a video, also whether each has it. */
export async function listMine(app: App, viewer: Viewer, page: PageAsked & { videoId?: string | undefined }) {
  const accountId = viewer.accountId!
  const listed = await pageOf(app, viewer, accountId, false, page)
  if (page.videoId === undefined) return listed
  const holding = await store.listHolding(app, accountId, page.videoId)
  return { ...listed, items: listed.items.map((it) => ({ ...it, holds: holding.has(it.id) })) }
}

/** The public playlists of whom a channel belongs to. */
export async function listOfChannel(app: App, viewer: Viewer, handle: string, page: PageAsked) {
  const { account_id } = await findChannel(app, handle)
  return pageOf(app, viewer, account_id, true, page)
}

async function pageOf(app: App, viewer: Viewer, accountId: string, onlyPublic: boolean, page: PageAsked) {
  const after = askedPlace(page, 'number', 'id')
  const rows = await store.listOf(app, accountId, onlyPublic, after, page.limit + 1)
  const cut = cutPage(rows, page.limit, (row) => [row.updated_at.getTime(), row.playlist_id])
  return { items: await toPlaylists(app, viewer, cut.rows), ...nextOf(cut) }
}

/** The list of what to watch later, made when it is first asked for. */
export async function getWatchLater(app: App, viewer: Viewer): Promise<Playlist> {
  const accountId = viewer.accountId!
  let row = await store.findWatchLater(app, accountId)
  if (!row) {
    await insertWatchLater(app, accountId)
    row = await store.findWatchLater(app, accountId)
  }
  const [playlist] = await toPlaylists(app, viewer, [row ?? refuse('account_not_found')])
  return playlist!
}

async function insertWatchLater(app: App, accountId: string): Promise<void> {
  const now = app.clock.now()
  await store.insertPlaylist(app, {
    account_id: accountId,
    playlist_id: newId(),
    title: 'Watch later',
    description: '',
    privacy: 'private',
    kind: 'watch_later',
    created_at: now,
    updated_at: now,
  })
}
