/**
 * Places in lists. A list is read from a place on (keyset paging), never from the n-th row, so that a page costs the same
 * however deep it lies. A place is what the list is ordered by, as numbers and ids; on the wire it is one opaque word.
 */

/** What one part of a place is: a whole number, or an id. */
export type PlacePart = 'number' | 'id'
export type PlaceOf<Parts extends readonly PlacePart[]> = {
  [Index in keyof Parts]: Parts[Index] extends 'number' ? number : string
}

export function writePlace(place: readonly (number | string)[]): string {
  return Buffer.from(place.join('.')).toString('base64url')
}

/** The place a word stands for; undefined for a word that we cannot have written. */
export function readPlace<const Parts extends readonly PlacePart[]>(
  word: string,
  ...parts: Parts
): PlaceOf<Parts> | undefined {
  const pieces = Buffer.from(word, 'base64url').toString('latin1').split('.')
  if (pieces.length !== parts.length) return undefined
  const place: (number | string)[] = []
  for (const [index, piece] of pieces.entries()) {
    if (!(parts[index] === 'number' ? /^-?\d{1,15}$/ : /^[0-9A-Za-z]{8,32}$/).test(piece)) return undefined
    place.push(parts[index] === 'number' ? Number(piece) : piece)
  }
  return place as PlaceOf<Parts>
}

/** One row more than the page was read, to know whether another page follows. */
export function cutPage<Row>(
  rows: Row[],
  limit: number,
  placeOf: (row: Row) => readonly (number | string)[],
): { rows: Row[]; next?: string } {
  const last = rows[limit - 1]
  if (rows.length <= limit || last === undefined) return { rows }
  return { rows: rows.slice(0, limit), next: writePlace(placeOf(last)) }
}
