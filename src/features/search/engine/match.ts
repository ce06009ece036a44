/** Finding and scoring: posting lists are added up, rarest word first, into one row of points over all documents. */
import { documentsWith, MAX_IMPACT, runsOf, seek } from './postings.ts'
import { type Scratch, wipe } from './scratch.ts'
import type { Shelf } from './shelf.ts'
import type { Word } from './understand.ts'

/** This many documents that hold every word make a good enough answer; with fewer, some words have to do. */
export const ENOUGH = 24
/** Once rarer words have found so many, commoner ones only add points to those and find no more of their own. */
const MANY = 3000
/** A word in more documents than this finds them only while there are hardly any. */
const COMMON = 50_000

/**
 * Gives points to documents that hold every required word. Returns how many words were required: those with that count in
 * `matched` hold them all.
 */
export function matchAll(shelf: Shelf, scratch: Scratch, words: readonly Word[]): number {
  const required = rarestFirst(words.filter((word) => !word.isOptional))
  for (const [index, word] of required.entries()) addWord(shelf, scratch, word, index)
  return required.length
}

/** Gives points to documents that hold any word. */
export function matchAny(shelf: Shelf, scratch: Scratch, words: readonly Word[]): void {
  wipe(scratch)
  for (const word of rarestFirst(words.filter((word) => !word.isOptional))) {
    addWord(shelf, scratch, word, scratch.touchedCount >= enoughFor(word) ? ONLY_TOUCHED : ANY)
  }
}

/** From how many documents on a word finds none of its own. What is perhaps being typed finds none as soon as another word found any. */
function enoughFor(word: Word): number {
  if (word.isPrefix && word.documents > MANY) return 1
  return word.documents > COMMON ? ENOUGH : MANY
}

function rarestFirst(words: Word[]): Word[] {
  return words.sort((a, b) => a.documents - b.documents)
}

/** What `need` may say besides a number of words that must have matched. */
const ANY = -1
const ONLY_TOUCHED = -2

function addWord(shelf: Shelf, scratch: Scratch, word: Word, need: number): void {
  const now = ++scratch.now
  const { idf } = word
  const mayFind = need === ANY || need === 0
  for (const { stem, weight } of word.alternatives) {
    const scale = weight / MAX_IMPACT
    if (!mayFind && scratch.touchedCount * 20 < documentsWith(shelf.postings, stem)) {
      lookUpTouched(shelf, scratch, stem, scale, idf, need, now)
      continue
    }
    for (const run of runsOf(shelf.postings, stem)) {
      if (word.alternatives.length === 1) scanOnly(scratch, run.docs, run.impacts, run.from, run.to, scale, idf, need)
      else scanOne(scratch, run.docs, run.impacts, run.from, run.to, scale, idf, need, now)
    }
  }
}

/** The list of a word that has no other. This loop is where a search in a large catalogue spends its time. */
function scanOnly(
  scratch: Scratch,
  docs: Uint32Array,
  impacts: Uint8Array,
  from: number,
  to: number,
  scale: number,
  idf: number,
  need: number,
): void {
  const { points, held, matched, touched } = scratch
  if (need > 0) {
    for (let at = from; at < to; at++) {
      const doc = docs[at]!
      if (matched[doc] !== need) continue
      points[doc]! += scale * impacts[at]!
      held[doc]! += idf
      matched[doc] = need + 1
    }
    return
  }
  let count = scratch.touchedCount
  for (let at = from; at < to; at++) {
    const doc = docs[at]!
    if (matched[doc] === 0) {
      if (need === ONLY_TOUCHED) continue
      touched[count++] = doc
    }
    points[doc]! += scale * impacts[at]!
    held[doc]! += idf
    matched[doc]!++
  }
  scratch.touchedCount = count
}

/** One of several lists of a word: a document that is in more than one keeps the best. */
function scanOne(
  scratch: Scratch,
  docs: Uint32Array,
  impacts: Uint8Array,
  from: number,
  to: number,
  scale: number,
  idf: number,
  need: number,
  now: number,
): void {
  const { points, held, matched, touched, gave, gaveAt } = scratch
  for (let at = from; at < to; at++) {
    const doc = docs[at]!
    const worth = scale * impacts[at]!
    if (gaveAt[doc] === now) {
      if (worth > gave[doc]!) {
        points[doc]! += worth - gave[doc]!
        gave[doc] = worth
      }
      continue
    }
    const before = matched[doc]!
    if (need >= 0 ? before !== need : before === 0 && need === ONLY_TOUCHED) continue
    if (before === 0) touched[scratch.touchedCount++] = doc
    gaveAt[doc] = now
    gave[doc] = worth
    points[doc]! += worth
    held[doc]! += idf
    matched[doc] = before + 1
  }
}

/** A long list and few documents: each is looked up in it. */
function lookUpTouched(
  shelf: Shelf,
  scratch: Scratch,
  stem: number,
  scale: number,
  idf: number,
  need: number,
  now: number,
): void {
  const { points, held, matched, touched, gave, gaveAt } = scratch
  const runs = runsOf(shelf.postings, stem)
  for (let index = 0; index < scratch.touchedCount; index++) {
    const doc = touched[index]!
    const isNew = gaveAt[doc] !== now
    if (isNew && need >= 0 && matched[doc] !== need) continue
    for (const { docs, impacts, from, to } of runs) {
      const at = seek(docs, from, to, doc)
      if (at >= to || docs[at] !== doc) continue
      const worth = scale * impacts[at]!
      if (isNew) {
        gaveAt[doc] = now
        gave[doc] = worth
        points[doc]! += worth
        held[doc]! += idf
        matched[doc]!++
      } else if (worth > gave[doc]!) {
        points[doc]! += worth - gave[doc]!
        gave[doc] = worth
      }
      break
    }
  }
}
