/**
 * The port of the search engine: documents go in, ranked ids come out. The engine keeps nothing that is not in the
 * database as well; it may be thrown away and built anew at any time. Whoever fills it gives it public documents only.
 */

export const KINDS = ['video', 'channel', 'playlist'] as const
export type Kind = (typeof KINDS)[number]

export const LIVE_STATES = ['no', 'upcoming', 'live', 'was_live'] as const
export type LiveState = (typeof LIVE_STATES)[number]

export interface SearchDocument {
  id: string
  kind: Kind
  title: string
  description: string
  tags: readonly string[]
  channelId: string
  /** Name and handle, as people type them. */
  channel: string
  /** BCP 47; decides by which rules words are stemmed. */
  language?: string | undefined
  category?: string | undefined
  /** What is spoken, with its times. Several languages may be given. */
  captions?: readonly { language: string; cues: readonly { startMs: number; text: string }[] }[]
  publishedMs: number
  durationMs: number
  /** Short side of the picture in pixels. */
  shortSide: number
  live?: LiveState
  views: number
  /** Hours people watched it lately, decayed; the prior of its rank. */
  watchedHours: number
}

export const SORTS = ['relevance', 'newest', 'oldest', 'views', 'longest', 'shortest'] as const
export type Sort = (typeof SORTS)[number]

export interface Filters {
  publishedAfterMs?: number | undefined
  publishedBeforeMs?: number | undefined
  minDurationMs?: number | undefined
  maxDurationMs?: number | undefined
  minShortSide?: number | undefined
  /** True: with captions; a language: with captions in it. */
  captions?: boolean | string | undefined
  language?: string | undefined
  category?: string | undefined
  channelId?: string | undefined
  tag?: string | undefined
  live?: LiveState | undefined
}

export interface SearchQuery {
  kind: Kind
  /** As typed: words, "phrases", -not. Without any word everything that passes the filters is found. */
  text: string
  /** The language the one who asks most likely writes in. */
  language?: string | undefined
  filters: Filters
  sort: Sort
  /** At most MAX_DEPTH together. */
  offset: number
  limit: number
  facets: boolean
  explain: boolean
  /** Whether words of the best documents are added to the query: `auto` does so for short queries that find little. */
  expand: 'never' | 'auto' | 'always'
  nowMs: number
  /** What people watched after this very query: factors above 1 by id. */
  learned?: ReadonlyMap<string, number> | undefined
  /** Ids of semantic neighbours, nearest first, to be fused by rank. */
  neighbours?: readonly string[] | undefined
}

/** Results lie at most this deep: whoever looks further should ask more narrowly. */
export const MAX_DEPTH = 1000

export interface Hit {
  id: string
  score: number
  /** Where in the video a searched word is spoken, when captions made the hit. */
  momentMs?: number
  /** Why it stands where it does: each part of its score, in words. */
  explain?: Explanation
}

export interface Explanation {
  words: { word: string; form: string; documents: number; idf: number; impact: number; points: number }[]
  /** What the sum of points was multiplied by or raised by, by name. */
  parts: Record<string, number>
}

export interface FacetCount {
  value: string
  count: number
}

export interface SearchAnswer {
  hits: Hit[]
  /** How many documents are found in all. */
  total: number
  /** Whether all words were required; otherwise too few had them all, and some had to do. */
  strict: boolean
  facets?: Record<FacetName, FacetCount[]>
  /** The query with its unknown words replaced by known ones. */
  didYouMean?: string
  /** Words of the query that are nowhere. */
  unknown: string[]
  /** Folded words and stems that count as hits, for marking them in what is shown. */
  marks: string[]
}

export const FACETS = ['category', 'language', 'duration', 'published', 'quality', 'captions', 'live'] as const
export type FacetName = (typeof FACETS)[number]

export interface EngineSize {
  documents: number
  terms: number
  /** Memory of the index where it is in this process. */
  bytes: number
}

export interface SearchEngine {
  /** Adds or replaces documents, by kind and id. Found by every search that begins after this resolved. */
  put(documents: readonly SearchDocument[]): Promise<void>
  /** Takes documents away; those that are not there are no error. */
  remove(kind: Kind, ids: readonly string[]): Promise<void>
  /** Sets views and prior of documents without touching their words; those that are not there are no error. */
  popularity(kind: Kind, changes: readonly { id: string; views: number; watchedHours: number }[]): Promise<void>
  search(query: SearchQuery): Promise<SearchAnswer>
  /** Ways to go on with what was typed so far, best first, from titles. */
  suggest(text: string, limit: number): Promise<string[]>
  /**
   * Builds everything anew from these documents while the old index goes on answering, then changes over at once. What is
   * put or removed in the meantime is in the new index as well.
   */
  rebuild(documents: AsyncIterable<readonly SearchDocument[]>): Promise<void>
  size(): Promise<EngineSize>
  close(): Promise<void>
}
