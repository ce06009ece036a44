/**
 * Texts in the reader's language. `say('key', { hole: value })` is typed by the English table: a key that is not there
 * or a hole that is not filled does not compile. Plurals are chosen by Intl from the hole `count`.
 */
import { en, type Text, type WordKey, type Words } from './en.ts'

type Holes<S> = S extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never
type HolesOf<T> = T extends string ? Holes<T> : T extends Record<string, infer S> ? Holes<S> : never
type Fill<Key extends WordKey> = [HolesOf<(typeof en)[Key]>] extends [never]
  ? []
  : [Record<HolesOf<(typeof en)[Key]>, string | number>]

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const
export type LanguageCode = keyof typeof LANGUAGES

const COOKIE = 'vitascope_language'

let words: Words = en
let language: LanguageCode = 'en'
/** What the server's refusals are called in this language, by code; empty for English, which the server speaks. */
let refusalWords: Readonly<Record<string, string>> = {}

/** The text of a key, its holes filled; numbers are written as the language writes them. */
export function say<Key extends WordKey>(key: Key, ...fill: Fill<Key>): string {
  const holes = fill[0] as Record<string, string | number> | undefined
  const text: Text = words[key]
  return fillHoles(typeof text === 'string' ? text : chosen(text, Number(holes?.count ?? 0)), holes)
}

/** The sentence of a refusal in this language, or the one that came from the server. */
export function sayRefusal(code: string, sentence: string): string {
  return refusalWords[code] ?? sentence
}

/** The language pages are written in now, as a tag for Intl: `en` keeps the reader's own region. */
export function speaking(): string {
  const own = navigator.languages.find((tag) => tag.split('-')[0] === language)
  return own ?? language
}

/** Which of our languages a reader wants: the one chosen here before, else the first of the browser's that we have. */
export function wantedLanguage(cookies: string, preferred: readonly string[]): LanguageCode {
  const kept = new RegExp(`(?:^|; )${COOKIE}=([a-z]+)`).exec(cookies)?.[1]
  for (const tag of [kept ?? '', ...preferred]) {
    const code = tag.toLowerCase().split('-')[0] ?? ''
    if (code in LANGUAGES) return code as LanguageCode
  }
  return 'en'
}

/** Loads the table of the reader's language; to be awaited before anything is drawn. */
export async function pickLanguage(): Promise<void> {
  language = wantedLanguage(document.cookie, navigator.languages)
  document.documentElement.lang = language
  if (language === 'en') return
  const table = await import('./de.ts')
  words = table.de
  refusalWords = table.deRefusals
}

/** Keeps a choice of language for a year and shows the page in it. */
export function changeLanguage(code: LanguageCode): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the server reads it too, and the Cookie Store is not everywhere yet
  document.cookie = `${COOKIE}=${code}; path=/; max-age=31536000; samesite=lax`
  location.reload()
}

export function currentLanguage(): LanguageCode {
  return language
}

function chosen(text: Exclude<Text, string>, count: number): string {
  const category = new Intl.PluralRules(language).select(count)
  return text[category] ?? text.other ?? ''
}

function fillHoles(text: string, holes: Record<string, string | number> | undefined): string {
  if (!holes) return text
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = holes[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? value.toLocaleString(speaking()) : value
  })
}
