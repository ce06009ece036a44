/** Finds the web addresses in plain text, so that they can be shown as links without any markup being believed. */

export interface Piece {
  text: string
  /** Only http and https. */
  href?: string
  /** Of a time such as `1:02:03`: how far from the beginning. */
  seconds?: number
}

/** Cuts the times out of the pieces that are no addresses. A score of 3:1 is no time, since seconds have two digits. */
export function withTimes(pieces: Piece[]): Piece[] {
  return pieces.flatMap((piece) => (piece.href ? [piece] : cutTimes(piece.text)))
}

function cutTimes(text: string): Piece[] {
  const pieces: Piece[] = []
  let rest = 0
  for (const found of text.matchAll(/(?<![\d:.,])(?:\d{1,2}:)?[0-5]?\d:[0-5]\d(?![\d:])/g)) {
    if (found.index > rest) pieces.push({ text: text.slice(rest, found.index) })
    pieces.push({ text: found[0], seconds: found[0].split(':').reduce((sum, part) => sum * 60 + Number(part), 0) })
    rest = found.index + found[0].length
  }
  if (rest < text.length) pieces.push({ text: text.slice(rest) })
  return pieces
}

/** Cuts text into pieces that joined again are the text. Punctuation that ends a sentence is not part of an address. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = []
  let rest = 0
  for (const found of text.matchAll(/\bhttps?:\/\/[^\s<>"'`]+/gi)) {
    const address = withoutTail(found[0])
    if (!isAddress(address)) continue
    if (found.index > rest) pieces.push({ text: text.slice(rest, found.index) })
    pieces.push({ text: address, href: address })
    rest = found.index + address.length
  }
  if (rest < text.length) pieces.push({ text: text.slice(rest) })
  return pieces
}

function withoutTail(address: string): string {
  let unopened = address.split(')').length - address.split('(').length
  let end = address.length
  while (end > 0) {
    const last = address.charAt(end - 1)
    if (last === ')') {
      // A closing bracket belongs to the address only when it was opened in it: en.wikipedia.org/wiki/V_(film)
      if (unopened <= 0) break
      unopened -= 1
    } else if (!'.,;:!?…*_]}»”’'.includes(last)) break
    end -= 1
  }
  return address.slice(0, end)
}

function isAddress(text: string): boolean {
  const address = URL.parse(text)
  return address !== null && address.hostname !== '' && address.username === '' && address.password === ''
}
