/** Reactions: likes and dislikes, one per account and video. */
import type { Reactions } from '../../contract/reactions.ts'
import { refuse } from '../../contract/refusals.ts'
import { cutPage } from '../../kit/places.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { askedPlace, nextOf, type PageAsked } from '../../platform/http/paging.ts'
import { cardsOf, seeVideo } from '../videos/videos.ts'
import * as store from './store.ts'

/** The sums of a video, and what this viewer thinks of it. Refuses video_not_found. */
export async function getReactions(app: App, viewer: Viewer, videoId: string): Promise<Reactions> {
  await seeVideo(app, viewer, videoId)
  return tell(app, viewer, videoId)
}

/** Likes, dislikes, or takes back; the last word counts. Refuses video_not_found. */
export async function setReaction(
  app: App,
  viewer: Viewer,
  videoId: string,
  reaction: Reactions['mine'],
): Promise<Reactions> {
  await seeVideo(app, viewer, videoId)
  if (reaction === 'none') await store.deleteReaction(app, videoId, viewer.accountId!)
  else await store.saveReaction(app, videoId, viewer.accountId!, reaction === 'like')
  return tell(app, viewer, videoId)
}

async function tell(app: App, viewer: Viewer, videoId: string): Promise<Reactions> {
  const row = await store.loadReactions(app, videoId, viewer.accountId)
  if (!row) return refuse('video_not_found')
  const mine = row.liked === null ? 'none' : row.liked ? 'like' : 'dislike'
  return { likes: Number(row.likes), dislikes: Number(row.dislikes), mine }
}

/** The videos an account likes and may see, last liked first. */
export async function listLiked(app: App, viewer: Viewer, page: PageAsked) {
  const rows = await store.listLiked(app, viewer.accountId!, askedPlace(page, 'number', 'id'), page.limit + 1)
  const cut = cutPage(rows, page.limit, (row) => [row.created_at.getTime(), row.video_id])
  const cards = await cardsOf(
    app,
    viewer,
    cut.rows.map((row) => row.video_id),
  )
  return { items: cut.rows.flatMap((row) => cards.get(row.video_id) ?? []), ...nextOf(cut) }
}
