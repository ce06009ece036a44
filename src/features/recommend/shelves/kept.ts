/** What was ranked, and which of it this viewer may see now. */
import type { Suggestion, Why } from '../../../contract/recommend.ts'
import type { VideoCard } from '../../../contract/videos.ts'
import type { App } from '../../../platform/app.ts'
import type { Viewer } from '../../../platform/http/http.ts'
import { cardsOf } from '../../videos/videos.ts'
import type { Standing } from '../live.ts'

/** What a stored page holds of each video that is still to come. */
export interface Kept {
  id: string
  why: Why
  /** What it was ranked by, in base 64; absent on what is not learned from. */
  features?: string
  /** How likely this one was to be tried here. */
  chance?: number
}

/** The first so many that this viewer may see now, and what is left. */
export async function filled(app: App, viewer: Viewer, standing: Standing, order: Kept[], limit: number) {
  const items: Suggestion[] = []
  let rest = order
  for (let round = 0; round < 4 && items.length < limit && rest.length > 0; round++) {
    const part = rest.slice(0, limit - items.length)
    rest = rest.slice(part.length)
    const sources = part.flatMap(({ why }) => (why.because === 'watched' ? [why.videoId] : []))
    const cards = await cardsOf(app, viewer, [...new Set([...part.map(({ id }) => id), ...sources])])
    items.push(...picked(cards, standing, part))
  }
  return { items, rest }
}

/** Of these, what there are cards of that may be shown: a wish counts from the next page on, even where it is cut from an old ranking. */
export function picked(
  cards: Map<string, VideoCard>,
  { notVideos, notChannels }: Standing,
  kept: readonly Kept[],
): Suggestion[] {
  return kept.flatMap(({ id, why }) => {
    const video = cards.get(id)
    if (!video || !isShown(video) || notVideos.has(id) || notChannels.has(video.channel.id)) return []
    return [{ video, why: titled(why, cards) }]
  })
}

function isShown(card: VideoCard): boolean {
  return card.privacy === 'public' && card.state === 'ready'
}

function titled(why: Why, cards: Map<string, VideoCard>): Why {
  if (why.because !== 'watched') return why
  const source = cards.get(why.videoId)
  return source ? { ...why, title: source.title } : { because: 'taste' }
}
