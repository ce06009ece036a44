/**
 * Words of the best documents added to the query (relevance model RM3; Lavrenko and Croft 2001, Abdul-Jaleel et al. 2004):
 * what the first finds speak of besides the query is looked for as well, with less weight.
 */
import { FIELDS, JOINED, pageOf, placeOf, SURFACE } from './documents.ts'
import { documentsWith } from './postings.ts'
import type { Shelf } from './shelf.ts'
import { isStopWord } from './stem.ts'
import { idfOf, type Word } from './understand.ts'

const DOCUMENTS = 8
const TERMS = 20
/** What remains of the weight of the words that were asked. */
const ASKED = 0.6
/** By field, as for postings: a word of the title says more about a document. */
const FIELD_WORTH = [2, 0.5, 0, 1]
/** In a large catalogue a common word would cost much and tell little. */
const MOST_DOCUMENTS = 50_000

/** The query with further words, given its first results, best first. Words added have no rarity of their own to be held. */
export function widen(shelf: Shelf, words: readonly Word[], found: readonly { doc: number; value: number }[]): Word[] {
  const live = Math.max(1, shelf.documents.live)
  const model = new Map<number, number>()
  const best = found.slice(0, DOCUMENTS)
  const total = best.reduce((sum, { value }) => sum + value, 0) || 1
  for (const { doc, value } of best) addDocument(shelf, doc, value / total, model)

  const ranked = [...model]
    .map(([stem, share]) => ({ stem, share, documents: documentsWith(shelf.postings, stem) }))
    .filter(({ documents }) => documents > 1 && documents <= MOST_DOCUMENTS)
    .map((it) => ({ ...it, idf: idfOf(it.documents, live) }))
    .sort((a, b) => b.share * b.idf - a.share * a.idf)
    .slice(0, TERMS)
  const shares = ranked.reduce((sum, { share }) => sum + share, 0) || 1
  const asked = words.filter((word) => !word.isOptional)
  const spread = (1 - ASKED) * Math.max(1, asked.length)
  const added = ranked.map(({ stem, share, documents, idf }) => ({
    text: '',
    alternatives: [{ stem, weight: (idf * spread * share) / shares }],
    idf: 0,
    documents,
    isOptional: false,
    surface: -1,
    isPrefix: false,
  }))
  const kept = words.map((word) => ({
    ...word,
    alternatives: word.alternatives.map((it) => ({ ...it, weight: it.weight * ASKED })),
  }))
  return [...kept, ...added]
}

function addDocument({ documents, vocabulary }: Shelf, doc: number, weight: number, model: Map<number, number>): void {
  const language = documents.language[doc]!
  const page = pageOf(documents.words, documents.wordsAt[doc]!)
  const uses = new Map<number, number>()
  let length = 0
  let at = placeOf(documents.wordsAt[doc]!)
  for (let field = 0; field < FIELDS.length; field++) {
    const end = at + documents.lengths[doc * 4 + field]!
    const worth = FIELD_WORTH[field]!
    for (; at < end; at++) {
      const entry = page[at]!
      if (worth === 0 || entry & JOINED) continue
      const word = vocabulary.surfaces.words[entry & SURFACE]!
      if (word.length < 2 || isStopWord(word)) continue
      const stem = vocabulary.stemOf(entry & SURFACE, language)
      uses.set(stem, (uses.get(stem) ?? 0) + worth)
      length += worth
    }
  }
  for (const [stem, count] of uses) model.set(stem, (model.get(stem) ?? 0) + (weight * count) / length)
}
