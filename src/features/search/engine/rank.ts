/**
 * The second look: the best few hundred are read word by word for what posting lists do not know: whether the words stand
 * together, whether they are spelled as asked, whether they are the whole title.
 */
import { type Documents, FIELDS, JOINED, pageOf, placeOf, SURFACE } from './documents.ts'
import type { Scratch } from './scratch.ts'
import type { Shelf } from './shelf.ts'
import type { Word } from './understand.ts'

export interface RankRules {
  /** Share of the points a document keeps that holds next to nothing of the query; with all of it it keeps all. */
  coordination: number
  /** Worth of two neighbouring words of the query that are neighbours in a field: times the rarity of the commoner one. */
  neighbours: number
  /** Worth of two words of the query near each other, in whatever order. */
  near: number
  /** Worth of a word that is spelled as asked, not only of the same stem: times its rarity. */
  spelling: number
  /** Factor when title and query are the same words. */
  wholeTitle: number
  /** Factor when the title begins with the query. */
  titleBegins: number
}

export const RULES: RankRules = {
  coordination: 0.3,
  neighbours: 0.18,
  near: 0.08,
  spelling: 0.03,
  wholeTitle: 1.3,
  titleBegins: 1.08,
}

/** Words farther apart than this are not near. */
const WINDOW = 8
/** By field: how much standing together there is worth. */
const FIELD_WORTH = [1.2, 0.4, 0.6, 1]

/** Marks which stems stand for which words (32 at most), for as long as one search looks. */
export function markWords(scratch: Scratch, words: readonly Word[]): void {
  for (const [index, word] of words.entries()) {
    for (const { stem } of word.alternatives) scratch.wordsOfStem[stem]! |= 1 << index
  }
}

export function unmarkWords(scratch: Scratch, words: readonly Word[]): void {
  for (const word of words) for (const { stem } of word.alternatives) scratch.wordsOfStem[stem] = 0
}

export interface SecondLook {
  /** Points to be added. */
  together: number
  spelling: number
  /** Factor. */
  title: number
}

/** Reads one document. Words must be marked. */
export function look(
  shelf: Shelf,
  scratch: Scratch,
  words: readonly Word[],
  doc: number,
  rules: RankRules,
): SecondLook {
  const { documents, vocabulary } = shelf
  const language = documents.language[doc]!
  const page = pageOf(documents.words, documents.wordsAt[doc]!)
  const start = placeOf(documents.wordsAt[doc]!)
  const { pairs } = scratch
  const wordsOfStem = scratch.wordsOfStem
  const isPair = words.length > 1
  // Every word of a document that was weighed has its stem by now.
  const stems = vocabulary.stemsIn(language)
  let spelled = 0
  let title = 1
  let at = start
  for (let field = 0; field < FIELDS.length; field++) {
    const end = at + documents.lengths[doc * 4 + field]!
    const first = at
    // A single word has no neighbours: once it is known to be spelled as asked, there is nothing left to learn.
    if (!isPair && field > 0 && spelled !== 0) break
    let place = 0
    let lastWord = -1
    let lastPlace = -1000
    let earlierWord = -1
    let earlierPlace = -1000
    for (; at < end; at++) {
      const entry = page[at]!
      const isJoined = (entry & JOINED) !== 0
      if (!isJoined) place++
      const surface = entry & SURFACE
      const bits = wordsOfStem[stems[surface]! - 1]!
      if (bits === 0) continue
      const index = 31 - Math.clz32(bits & -bits)
      const word = words[index]!
      if (word.surface === surface) spelled |= 1 << index
      if (isJoined || !isPair) continue
      if (lastWord >= 0 && lastWord !== index)
        credit(pairs, lastWord, index, place - lastPlace, FIELD_WORTH[field]!, rules)
      if (earlierWord >= 0 && earlierWord !== index && earlierWord !== lastWord) {
        credit(pairs, earlierWord, index, place - earlierPlace, FIELD_WORTH[field]!, rules)
      }
      if (lastWord !== index) {
        earlierWord = lastWord
        earlierPlace = lastPlace
      }
      lastWord = index
      lastPlace = place
    }
    if (field === 0) title = titleFactor(shelf, scratch, words, first, end, page, language, rules)
  }
  let together = 0
  for (let a = 0; isPair && a < words.length; a++) {
    for (let b = a + 1; b < words.length; b++) {
      const worth = pairs[(a << 5) | b]!
      if (worth === 0) continue
      together += Math.min(words[a]!.idf, words[b]!.idf) * worth
      pairs[(a << 5) | b] = 0
    }
  }
  let spelling = 0
  for (let index = 0; index < words.length; index++)
    if (spelled & (1 << index)) spelling += words[index]!.idf * rules.spelling
  return { together, spelling, title }
}

/** Keeps the best worth of a pair of words: next to each other in the order asked, or within the window. */
function credit(
  pairs: Float32Array,
  a: number,
  b: number,
  distance: number,
  fieldWorth: number,
  rules: RankRules,
): void {
  if (distance > WINDOW) return
  const isNeighbour = b === a + 1 && distance === 1
  const worth = fieldWorth * (isNeighbour ? rules.neighbours : rules.near / Math.max(1, distance))
  const key = a < b ? (a << 5) | b : (b << 5) | a
  if (worth > pairs[key]!) pairs[key] = worth
}

function titleFactor(
  { vocabulary }: Shelf,
  scratch: Scratch,
  words: readonly Word[],
  from: number,
  to: number,
  page: Uint32Array,
  language: number,
  rules: RankRules,
): number {
  let length = 0
  let inOrder = 0
  for (let at = from; at < to; at++) {
    const entry = page[at]!
    if (entry & JOINED) continue
    const bits = scratch.wordsOfStem[vocabulary.stemOf(entry & SURFACE, language)]!
    if (inOrder === length && inOrder < words.length && bits & (1 << inOrder)) inOrder++
    length++
  }
  if (inOrder < words.length || words.length === 0) return 1
  return inOrder === length ? rules.wholeTitle : rules.titleBegins
}

/** Whether a document has these surfaces one after the other in one field. */
export function holdsPhrase({ documents }: Shelf, doc: number, phrase: readonly number[]): boolean {
  const page = pageOf(documents.words, documents.wordsAt[doc]!)
  let at = placeOf(documents.wordsAt[doc]!)
  for (let field = 0; field < FIELDS.length; field++) {
    const end = at + documents.lengths[doc * 4 + field]!
    for (; at < end; at++) {
      if ((page[at]! & SURFACE) === phrase[0] && goesOn(page, at, end, phrase)) return true
    }
  }
  return false
}

function goesOn(page: Uint32Array, at: number, end: number, phrase: readonly number[]): boolean {
  if (page[at]! & JOINED) return phrase.length === 1
  let next = at + 1
  for (let index = 1; index < phrase.length; index++) {
    while (next < end && page[next]! & JOINED) next++
    if (next >= end || page[next] !== phrase[index]) return false
    next++
  }
  return true
}

/** How far apart two spoken words may be and still belong to one moment. */
const MOMENT_S = 15

/**
 * The second at which the query is spoken: where most of its words are said close together, else where its rarest is said
 * first. Undefined when none of them is spoken.
 */
export function momentOf(shelf: Shelf, scratch: Scratch, words: readonly Word[], doc: number): number | undefined {
  const documents: Documents = shelf.documents
  const count = documents.spokenCount[doc]!
  if (count === 0) return undefined
  const page = pageOf(documents.spoken, documents.spokenAt[doc]!)
  const start = placeOf(documents.spokenAt[doc]!)
  const language = documents.language[doc]!
  const said: { second: number; idf: number }[] = []
  for (let word = 0; word < count; word++) {
    const bits = scratch.wordsOfStem[shelf.vocabulary.stemOf(page[start + word * 2]!, language)]!
    if (bits === 0) continue
    const index = 31 - Math.clz32(bits & -bits)
    said.push({ second: page[start + word * 2 + 1]! & 0xffffff, idf: words[index]!.idf })
  }
  let best: { second: number; worth: number } | undefined
  for (const { second } of said) {
    const worth = said.reduce(
      (sum, it) => sum + (it.second >= second && it.second <= second + MOMENT_S ? it.idf : 0),
      0,
    )
    if (best === undefined || worth > best.worth) best = { second, worth }
  }
  return best?.second
}
