/** From a query of ours to the query language of OpenSearch, and back from what it answers. Pure. */
import { fold, normalKey } from '../analyse.ts'
import { type Explanation, type Filters, type Hit, MAX_DEPTH, type SearchAnswer, type SearchQuery } from '../engine.ts'
import { type AskedQuery, readQuery } from '../read-query.ts'
import { isStopWord, primaryOf } from '../stem.ts'
import { LANGUAGES, WORD_FIELDS } from './opensearch-index.ts'

type Clause = Record<string, unknown>

const DAY_MS = 86_400_000
/** Of what was watched after this very query, so many videos get their factor. */
const MOST_LEARNED = 200
/** Words by which people ask for what is new, and what that is worth to a video of this week. */
const FRESH = new Set('new news latest today heute neu neueste hoy nuevo nouveau'.split(' '))
const FRESH_WORTH = 1.4
const FIELDS = Object.entries(WORD_FIELDS)
const FACET_SIZE = 50

/** The body of a `_search`. */
export function toRequest(query: SearchQuery): Clause {
  const asked = readQuery(query.text)
  const size = Math.max(0, Math.min(query.limit, MAX_DEPTH - query.offset))
  return {
    from: query.offset,
    size,
    track_total_hits: true,
    _source: ['key', 'title'],
    query: scored(query, asked),
    sort: sortOf(query, asked),
    ...(query.explain ? { explain: true } : {}),
    ...(query.facets ? { aggs: facets(query.nowMs) } : {}),
    ...(asked.words.length > 0 ? { suggest: suggestions(asked) } : {}),
  }
}

function scored(query: SearchQuery, asked: AskedQuery): Clause {
  const { words } = asked
  const matched: Clause = {
    bool: {
      filter: filtersOf(query.filters),
      must: [
        ...(words.length > 0 ? [anyField(asked)] : []),
        ...asked.phrases.map((phrase) => ({
          multi_match: { query: phrase.join(' '), type: 'phrase', fields: Object.keys(WORD_FIELDS) },
        })),
      ],
      must_not: asked.excluded.map((phrase) => ({
        multi_match: { query: phrase.join(' '), type: 'phrase', fields: Object.keys(WORD_FIELDS) },
      })),
      ...(words.length > 0 ? { should: closeness(asked) } : {}),
    },
  }
  return {
    function_score: {
      query: matched,
      score_mode: 'multiply',
      boost_mode: 'multiply',
      functions: [
        { field_value_factor: { field: 'boost', missing: 1 } },
        ...(words.some((word) => FRESH.has(word.text))
          ? [{ weight: FRESH_WORTH, filter: { range: { publishedMs: { gte: query.nowMs - 7 * DAY_MS } } } }]
          : []),
        ...[...(query.learned ?? [])].slice(0, MOST_LEARNED).map(([id, weight]) => ({
          weight,
          filter: { term: { key: id } },
        })),
      ],
    },
  }
}

/**
 * Each word must be somewhere: as a stem of some language, as it is written, as the beginning of one where it was last, mistyped where
 * it is long enough (one letter from five, two from nine), or spoken. Words so common that a query need not insist are left to `should`.
 */
function anyField(asked: AskedQuery): Clause {
  const clauses = asked.words.map((word) => ({
    clause: oneWord(word),
    isOptional: isStopWord(word.text) && !word.isQuoted,
  }))
  const required = clauses.filter(({ isOptional }) => !isOptional)
  const chosen = required.length > 0 ? required : clauses
  return {
    bool: {
      should: chosen.map(({ clause }) => clause),
      // Soft AND: of many words one may be missing, of very many a third; those that have all of them score above the others.
      minimum_should_match: '3<-1 6<70%',
    },
  }
}

function oneWord(word: AskedQuery['words'][number]): Clause {
  const { text } = word
  const queries: Clause[] = FIELDS.flatMap(([field, weight]) => [
    { match: { [field]: { query: text, boost: weight } } },
    ...LANGUAGES.map((language) => ({ match: { [`stems_${language}.${field}`]: { query: text, boost: weight } } })),
  ])
  if (word.joined) queries.push({ multi_match: { query: word.joined, fields: ['title^3', 'tags^2', 'channel^2'] } })
  if (word.isPrefix)
    queries.push(...FIELDS.map(([field, weight]) => ({ prefix: { [field]: { value: text, boost: weight * 0.45 } } })))
  if (!word.isQuoted && text.length >= 5)
    queries.push(
      ...FIELDS.map(([field, weight]) => ({
        match: {
          [field]: { query: text, fuzziness: text.length >= 9 ? 2 : 1, max_expansions: 12, boost: weight * 0.4 },
        },
      })),
    )
  queries.push({
    nested: {
      path: 'spoken',
      score_mode: 'max',
      query: { match: { 'spoken.text': { query: text, boost: 0.3 } } },
      inner_hits: { name: `spoken ${text}`.slice(0, 100), size: 1, _source: ['spoken.second'] },
    },
  })
  return { dis_max: { queries, tie_breaker: 0.1 } }
}

/** Standing together, and being the whole title. */
function closeness(asked: AskedQuery): Clause[] {
  const text = asked.words.map((word) => word.text).join(' ')
  return [
    { term: { 'title.whole': { value: fold(text), boost: 6 } } },
    ...(asked.words.length > 1
      ? FIELDS.map(([field, weight]) => ({ match_phrase: { [field]: { query: text, slop: 4, boost: weight * 0.4 } } }))
      : []),
  ]
}

function filtersOf(filters: Filters): Clause[] {
  const { captions } = filters
  const range = (field: string, gte: number | undefined, lt: number | undefined) =>
    gte === undefined && lt === undefined
      ? []
      : [{ range: { [field]: { ...(gte === undefined ? {} : { gte }), ...(lt === undefined ? {} : { lt }) } } }]
  const term = (field: string, value: string | undefined) => (value === undefined ? [] : [{ term: { [field]: value } }])
  return [
    ...range('publishedMs', filters.publishedAfterMs, filters.publishedBeforeMs),
    ...range('durationMs', filters.minDurationMs, filters.maxDurationMs),
    ...range('shortSide', filters.minShortSide, undefined),
    ...term('category', filters.category),
    ...term('channelId', filters.channelId),
    ...term('live', filters.live),
    ...term('language', filters.language === undefined ? undefined : primaryOf(filters.language)),
    ...term('tagKeys', filters.tag === undefined ? undefined : normalKey(filters.tag)),
    ...(captions === true ? [{ exists: { field: 'spokenIn' } }] : []),
    ...term('spokenIn', typeof captions === 'string' ? primaryOf(captions) : undefined),
  ]
}

function sortOf({ sort }: SearchQuery, asked: AskedQuery): Clause[] {
  const byKey = { key: 'asc' }
  const orders: Record<SearchQuery['sort'], Clause> = {
    relevance: asked.words.length > 0 ? { _score: 'desc' } : { publishedMs: 'desc' },
    newest: { publishedMs: 'desc' },
    oldest: { publishedMs: 'asc' },
    views: { views: 'desc' },
    longest: { durationMs: 'desc' },
    shortest: { durationMs: 'asc' },
  }
  return [orders[sort], byKey]
}

/** Ranges of the facets, from below; names as in the engine in memory. */
const RANGES = {
  duration: {
    field: 'durationMs',
    from: [
      ['short', 0],
      ['medium', 240_000],
      ['long', 1_200_000],
    ],
  },
  quality: {
    field: 'shortSide',
    from: [
      ['sd', 0],
      ['hd', 700],
      ['full_hd', 1060],
      ['4k', 2100],
    ],
  },
} as const
const AGES = [
  ['day', 1],
  ['week', 7],
  ['month', 31],
  ['year', 366],
] as const

function facets(nowMs: number): Clause {
  const ranges = ({ field, from }: { field: string; from: readonly (readonly [string, number])[] }) => ({
    range: {
      field,
      keyed: false,
      ranges: from.map(([key, least], index) => {
        const next = from[index + 1]
        return { key, from: least, ...(next ? { to: next[1] } : {}) }
      }),
    },
  })
  const ages = [
    ...AGES.map(([key, days], index) => ({
      key,
      from: nowMs - days * DAY_MS + 1,
      ...(index === 0 ? {} : { to: nowMs - AGES[index - 1]![1] * DAY_MS + 1 }),
    })),
    { key: 'older', to: nowMs - 366 * DAY_MS + 1 },
  ]
  return {
    category: { terms: { field: 'category', size: FACET_SIZE } },
    language: { terms: { field: 'language', size: FACET_SIZE } },
    live: { terms: { field: 'live', size: 4 } },
    duration: ranges(RANGES.duration),
    quality: ranges(RANGES.quality),
    published: { range: { field: 'publishedMs', ranges: ages } },
    captions: {
      filters: {
        filters: {
          with: { exists: { field: 'spokenIn' } },
          without: { bool: { must_not: { exists: { field: 'spokenIn' } } } },
        },
      },
    },
  }
}

function suggestions(asked: AskedQuery): Clause {
  return {
    text: asked.words.map((word) => word.text).join(' '),
    words: { term: { field: 'title', suggest_mode: 'missing', min_word_length: 5, max_edits: 2, size: 1 } },
  }
}

interface Buckets {
  buckets: { key: string; doc_count: number }[] | Record<string, { doc_count: number }>
}

interface ServerHit {
  _score: number | null
  _source: { key: string; title: string }
  _explanation?: { description: string; value: number }
  inner_hits?: Record<string, { hits: { hits: { _score: number; _source: { second: number } }[] } }>
}

export interface ServerResults {
  hits: { total: { value: number }; hits: ServerHit[] }
  aggregations?: Record<string, Buckets>
  suggest?: { words?: { text: string; options: { text: string }[] }[] }
}

/** What it answered, as the port promises it. */
export function toAnswer(query: SearchQuery, results: ServerResults): SearchAnswer {
  const asked = readQuery(query.text)
  const hits = results.hits.hits.map((hit) => toHit(query, asked, hit))
  const meant = meantBy(asked, results)
  return {
    hits,
    total: results.hits.total.value,
    strict: true,
    ...(results.aggregations ? { facets: readFacets(results.aggregations) } : {}),
    ...(meant === undefined ? {} : { didYouMean: meant }),
    unknown: [],
    marks: asked.words.map((word) => word.text),
  }
}

function toHit(query: SearchQuery, asked: AskedQuery, hit: ServerHit): Hit {
  const spoken = Object.values(hit.inner_hits ?? {}).flatMap((inner) => inner.hits.hits)
  const best = spoken.sort((a, b) => b._score - a._score)[0]
  const inTitle = asked.words.some((word) => fold(hit._source.title).includes(word.text))
  return {
    id: hit._source.key,
    score: hit._score ?? 0,
    ...(best && !inTitle ? { momentMs: best._source.second * 1000 } : {}),
    ...(query.explain && hit._explanation ? { explain: explained(hit._explanation.value) } : {}),
  }
}

/** The server explains in its own words, which are long; here stands what it came to. */
function explained(value: number): Explanation {
  return { words: [], parts: { server: value } }
}

function meantBy(asked: AskedQuery, { suggest }: ServerResults): string | undefined {
  const meant = new Map(
    (suggest?.words ?? []).flatMap(({ text, options }) => (options[0] ? [[text, options[0].text]] : [])),
  )
  return meant.size === 0 ? undefined : asked.words.map(({ text }) => meant.get(text) ?? text).join(' ')
}

function readFacets(given: Record<string, Buckets>): NonNullable<SearchAnswer['facets']> {
  const read = Object.entries(given).map(([name, { buckets }]) => {
    const list = Array.isArray(buckets)
      ? buckets.map(({ key, doc_count: count }) => ({ value: key, count }))
      : Object.entries(buckets).map(([value, { doc_count: count }]) => ({ value, count }))
    return [name, list.filter(({ value, count }) => count > 0 && value !== '')]
  })
  return Object.fromEntries(read) as NonNullable<SearchAnswer['facets']>
}

/** The body that asks for ways to go on with what was typed. */
export function toSuggestRequest(text: string, limit: number): Clause {
  return {
    size: limit,
    _source: ['title'],
    query: {
      function_score: {
        query: {
          multi_match: {
            query: fold(text),
            type: 'bool_prefix',
            fields: ['suggest', 'suggest._2gram', 'suggest._3gram'],
            operator: 'and',
          },
        },
        functions: [{ field_value_factor: { field: 'views', modifier: 'log1p', missing: 0 } }],
        boost_mode: 'sum',
      },
    },
  }
}
