/** What is shown of a text that was found: its marked words, and the passage that answers best. */
import { eachToken } from './analyse.ts'
import { guessLanguage, stem } from './stem.ts'

/** The tokens of a shown text with their places, worked out once and kept with the text. */
export interface ReadText {
  text: string
  starts: number[]
  ends: number[]
  /** Of each token its folded form and its stem. */
  words: string[]
  stems: string[]
}

export type Mark = [start: number, end: number]

/** Long descriptions are mostly links and boiler-plate; what matters comes first. */
const MOST_CHARACTERS = 3000
const PASSAGE = 180

export function readText(text: string, language: string | undefined): ReadText {
  const read: ReadText = { text, starts: [], ends: [], words: [], stems: [] }
  const head = text.length > MOST_CHARACTERS ? text.slice(0, MOST_CHARACTERS) : text
  eachToken(head, (word, start, end) => {
    read.starts.push(start)
    read.ends.push(end)
    read.words.push(word)
    read.stems.push(stem(word, language ?? guessLanguage(word)))
  })
  return read
}

/** Places of the tokens that are hits, touching ones joined. */
export function marksIn(read: ReadText, hits: ReadonlySet<string>): Mark[] {
  const marks: Mark[] = []
  for (let index = 0; index < read.words.length; index++) {
    if (!hits.has(read.words[index]!) && !hits.has(read.stems[index]!)) continue
    const start = read.starts[index]!
    const end = read.ends[index]!
    const last = marks.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else marks.push([start, end])
  }
  return marks
}

/** The passage with the most different hits, cut at words; undefined when there is none. */
export function passageOf(read: ReadText, hits: ReadonlySet<string>): { text: string; marks: Mark[] } | undefined {
  const places: number[] = []
  for (let index = 0; index < read.words.length; index++) {
    if (hits.has(read.words[index]!) || hits.has(read.stems[index]!)) places.push(index)
  }
  if (places.length === 0) return undefined
  let best = { first: places[0]!, count: 0 }
  for (const [at, first] of places.entries()) {
    const different = new Set<string>()
    for (let next = at; next < places.length && read.ends[places[next]!]! - read.starts[first]! <= PASSAGE; next++) {
      different.add(read.stems[places[next]!]!)
    }
    if (different.size > best.count) best = { first, count: different.size }
    if (at > 200) break
  }
  const { text } = read
  const wanted = Math.max(0, read.starts[best.first]! - 40)
  const start = wanted === 0 ? 0 : read.starts[read.starts.findIndex((it) => it >= wanted)]!
  let end = Math.min(text.length, start + PASSAGE)
  if (end < text.length) {
    const space = text.lastIndexOf(' ', end)
    if (space > start + PASSAGE / 2) end = space
  }
  const prefix = start > 0 ? '… ' : ''
  const shift = prefix.length - start
  const marks = marksIn(read, hits)
    .filter(([from, to]) => from >= start && to <= end)
    .map(([from, to]): Mark => [from + shift, to + shift])
  return { text: `${prefix}${text.slice(start, end).replace(/\s/g, ' ')}${end < text.length ? ' …' : ''}`, marks }
}
