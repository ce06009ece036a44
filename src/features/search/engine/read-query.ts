/** Reads what people type: words, "phrases", -words and -"phrases" that must not be there. Never fails, whatever comes. */
import { eachToken } from './analyse.ts'

/** More words than this say nothing more. */
export const MAX_WORDS = 24
export const MAX_PHRASES = 6
export const MAX_EXCLUDED = 10

export interface AskedWord {
  text: string
  /** Written in joined form as well: of "spider-man", both words carry "spiderman". */
  joined: string | undefined
  isQuoted: boolean
  /** The last thing typed, without a space after it: perhaps only the beginning of a word. */
  isPrefix: boolean
}

export interface AskedQuery {
  words: AskedWord[]
  /** Of each phrase the words in order. */
  phrases: string[][]
  excluded: string[][]
}

const pieces = /(-?)"([^"]*)(?:"|$)|(\S+)/g

export function readQuery(text: string): AskedQuery {
  const asked: AskedQuery = { words: [], phrases: [], excluded: [] }
  let sawWordAtEnd = false
  for (const [, minus, phrase, plain] of text.replace(/[“”„«»]/g, '"').matchAll(pieces)) {
    if (phrase !== undefined) {
      const words = wordsOf(phrase)
      sawWordAtEnd = false
      if (words.length === 0) continue
      if (minus) {
        if (asked.excluded.length < MAX_EXCLUDED) asked.excluded.push(words.map((word) => word.text))
        continue
      }
      if (words.length > 1 && asked.phrases.length < MAX_PHRASES)
        asked.phrases.push(words.map((word) => word.text).slice(0, MAX_WORDS))
      asked.words.push(...words.map((word) => ({ ...word, isQuoted: true, isPrefix: false })))
      continue
    }
    if (plain === undefined) continue
    if (plain.length > 1 && plain.startsWith('-') && !plain.startsWith('--')) {
      const words = wordsOf(plain.slice(1))
      if (words.length > 0 && asked.excluded.length < MAX_EXCLUDED) asked.excluded.push(words.map((word) => word.text))
      sawWordAtEnd = false
      continue
    }
    const words = wordsOf(plain)
    asked.words.push(...words.map((word) => ({ ...word, isQuoted: false, isPrefix: false })))
    if (words.length > 0) sawWordAtEnd = true
  }
  // The end of what was typed must be the end of a word: "jazz?" and "jazz " are not beginnings.
  const last = asked.words.at(-1)
  if (last && sawWordAtEnd && !last.isQuoted && /[\p{L}\p{N}\p{M}]$/u.test(text)) last.isPrefix = true
  asked.words = unlike(asked.words).slice(0, MAX_WORDS)
  return asked
}

/** Without words that were there before; the place of the last one stays, for it may be a prefix. */
function unlike(words: AskedWord[]): AskedWord[] {
  const last = words.at(-1)
  const seen = new Set<string>()
  return words.filter((word) => {
    if (word !== last && word.text === last?.text) return false
    if (seen.has(word.text)) return false
    seen.add(word.text)
    return true
  })
}

function wordsOf(text: string): { text: string; joined: string | undefined }[] {
  const words: { text: string; joined: string | undefined }[] = []
  let since = 0
  eachToken(text.slice(0, 500), (token, start, end, joined) => {
    if (!joined) {
      if (start === end) return
      words.push({ text: token, joined: undefined })
      return
    }
    // A single last character of a run of pairs is for documents only; a query has the pairs.
    if (/^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u.test(token)) return
    for (const word of words.slice(since)) word.joined = token
    since = words.length
  })
  return words
}
