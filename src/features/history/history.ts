/** History: what an account has watched and how far. Watching keeps the rows; here they are shown and forgotten. */
import { cutPage } from '../../kit/places.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { askedPlace, nextOf, type PageAsked } from '../../platform/http/paging.ts'
import { forgetAccount } from '../recommend/recommend.ts'
import { cardsOf } from '../videos/videos.ts'
import * as store from './store.ts'

const MOST_WORDS = 8

/** What the account has watched, last first; videos it may not see any more are left out. */
export async function listHistory(app: App, viewer: Viewer, page: PageAsked & { search?: string | undefined }) {
  const accountId = viewer.accountId!
  const words = (page.search ?? '').split(/\s+/).filter(Boolean).slice(0, MOST_WORDS)
  const rows = await store.listOf(app, accountId, words, askedPlace(page, 'number', 'id'), page.limit + 1)
  const cut = cutPage(rows, page.limit, (row) => [row.updated_at.getTime(), row.video_id])
  const cards = await cardsOf(
    app,
    viewer,
    cut.rows.map((row) => row.video_id),
  )
  const items = cut.rows.flatMap((row) => {
    const video = cards.get(row.video_id)
    if (!video) return []
    const watched = row.updated_at.toISOString()
    return [{ video, positionMs: Number(row.position_ms), completed: row.completed, watched }]
  })
  return { items, ...nextOf(cut), paused: await store.isPaused(app, accountId) }
}

export async function clearHistory(app: App, viewer: Viewer): Promise<void> {
  await store.deleteAll(app, viewer.accountId!)
  await forgetAccount(app, viewer.accountId!)
}

export async function forgetWatched(app: App, viewer: Viewer, videoId: string): Promise<void> {
  await store.deleteOne(app, viewer.accountId!, videoId)
  await forgetAccount(app, viewer.accountId!)
}

/** Keeps no history from now on, or keeps one again. What was kept stays. */
export async function pauseHistory(app: App, viewer: Viewer, paused: boolean): Promise<void> {
  if (paused) await store.insertPause(app, viewer.accountId!)
  else await store.deletePause(app, viewer.accountId!)
  await forgetAccount(app, viewer.accountId!)
}
