/**
 * Texts in the reader's language. `say('key', { hole: value })` is typed by the English table: a key that is not there
 * or a hole that is not filled does not compile. Plurals are chosen by Intl from the hole `count`.
 */
import { directionOf, LANGUAGE_COOKIE, type LanguageCode, setApart, wantedLanguage } from '../../contract/languages.ts'
import type { RefusalCode } from '../../contract/refusals.ts'
import type { en, RefusalWords, Text, WordKey, Words } from './en.ts'

type Holes<S> = S extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never
type HolesOf<T> = T extends string ? Holes<T> : T extends Record<string, infer S> ? Holes<S> : never
type Fill<Key extends WordKey> = [HolesOf<(typeof en)[Key]>] extends [never]
  ? []
  : [Record<HolesOf<(typeof en)[Key]>, string | number>]

/** A language is fetched when it is wanted, each in a file of its own. */
const tables: Record<LanguageCode, () => Promise<Table>> = {
  en: () => import('./en.ts'),
  de: () => import('./de.ts'),
  fr: () => import('./fr.ts'),
  es: () => import('./es.ts'),
  ar: () => import('./ar.ts'),
}

interface Table {
  words: Words
  /** What the server's refusals are called, by code. */
  refusals: RefusalWords
}

let language: LanguageCode = 'en'
let table: Table | undefined

/** The text of a key, its holes filled; numbers are written as the language writes them. */
export function say<Key extends WordKey>(key: Key, ...fill: Fill<Key>): string {
  const holes = fill[0] as Record<string, string | number> | undefined
  assertSpoken(table)
  const text: Text = table.words[key]
  return fillHoles(typeof text === 'string' ? text : chosen(text, Number(holes?.count ?? 0)), holes)
}

/** The sentence of a refusal in this language, or the one that came from the server. */
export function sayRefusal(code: string, sentence: string): string {
  return table?.refusals[code as RefusalCode] ?? sentence
}

/**
 * The language pages are written in now, as a tag for Intl: the reader's own region of it where the browser names one.
 * Digits are the ones of the clocks and of the texts, since two kinds in one line read badly: Arabic sites write both.
 */
export function speaking(): string {
  const own = navigator.languages.find((tag) => tag.split('-')[0] === language)
  return language === 'ar'
    ? new Intl.Locale(own ?? language, { numberingSystem: 'latn' }).toString()
    : (own ?? language)
}

/**
 * Loads the table of the reader's language; to be awaited before anything is drawn. The server has written it into the
 * page already; only a page that no server has filled decides by itself.
 */
export async function pickLanguage(): Promise<void> {
  const root = document.documentElement
  const written = root.dir === '' ? [] : [root.lang]
  await speak(wantedLanguage(document.cookie, [...written, ...navigator.languages]))
  root.lang = language
  root.dir = directionOf(language)
}

/** From here on texts are in this language. */
export async function speak(code: LanguageCode): Promise<void> {
  table = await tables[code]()
  language = code
}

/** Keeps a choice of language for a year and shows the page in it. */
export function changeLanguage(code: LanguageCode): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the server reads it too, and the Cookie Store is not everywhere yet
  document.cookie = `${LANGUAGE_COOKIE}=${code}; path=/; max-age=31536000; samesite=lax`
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
    return typeof value === 'number' ? value.toLocaleString(speaking()) : setApart(language, value)
  })
}

function assertSpoken(spoken: Table | undefined): asserts spoken {
  if (!spoken) throw new Error('A text was asked for before its language was there.')
}
