/** What stands on pages, and what becomes of it: remembered until it is kept, and learned from at once. */
import type { Catalogue } from '../catalogue.ts'
import { lookedAt } from './learning.ts'
import { hashOf, learn, ONLINE_FACTS, type Online, writePlaces } from './online.ts'
import type { PageRow } from './store.ts'

/** Pages that were shown and are not kept in the database yet. */
export interface Shown {
  pages: PageRow[]
  /** How many there were since they were kept last. */
  seen: number
}

/** Pages that wait to be kept, at most: more of them, in so short a time, are a sample too. */
const MOST_WAITING = 400

/** Remembers a page until it is kept. Where there are too many, each has the same chance to stay. */
export function notePage(shown: Shown, page: PageRow): void {
  shown.seen++
  if (shown.pages.length < MOST_WAITING) {
    shown.pages.push(page)
    return
  }
  const place = Math.floor(Math.random() * shown.seen)
  if (place < MOST_WAITING) shown.pages[place] = page
}

/** The pages that wait, which wait no more. */
export function takePages(shown: Shown): PageRow[] {
  shown.seen = 0
  return shown.pages.splice(0)
}

/** What an outcome is held against where nothing is known: the share of suggestions that are taken, as logit. */
const USUAL = -3

/** What stood on the page before (video to place) and was not watched is learned from, the less the further down it stood. */
export function closePage(catalogue: Catalogue, online: Online, open: Map<number, number>, viewer: string): void {
  const places = new Uint32Array(ONLINE_FACTS)
  const hash = hashOf(viewer)
  for (const [video, place] of open) {
    writePlaces(catalogue.factsOf(video, hash), online.size, places)
    learn(online, places, USUAL, false, lookedAt(place))
  }
  open.clear()
}

/** A video of the page was watched, `share` of it. */
export function learnTaken(catalogue: Catalogue, online: Online, viewer: string, video: number, share: number): void {
  const places = new Uint32Array(ONLINE_FACTS)
  writePlaces(catalogue.factsOf(video, hashOf(viewer)), online.size, places)
  learn(online, places, USUAL, true, 0.5 + share)
}
