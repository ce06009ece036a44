/**
 * Words: what the server itself says to people, in the language of each. `tell(language, key, { hole: value })` is typed by
 * the English table: a key that is not there or a hole that is not filled does not compile. What pages say stands in their
 * own tables, which travel to browsers; these do not.
 */
import { type LanguageCode, languageOfTag, setApart } from '../../contract/languages.ts'
import { ar } from './ar.ts'
import { de } from './de.ts'
import { en, type WordKey, type Words } from './en.ts'
import { es } from './es.ts'
import { fr } from './fr.ts'

export type { WordKey } from './en.ts'

/** Texts that are the title of a page and have no holes. */
export type PageTitle = Extract<Exclude<WordKey, `page.home${string}` | `page.${string}_says`>, `page.${string}`>

export const tables: Record<LanguageCode, Words> = { en, de, fr, es, ar }

type Holes<S> = S extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never
/** What has to be given with a key: nothing where its text has no holes. */
export type Fill<Key extends WordKey> = [Holes<(typeof en)[Key]>] extends [never]
  ? []
  : [Record<Holes<(typeof en)[Key]>, string>]

/** The text of a key. A language that we do not have, as a tag of BCP 47, is answered in English. */
export function tell<Key extends WordKey>(language: string, key: Key, ...fill: Fill<Key>): string {
  return fillText(language, key, fill[0] ?? {})
}

/** The same where the key is only known while running, as in a job: a hole that nothing was given for stays empty. */
export function fillText(language: string, key: WordKey, holes: Record<string, string>): string {
  const code = languageOfTag(language) ?? 'en'
  return tables[code][key].replace(/\{(\w+)\}/g, (_, name: string) => setApart(code, holes[name] ?? ''))
}

/** A day such as `2026-03-01`, as people of this language write it. */
export function dayIn(language: string, day: string): string {
  const code = languageOfTag(language) ?? 'en'
  // Digits as in the texts around it: see the tables of the pages.
  const tag = code === 'ar' ? 'ar-u-nu-latn' : code
  return new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(day))
}
