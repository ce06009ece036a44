/**
 * From asked words to stems worth looking for: each word with its alternatives (other languages, joined and split forms,
 * what it may be the beginning of, what it may have been meant to be) and what each is worth.
 */
import { documentsWith } from './postings.ts'
import type { AskedQuery, AskedWord } from './read-query.ts'
import type { Shelf } from './shelf.ts'
import { isStopWord } from './stem.ts'

export interface Alternative {
  stem: number
  /** Rarity times how sure we are that this is meant. */
  weight: number
}

export interface Word {
  text: string
  alternatives: Alternative[]
  /** Rarity of the word as a whole. */
  idf: number
  /** Documents of all its alternatives, counted without care for overlap. */
  documents: number
  /** Said by so many that a query need not insist on it. */
  isOptional: boolean
  /** Surface of exactly this spelling, or -1. */
  surface: number
  /** What it was taken for, when it is nowhere itself. */
  correctedTo?: string
  isPrefix: boolean
}

export interface Understood {
  words: Word[]
  unknown: string[]
}

/** How many endings of a prefix are looked for, and how many postings those after the first may cost. */
export interface Reach {
  endings: number
  postings: number
}
export const REACH: Reach = { endings: 200, postings: 150_000 }
const MAX_CORRECTIONS = 12
/** A word in at most this many documents may be a typing error for one that is in many more. */
const RARE = 2
/** In a smaller catalogue a word in one or two documents is nothing strange. */
const LARGE = 100_000
const MUCH_MORE = 40

const PREFIX_SURE = 0.85
const PREFIX_BESIDE_WORD = 0.45
const TYPO_SURE = [1, 0.7, 0.5]
const TYPO_BESIDE_WORD = 0.4
const JOINED_SURE = 0.9

export function understand(shelf: Shelf, asked: AskedQuery, language: string | undefined, reach = REACH): Understood {
  const unknown: string[] = []
  const words: Word[] = []
  const allCommon = asked.words.every((word) => isStopWord(word.text, language))
  for (const [index, word] of asked.words.entries()) {
    const isOptional =
      !allCommon && !word.isQuoted && isStopWord(word.text, language) && !(word.isPrefix && asked.words.length === 1)
    const before = asked.words[index - 1]
    const after = asked.words[index + 1]
    const found = one(shelf, word, { before, after, isOptional }, reach)
    if (found.alternatives.length > 0) words.push(found)
    else {
      const parts = split(shelf, word.text)
      for (const part of parts)
        words.push(
          one(shelf, { text: part, joined: word.text, isQuoted: false, isPrefix: false }, { isOptional: false }, reach),
        )
      if (parts.length === 0) unknown.push(word.text)
    }
  }
  return { words, unknown }
}

function one(
  shelf: Shelf,
  word: AskedWord,
  around: { before?: AskedWord | undefined; after?: AskedWord | undefined; isOptional: boolean },
  reach: Reach,
): Word {
  const { vocabulary, postings } = shelf
  const live = Math.max(1, shelf.documents.live)
  const alternatives = new Map<number, number>()
  const offer = (stem: number, weight: number) => {
    if (weight > (alternatives.get(stem) ?? 0)) alternatives.set(stem, weight)
  }
  let documents = 0
  for (const stem of vocabulary.stemsOf(word.text)) {
    const count = documentsWith(postings, stem)
    if (count === 0) continue
    offer(stem, idfOf(count, live))
    documents += count
  }
  const exact = documents
  let idf = idfOf(Math.max(1, exact), live)

  if (word.isPrefix) {
    const stems = new Set<number>()
    let budget = reach.postings
    for (const surface of vocabulary.startingWith(word.text, reach.endings)) {
      for (const stem of vocabulary.stemsOf(vocabulary.surfaces.words[surface]!)) {
        const count = documentsWith(postings, stem)
        if (alternatives.has(stem) || stems.has(stem) || (count > budget && stems.size > 0)) continue
        budget -= count
        stems.add(stem)
        documents += count
      }
    }
    // All endings share one rarity: otherwise the rarest ending, which nobody means, would win.
    const shared = idfOf(Math.max(1, Math.min(documents, live)), live)
    if (exact === 0) idf = shared
    for (const stem of stems)
      offer(stem, exact === 0 ? shared * PREFIX_SURE : Math.min(shared, idf) * PREFIX_BESIDE_WORD)
  }

  let correctedTo: string | undefined
  if (!word.isQuoted && documents <= (live > LARGE ? RARE : 0)) {
    const near = corrections(shelf, word.text, documents)
    const best = near[0]
    if (best && documents === 0) correctedTo = vocabulary.surfaces.words[best.surface]!
    let union = documents
    const stems: { stem: number; sure: number }[] = []
    for (const { surface, distance } of near) {
      for (const stem of vocabulary.stemsOf(vocabulary.surfaces.words[surface]!)) {
        const count = documentsWith(postings, stem)
        if (count === 0) continue
        union += count
        stems.push({ stem, sure: documents === 0 ? TYPO_SURE[distance]! : TYPO_BESIDE_WORD })
      }
    }
    const shared = idfOf(Math.max(1, Math.min(union, live)), live)
    if (documents === 0) idf = shared
    for (const { stem, sure } of stems) offer(stem, Math.min(shared, idf) * sure)
    documents = union
  }

  const joins = new Set<string>()
  if (word.joined) joins.add(word.joined)
  if (around.before && !around.before.joined) joins.add(around.before.text + word.text)
  if (around.after && !around.after.joined) joins.add(word.text + around.after.text)
  for (const joined of joins) {
    if (vocabulary.usesOf(joined) === 0) continue
    for (const stem of vocabulary.stemsOf(joined)) {
      const count = documentsWith(postings, stem)
      if (count === 0) continue
      // Worth half to each of two words, for it answers both at once; whole to one that is a name with a sign, like C++.
      offer(stem, idfOf(count, live) * (joined === word.joined && /[#+]$/.test(joined) ? 1 : JOINED_SURE * 0.6))
      documents += count
    }
  }

  return {
    text: word.text,
    alternatives: [...alternatives].map(([stem, weight]) => ({ stem, weight })),
    idf,
    documents,
    isOptional: around.isOptional,
    surface: vocabulary.surfaces.find(word.text) ?? -1,
    ...(correctedTo === undefined ? {} : { correctedTo }),
    isPrefix: word.isPrefix,
  }
}

/** BM25's rarity, in the form that never falls below zero. */
export function idfOf(documents: number, all: number): number {
  return Math.log(1 + (Math.max(0, all - documents) + 0.5) / (documents + 0.5))
}

/** What a word that is hardly anywhere may have been meant to be: nearest first, then most used. */
function corrections(shelf: Shelf, word: string, documents: number): { surface: number; distance: number }[] {
  const { vocabulary, typos } = shelf
  const least = documents === 0 ? 1 : documents * MUCH_MORE
  return typos
    .near(word, vocabulary.surfaces.words, vocabulary.uses)
    .filter(({ surface }) => vocabulary.uses[surface]! >= least)
    .sort((a, b) => a.distance - b.distance || vocabulary.uses[b.surface]! - vocabulary.uses[a.surface]!)
    .slice(0, MAX_CORRECTIONS)
}

/** Two known words that were written as one, or nothing. Takes the cut whose rarer half is commonest. */
function split(shelf: Shelf, word: string): string[] {
  let best: string[] = []
  let bestUses = 0
  for (let cut = 3; cut <= Math.min(word.length, 24) - 3; cut++) {
    const halves = [word.slice(0, cut), word.slice(cut)]
    const uses = Math.min(...halves.map((half) => shelf.vocabulary.usesOf(half)))
    if (uses > bestUses) {
      best = halves
      bestUses = uses
    }
  }
  return best
}
