/** What is said of a video, as places in a table of words: title, tags, description, what is spoken in it, channel, category, language. Pure. */
import { hashOf } from '../ranker/online.ts'

/** Power of two. */
export const WORD_PLACES = 2 ** 15

const MOST_OF_TITLE = 16
const MOST_TAGS = 12
const MOST_OF_TEXT = 30

export interface Said {
  title: string
  description: string
  tags: readonly string[]
  channelId: string
  category: string
  language: string
}

/** Places of its words, each once. */
export function wordsOf(it: Said): Uint32Array {
  const language = it.language.split('-')[0]!
  const words = [
    `k ${it.category}`,
    `l ${language}`,
    `c ${it.channelId}`,
    ...lettersOf(it.title).slice(0, MOST_OF_TITLE),
    ...it.tags.slice(0, MOST_TAGS).flatMap((tag) => [`t ${folded(tag)}`, ...lettersOf(tag)]),
    ...lettersOf(it.description.slice(0, 400)).slice(0, MOST_OF_TEXT),
  ]
  return Uint32Array.from(new Set(words.map((word) => hashOf(word) & (WORD_PLACES - 1))))
}

/** Words of three letters and more: shorter ones bind sentences and say little. */
function lettersOf(text: string): string[] {
  return folded(text).match(/[\p{L}\p{N}]{3,30}/gu) ?? []
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
