/** Pages of lists as endpoints are asked for them. */
import { refuse } from '../../contract/refusals.ts'
import { type PlaceOf, type PlacePart, readPlace } from '../../kit/places.ts'

export interface PageAsked {
  /** The `next` of the page before. */
  after?: string | undefined
  limit: number
}

/** The place from which a page was asked for; undefined for the first. Refuses bad_request for a cursor that is not ours. */
export function askedPlace<const Parts extends readonly PlacePart[]>(
  page: PageAsked,
  ...parts: Parts
): PlaceOf<Parts> | undefined {
  if (page.after === undefined) return undefined
  return readPlace(page.after, ...parts) ?? refuse('bad_request', 'query.after: is not a cursor of this list')
}

/** The part of a reply that names the next page, where there is one. */
export function nextOf(cut: { next?: string }): { next?: string } {
  return cut.next === undefined ? {} : { next: cut.next }
}
