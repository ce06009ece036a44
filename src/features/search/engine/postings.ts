/**
 * The inverted index: for each stem the documents that hold it, with an eight-bit impact. The impact is the saturated, field
 * weighted term frequency of BM25F (Robertson, Zaragoza: The Probabilistic Relevance Framework, 3.6); the rarity of the
 * stem comes in at query time. The base is compact and never changes; what came later lies in the delta.
 */
import { type Documents, FIELDS, pageOf, placeOf, SURFACE, wordCount } from './documents.ts'
import { roomFor } from './grow.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface Weights {
  /** Of title, tags, channel, description. */
  fields: readonly [number, number, number, number]
  captions: number
  /** How soon further occurrences stop to count. */
  k1: number
  /** How much long fields are marked down: of title, tags, channel, description. */
  b: readonly [number, number, number, number]
  bCaptions: number
}

export const WEIGHTS: Weights = {
  fields: [3, 2, 2, 1],
  captions: 0.3,
  k1: 1.2,
  b: [0.5, 0.6, 0.3, 0.75],
  bCaptions: 0.75,
}

/** Lengths a field is taken to have while there are few documents, each worth as much as this many real ones. */
const USUAL_LENGTHS = [8, 15, 3, 60, 400]
const USUAL_WEIGHT = 20
/** Tags repeat the same words in many combinations: saying it more often makes it no truer. */
const MOST_TAG_USES = 2

export const MAX_IMPACT = 255

export interface DeltaList {
  docs: Uint32Array
  impacts: Uint8Array
  count: number
}

export interface Postings {
  starts: Uint32Array
  docs: Uint32Array
  impacts: Uint8Array
  /** Stems from this number on are in the delta only. */
  stems: number
  delta: Map<number, DeltaList>
  deltaCount: number
}

export function noPostings(): Postings {
  return {
    starts: new Uint32Array(1),
    docs: new Uint32Array(0),
    impacts: new Uint8Array(0),
    stems: 0,
    delta: new Map(),
    deltaCount: 0,
  }
}

/** One part of a posting list: documents in ascending order from `from` to before `to`. */
export interface Run {
  docs: Uint32Array
  impacts: Uint8Array
  from: number
  to: number
}

/** The posting list of a stem: the base's part first, then the delta's, whose documents all have higher numbers. */
export function runsOf(postings: Postings, stem: number): Run[] {
  const runs: Run[] = []
  if (stem < postings.stems && postings.starts[stem]! < postings.starts[stem + 1]!) {
    runs.push({
      docs: postings.docs,
      impacts: postings.impacts,
      from: postings.starts[stem]!,
      to: postings.starts[stem + 1]!,
    })
  }
  const later = postings.delta.get(stem)
  if (later) runs.push({ docs: later.docs, impacts: later.impacts, from: 0, to: later.count })
  return runs
}

/** How many documents hold a stem, buried ones that are not yet swept away among them. */
export function documentsWith(postings: Postings, stem: number): number {
  const inBase = stem < postings.stems ? postings.starts[stem + 1]! - postings.starts[stem]! : 0
  return inBase + (postings.delta.get(stem)?.count ?? 0)
}

/** The impact of a stem in one document, 0 when it is not there. */
export function impactIn(postings: Postings, stem: number, doc: number): number {
  for (const { docs, impacts, from, to } of runsOf(postings, stem)) {
    const at = seek(docs, from, to, doc)
    if (at < to && docs[at] === doc) return impacts[at]!
  }
  return 0
}

/** First place from `from` on whose document is not before `doc`: by doubling steps, then by halving. */
export function seek(docs: Uint32Array, from: number, to: number, doc: number): number {
  let step = 1
  let low = from
  let high = from
  while (high < to && docs[high]! < doc) {
    low = high + 1
    high += step
    step *= 2
  }
  if (high > to) high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (docs[middle]! < doc) low = middle + 1
    else high = middle
  }
  return low
}

/** Weighs the words of documents, one after the other. */
export class Weigher {
  readonly #documents: Documents
  readonly #vocabulary: Vocabulary
  readonly #weights: Weights
  readonly #averages: number[]
  #sums = new Float32Array(1024)
  /** Stems of the document weighed last, and their impacts. */
  stems = new Uint32Array(1024)
  impacts = new Uint8Array(1024)
  count = 0

  constructor(documents: Documents, vocabulary: Vocabulary, weights: Weights) {
    this.#documents = documents
    this.#vocabulary = vocabulary
    this.#weights = weights
    this.#averages = USUAL_LENGTHS.map(
      (usual, field) => (documents.fieldWords[field]! + usual * USUAL_WEIGHT) / (documents.live + USUAL_WEIGHT),
    )
  }

  weigh(doc: number): void {
    const documents = this.#documents
    const weights = this.#weights
    const vocabulary = this.#vocabulary
    const language = documents.language[doc]!
    this.count = 0
    const spokenCount = documents.spokenCount[doc]!
    const most = wordCount(documents, doc) + spokenCount + documents.keysCount[doc]!
    this.stems = roomFor(this.stems, most)
    this.impacts = roomFor(this.impacts, most)

    const page = pageOf(documents.words, documents.wordsAt[doc]!)
    let at = placeOf(documents.wordsAt[doc]!)
    for (let field = 0; field < FIELDS.length; field++) {
      const length = documents.lengths[doc * 4 + field]!
      if (length === 0) continue
      const b = weights.b[field]!
      const share = weights.fields[field]! / (1 - b + (b * length) / this.#averages[field]!)
      const end = at + length
      const start = at
      for (; at < end; at++) {
        const surface = page[at]! & SURFACE
        if (field === 1 && usesBefore(page, start, at, surface) >= MOST_TAG_USES) continue
        this.#add(vocabulary.stemOf(surface, language), share)
      }
    }
    if (spokenCount > 0) this.#addSpoken(doc, spokenCount, language)

    const sums = this.#sums
    for (let index = 0; index < this.count; index++) {
      const stem = this.stems[index]!
      const sum = sums[stem]!
      sums[stem] = 0
      this.impacts[index] = Math.max(1, Math.round((MAX_IMPACT * sum) / (weights.k1 + sum)))
    }
    const keys = pageOf(documents.keys, documents.keysAt[doc]!)
    const firstKey = placeOf(documents.keysAt[doc]!)
    for (let key = 0; key < documents.keysCount[doc]!; key++) {
      this.stems[this.count] = keys[firstKey + key]!
      this.impacts[this.count++] = 1
    }
  }

  #addSpoken(doc: number, spokenCount: number, language: number): void {
    const documents = this.#documents
    const weights = this.#weights
    const share = weights.captions / (1 - weights.bCaptions + (weights.bCaptions * spokenCount) / this.#averages[4]!)
    const page = pageOf(documents.spoken, documents.spokenAt[doc]!)
    const start = placeOf(documents.spokenAt[doc]!)
    for (let word = 0; word < spokenCount; word++) {
      const uses = page[start + word * 2 + 1]! >>> 24
      this.#add(this.#vocabulary.stemOf(page[start + word * 2]!, language), share * uses)
    }
  }

  #add(stem: number, amount: number): void {
    if (stem >= this.#sums.length) this.#sums = roomFor(this.#sums, stem + 1)
    if (this.#sums[stem] === 0) this.stems[this.count++] = stem
    this.#sums[stem]! += amount
  }
}

function usesBefore(page: Uint32Array, start: number, at: number, surface: number): number {
  let uses = 0
  for (let before = start; before < at; before++) if ((page[before]! & SURFACE) === surface) uses++
  return uses
}

/** Builds the base of all documents there are; yields between pieces of work. */
export function* buildPostings(
  documents: Documents,
  vocabulary: Vocabulary,
  weights: Weights,
): Generator<void, Postings> {
  const weigher = new Weigher(documents, vocabulary, weights)
  const upTo = documents.count
  // First everything in the order of documents, then sorted by stem in one pass of counting.
  let stems = new Uint32Array(1024)
  let impacts = new Uint8Array(1024)
  const ends = new Uint32Array(upTo)
  let total = 0
  for (let doc = 0; doc < upTo; doc++) {
    if (doc % 64 === 0) yield
    weigher.weigh(doc)
    stems = roomFor(stems, total + weigher.count)
    impacts = roomFor(impacts, total + weigher.count)
    stems.set(weigher.stems.subarray(0, weigher.count), total)
    impacts.set(weigher.impacts.subarray(0, weigher.count), total)
    total += weigher.count
    ends[doc] = total
  }
  const stemCount = vocabulary.stems.words.length
  const starts = new Uint32Array(stemCount + 1)
  for (let at = 0; at < total; at++) {
    if (at % 500_000 === 0) yield
    starts[stems[at]! + 1]!++
  }
  for (let stem = 0; stem < stemCount; stem++) starts[stem + 1]! += starts[stem]!
  yield
  const next = starts.slice(0, stemCount)
  const sortedDocs = new Uint32Array(total)
  const sortedImpacts = new Uint8Array(total)
  for (let doc = 0, at = 0; doc < upTo; doc++) {
    if (doc % 4096 === 0) yield
    for (; at < ends[doc]!; at++) {
      const place = next[stems[at]!]!++
      sortedDocs[place] = doc
      sortedImpacts[place] = impacts[at]!
    }
  }
  return { starts, docs: sortedDocs, impacts: sortedImpacts, stems: stemCount, delta: new Map(), deltaCount: 0 }
}

/** Adds one document to the delta. Documents must come in ascending order. */
export function addToDelta(postings: Postings, weigher: Weigher, doc: number): void {
  weigher.weigh(doc)
  for (let index = 0; index < weigher.count; index++) {
    const stem = weigher.stems[index]!
    let list = postings.delta.get(stem)
    if (list === undefined) {
      list = { docs: new Uint32Array(2), impacts: new Uint8Array(2), count: 0 }
      postings.delta.set(stem, list)
    }
    if (list.count === list.docs.length) {
      const docs = new Uint32Array(list.count * 2)
      const impacts = new Uint8Array(list.count * 2)
      docs.set(list.docs)
      impacts.set(list.impacts)
      list.docs = docs
      list.impacts = impacts
    }
    list.docs[list.count] = doc
    list.impacts[list.count++] = weigher.impacts[index]!
  }
  postings.deltaCount += weigher.count
}

export function postingBytes(postings: Postings): number {
  return (
    postings.starts.byteLength +
    postings.docs.byteLength +
    postings.impacts.byteLength +
    postings.delta.size * 150 +
    postings.deltaCount * 8
  )
}
