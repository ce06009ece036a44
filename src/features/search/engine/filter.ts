/** Filters as one test of a document's columns, and the counts of a result by the same columns. */
import { type Documents, keyOf } from './documents.ts'
import { FACETS, type FacetCount, type FacetName, type Filters, LIVE_STATES } from './engine.ts'
import { impactIn } from './postings.ts'
import type { Shelf } from './shelf.ts'
import { primaryOf } from './stem.ts'

export type Test = (doc: number) => boolean

/** A test of all that is asked for; undefined when nothing is. `never` as an answer: nothing can pass. */
export function testOf(shelf: Shelf, filters: Filters): Test | undefined {
  const { documents, vocabulary, postings } = shelf
  const tests: Test[] = []
  const seconds = (ms: number) => Math.floor(ms / 1000)
  const {
    publishedAfterMs,
    publishedBeforeMs,
    minDurationMs,
    maxDurationMs,
    minShortSide,
    captions,
    language,
    category,
    live,
  } = filters
  if (publishedAfterMs !== undefined) tests.push((doc) => documents.publishedS[doc]! >= seconds(publishedAfterMs))
  if (publishedBeforeMs !== undefined) tests.push((doc) => documents.publishedS[doc]! < seconds(publishedBeforeMs))
  if (minDurationMs !== undefined) tests.push((doc) => documents.durationS[doc]! >= minDurationMs / 1000)
  if (maxDurationMs !== undefined) tests.push((doc) => documents.durationS[doc]! < maxDurationMs / 1000)
  if (minShortSide !== undefined) tests.push((doc) => documents.shortSide[doc]! >= minShortSide)
  if (captions === true) tests.push((doc) => documents.hasCaptions[doc] === 1)
  if (language !== undefined) {
    const number = vocabulary.languages.find(primaryOf(language)) ?? -1
    tests.push((doc) => documents.language[doc] === number)
  }
  if (category !== undefined) {
    const number = documents.categories.find(category) ?? -1
    tests.push((doc) => documents.category[doc] === number)
  }
  if (live !== undefined) {
    const number = LIVE_STATES.indexOf(live)
    tests.push((doc) => documents.liveState[doc] === number)
  }
  for (const stem of keyStems(shelf, filters))
    tests.push(stem === undefined ? () => false : (doc) => impactIn(postings, stem, doc) > 0)
  if (tests.length === 0) return undefined
  if (tests.length === 1) return tests[0]
  return (doc) => tests.every((test) => test(doc))
}

/** Of filters that have posting lists of their own the stems; undefined for one that nothing has. */
export function keyStems({ vocabulary }: Shelf, { tag, channelId, captions }: Filters): (number | undefined)[] {
  const keys: string[] = []
  if (tag !== undefined) keys.push(keyOf.tag(tag))
  if (channelId !== undefined) keys.push(keyOf.channel(channelId))
  if (typeof captions === 'string') keys.push(keyOf.spoken(captions))
  return keys.map((key) => vocabulary.stems.find(key))
}

const MINUTE = 60
const DAY = 86_400
/** Bounds of the facets that are ranges: the first that is not below wins. */
const LENGTHS: [name: string, below: number][] = [
  ['short', 4 * MINUTE],
  ['medium', 20 * MINUTE],
  ['long', Number.POSITIVE_INFINITY],
]
const AGES: [name: string, below: number][] = [
  ['day', DAY],
  ['week', 7 * DAY],
  ['month', 31 * DAY],
  ['year', 366 * DAY],
  ['older', Number.POSITIVE_INFINITY],
]
const QUALITIES: [name: string, below: number][] = [
  ['sd', 700],
  ['hd', 1060],
  ['full_hd', 2100],
  ['4k', Number.POSITIVE_INFINITY],
]

function bucketOf(buckets: [string, number][], value: number): number {
  let bucket = 0
  while (value >= buckets[bucket]![1]) bucket++
  return bucket
}

/** Counts a result by each facet, one document at a time. */
export class Counts {
  readonly #documents: Documents
  readonly #shelf: Shelf
  readonly #nowS: number
  readonly #counts = Object.fromEntries(FACETS.map((name) => [name, new Uint32Array(256)])) as Record<
    FacetName,
    Uint32Array
  >

  constructor(shelf: Shelf, nowMs: number) {
    this.#shelf = shelf
    this.#documents = shelf.documents
    this.#nowS = nowMs / 1000
  }

  add(doc: number): void {
    const { category, language, hasCaptions, liveState, durationS, publishedS, shortSide } = this.#documents
    const counts = this.#counts
    counts.category[category[doc]!]!++
    counts.language[language[doc]!]!++
    counts.captions[hasCaptions[doc]!]!++
    counts.live[liveState[doc]!]!++
    counts.duration[bucketOf(LENGTHS, durationS[doc]!)]!++
    counts.published[bucketOf(AGES, this.#nowS - publishedS[doc]!)]!++
    counts.quality[bucketOf(QUALITIES, shortSide[doc]!)]!++
  }

  /** Most first; ranges in their own order. Without what was counted zero times and without the unknown. */
  read(): Record<FacetName, FacetCount[]> {
    const named = (name: FacetName, names: readonly string[]) =>
      names
        .map((value, number) => ({ value, count: this.#counts[name][number] ?? 0 }))
        .filter(({ value, count }) => count > 0 && value !== '')
    const byCount = (list: FacetCount[]) => list.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    const first = (buckets: [string, number][]) => buckets.map(([name]) => name)
    return {
      category: byCount(named('category', this.#documents.categories.words)),
      language: byCount(named('language', this.#shelf.vocabulary.languages.words)),
      duration: named('duration', first(LENGTHS)),
      published: named('published', first(AGES)),
      quality: named('quality', first(QUALITIES)),
      captions: named('captions', ['without', 'with']),
      live: named('live', LIVE_STATES),
    }
  }
}
