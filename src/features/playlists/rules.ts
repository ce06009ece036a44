/** Decisions about playlists: who sees them, and where an entry goes between two others. Pure. */
import type { Privacy } from '../../contract/shapes.ts'
import type { Viewer } from '../../platform/http/http.ts'

export const MOST_PLAYLISTS = 1000
export const MOST_ITEMS = 5000
/** Between two entries: sixteen can be put one before the other before the list is numbered anew. */
export const GAP = 65_536

export function maySeePlaylist(viewer: Viewer, playlist: { account_id: string; privacy: Privacy }): boolean {
  if (playlist.privacy !== 'private') return true
  return viewer.accountId === playlist.account_id || viewer.role === 'moderator' || viewer.role === 'admin'
}

/** A place after `before` and before `after`; undefined where there is none left between them. */
export function between(before: number | undefined, after: number | undefined): number | undefined {
  if (after === undefined) return (before ?? 0) + GAP
  const low = before ?? after - 2 * GAP
  const middle = Math.floor((low + after) / 2)
  return middle > low && middle < after ? middle : undefined
}
