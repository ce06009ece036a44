/** What the player says: English at once, every further language from a file `words-<code>.ts` when it is wanted. */
import { en, type Words } from './words-en.ts'

export type { Words } from './words-en.ts'

/** The other languages, each in a file of its own that is fetched when it is wanted. */
const further: Record<string, () => Promise<{ words: Words }>> = {
  de: () => import('./words-de.ts'),
  fr: () => import('./words-fr.ts'),
  es: () => import('./words-es.ts'),
  ar: () => import('./words-ar.ts'),
}

const spoken: Record<string, Words> = { en }

/** Fetches the words for a language tag such as `de-AT`. Where they cannot be fetched, the player speaks English. */
export async function fetchWords(language: string): Promise<void> {
  const code = codeOf(language)
  if (Object.hasOwn(spoken, code) || !Object.hasOwn(further, code)) return
  const fetched = await further[code]?.().catch(() => undefined)
  if (fetched) spoken[code] = fetched.words
}

/** The words for a language tag, of those that are here; English where there are none. */
export function wordsFor(language: string): Words {
  const code = codeOf(language)
  return (Object.hasOwn(spoken, code) ? spoken[code] : undefined) ?? en
}

function codeOf(language: string): string {
  return language.toLowerCase().split('-', 1)[0] ?? ''
}

/** A position as a clock shows it: `0:07`, `12:34`, `1:02:03`. */
export function clockTime(timeMs: number): string {
  const all = Math.max(0, Math.floor(timeMs / 1000))
  const seconds = String(all % 60).padStart(2, '0')
  const minutes = Math.floor(all / 60) % 60
  const hours = Math.floor(all / 3600)
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`
}

/** A position as it is spoken: `1 minute 5 seconds`. */
export function spokenTime(timeMs: number, words: Words): string {
  const all = Math.max(0, Math.floor(timeMs / 1000))
  const hours = Math.floor(all / 3600)
  const minutes = Math.floor(all / 60) % 60
  const seconds = all % 60
  const parts = [
    hours > 0 ? words.hours(hours) : '',
    minutes > 0 ? words.minutes(minutes) : '',
    seconds > 0 || all === 0 ? words.seconds(seconds) : '',
  ]
  return parts.filter((part) => part !== '').join(' ')
}

/** A speed as the menu shows it: `1.25×`. */
export function speedLabel(speed: number, words: Words): string {
  return speed === 1 ? words.normal : `${speed}×`
}
