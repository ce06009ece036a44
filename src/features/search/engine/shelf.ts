/**
 * A shelf: the index of all documents of one kind. A base that was built at once, a delta of what came since, and graves of
 * what went; when these grow, everything is built anew from the forward index, a slice of work at a time, while searches
 * go on.
 */
import { append, bury, copy, type Documents, documentBytes, draft, noDocuments } from './documents.ts'
import type { SearchDocument } from './engine.ts'
import {
  addToDelta,
  buildPostings,
  noPostings,
  type Postings,
  postingBytes,
  WEIGHTS,
  Weigher,
  type Weights,
} from './postings.ts'
import { Typos } from './typos.ts'
import { Vocabulary } from './vocabulary.ts'

export interface Shelf {
  readonly weights: Weights
  vocabulary: Vocabulary
  typos: Typos
  documents: Documents
  postings: Postings
  weigher: Weigher
  /** Documents of the base, buried ones among them; later ones are in the delta. */
  baseCount: number
}

export function emptyShelf(weights: Weights = WEIGHTS): Shelf {
  const vocabulary = new Vocabulary()
  const documents = noDocuments()
  return {
    weights,
    vocabulary,
    typos: new Typos(),
    documents,
    postings: noPostings(),
    weigher: new Weigher(documents, vocabulary, weights),
    baseCount: 0,
  }
}

/** Adds a document, or replaces the one of its id. Found from now on. */
export function put(shelf: Shelf, document: SearchDocument): void {
  const { documents, vocabulary } = shelf
  remove(shelf, document.id)
  const known = vocabulary.surfaces.words.length
  const doc = append(documents, vocabulary, document, draft(vocabulary, document))
  for (let surface = known; surface < vocabulary.surfaces.words.length; surface++) {
    shelf.typos.add(surface, vocabulary.surfaces.words[surface]!)
  }
  // The average lengths move with what is there, but a list already weighed keeps those of its time.
  if (doc % 256 === 0) shelf.weigher = new Weigher(documents, vocabulary, shelf.weights)
  addToDelta(shelf.postings, shelf.weigher, doc)
}

export function remove(shelf: Shelf, id: string): void {
  const doc = shelf.documents.numbers.get(id)
  if (doc !== undefined) bury(shelf.documents, shelf.vocabulary, doc)
}

/** Adds a document without making it findable: for what is built right after. */
export function putForBuild(shelf: Shelf, document: SearchDocument): void {
  remove(shelf, document.id)
  append(shelf.documents, shelf.vocabulary, document, draft(shelf.vocabulary, document))
}

/** Builds the base of what was put for it. */
export function* build(shelf: Shelf): Generator<void> {
  shelf.postings = yield* buildPostings(shelf.documents, shelf.vocabulary, shelf.weights)
  shelf.baseCount = shelf.documents.count
  shelf.weigher = new Weigher(shelf.documents, shelf.vocabulary, shelf.weights)
  yield* shelf.typos.build(shelf.vocabulary.surfaces.words, shelf.vocabulary.uses)
  yield* shelf.vocabulary.sorting()
}

/** Whether the delta and the graves are worth sweeping: a quarter of the base, and not a handful. */
export function needsCompacting({ documents, baseCount }: Shelf): boolean {
  const graves = documents.count - documents.live
  const later = documents.count - baseCount
  return later + graves > Math.max(2000, documents.live / 4)
}

/**
 * Builds everything anew without the graves. Searches, puts and removals may happen between its slices; what was put or
 * removed meanwhile is carried over at the end, in one slice.
 */
export function* compact(shelf: Shelf): Generator<void> {
  const old = shelf.documents
  const upTo = old.count
  const fresh = noDocuments()
  for (let doc = 0; doc < upTo; doc++) {
    if (doc % 1024 === 0) yield
    if (old.alive[doc] === 1) copy(old, doc, fresh)
  }
  const postings = yield* buildPostings(fresh, shelf.vocabulary, shelf.weights)
  const typos = new Typos()
  yield* typos.build(shelf.vocabulary.surfaces.words, shelf.vocabulary.uses)

  const baseCount = fresh.count
  const weigher = new Weigher(fresh, shelf.vocabulary, shelf.weights)
  for (const [doc, id] of fresh.ids.entries()) {
    // Buried, or put again, while we built. Its words were taken out of use then.
    if (old.numbers.get(id) === undefined || old.numbers.get(id)! >= upTo) {
      fresh.alive[doc] = 0
      fresh.live--
      fresh.numbers.delete(id)
    }
  }
  for (let doc = upTo; doc < old.count; doc++) {
    if (old.alive[doc] === 0) continue
    addToDelta(postings, weigher, copy(old, doc, fresh))
  }
  const { words } = shelf.vocabulary.surfaces
  for (let surface = 0; surface < words.length; surface++) typos.add(surface, words[surface]!)
  shelf.documents = fresh
  shelf.postings = postings
  shelf.weigher = weigher
  shelf.typos = typos
  shelf.baseCount = baseCount
}

/** Does all slices at once: for tests and programs that wait anyway. */
export function atOnce(work: Generator<void>): void {
  while (!work.next().done);
}

export function shelfBytes(shelf: Shelf): number {
  return documentBytes(shelf.documents) + postingBytes(shelf.postings) + shelf.vocabulary.bytes + shelf.typos.bytes
}
