/** What was ranked, and which of it this viewer may see now. */
import type { Suggestion, Why } from '../../../contract/recommend.ts'
import type { App } from '../../../platform/app.ts'
import type { Live, Standing } from '../live.ts'
import { cardAt } from './cards.ts'

/** Why a video may stand on a page: what was watched is a number until it is shown. */
export type Reason = { because: 'watched'; source: number } | Exclude<Why, { because: 'watched' }>

/** What may stand on a page, by number in the catalogue, and why. */
export interface Kept {
  video: number
  why: Reason
}

/** As it is shown to a viewer, if it may be. */
export type Show = (kept: Kept) => Suggestion | undefined

/** Shows to a viewer of this standing. A wish counts from the next page on, even where that is cut from an old ranking. */
export function showingTo(app: App, live: Live, { notVideos, notChannels }: Standing): Show {
  return ({ video: number, why }) => {
    const video = cardAt(app, live, number)
    if (!video || notVideos.has(video.id) || notChannels.has(video.channel.id)) return undefined
    return { video, why: whyOf(live, why) }
  }
}

/** With the id and the title of what was watched; what nobody may see any more is no reason to tell. */
function whyOf({ catalogue, cards }: Live, why: Reason): Why {
  if (why.because !== 'watched') return why
  const source = catalogue.rows.isOpen(why.source) ? cards.read(why.source) : undefined
  return source
    ? { because: 'watched', videoId: catalogue.idOf(why.source), title: source.title }
    : { because: 'taste' }
}

/** Of `count` from place `from` on the first `limit` that are shown, the place of each, and where what is left begins. */
export function filled(
  show: Show,
  { count, at, from }: { count: number; at(place: number): Kept; from: number },
  limit: number,
): { items: Suggestion[]; places: number[]; next: number } {
  const items: Suggestion[] = []
  const places: number[] = []
  let next = from
  for (; next < count && items.length < limit; next++) {
    const item = show(at(next))
    if (!item) continue
    items.push(item)
    places.push(next)
  }
  return { items, places, next }
}
