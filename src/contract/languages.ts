/** The languages that pages, the player and letters are written in, and which of them a reader gets. */

/** Named as their readers name them. A further language is an entry here and its tables; the tests say which are missing. */
export const LANGUAGES = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  ar: 'العربية',
} as const

export type LanguageCode = keyof typeof LANGUAGES

/** The cookie a choice is kept in: the server reads it for the first byte, the page for the rest. */
export const LANGUAGE_COOKIE = 'vitascope_language'

const RIGHT_TO_LEFT: readonly LanguageCode[] = ['ar']
/** No browser sends more, and whoever does is not read to the end. */
const MOST_PREFERRED = 20

export function directionOf(language: LanguageCode): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr'
}

/** The language of a tag such as `ar-EG`, where it is one of ours. */
export function languageOfTag(tag: string): LanguageCode | undefined {
  const code = tag.trim().toLowerCase().split('-', 1)[0] ?? ''
  return Object.hasOwn(LANGUAGES, code) ? (code as LanguageCode) : undefined
}

/**
 * Which language a reader wants: the one chosen here before, else the first of the preferred tags that we have, else
 * English.
 *
 * @param cookies as a `Cookie` header has them
 * @param preferred tags in the order of preference, such as `['fr-CA', 'en']`
 */
export function wantedLanguage(cookies: string | undefined, preferred: readonly string[]): LanguageCode {
  const kept = new RegExp(`(?:^|; )${LANGUAGE_COOKIE}=([a-z]+)`).exec(cookies ?? '')?.[1]
  for (const tag of [kept ?? '', ...preferred.slice(0, MOST_PREFERRED)]) {
    const language = languageOfTag(tag)
    if (language) return language
  }
  return 'en'
}

/** The tags of an `Accept-Language` header by weight (RFC 9110 12.5.4); those of weight nought are not wanted at all. */
export function preferredTags(header: string | undefined): string[] {
  const weighed = (header ?? '')
    .split(',', MOST_PREFERRED)
    .map((part) => /^\s*([a-z]{2,3}(?:-[a-z\d]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i.exec(part))
    .flatMap((found) => (found?.[1] ? [{ tag: found[1], weight: Number(found[2] ?? 1) }] : []))
  return weighed
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}
