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

/** From place `from` on the first `limit` of `count` that this viewer may see now, the place of each, and where what is left begins. */
export async function filled(
  read: ReadCards,
  standing: Standing,
  { count, at, from }: { count: number; at(place: number): Kept; from: number },
  limit: number,
): Promise<{ items: Suggestion[]; places: number[]; next: number }> {
  const items: Suggestion[] = []
  const places: number[] = []
  let next = from
  for (let round = 0; round < 4 && items.length < limit && next < count; round++) {
    const end = Math.min(count, next + limit - items.length)
    const part: Kept[] = []
    for (let place = next; place < end; place++) part.push(at(place))
    const cards = await read(idsOf(part))
    for (const [step, it] of part.entries()) {
      const item = shownOf(cards, standing, it)
      if (!item) continue
      items.push(item)
      places.push(next + step)
    }
    next = end
  }
  return { items, places, next }
}

/** Of these, what there are cards of that may be shown. */
export function picked(cards: Map<string, VideoCard>, standing: Standing, kept: readonly Kept[]): Suggestion[] {
  return kept.flatMap((it) => shownOf(cards, standing, it) ?? [])
}

/** As it stands on a page, if it may: a wish counts from the next page on, even where that is cut from an old ranking. */
function shownOf(
  cards: Map<string, VideoCard>,
  { notVideos, notChannels }: Standing,
  { id, why }: Kept,
): Suggestion | undefined {
  const video = cards.get(id)
  if (!video || !isShown(video) || notVideos.has(id) || notChannels.has(video.channel.id)) return undefined
  return { video, why: titled(why, cards) }
}

function isShown(card: VideoCard): boolean {
  return card.privacy === 'public' && card.state === 'ready'
}

function titled(why: Why, cards: Map<string, VideoCard>): Why {
  if (why.because !== 'watched') return why
  const source = cards.get(why.videoId)
  return source ? { ...why, title: source.title } : { because: 'taste' }
}
