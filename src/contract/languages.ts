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

/**
 * A text that may run the other way is set apart, so that it does not turn round the sentence it stands in: a Latin
 * title in an Arabic sentence keeps its full stop at its own end (Unicode UAX #9, FIRST STRONG ISOLATE).
 */
export function setApart(language: LanguageCode, value: string): string {
  const other =
    directionOf(language) === 'rtl' ? /[A-Za-z\u00C0-\u024F\d]/ : /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFF]/
  return other.test(value) ? `\u2068${value}\u2069` : value
}

/** The language of whoever asks, from the headers of a request. */
export function languageAsked(headers: { cookie?: string | undefined; 'accept-language'?: string | undefined }) {
  return wantedLanguage(headers.cookie, preferredTags(headers['accept-language']))
}
