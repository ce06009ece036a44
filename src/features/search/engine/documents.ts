/**
 * The documents of an index as columns of typed arrays, and their words in order (the forward index), from which everything
 * else can be built again: postings, proximity, phrases, feedback, suggestions.
 */
import { eachToken, fold, normalKey, withoutAddresses } from './analyse.ts'
import { LIVE_STATES, type LiveState, type SearchDocument } from './engine.ts'
import { Interned, roomFor } from './grow.ts'
import { primaryOf } from './stem.ts'
import type { Vocabulary } from './vocabulary.ts'

/** The fields in the order in which their words lie, with the most words kept of each. */
export const FIELDS = ['title', 'tags', 'channel', 'description'] as const
const MOST_WORDS = [64, 200, 24, 600] as const
export const MOST_SPOKEN = 4000

/** Set on a word that repeats the one before it in joined form. */
export const JOINED = 0x80000000
export const SURFACE = 0x7fffffff

const PAGE_BITS = 18
const PAGE = 1 << PAGE_BITS
const PAGE_MASK = PAGE - 1

/** What `draft` makes of a document: its words, before it has a number. */
export interface Draft {
  words: number[]
  /** Words per field. */
  lengths: number[]
  /** Of captions: surface, then uses and first second packed, for each distinct word. */
  spoken: number[]
  keys: number[]
}

export interface Documents {
  count: number
  live: number
  ids: string[]
  readonly numbers: Map<string, number>
  alive: Uint8Array
  language: Uint8Array
  category: Uint8Array
  liveState: Uint8Array
  hasCaptions: Uint8Array
  publishedS: Uint32Array
  durationS: Uint32Array
  shortSide: Uint16Array
  views: Float32Array
  /** Factor from the prior: 1 to 1.25. */
  boost: Float32Array
  /** Words per field, four to a document. */
  lengths: Uint16Array
  wordsAt: Uint32Array
  spokenAt: Uint32Array
  spokenCount: Uint16Array
  keysAt: Uint32Array
  keysCount: Uint8Array
  readonly words: Pages
  readonly spoken: Pages
  readonly keys: Pages
  readonly categories: Interned
  /** Sums over live documents of the length of each field, and of how many have the field. */
  readonly fieldWords: Float64Array
}

export interface Pages {
  pages: Uint32Array[]
  used: number
}

/** How much recent watching lifts a document: by a quarter at most, half of that at twenty hours. */
export function boostOf(watchedHours: number): number {
  return 1 + (0.25 * watchedHours) / (watchedHours + 20)
}

export function noDocuments(): Documents {
  const categories = new Interned()
  categories.number('')
  return {
    count: 0,
    live: 0,
    ids: [],
    numbers: new Map(),
    alive: new Uint8Array(64),
    language: new Uint8Array(64),
    category: new Uint8Array(64),
    liveState: new Uint8Array(64),
    hasCaptions: new Uint8Array(64),
    publishedS: new Uint32Array(64),
    durationS: new Uint32Array(64),
    shortSide: new Uint16Array(64),
    views: new Float32Array(64),
    boost: new Float32Array(64),
    lengths: new Uint16Array(256),
    wordsAt: new Uint32Array(64),
    spokenAt: new Uint32Array(64),
    spokenCount: new Uint16Array(64),
    keysAt: new Uint32Array(64),
    keysCount: new Uint8Array(64),
    words: { pages: [], used: PAGE },
    spoken: { pages: [], used: PAGE },
    keys: { pages: [], used: PAGE },
    categories,
    fieldWords: new Float64Array(FIELDS.length + 1),
  }
}

/** The page and the place in it of what was kept at `at`. */
export function pageOf(pages: Pages, at: number): Uint32Array {
  return pages.pages[at >>> PAGE_BITS]!
}
export function placeOf(at: number): number {
  return at & PAGE_MASK
}

function keep(pages: Pages, numbers: ArrayLike<number>): number {
  if (pages.used + numbers.length > PAGE) {
    pages.pages.push(new Uint32Array(PAGE))
    pages.used = 0
  }
  const at = (pages.pages.length - 1) * PAGE + pages.used
  pages.pages[pages.pages.length - 1]?.set(numbers, pages.used)
  pages.used += numbers.length
  return at
}

/** Names of what is exactly so: searched as if they were words, but no text can hold them. */
export const keyOf = {
  tag: (tag: string) => `\u0001tag:${normalKey(tag)}`,
  channel: (id: string) => `\u0001channel:${id}`,
  spoken: (language: string) => `\u0001spoken:${primaryOf(language)}`,
}

/** Analyses a document: the expensive half of adding it. */
export function draft(vocabulary: Vocabulary, document: SearchDocument): Draft {
  const words: number[] = []
  const lengths: number[] = []
  const read = (text: string, most: number, from: number) => {
    eachToken(text, (token, start, end, joined) => {
      if (words.length - from >= most) return
      const surface = vocabulary.surface(token)
      words.push(surface | (joined ? JOINED : 0))
      if (joined || vocabulary.shown.has(surface) || token.length === 0) return
      const written = text.slice(start, end).toLowerCase()
      if (written !== token && fold(written) === token) vocabulary.shown.set(surface, written)
    })
  }
  const texts = [[document.title], document.tags, [document.channel], [withoutAddresses(document.description)]]
  for (const [field, parts] of texts.entries()) {
    const from = words.length
    for (const part of parts) read(part, MOST_WORDS[field]!, from)
    lengths.push(words.length - from)
  }
  const keys = [keyOf.channel(document.channelId), ...document.tags.slice(0, 60).map(keyOf.tag)]
  keys.push(...(document.captions ?? []).slice(0, 60).map((it) => keyOf.spoken(it.language)))
  return {
    words,
    lengths,
    spoken: draftSpoken(vocabulary, document),
    keys: [...new Set(keys)].map((key) => vocabulary.stems.number(key)),
  }
}

/** Each distinct spoken word with how often it is said (up to 255) and the second of its first time. */
function draftSpoken(vocabulary: Vocabulary, document: SearchDocument): number[] {
  const said = new Map<number, { uses: number; second: number }>()
  for (const { cues } of document.captions ?? []) {
    for (const cue of cues) {
      eachToken(cue.text, (token, _start, _end, joined) => {
        if (joined) return
        const surface = vocabulary.surface(token)
        const known = said.get(surface)
        if (known) known.uses++
        else if (said.size < MOST_SPOKEN) said.set(surface, { uses: 1, second: Math.floor(cue.startMs / 1000) })
      })
    }
  }
  return [...said].flatMap(([surface, { uses, second }]) => [
    surface,
    ((Math.min(uses, 255) << 24) | Math.min(second, 0xffffff)) >>> 0,
  ])
}

/** Appends a drafted document and returns its number. One of the same id must have been removed before. */
export function append(documents: Documents, vocabulary: Vocabulary, document: SearchDocument, drafted: Draft): number {
  const doc = documents.count
  grow(documents, doc + 1)
  documents.count++
  documents.ids.push(document.id)
  documents.language[doc] = Math.min(vocabulary.languageNumber(document.language), 255)
  documents.category[doc] = Math.min(documents.categories.number(document.category ?? ''), 255)
  documents.liveState[doc] = LIVE_STATES.indexOf(document.live ?? ('no' satisfies LiveState))
  documents.hasCaptions[doc] = (document.captions?.length ?? 0) > 0 ? 1 : 0
  documents.publishedS[doc] = Math.max(0, Math.floor(document.publishedMs / 1000))
  documents.durationS[doc] = Math.round(document.durationMs / 1000)
  documents.shortSide[doc] = document.shortSide
  documents.views[doc] = document.views
  documents.boost[doc] = boostOf(document.watchedHours)
  placeWords(documents, vocabulary, doc, drafted)
  return doc
}

/** Copies a document that is already drafted from another set of columns. */
export function copy(from: Documents, old: number, to: Documents): number {
  const doc = to.count
  grow(to, doc + 1)
  to.count++
  to.ids.push(from.ids[old]!)
  to.category[doc] = Math.min(to.categories.number(from.categories.words[from.category[old]!]!), 255)
  for (const column of COLUMNS) to[column][doc] = from[column][old]!
  const slice = (pages: Pages, at: number, length: number) =>
    length === 0 ? [] : pageOf(pages, at).subarray(placeOf(at), placeOf(at) + length)
  const lengths = from.lengths.subarray(old * 4, old * 4 + 4)
  const words = slice(from.words, from.wordsAt[old]!, lengths[0]! + lengths[1]! + lengths[2]! + lengths[3]!)
  const spoken = slice(from.spoken, from.spokenAt[old]!, from.spokenCount[old]! * 2)
  const keys = slice(from.keys, from.keysAt[old]!, from.keysCount[old]!)
  // The uses of its words were counted when it came.
  placeWords(to, undefined, doc, { words, lengths, spoken, keys } as unknown as Draft)
  return doc
}

const COLUMNS = [
  'language',
  'liveState',
  'hasCaptions',
  'publishedS',
  'durationS',
  'shortSide',
  'views',
  'boost',
] as const

function placeWords(documents: Documents, vocabulary: Vocabulary | undefined, doc: number, drafted: Draft): void {
  documents.alive[doc] = 1
  documents.live++
  documents.numbers.set(documents.ids[doc]!, doc)
  for (let field = 0; field < FIELDS.length; field++) {
    documents.lengths[doc * 4 + field] = drafted.lengths[field]!
    documents.fieldWords[field]! += drafted.lengths[field]!
  }
  documents.wordsAt[doc] = keep(documents.words, drafted.words)
  documents.spokenAt[doc] = keep(documents.spoken, drafted.spoken)
  documents.spokenCount[doc] = drafted.spoken.length / 2
  documents.fieldWords[4]! += drafted.spoken.length / 2
  documents.keysAt[doc] = keep(documents.keys, drafted.keys)
  documents.keysCount[doc] = drafted.keys.length
  if (vocabulary) for (const word of drafted.words) vocabulary.uses[word & SURFACE]!++
}

/** Buries a document: its number stays, but nothing finds it, and its words are no longer in use. */
export function bury(documents: Documents, vocabulary: Vocabulary, doc: number): void {
  if (documents.alive[doc] === 0) return
  documents.alive[doc] = 0
  documents.live--
  documents.numbers.delete(documents.ids[doc]!)
  const total = wordCount(documents, doc)
  const page = pageOf(documents.words, documents.wordsAt[doc]!)
  const start = placeOf(documents.wordsAt[doc]!)
  for (let at = start; at < start + total; at++) vocabulary.uses[page[at]! & SURFACE]!--
  for (let field = 0; field < FIELDS.length; field++)
    documents.fieldWords[field]! -= documents.lengths[doc * 4 + field]!
  documents.fieldWords[4]! -= documents.spokenCount[doc]!
}

export function wordCount(documents: Documents, doc: number): number {
  const at = doc * 4
  const { lengths } = documents
  return lengths[at]! + lengths[at + 1]! + lengths[at + 2]! + lengths[at + 3]!
}

function grow(documents: Documents, count: number): void {
  if (count <= documents.alive.length) return
  const columns = [
    'alive',
    'category',
    ...COLUMNS,
    'wordsAt',
    'spokenAt',
    'spokenCount',
    'keysAt',
    'keysCount',
  ] as const
  const target = documents as unknown as Record<string, Uint8Array>
  for (const column of columns) target[column] = roomFor(target[column]!, count)
  documents.lengths = roomFor(documents.lengths, documents.alive.length * 4)
}

export function documentBytes(documents: Documents): number {
  const columns = documents.alive.length * (4 + 4 * 2 + 2 + 4 * 2 + 8 + 4 * 3 + 2 + 1)
  const pages = (documents.words.pages.length + documents.spoken.pages.length + documents.keys.pages.length) * PAGE * 4
  return columns + pages + documents.ids.length * 110
}
