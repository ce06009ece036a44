/**
 * The words of an index. A surface is a word as it is written (folded); a stem is what it is found by. Which surface has
 * which stem depends on the language of the document, and a query, whose language nobody knows, looks for all stems its
 * words were given.
 */
import { Interned, roomFor } from './grow.ts'
import { guessLanguage, primaryOf, stem } from './stem.ts'

/** New surfaces are looked through one by one until there are this many; then they are sorted in. */
const MAX_UNSORTED = 8192

export class Vocabulary {
  readonly surfaces = new Interned()
  readonly stems = new Interned()
  /** Number 0 is the unknown language. */
  readonly languages = new Interned()
  /** How often a surface stands in titles, tags, channels and descriptions of documents that are there. */
  uses = new Uint32Array(1024)
  /** How a surface is shown where that is not the surface itself: with its accents. */
  readonly shown = new Map<number, string>()
  /** By language number: stem of each surface plus one, 0 while unknown. */
  readonly #stemOf: Uint32Array[] = []
  #sorted: Uint32Array<ArrayBuffer> = new Uint32Array(0)
  #sortedUpTo = 0

  constructor() {
    this.languageNumber(undefined)
  }

  languageNumber(tag: string | undefined): number {
    const number = this.languages.number(tag === undefined ? '' : primaryOf(tag))
    this.#stemOf[number] ??= new Uint32Array(1024)
    return number
  }

  surface(word: string): number {
    const number = this.surfaces.number(word)
    if (number >= this.uses.length) this.uses = roomFor(this.uses, number + 1)
    return number
  }

  /** For loops over many words of one language: the stem of each surface plus one, 0 where `stemOf` has to be asked. */
  stemsIn(language: number): Uint32Array {
    return this.#stemOf[language]!
  }

  /** Number of the stem of a surface in a language. */
  stemOf(surface: number, language: number): number {
    const known = this.#stemOf[language]!
    const found = surface < known.length ? known[surface]! : 0
    return found > 0 ? found - 1 : this.#learn(surface, language)
  }

  #learn(surface: number, language: number): number {
    const word = this.surfaces.words[surface]!
    const tag = this.languages.words[language]!
    const number = this.stems.number(stem(word, tag === '' ? guessLanguage(word) : tag))
    this.#stemOf[language] = roomFor(this.#stemOf[language]!, surface + 1)
    this.#stemOf[language][surface] = number + 1
    return number
  }

  /** Stems a word may stand for: those it was given in documents, and those it would be given in the languages there are. */
  stemsOf(word: string): number[] {
    const found = new Set<number>()
    const surface = this.surfaces.find(word)
    for (const known of this.#stemOf) {
      if (surface !== undefined && surface < known.length && known[surface]! > 0) found.add(known[surface]! - 1)
    }
    if (found.size > 0) return [...found]
    for (const tag of this.languages.words) {
      const number = this.stems.find(stem(word, tag === '' ? guessLanguage(word) : tag))
      if (number !== undefined) found.add(number)
    }
    return [...found]
  }

  /** Uses of a word in documents that are there now. */
  usesOf(word: string): number {
    const surface = this.surfaces.find(word)
    return surface === undefined ? 0 : this.uses[surface]!
  }

  /** The surfaces in use that begin so, most used first, at most `limit`. */
  startingWith(prefix: string, limit: number): number[] {
    const { words } = this.surfaces
    if (words.length - this.#sortedUpTo > MAX_UNSORTED) this.sort()
    const found: number[] = []
    // Upper end of the range: no word goes on with U+FFFF.
    const from = lowerBound(this.#sorted, words, prefix)
    const to = lowerBound(this.#sorted, words, `${prefix}\uffff`)
    for (let at = from; at < to; at++) if (this.uses[this.#sorted[at]!]! > 0) found.push(this.#sorted[at]!)
    for (let surface = this.#sortedUpTo; surface < words.length; surface++) {
      if (this.uses[surface]! > 0 && words[surface]!.startsWith(prefix)) found.push(surface)
    }
    return mostUsed(found, this.uses, limit)
  }

  /** Puts new surfaces in order among the sorted ones, at once: for a few thousand. */
  sort(): void {
    for (const _ of this.sorting());
  }

  /** The same for any number; yields between pieces of work. */
  *sorting(): Generator<void> {
    const { words } = this.surfaces
    const upTo = words.length
    const compare = (a: number, b: number) => (words[a]! < words[b]! ? -1 : 1)
    for (;;) {
      const from = this.#sortedUpTo
      if (from >= upTo) return
      // As much again as is sorted, so that merging costs no more than sorting did.
      const fresh = Uint32Array.from(
        { length: Math.min(upTo - from, Math.max(PIECE, from)) },
        (_, index) => from + index,
      )
      const runs: Uint32Array<ArrayBuffer>[] = []
      for (let at = 0; at < fresh.length; at += PIECE) {
        runs.push(fresh.subarray(at, at + PIECE).sort(compare))
        yield
      }
      while (runs.length > 1) {
        runs.push(yield* merged(runs.shift()!, runs.shift()!, words))
      }
      const all = yield* merged(this.#sorted, runs[0]!, words)
      // Somebody in a hurry may have sorted meanwhile.
      if (this.#sortedUpTo !== from) continue
      this.#sorted = all
      this.#sortedUpTo = from + fresh.length
    }
  }

  get bytes(): number {
    // A string in a map: its characters, its header, and its places in map and list.
    const strings = (this.surfaces.words.length + this.stems.words.length) * 80
    return (
      strings +
      this.uses.byteLength +
      this.#sorted.byteLength +
      this.#stemOf.reduce((sum, it) => sum + it.byteLength, 0)
    )
  }
}

/** Words sorted at once, and merged between two yields. */
const PIECE = 4096

function* merged(a: Uint32Array, b: Uint32Array, words: readonly string[]): Generator<void, Uint32Array<ArrayBuffer>> {
  const all = new Uint32Array(a.length + b.length)
  let left = 0
  let right = 0
  for (let at = 0; at < all.length; at++) {
    if (at % PIECE === 0) yield
    const takesLeft = right >= b.length || (left < a.length && words[a[left]!]! < words[b[right]!]!)
    all[at] = takesLeft ? a[left++]! : b[right++]!
  }
  return all
}

function lowerBound(sorted: Uint32Array, words: readonly string[], word: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (words[sorted[middle]!]! < word) low = middle + 1
    else high = middle
  }
  return low
}

/** The `limit` most used of these surfaces, most used first. */
function mostUsed(surfaces: number[], uses: Uint32Array, limit: number): number[] {
  if (surfaces.length > limit * 4) {
    // Uses fall so steeply that a threshold leaves few: find one by counting magnitudes.
    const magnitudes = new Uint32Array(33)
    for (const surface of surfaces) magnitudes[32 - Math.clz32(uses[surface]!)]!++
    let least = 32
    for (let sum = 0; least > 0; least--) {
      sum += magnitudes[least]!
      if (sum >= limit) break
    }
    surfaces = surfaces.filter((surface) => 32 - Math.clz32(uses[surface]!) >= least)
  }
  return surfaces.sort((a, b) => uses[b]! - uses[a]!).slice(0, limit)
}
