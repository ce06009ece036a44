/** Stems by language: what is left of a word without its endings, by the Snowball algorithms, and words too common to ask for. */
import snowball from 'snowball-stemmers'
import { stopWordsOf } from './stop-words.ts'

/** By the first part of a BCP 47 tag. Languages that are not here are compared word for word. */
const algorithms: Record<string, string> = {
  ca: 'catalan',
  cs: 'czech',
  da: 'danish',
  de: 'german',
  en: 'english',
  es: 'spanish',
  eu: 'basque',
  fi: 'finnish',
  fr: 'french',
  ga: 'irish',
  hu: 'hungarian',
  hy: 'armenian',
  it: 'italian',
  nb: 'norwegian',
  nl: 'dutch',
  nn: 'norwegian',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sl: 'slovene',
  sv: 'swedish',
  ta: 'tamil',
  tr: 'turkish',
}

interface Stemmer {
  stem(word: string): string
}
const stemmers = new Map<string, Stemmer>()
/** By language and word: stemming costs a hundred times as much as looking up, and texts repeat their words. */
const known = new Map<string, Map<string, string>>()
const MOST_KNOWN = 100_000
const NO_LETTERS = /[^a-z\u0430-\u044f\u0561-\u0587\u0b80-\u0bff]/

/** The language whose stems a text without a stated language gets: that of its script. */
export function guessLanguage(token: string): string {
  const code = token.charCodeAt(0)
  if (code >= 0x400 && code <= 0x4ff) return 'ru'
  return 'en'
}

/** First part of a language tag. */
export function primaryOf(language: string): string {
  const cut = language.indexOf('-')
  return (cut < 0 ? language : language.slice(0, cut)).toLowerCase()
}

/** The stem of a folded word in a language (`en`, `pt-BR`); the word itself where nothing is known of the language. */
export function stem(word: string, language: string): string {
  // Numbers, names with digits, pairs of characters and other scripts have no endings to lose.
  if (word.length < 3 || NO_LETTERS.test(word)) return word
  const primary = primaryOf(language)
  const name = algorithms[primary]
  if (name === undefined) return word
  let words = known.get(name)
  if (words === undefined || words.size >= MOST_KNOWN) {
    words = new Map()
    known.set(name, words)
  }
  const before = words.get(word)
  if (before !== undefined) return before
  let stemmer = stemmers.get(name)
  if (stemmer === undefined) {
    stemmer = snowball.newStemmer(name)
    stemmers.set(name, stemmer)
  }
  // A stemmer for one script leaves the words of another alone; some answer with nothing at all.
  const stemmed = stemmer.stem(word) || word
  words.set(word, stemmed)
  return stemmed
}

/** Whether a folded word carries so little in any of the commoner languages that a query should not insist on it. */
export function isStopWord(word: string, language?: string): boolean {
  if (language !== undefined && stopWordsOf[primaryOf(language)]?.has(word)) return true
  return stopWordsOf.en!.has(word)
}
