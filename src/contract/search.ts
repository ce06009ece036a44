/** Search and discovery: finding videos and channels, suggestions, own searches, trending. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Category, ChannelRef, Id, Language, Time, text } from './shapes.ts'
import { VideoCard } from './videos.ts'

/** What people type. Longer ones say nothing more. */
export const Query = text(0, 400)

const flag = z.preprocess(
  (value) => (value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value),
  z.boolean(),
)

/** What a list of results may be narrowed to. */
export const SearchFilters = z.object({
  published: z.enum(['day', 'week', 'month', 'year']).optional(),
  publishedAfter: Time.optional(),
  publishedBefore: Time.optional(),
  /** Under four minutes, up to twenty, over twenty. */
  length: z.enum(['short', 'medium', 'long']).optional(),
  /** At least this good. */
  quality: z.enum(['hd', 'full_hd', '4k']).optional(),
  captions: flag.optional(),
  /** Captions in this language. */
  captionLanguage: Language.optional(),
  language: Language.optional(),
  category: Category.optional(),
  /** Id of a channel. */
  channel: Id.optional(),
  tag: text(1, 40).optional(),
  live: z.enum(['upcoming', 'live', 'was_live']).optional(),
})
export type SearchFilters = z.infer<typeof SearchFilters>

export const SearchSort = z.enum(['relevance', 'newest', 'oldest', 'views', 'longest', 'shortest'])
export type SearchSort = z.infer<typeof SearchSort>

/** Parts of a text that are hits: begin and end of each, in UTF-16 units. */
const Marks = z.array(z.tuple([z.number(), z.number()]))

export const Explanation = z.object({
  words: z.array(
    z.object({
      word: z.string(),
      form: z.string(),
      documents: z.number(),
      idf: z.number(),
      impact: z.number(),
      points: z.number(),
    }),
  ),
  parts: z.record(z.string(), z.number()),
})

export const FoundVideo = z.object({
  video: VideoCard,
  titleMarks: Marks,
  /** The part of the description that answers best; absent where the description has nothing to do with the query. */
  snippet: z.object({ text: z.string(), marks: Marks }).optional(),
  /** Where in the video it is said, when what is said made the hit. */
  momentMs: z.number().optional(),
  explain: Explanation.extend({ score: z.number() }).optional(),
})
export type FoundVideo = z.infer<typeof FoundVideo>

const Count = z.object({ value: z.string(), count: z.number() })

export const SearchResults = z.object({
  items: z.array(FoundVideo),
  next: z.string().optional(),
  /** How many videos are found in all, on all pages. */
  total: z.number(),
  /** False when too few held all words, so that these hold only some. */
  strict: z.boolean(),
  /** Channels of that name; on the first page only. */
  channels: z.array(ChannelRef.extend({ videoCount: z.number() })),
  /** Playlists of that title; on the first page only. */
  playlists: z.array(
    z.object({
      id: Id,
      title: z.string(),
      by: ChannelRef,
      /** How many of its videos everybody may see. */
      videoCount: z.number(),
      /** Address of the picture of the first of them. */
      thumbnail: z.string().optional(),
    }),
  ),
  /** The query with its unknown words replaced; what is shown was found by it. */
  didYouMean: z.string().optional(),
  /** Words that are nowhere and were left out. */
  unknown: z.array(z.string()),
  /** How many results each choice would leave; only when asked for. */
  facets: z.record(z.string(), z.array(Count)).optional(),
})
export type SearchResults = z.infer<typeof SearchResults>

export const search = endpoint({
  says: 'Videos for a query: words, "phrases", -not; the last word may be unfinished. Without words, everything that passes the filters, newest first.',
  method: 'GET',
  path: '/search',
  who: 'anyone',
  query: SearchFilters.extend({
    q: Query.default(''),
    sort: SearchSort.default('relevance'),
    after: z
      .string()
      .regex(/^\d{1,4}$/, 'is not a cursor')
      .optional(),
    limit: z.coerce.number().int().min(1).max(60).default(24),
    facets: flag.default(false),
    /** For staff: why each result stands where it does. */
    explain: flag.default(false),
  }),
  reply: SearchResults,
  refuses: ['not_allowed', 'not_available_now'],
  perMinute: 600,
})

export const Suggestion = z.object({
  text: z.string(),
  /** From the titles of videos, from what many searched and then watched, or from one's own searches. */
  from: z.enum(['title', 'search', 'history']),
})
export type Suggestion = z.infer<typeof Suggestion>

export const suggestSearches = endpoint({
  says: 'Ways to go on with what was typed so far, best first.',
  method: 'GET',
  path: '/search/suggestions',
  who: 'anyone',
  query: z.object({ q: Query, limit: z.coerce.number().int().min(1).max(20).default(8) }),
  reply: z.object({ items: z.array(Suggestion) }),
  refuses: ['not_available_now'],
  perMinute: 1200,
})

export const clickResult = endpoint({
  says: 'Tells that a result was chosen, and at which place (from 0) it stood. If a view follows, both query and video gain by it.',
  method: 'POST',
  path: '/search/clicks',
  who: 'anyone',
  body: z.object({ q: text(1, 400), videoId: Id, place: z.number().int().min(0).max(1000) }),
  refuses: [],
  perMinute: 120,
})

export const PastSearch = z.object({ id: Id, q: z.string(), at: Time })

export const listSearches = endpoint({
  says: 'The own past searches, newest first, at most five hundred.',
  method: 'GET',
  path: '/search/history',
  who: 'member',
  reply: z.object({ items: z.array(PastSearch) }),
  refuses: [],
})

export const keepSearch = endpoint({
  says: 'Keeps a search in the own history; the same again only becomes newer.',
  method: 'POST',
  path: '/search/history',
  who: 'member',
  body: z.object({ q: text(1, 400) }),
  refuses: [],
  perMinute: 120,
})

export const forgetSearch = endpoint({
  says: 'Removes one search from the own history.',
  method: 'DELETE',
  path: '/search/history/:searchId',
  who: 'member',
  params: z.object({ searchId: Id }),
  refuses: [],
})

export const forgetSearches = endpoint({
  says: 'Empties the own search history.',
  method: 'DELETE',
  path: '/search/history',
  who: 'member',
  refuses: [],
})

export const SavedSearch = z.object({
  id: Id,
  name: z.string(),
  q: z.string(),
  filters: SearchFilters,
  sort: SearchSort,
  created: Time,
})
export type SavedSearch = z.infer<typeof SavedSearch>

export const listSavedSearches = endpoint({
  says: 'The searches that were saved, newest first.',
  method: 'GET',
  path: '/search/saved',
  who: 'member',
  reply: z.object({ items: z.array(SavedSearch) }),
  refuses: [],
})

export const saveSearch = endpoint({
  says: 'Saves a search with its filters under a name; at most a hundred.',
  method: 'POST',
  path: '/search/saved',
  who: 'member',
  body: z.object({
    name: text(1, 80),
    q: Query.default(''),
    filters: SearchFilters.default({}),
    sort: SearchSort.default('relevance'),
  }),
  reply: SavedSearch,
  refuses: ['too_many'],
  perMinute: 30,
})

export const removeSavedSearch = endpoint({
  says: 'Removes a saved search.',
  method: 'DELETE',
  path: '/search/saved/:savedId',
  who: 'member',
  params: z.object({ savedId: Id }),
  refuses: [],
})

export const listTrending = endpoint({
  says: 'What is watched more and more right now, of all or of one category or language.',
  method: 'GET',
  path: '/trending',
  who: 'anyone',
  query: z.object({
    category: Category.optional(),
    language: Language.optional(),
    limit: z.coerce.number().int().min(1).max(60).default(24),
  }),
  reply: z.object({ items: z.array(VideoCard) }),
  refuses: [],
})

export const listTopics = endpoint({
  says: 'What there is to browse: categories and languages with how many public videos each has, and the commonest tags.',
  method: 'GET',
  path: '/topics',
  who: 'anyone',
  reply: z.object({ categories: z.array(Count), languages: z.array(Count), tags: z.array(Count) }),
  refuses: ['not_available_now'],
})
