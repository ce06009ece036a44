/**
 * Finding words that were mistyped: symmetric deletion (Garbe's SymSpell). Every word of the vocabulary is filed under all
 * words that its first seven letters become by leaving out up to two of them; a query word is looked up under all it
 * becomes by the same, and the few words found so are measured.
 */

const PREFIX = 7
const SHORTEST = 4
const LONGEST = 24
/** A word of this length, and of what is close to it, is filed under two deletions; shorter ones under one. */
const TWO_FROM = 7
/** Hash (32 bits) and surface (21 bits) share the 53 bits of a double. */
const MAX_SURFACES = 2 ** 21
const BUCKETS = 256

/** Typos forgiven by length of the typed word: 1 from five letters, 2 from nine. */
export function allowedTypos(length: number): number {
  if (length >= 9) return 2
  return length >= 5 ? 1 : 0
}

export class Typos {
  #filed = new Float64Array(0)
  #starts = new Uint32Array(BUCKETS + 1)
  #filedUpTo = 0
  readonly #later = new Map<number, number[]>();

  /** Files all words anew; yields between pieces of work, so that others get a turn. */
  *build(words: readonly string[], uses: Uint32Array): Generator<void> {
    const upTo = Math.min(words.length, MAX_SURFACES)
    const counts = new Uint32Array(BUCKETS)
    for (let surface = 0; surface < upTo; surface++) {
      if (surface % 1024 === 0) yield
      if (uses[surface]! > 0)
        eachDeletion(words[surface]!, fileDepth(words[surface]!), (hash) => void counts[hash >>> 24]!++)
    }
    const starts = new Uint32Array(BUCKETS + 1)
    for (let bucket = 0; bucket < BUCKETS; bucket++) starts[bucket + 1] = starts[bucket]! + counts[bucket]!
    const filed = new Float64Array(starts[BUCKETS]!)
    const next = starts.slice(0, BUCKETS)
    for (let surface = 0; surface < upTo; surface++) {
      if (surface % 1024 === 0) yield
      // A word that came into use since the counting waits for the next time.
      if (uses[surface]! > 0) {
        eachDeletion(words[surface]!, fileDepth(words[surface]!), (hash) => {
          const bucket = hash >>> 24
          if (next[bucket]! < starts[bucket + 1]!) filed[next[bucket]!++] = hash * MAX_SURFACES + surface
        })
      }
    }
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      filed.subarray(starts[bucket], starts[bucket + 1]).sort()
      yield
    }
    this.#filed = filed
    this.#starts = starts
    this.#filedUpTo = upTo
    this.#later.clear()
  }

  /** Files one word that came after the last build. */
  add(surface: number, word: string): void {
    if (surface < this.#filedUpTo || this.#later.size > 500_000) return
    eachDeletion(word, fileDepth(word), (hash) => {
      const list = this.#later.get(hash)
      if (list === undefined) this.#later.set(hash, [surface])
      else if (!list.includes(surface)) list.push(surface)
    })
  }

  /** Surfaces within the allowed distance of a word, with that distance. Not itself. */
  near(word: string, words: readonly string[], uses: Uint32Array): { surface: number; distance: number }[] {
    const allowed = allowedTypos(word.length)
    if (allowed === 0 || word.length > LONGEST) return []
    const seen = new Set<number>()
    const found: { surface: number; distance: number }[] = []
    const consider = (surface: number) => {
      if (seen.has(surface) || uses[surface] === 0) return
      seen.add(surface)
      const distance = distanceWithin(word, words[surface]!, allowed)
      if (distance > 0 && distance <= allowed) found.push({ surface, distance })
    }
    eachDeletion(word, allowed, (hash) => {
      const end = this.#starts[(hash >>> 24) + 1]!
      for (let at = this.#firstAt(hash); at < end; at++) {
        const entry = this.#filed[at]!
        if (Math.floor(entry / MAX_SURFACES) !== hash) break
        consider(entry % MAX_SURFACES)
      }
      if (this.#later.size > 0) for (const surface of this.#later.get(hash) ?? []) consider(surface)
    })
    return found
  }

  #firstAt(hash: number): number {
    const wanted = hash * MAX_SURFACES
    let low = this.#starts[hash >>> 24]!
    let high = this.#starts[(hash >>> 24) + 1]!
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#filed[middle]! < wanted) low = middle + 1
      else high = middle
    }
    return low
  }

  get bytes(): number {
    return this.#filed.byteLength + this.#later.size * 100
  }
}

function fileDepth(word: string): number {
  if (word.length < SHORTEST || word.length > LONGEST || /\d/.test(word)) return -1
  return word.length >= TWO_FROM ? 2 : 1
}

/** Tells the hash of the first letters of a word, and of what they become by leaving out up to `depth` letters. */
function eachDeletion(word: string, depth: number, tell: (hash: number) => void): void {
  if (depth < 0) return
  const length = Math.min(word.length, PREFIX)
  tell(hashWithout(word, length, -1, -1))
  if (depth < 1) return
  for (let first = 0; first < length; first++) {
    tell(hashWithout(word, length, first, -1))
    if (depth < 2) continue
    for (let second = first + 1; second < length; second++) tell(hashWithout(word, length, first, second))
  }
}

/** FNV-1a of the first `length` letters without the two at these places. */
function hashWithout(word: string, length: number, first: number, second: number): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < length; at++) {
    if (at !== first && at !== second) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193)
  }
  return (hash ^ (hash >>> 15)) >>> 0
}

/**
 * Edit distance with swaps of neighbours counted as one (optimal string alignment), or `most` + 1 when it is larger.
 */
export function distanceWithin(a: string, b: string, most: number): number {
  const width = b.length + 1
  if (Math.abs(a.length - b.length) > most || width > ROW) return most + 1
  let before = rows[0]!
  let last = rows[1]!
  let row = rows[2]!
  for (let j = 0; j < width; j++) last[j] = j
  for (let i = 1; i <= a.length; i++) {
    const letter = a.charCodeAt(i - 1)
    const letterBefore = i > 1 ? a.charCodeAt(i - 2) : -1
    let least = i
    row[0] = i
    for (let j = 1; j < width; j++) {
      const other = b.charCodeAt(j - 1)
      let cost = last[j - 1]! + (letter === other ? 0 : 1)
      if (last[j]! + 1 < cost) cost = last[j]! + 1
      if (row[j - 1]! + 1 < cost) cost = row[j - 1]! + 1
      const isSwapped = j > 1 && letter === b.charCodeAt(j - 2) && letterBefore === other
      if (isSwapped && before[j - 2]! + 1 < cost) cost = before[j - 2]! + 1
      row[j] = cost
      if (cost < least) least = cost
    }
    if (least > most) return most + 1
    const free = before
    before = last
    last = row
    row = free
  }
  return last[width - 1]!
}

/** Three rows of the table of distances, used again and again: words are compared by the thousand. */
const ROW = 64
const rows = [new Uint8Array(ROW), new Uint8Array(ROW), new Uint8Array(ROW)]
