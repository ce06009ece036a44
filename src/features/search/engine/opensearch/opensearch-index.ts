/** How documents lie in an OpenSearch: settings and mappings of an index, and what becomes of a document of ours. */
import { normalKey, withoutAddresses } from '../analyse.ts'
import { boostOf } from '../documents.ts'
import type { SearchDocument } from '../engine.ts'
import { primaryOf } from '../stem.ts'

/** Words spoken within so many seconds lie together, so that a hit leads to its moment. */
const MOMENT_S = 15
const MOST_MOMENTS = 2000
const MOST_CHARACTERS = 20_000

/** Languages with an analyser of their own; texts of others are folded, and not stemmed. */
const STEMMERS: Record<string, string> = {
  da: 'danish',
  de: 'light_german',
  en: 'english',
  es: 'light_spanish',
  fi: 'finnish',
  fr: 'light_french',
  hu: 'hungarian',
  it: 'light_italian',
  nl: 'dutch',
  no: 'norwegian',
  pt: 'light_portuguese',
  ro: 'romanian',
  ru: 'russian',
  sv: 'swedish',
  tr: 'turkish',
}
export const LANGUAGES = Object.keys(STEMMERS)

/** Fields of words with their weights, as in the engine in memory. */
export const WORD_FIELDS = { title: 3, tags: 2, channel: 2, description: 1 } as const

/**
 * Every text is kept twice: as it is written (folded), by which phrases, beginnings and typing errors are found, and by the stems
 * of its language. Fields of one language hold only the texts of that language.
 */
export function indexBody(): Record<string, unknown> {
  const analyzer: Record<string, unknown> = {
    plain: {
      type: 'custom',
      char_filter: ['signs'],
      tokenizer: 'standard',
      filter: ['lowercase', 'asciifolding', 'cjk_width', 'cjk_bigram'],
    },
  }
  const filter: Record<string, unknown> = {}
  for (const [language, name] of Object.entries(STEMMERS)) {
    filter[`stem_${language}`] = { type: 'stemmer', language: name }
    analyzer[`words_${language}`] = {
      type: 'custom',
      char_filter: ['signs'],
      tokenizer: 'standard',
      filter: ['lowercase', 'asciifolding', `stem_${language}`],
    }
  }
  const text = { type: 'text', analyzer: 'plain' }
  const properties: Record<string, unknown> = {
    key: { type: 'keyword' },
    title: { ...text, fields: { whole: { type: 'keyword', normalizer: 'folded', ignore_above: 300 } } },
    tags: text,
    channel: text,
    description: text,
    tagKeys: { type: 'keyword' },
    channelId: { type: 'keyword' },
    language: { type: 'keyword' },
    category: { type: 'keyword' },
    spokenIn: { type: 'keyword' },
    spoken: { type: 'nested', properties: { second: { type: 'integer' }, text } },
    publishedMs: { type: 'long' },
    durationMs: { type: 'long' },
    shortSide: { type: 'integer' },
    live: { type: 'keyword' },
    views: { type: 'double' },
    boost: { type: 'double' },
    suggest: { type: 'search_as_you_type', analyzer: 'plain' },
  }
  for (const language of LANGUAGES) {
    const stemmed = { type: 'text', analyzer: `words_${language}` }
    properties[`stems_${language}`] = {
      properties: Object.fromEntries(Object.keys(WORD_FIELDS).map((field) => [field, stemmed])),
    }
  }
  return {
    settings: {
      index: { refresh_interval: '1s', max_result_window: 10_000 },
      analysis: {
        char_filter: {
          // Signs that stand for a letter or for nothing in names: Ke$ha, P!nk, don't.
          signs: { type: 'pattern_replace', pattern: "(?<=\\p{L})['’](?=\\p{L})", replacement: '' },
        },
        filter,
        analyzer,
        normalizer: { folded: { type: 'custom', filter: ['lowercase', 'asciifolding'] } },
      },
    },
    mappings: { dynamic: false, properties },
  }
}

/** A document of ours as it is kept there. */
export function toSource(document: SearchDocument): Record<string, unknown> {
  const words = {
    title: document.title,
    tags: document.tags,
    channel: document.channel,
    description: withoutAddresses(document.description).slice(0, MOST_CHARACTERS),
  }
  const language = document.language === undefined ? undefined : primaryOf(document.language)
  const stemmed = language !== undefined && language in STEMMERS ? language : 'en'
  return {
    key: document.id,
    ...words,
    [`stems_${stemmed}`]: words,
    suggest: document.title,
    tagKeys: document.tags.map(normalKey),
    channelId: document.channelId,
    ...(language === undefined ? {} : { language }),
    category: document.category ?? '',
    spokenIn: [...new Set((document.captions ?? []).map((it) => primaryOf(it.language)))],
    spoken: momentsOf(document),
    publishedMs: document.publishedMs,
    durationMs: document.durationMs,
    shortSide: document.shortSide,
    live: document.live ?? 'no',
    views: document.views,
    boost: boostOf(document.watchedHours),
  }
}

function momentsOf({ captions = [] }: SearchDocument): { second: number; text: string }[] {
  const moments = new Map<string, { second: number; text: string }>()
  for (const [number, { cues }] of captions.entries()) {
    for (const { startMs, text } of cues) {
      const second = Math.floor(startMs / 1000)
      const place = `${number} ${Math.floor(second / MOMENT_S)}`
      const known = moments.get(place)
      if (known) known.text = `${known.text} ${text}`
      else if (moments.size < MOST_MOMENTS) moments.set(place, { second, text })
    }
  }
  return [...moments.values()]
}
