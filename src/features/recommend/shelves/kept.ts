/** What was ranked, and which of it this viewer may see now. */
import type { Suggestion, Why } from '../../../contract/recommend.ts'
import type { VideoCard } from '../../../contract/videos.ts'
import type { App } from '../../../platform/app.ts'
import type { Viewer } from '../../../platform/http/http.ts'
import { cardsOf } from '../../videos/videos.ts'
import type { Standing } from '../live.ts'

/** What may stand on a page, and why. */
export interface Kept {
  id: string
  why: Why
  /** What it was ranked by; absent on what is not learned from, which comes after all that is. */
  row?: Float32Array
  /** How likely this one was to be tried here. */
  chance?: number
}

/** Reads cards of these videos as this viewer sees them, and tells all that were read so far. */
export type ReadCards = (ids: Iterable<string>) => Promise<Map<string, VideoCard>>

/** Cards for one answer: no video is asked for twice. */
export function cardsFor(app: App, viewer: Viewer): ReadCards {
  const cards = new Map<string, VideoCard>()
  const asked = new Set<string>()
  return async (ids) => {
    const wanted = [...new Set(ids).difference(asked)]
    for (const id of wanted) asked.add(id)
    if (wanted.length > 0) for (const [id, card] of await cardsOf(app, viewer, wanted)) cards.set(id, card)
    return cards
  }
}

/** The videos that are shown of these, and what stands there as the reason of one. */
export function idsOf(kept: readonly Kept[]): string[] {
  return kept.flatMap(({ id, why }) => (why.because === 'watched' ? [id, why.videoId] : [id]))
}

/** The first so many that this viewer may see now, and what is left. */
export async function filled(read: ReadCards, standing: Standing, order: Kept[], limit: number) {
  const items: Suggestion[] = []
  let rest = order
  for (let round = 0; round < 4 && items.length < limit && rest.length > 0; round++) {
    const part = rest.slice(0, limit - items.length)
    rest = rest.slice(part.length)
    items.push(...picked(await read(idsOf(part)), standing, part))
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
