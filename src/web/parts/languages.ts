/** Languages that are spoken in videos, for fields that ask for one; any other stays what it is. */
import { speaking } from '../words/say.ts'

const SPOKEN = [
  'en',
  'de',
  'es',
  'fr',
  'it',
  'pt',
  'nl',
  'pl',
  'tr',
  'ru',
  'uk',
  'ar',
  'he',
  'hi',
  'ja',
  'ko',
  'zh',
] as const

/** Tag and name in the reader's language, in the order of the names; with one that is not among the usual. */
export function languageChoices(own?: string): [tag: string, name: string][] {
  const reader = speaking()
  const names = new Intl.DisplayNames([reader], { type: 'language' })
  const order = new Intl.Collator(reader)
  const tags = [...new Set([...(own ? [own] : []), ...SPOKEN])]
  return tags.map((tag): [string, string] => [tag, names.of(tag) ?? tag]).sort(([, a], [, b]) => order.compare(a, b))
}
