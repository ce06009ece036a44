/** One search over one shelf: read the query, find, look twice, and say what was found. */

import type { Best } from './best.ts'
import { type Hit, MAX_DEPTH, type SearchAnswer, type SearchQuery } from './engine.ts'
import { explain } from './explain.ts'
import { widen } from './feedback.ts'
import { Counts, keyStems, type Test, testOf } from './filter.ts'
import { ENOUGH, matchAll, matchAny } from './match.ts'
import { documentsWith, runsOf } from './postings.ts'
import { holdsPhrase, look, markWords, momentOf, type RankRules, RULES, unmarkWords } from './rank.ts'
import { type AskedQuery, readQuery } from './read-query.ts'
import { makeRoom, type Scratch, wipe } from './scratch.ts'
import type { Shelf } from './shelf.ts'
import { isStopWord } from './stem.ts'
import { type Understood, understand, type Word } from './understand.ts'

/** As many as get a second look. */
const SECOND_LOOK = 100
/** Phrases are looked up document by document; past this many the rest is not looked at. */
const MAX_PHRASE_CHECKS = 5000
/** Words of a query that is expanded by itself when it finds little. */
const SHORT_QUERY = 3
const FEW = 6
const LARGE = 1000
/**
 * The constant of reciprocal rank fusion (Cormack, Clarke, Büttcher 2009), and what a place among the neighbours is worth beside
 * one among the words. Both were measured: with equal worth, a small model's neighbours push out what holds the words.
 */
const RRF = 10
const NEIGHBOUR_WORTH = 0.2
const MAX_UNDERSTOOD = 30
const DAY_S = 86_400

/** Words by which people ask for what is new. */
const FRESH = new Set(
  'news new newest latest today tonight live breaking update updates current trailer hoy nuevo nuevos ultimo noticias heute neu neueste aktuell aujourdhui nouveau actualites oggi nuovo notizie hoje novo novidades сегодня новости'.split(
    ' ',
  ),
)

interface Gate {
  test: Test | undefined
  phrases: number[][]
  excluded: number[][]
}

export function find(shelf: Shelf, scratch: Scratch, query: SearchQuery, rules: RankRules = RULES): SearchAnswer {
  makeRoom(scratch, shelf.documents.count, shelf.vocabulary.stems.words.length + 1)
  const asked = readQuery(query.text)
  const understood = understand(shelf, asked, query.language)
  understood.words = understood.words.slice(0, MAX_UNDERSTOOD)
  const gate = gateOf(shelf, query, asked)
  if (gate === undefined) return nothing(understood)
  const banned = ban(shelf, scratch, asked)
  try {
    return understood.words.length === 0 && asked.words.length === 0
      ? browse(shelf, scratch, query, gate)
      : answer(shelf, scratch, query, asked, understood, gate, rules)
  } finally {
    wipe(scratch)
    for (const doc of banned) scratch.banned[doc] = 0
  }
}

function nothing({ unknown }: Understood): SearchAnswer {
  return { hits: [], total: 0, strict: true, unknown, marks: [] }
}

/** What a document must pass besides its words; undefined when nothing can. */
function gateOf(shelf: Shelf, query: SearchQuery, asked: AskedQuery): Gate | undefined {
  const surfaces = (phrase: string[]) => phrase.map((word) => shelf.vocabulary.surfaces.find(word) ?? -1)
  const phrases = asked.phrases.map(surfaces)
  if (phrases.some((phrase) => phrase.includes(-1))) return undefined
  const excluded = asked.excluded.filter((words) => words.length > 1).map(surfaces)
  return { test: testOf(shelf, query.filters), phrases, excluded: excluded.filter((phrase) => !phrase.includes(-1)) }
}

/** Marks the documents that hold a word that must not be there. */
function ban(shelf: Shelf, scratch: Scratch, asked: AskedQuery): number[] {
  const banned: number[] = []
  for (const [word, ...more] of asked.excluded) {
    if (word === undefined || more.length > 0) continue
    for (const stem of shelf.vocabulary.stemsOf(word)) {
      for (const { docs, from, to } of runsOf(shelf.postings, stem)) {
        for (let at = from; at < to; at++) {
          const doc = docs[at]!
          if (scratch.banned[doc] === 0) banned.push(doc)
          scratch.banned[doc] = 1
        }
      }
    }
  }
  return banned
}

/** Everything that passes the filters; by relevance means newest first, for there is nothing to be relevant to. */
function browse(shelf: Shelf, scratch: Scratch, query: SearchQuery, gate: Gate): SearchAnswer {
  const value = sortKeyOf(shelf, query.sort === 'relevance' ? 'newest' : query.sort)
  const best = scratch.best[0].begin(depthOf(query))
  const counts = query.facets ? new Counts(shelf, query.nowMs) : undefined
  let total = 0
  const consider = (doc: number) => {
    if (!passes(shelf, scratch, gate, doc)) return
    total++
    counts?.add(doc)
    best.offer(doc, value(doc))
  }
  const stems = keyStems(shelf, query.filters)
  const [shortest] = stems
    .filter((stem) => stem !== undefined)
    .sort((a, b) => documentsWith(shelf.postings, a) - documentsWith(shelf.postings, b))
  if (shortest === undefined) for (let doc = 0; doc < shelf.documents.count; doc++) consider(doc)
  else
    for (const { docs, from, to } of runsOf(shelf.postings, shortest))
      for (let at = from; at < to; at++) consider(docs[at]!)
  const page = best.sorted().slice(query.offset, query.offset + query.limit)
  return {
    hits: page.map(({ doc, value }) => ({ id: shelf.documents.ids[doc]!, score: value })),
    total,
    strict: true,
    ...(counts ? { facets: counts.read() } : {}),
    unknown: [],
    marks: [],
  }
}

function passes(shelf: Shelf, scratch: Scratch, gate: Gate, doc: number): boolean {
  if (shelf.documents.alive[doc] === 0 || scratch.banned[doc] === 1) return false
  return gate.test === undefined || gate.test(doc)
}

function depthOf({ offset, limit }: SearchQuery): number {
  return Math.min(MAX_DEPTH, Math.max(SECOND_LOOK, offset + limit))
}

/** What a document is sorted by. */
function sortKeyOf({ documents }: Shelf, sort: Exclude<SearchQuery['sort'], 'relevance'>): (doc: number) => number {
  const { publishedS, views, durationS } = documents
  if (sort === 'newest') return (doc) => publishedS[doc]!
  if (sort === 'oldest') return (doc) => -publishedS[doc]!
  if (sort === 'views') return (doc) => views[doc]!
  return sort === 'longest' ? (doc) => durationS[doc]! : (doc) => -durationS[doc]!
}

interface Found {
  best: Best
  total: number
  strict: boolean
  counts: Counts | undefined
}

function answer(
  shelf: Shelf,
  scratch: Scratch,
  query: SearchQuery,
  asked: AskedQuery,
  understood: Understood,
  gate: Gate,
  rules: RankRules,
): SearchAnswer {
  const { words } = understood
  let found = collectStrictly(shelf, scratch, query, gate, words, rules)
  if (found.total < ENOUGH && words.filter((word) => !word.isOptional).length > 1) {
    const wide = collectLoosely(shelf, scratch, query, gate, words, rules)
    // A list in order of date is of no use when most of it has little to do with the query.
    if (wide.total > found.total && (query.sort === 'relevance' || found.total === 0)) found = wide
  }
  if (found.total === 0 && words.length === 0 && !query.neighbours?.length) return nothing(understood)

  markWords(scratch, words)
  let ranked: Ranked[]
  if (query.sort === 'relevance' && query.expand === 'always') {
    found = collectLoosely(shelf, scratch, query, gate, widen(shelf, words, found.best.sorted()), rules)
    ranked = rank(shelf, scratch, query, words, found, rules)
  } else {
    ranked = rank(shelf, scratch, query, words, found, rules)
    if (query.sort === 'relevance' && query.expand === 'auto' && isWorthWidening(shelf, words, found)) {
      // What else speaks of the same stands after what holds the words, and takes nothing's place.
      const wide = collectLoosely(shelf, scratch, query, gate, widen(shelf, words, ranked), rules)
      const known = new Set(ranked.map(({ doc }) => doc))
      const more = wide.best.sorted().filter(({ doc }) => !known.has(doc))
      ranked = [...ranked, ...more.slice(0, ENOUGH - ranked.length)]
      found = { ...found, total: ranked.length }
    }
  }
  // Phrases and words that must not be there are asked for in so many words: meaning has no say in them.
  const isLiteral = asked.phrases.length + asked.excluded.length > 0
  if (query.sort === 'relevance' && query.neighbours?.length && !isLiteral) {
    ranked = fuse(shelf, scratch, gate, ranked, query.neighbours)
    found = { ...found, total: Math.max(found.total, ranked.length) }
  }
  const page = ranked.slice(query.offset, query.offset + query.limit)
  const hits = page.map(({ doc, value }): Hit => {
    const second = momentOf(shelf, scratch, words, doc)
    return {
      id: shelf.documents.ids[doc]!,
      score: value,
      ...(second === undefined ? {} : { momentMs: second * 1000 }),
      ...(query.explain
        ? {
            explain: explain(shelf, scratch, words, doc, rules, {
              freshness: freshness(shelf, query, words, doc),
              learned: query.learned?.get(shelf.documents.ids[doc]!) ?? 1,
            }),
          }
        : {}),
    }
  })
  unmarkWords(scratch, words)
  const meant = didYouMean(asked, words)
  return {
    hits,
    total: found.total,
    strict: found.strict && understood.unknown.length === 0,
    ...(found.counts ? { facets: found.counts.read() } : {}),
    ...(meant === undefined ? {} : { didYouMean: meant }),
    unknown: understood.unknown,
    marks: marksOf(shelf, words),
  }
}

interface Ranked {
  doc: number
  value: number
}

/** A short query that finds something, but hardly anything, in a catalogue large enough to know what goes with what. */
function isWorthWidening({ documents }: Shelf, words: readonly Word[], { total, strict }: Found): boolean {
  return words.length <= SHORT_QUERY && strict && total > 0 && total < FEW && documents.live >= LARGE
}

function collectStrictly(
  shelf: Shelf,
  scratch: Scratch,
  query: SearchQuery,
  gate: Gate,
  words: readonly Word[],
  rules: RankRules,
): Found {
  const needed = matchAll(shelf, scratch, words)
  return { ...collect(shelf, scratch, query, gate, needed, words, rules, scratch.best[0]), strict: true }
}

function collectLoosely(
  shelf: Shelf,
  scratch: Scratch,
  query: SearchQuery,
  gate: Gate,
  words: readonly Word[],
  rules: RankRules,
): Found {
  matchAny(shelf, scratch, words)
  return { ...collect(shelf, scratch, query, gate, 1, words, rules, scratch.best[1]), strict: false }
}

/** Of the documents with points those that hold `needed` words and pass the gate: counted, and the best of them kept. */
function collect(
  shelf: Shelf,
  scratch: Scratch,
  query: SearchQuery,
  gate: Gate,
  needed: number,
  words: readonly Word[],
  rules: RankRules,
  into: Best,
): Omit<Found, 'strict'> {
  const { alive, boost } = shelf.documents
  const { touched, touchedCount, matched, points, held, banned } = scratch
  const best = into.begin(depthOf(query))
  const counts = query.facets ? new Counts(shelf, query.nowMs) : undefined
  const sortValue = query.sort === 'relevance' ? undefined : sortKeyOf(shelf, query.sort)
  const all = words.reduce((sum, word) => sum + (word.isOptional ? 0 : word.idf), 0) || 1
  const floor = 1 - rules.coordination
  const slope = rules.coordination / all
  const { test, phrases, excluded } = gate
  let total = 0
  let checks = 0
  for (let index = 0; index < touchedCount; index++) {
    const doc = touched[index]!
    if (matched[doc]! < needed || alive[doc] === 0 || banned[doc] === 1) continue
    if (test !== undefined && !test(doc)) continue
    if (phrases.length + excluded.length > 0) {
      if (++checks > MAX_PHRASE_CHECKS) break
      if (!phrases.every((phrase) => holdsPhrase(shelf, doc, phrase))) continue
      if (excluded.some((phrase) => holdsPhrase(shelf, doc, phrase))) continue
    }
    total++
    counts?.add(doc)
    best.offer(doc, sortValue ? sortValue(doc) : points[doc]! * (floor + slope * held[doc]!) * boost[doc]!)
  }
  return { best, total, counts }
}

/** Gives the best a second look and puts them in their final order. */
function rank(
  shelf: Shelf,
  scratch: Scratch,
  query: SearchQuery,
  words: readonly Word[],
  found: Found,
  rules: RankRules,
): Ranked[] {
  const sorted = found.best.sorted()
  if (query.sort !== 'relevance') return sorted
  const { boost } = shelf.documents
  const asked = words.filter((word) => !word.isOptional)
  const top = sorted.slice(0, SECOND_LOOK).map(({ doc, value }) => {
    const { together, spelling, title } = look(shelf, scratch, words, doc, rules)
    const points = (value / boost[doc]! + together + spelling) * title
    const learned = query.learned?.get(shelf.documents.ids[doc]!) ?? 1
    return { doc, value: points * boost[doc]! * learned * freshness(shelf, query, asked, doc) }
  })
  top.sort((a, b) => b.value - a.value || a.doc - b.doc)
  return [...top, ...sorted.slice(SECOND_LOOK)]
}

/** Reciprocal rank fusion of what words found and what meaning found; what only meaning found must pass the filters, too. */
function fuse(
  shelf: Shelf,
  scratch: Scratch,
  gate: Gate,
  list: readonly Ranked[],
  neighbours: readonly string[],
): Ranked[] {
  const worth = new Map<number, number>()
  for (const [place, { doc }] of list.entries()) worth.set(doc, 1 / (RRF + place + 1))
  for (const [place, id] of neighbours.entries()) {
    const doc = shelf.documents.numbers.get(id)
    if (doc === undefined || !passes(shelf, scratch, gate, doc)) continue
    worth.set(doc, (worth.get(doc) ?? 0) + NEIGHBOUR_WORTH / (RRF + place + 1))
  }
  return [...worth].map(([doc, value]) => ({ doc, value })).sort((a, b) => b.value - a.value || a.doc - b.doc)
}

/** A factor of up to 1.4 for what is days old, when the query asks for what is new. */
function freshness({ documents }: Shelf, { nowMs }: SearchQuery, words: readonly Word[], doc: number): number {
  if (!words.some((word) => FRESH.has(word.text))) return 1
  const ageDays = Math.max(0, nowMs / 1000 - documents.publishedS[doc]!) / DAY_S
  return 1 + 0.4 * 2 ** (-ageDays / 7)
}

/** The query with what is nowhere replaced by what was taken for it. */
function didYouMean(asked: AskedQuery, words: readonly Word[]): string | undefined {
  const meant = new Map(
    words.flatMap(({ text, correctedTo }) => (correctedTo === undefined ? [] : [[text, correctedTo]])),
  )
  if (meant.size === 0) return undefined
  return asked.words.map(({ text }) => meant.get(text) ?? text).join(' ')
}

/** Folded words and stems that count as hits in what is shown. Endings of a prefix are many; stems of whole words go first. */
function marksOf(shelf: Shelf, words: readonly Word[]): string[] {
  const marks = new Set<string>()
  for (const word of words) {
    if (isStopWord(word.text) && words.length > 1) continue
    marks.add(word.text)
    for (const { stem } of word.alternatives.slice(0, 60)) marks.add(shelf.vocabulary.stems.words[stem]!)
  }
  return [...marks].slice(0, 400)
}
