/** Ways to go on with what was typed, from the titles there are: the words that follow in them, weighed by how much they are watched. */

import type { Best } from './best.ts'
import { type Documents, JOINED, pageOf, placeOf, SURFACE } from './documents.ts'
import { matchAll } from './match.ts'
import { readQuery } from './read-query.ts'
import { makeRoom, type Scratch, wipe } from './scratch.ts'
import type { Shelf } from './shelf.ts'
import { understand } from './understand.ts'

/** Suggestions come with every key that is pressed: they may not cost what a search may. */
const REACH = { endings: 40, postings: 40_000 }
/** Titles that are read for one suggestion. */
const TITLES = 150
/** Words a suggestion goes on for after the one being typed. */
const MOST_MORE = 4
const SPACELESS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

export function suggest(shelf: Shelf, scratch: Scratch, text: string, limit: number): string[] {
  const asked = readQuery(text)
  const typed = asked.words.map((word) => word.text)
  const last = asked.words.at(-1)
  if (!last || asked.phrases.length > 0 || asked.excluded.length > 0) return []
  const ends = endings(shelf, last.text, last.isPrefix)
  // So little is typed that hardly a title says more than the commonest words do.
  if (typed.length === 1 && last.text.length < 3 && last.isPrefix)
    return ends.slice(0, limit).map((surface) => show(shelf, [surface]))

  const { words } = understand(shelf, asked, undefined, REACH)
  if (words.length === 0) return []
  makeRoom(scratch, shelf.documents.count, shelf.vocabulary.stems.words.length + 1)
  const needed = matchAll(shelf, scratch, words)
  const { alive, boost, views } = shelf.documents
  const best = scratch.best[0].begin(TITLES)
  for (let index = 0; index < scratch.touchedCount; index++) {
    const doc = scratch.touched[index]!
    if (scratch.matched[doc]! < needed || alive[doc] === 0) continue
    best.offer(doc, scratch.points[doc]! * boost[doc]! * (1 + Math.log1p(views[doc]!) / 10))
  }
  wipe(scratch)
  const surfaces = typed.slice(0, -1).map((word) => shelf.vocabulary.surfaces.find(word) ?? -1)
  return chooseFrom(shelf, best, surfaces, new Set(ends), last.isPrefix, limit)
}

/** Surfaces the last word may be. */
function endings({ vocabulary }: Shelf, word: string, isPrefix: boolean): number[] {
  if (isPrefix) return vocabulary.startingWith(word, 400)
  const surface = vocabulary.surfaces.find(word)
  return surface === undefined ? [] : [surface]
}

function chooseFrom(
  shelf: Shelf,
  best: Best,
  before: number[],
  ends: ReadonlySet<number>,
  isPrefix: boolean,
  limit: number,
): string[] {
  const weights = new Map<string, { words: number[]; weight: number }>()
  for (const { doc } of best.sorted()) {
    const title = titleOf(shelf.documents, doc)
    const weight = 1 + Math.log1p(shelf.documents.views[doc]!)
    const at = title.findIndex((_, place) => standsAt(title, place, before, ends))
    if (at < 0) continue
    const from = at + before.length
    for (let more = isPrefix ? 0 : 1; more <= MOST_MORE && from + more < title.length; more++) {
      const words = title.slice(at, from + more + 1)
      const key = words.join(' ')
      const known = weights.get(key)
      if (known) known.weight += weight
      else weights.set(key, { words, weight })
    }
  }
  const ranked = [...weights]
    .map(([key, it]) => ({ key, ...it }))
    .sort((a, b) => b.weight - a.weight || b.words.length - a.words.length)
  const chosen: typeof ranked = []
  for (const it of ranked) {
    if (chosen.length >= limit) break
    if (SPACELESS.test(it.words.map((word) => shelf.vocabulary.surfaces.words[word]!).join(''))) continue
    // One that always goes on the same way says no more than the one that says how.
    const longer = chosen.some((other) => other.weight === it.weight && other.key.startsWith(`${it.key} `))
    if (!longer) chosen.push(it)
  }
  return chosen.map(({ words }) => show(shelf, words))
}

function standsAt(title: number[], place: number, before: number[], ends: ReadonlySet<number>): boolean {
  if (place + before.length >= title.length) return false
  return before.every((word, index) => title[place + index] === word) && ends.has(title[place + before.length]!)
}

function titleOf(documents: Documents, doc: number): number[] {
  const page = pageOf(documents.words, documents.wordsAt[doc]!)
  const start = placeOf(documents.wordsAt[doc]!)
  const words: number[] = []
  for (let at = start; at < start + documents.lengths[doc * 4]!; at++)
    if ((page[at]! & JOINED) === 0) words.push(page[at]! & SURFACE)
  return words
}

function show({ vocabulary }: Shelf, words: number[]): string {
  return words.map((word) => vocabulary.shown.get(word) ?? vocabulary.surfaces.words[word]!).join(' ')
}
