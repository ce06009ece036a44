/**
 * A catalogue that nobody made: any number of videos whose words follow the law of Zipf and Mandelbrot, as those of real
 * titles do, and questions people might ask of it. The same seed gives the same catalogue.
 */
import type { SearchDocument } from '../../src/features/search/engine/engine.ts'
import { seeded } from './search-quality.ts'

const VOCABULARY = 200_000
/** Flattens the head of the law: without it the commonest word, which a real query would leave out, would be in most titles. */
const OFFSET = 12
const CATEGORIES = [
  'animation',
  'autos',
  'comedy',
  'education',
  'entertainment',
  'film',
  'food',
  'gaming',
  'howto',
  'music',
  'nature',
  'news',
]
const NOW_S = Date.UTC(2026, 0, 1) / 1000

export interface Catalogue {
  video(number: number): SearchDocument
  /** A question that some video answers: most are two or three words of its title. */
  question(random: () => number): string
}

export function catalogue(count: number): Catalogue {
  const words = vocabulary()
  const cumulated = new Float64Array(VOCABULARY)
  for (let rank = 0, sum = 0; rank < VOCABULARY; rank++) cumulated[rank] = sum += 1 / (rank + OFFSET)
  const total = cumulated[VOCABULARY - 1]!
  const draw = (random: () => number) => {
    const at = random() * total
    let low = 0
    let high = VOCABULARY - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (cumulated[middle]! < at) low = middle + 1
      else high = middle
    }
    return words[low]!
  }
  const some = (random: () => number, from: number, to: number) =>
    Array.from({ length: from + Math.floor(random() * (to - from + 1)) }, () => draw(random))

  function video(number: number): SearchDocument {
    const random = seeded(number * 2654435761)
    const views = Math.floor(Math.exp(random() * 14))
    return {
      id: `v${number.toString(36).padStart(7, '0')}`,
      kind: 'video',
      title: some(random, 3, 9).join(' '),
      tags: some(random, 0, 4),
      channelId: `c${Math.floor(random() * (count / 20))}`,
      channel: draw(random),
      description: some(random, 4, 14).join(' '),
      language: 'en',
      category: CATEGORIES[Math.floor(random() * CATEGORIES.length)]!,
      publishedMs: (NOW_S - Math.floor(random() * 3 * 365 * 86_400)) * 1000,
      durationMs: Math.floor(Math.exp(4 + random() * 4) * 1000),
      shortSide: [360, 480, 720, 1080, 2160][Math.floor(random() * 5)]!,
      views,
      watchedHours: views / 20,
    }
  }

  function question(random: () => number): string {
    const { title } = video(Math.floor(random() * count))
    const from = title.split(' ')
    const kind = random()
    if (kind < 0.2) return `${from[Math.floor(random() * from.length)]} `
    const length = kind < 0.75 ? 2 + Math.floor(random() * 2) : 4
    const first = Math.floor(random() * Math.max(1, from.length - length))
    const asked = from.slice(first, first + length)
    const last = asked.at(-1)!
    // Unfinished, then mistyped, then as it is.
    if (kind >= 0.5 && kind < 0.7)
      return [...asked.slice(0, -1), last.slice(0, Math.max(3, Math.ceil(last.length / 2)))].join(' ')
    if (kind >= 0.7 && kind < 0.8) return `${[...asked.slice(0, -1), last.slice(0, 2) + last.slice(3)].join(' ')} `
    return `${asked.join(' ')} `
  }

  return { video, question }
}

/** Words that can be spoken, commoner ones shorter. */
function vocabulary(): string[] {
  const random = seeded(11)
  const onsets = [
    'b',
    'c',
    'd',
    'f',
    'g',
    'h',
    'j',
    'k',
    'l',
    'm',
    'n',
    'p',
    'r',
    's',
    't',
    'v',
    'w',
    'z',
    'br',
    'cr',
    'dr',
    'st',
    'tr',
    'pl',
    'ch',
    'sh',
  ]
  const middles = ['a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'ou', 'ar', 'en', 'il', 'on', 'um']
  const syllable = () => onsets[Math.floor(random() * onsets.length)]! + middles[Math.floor(random() * middles.length)]!
  const known = new Set<string>()
  while (known.size < VOCABULARY) {
    const syllables = 2 + Math.floor(random() * (1 + Math.log10(known.size + 10) / 1.6))
    known.add(Array.from({ length: syllables }, syllable).join(''))
  }
  return [...known]
}
