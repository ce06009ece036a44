/** What is said of a video, as places in a table of words: title, tags, description, what is spoken in it, channel, category, language. Pure. */
import { hashOf } from '../ranker/online.ts'

/** Power of two. */
export const WORD_PLACES = 2 ** 15

const MOST_OF_TITLE = 16
const MOST_TAGS = 12
const MOST_OF_TEXT = 30
/** Of what is spoken, so many words, each said more than once; shorter ones are those that every talk is made of. */
export const MOST_SPOKEN = 24
const SPOKEN_LETTERS = 5
const SPOKEN_TIMES = 2
/** Letters of a text that are read: some hours of talk. */
const MOST_LETTERS = 400_000

export interface Said {
  title: string
  description: string
  tags: readonly string[]
  channelId: string
  category: string
  language: string
  /** As spokenIn gives them. */
  spoken: readonly string[]
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
    ...it.spoken.slice(0, MOST_SPOKEN),
  ]
  return Uint32Array.from(new Set(words.map((word) => hashOf(word) & (WORD_PLACES - 1))))
}

/** The words that are said most often in these lines, most often first: they stand for what a video is about. */
export function spokenIn(lines: readonly string[]): string[] {
  const counts = new Map<string, number>()
  let left = MOST_LETTERS
  for (const line of lines) {
    if (left <= 0) break
    for (const word of lettersOf(line.slice(0, left)))
      if (word.length >= SPOKEN_LETTERS) counts.set(word, (counts.get(word) ?? 0) + 1)
    left -= line.length
  }
  const often = [...counts].filter(([, count]) => count >= SPOKEN_TIMES)
  // Of equals in the order in which they were said first.
  return often
    .sort((one, other) => other[1] - one[1])
    .slice(0, MOST_SPOKEN)
    .map(([word]) => word)
}

/** Words of three letters and more: shorter ones bind sentences and say little. */
function lettersOf(text: string): string[] {
  return folded(text).match(/[\p{L}\p{N}]{3,30}/gu) ?? []
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
