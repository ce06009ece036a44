/**
 * From text to tokens: words folded to the form in which they are compared. Compatibility forms, case and accents fall
 * away, names with punctuation are found by their parts and joined ("Spider-Man": spider, man, spiderman), and scripts
 * that write without spaces become overlapping pairs of characters.
 */

/**
 * Told of each token in order. `joined` marks a second form of what was just told (its parts were, too): it stands at the
 * same place and must not be counted as one word more when places are compared.
 */
export type OnToken = (text: string, start: number, end: number, joined: boolean) => void

const MAX_TOKEN = 48
const MAX_JOINED = 24

/** Classes of ASCII characters; 0 is what stands between words. */
const WORD = 1
const LINK = 2
const asciiClass = new Uint8Array(128)
for (let code = 48; code <= 57; code++) asciiClass[code] = WORD
for (let code = 65; code <= 90; code++) asciiClass[code] = asciiClass[code + 32] = WORD
for (const link of "'.&_/!*$-`") asciiClass[link.charCodeAt(0)] = LINK
const DOLLAR = 36
const HASH = 35
const PLUS = 43

// Soft hyphens and zero-width characters stand inside words; what they are stripped of is decided in `fold`.
const W = '[\\p{L}\\p{N}\\p{M}\\u00ad\\u200b-\\u200d]'
const words = new RegExp(`\\$?${W}+(?:['’ʼ\`.&_/!*$\\-]${W}+)*(?:\\+\\+|#|\\$)?`, 'gu')
const isAscii = /^[\x00-\x7f]*$/
const isFoldable = /[\u00aa-\u024f\u0370-\u03ff\u1e00-\u1fff]/
const spaceless =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー々〆'
const hasSpaceless = new RegExp(`[${spaceless}]`, 'u')
const runs = new RegExp(`[${spaceless}\\p{M}]+|[^${spaceless}]+`, 'gu')
const clusters = /\P{M}\p{M}*/gu
const ownFolds: Record<string, string> = {
  ß: 'ss',
  ø: 'o',
  æ: 'ae',
  œ: 'oe',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ı: 'i',
  þ: 'th',
  ħ: 'h',
  ς: 'σ',
  ё: 'е',
  ѐ: 'е',
}

/** The form in which texts are compared: NFKC, lower case, without accents on Latin and Greek letters and without the vowel marks of Arabic and Hebrew. */
export function fold(text: string): string {
  if (isAscii.test(text)) return text.toLowerCase()
  let folded = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u00ad\u200b-\u200d\u0591-\u05c7\u064b-\u065f\u0670\u0640]/g, '')
  // Marks of other scripts are letters in their own right (й, か゛, all of Thai and Devanagari): they stay.
  if (isFoldable.test(folded) || /[a-z][\u0300-\u036f]/.test(folded)) {
    folded = folded
      .normalize('NFD')
      .replace(/([a-zα-ω])[\u0300-\u036f]+/g, '$1')
      .normalize('NFC')
  }
  return folded.replace(/[ßøæœđðłıþħςёѐ]/g, (letter) => ownFolds[letter]!).replace(/[أإآ]/g, 'ا')
}

/** Tells all tokens of a text with their places in it (UTF-16 offsets). */
export function eachToken(text: string, tell: OnToken): void {
  if (isAscii.test(text)) eachAsciiToken(text, tell)
  else for (const match of text.matchAll(words)) splitWord(match[0], match.index, tell)
}

/** The same without regular expressions: most of a catalogue is plain, and this is where building spends its time. */
function eachAsciiToken(text: string, tell: OnToken): void {
  const plain = text.toLowerCase()
  const length = plain.length
  let at = 0
  while (at < length) {
    let code = plain.charCodeAt(at)
    if (asciiClass[code] !== WORD && !(code === DOLLAR && asciiClass[plain.charCodeAt(at + 1)] === WORD)) {
      at++
      continue
    }
    const start = at
    let isLinked = code === DOLLAR
    at++
    for (; at < length; at++) {
      code = plain.charCodeAt(at)
      const kind = asciiClass[code]
      if (kind === WORD) continue
      if (kind !== LINK || at + 1 >= length || asciiClass[plain.charCodeAt(at + 1)] !== WORD) break
      isLinked = true
    }
    if (at < length) {
      if (code === HASH || code === DOLLAR) {
        at++
        isLinked = true
      } else if (code === PLUS && plain.charCodeAt(at + 1) === PLUS) {
        at += 2
        isLinked = true
      }
    }
    if (isLinked) splitWord(plain.slice(start, at), start, tell)
    else tell(plain.slice(start, Math.min(at, start + MAX_TOKEN)), start, at, false)
  }
}

/** One run of word characters and the signs that link them. */
function splitWord(raw: string, start: number, tell: OnToken): void {
  const end = start + raw.length
  const suffix = /(\+\+|#)$/.exec(raw)?.[1] ?? ''
  // Signs that stand for a letter or for nothing: Ke$ha, P!nk, M*A*S*H, don't.
  const plain = fold(suffix === '' ? raw : raw.slice(0, -suffix.length))
    .replace(/['’ʼ`*]/g, '')
    .replaceAll('$', 's')
    .replaceAll('!', 'i')
  const parts = plain.split(/[.&_/-]+/).filter(Boolean)
  if (parts.length === 0) return
  const joined = parts.join('')
  const areInitials = parts.length > 1 && parts.every((part) => part.length === 1)
  if (areInitials) {
    tell(joined.slice(0, MAX_TOKEN), start, end, false)
    return
  }
  let at = start
  for (const part of parts) {
    if (hasSpaceless.test(part)) {
      const found = raw.length === plain.length ? plain.indexOf(part, at - start) : -1
      at = found < 0 ? start : start + found
      eachPair(part, at, found < 0 ? end : at + part.length, tell)
      at += found < 0 ? 0 : part.length
    } else tell(part.slice(0, MAX_TOKEN), start, end, false)
  }
  if (parts.length > 1 && parts.length <= 4 && joined.length <= MAX_JOINED && !/^\d+$/.test(joined))
    tell(joined, start, end, true)
  // C++, C#, F#: the sign is the name. After longer words it is only a sign.
  if (suffix !== '' && parts.length === 1 && joined.length <= 2) tell(joined + suffix, start, end, true)
}

/**
 * Pairs of neighbouring characters, and the last one alone, so that a single character is found as the beginning of some
 * token wherever it stands.
 */
function eachPair(part: string, start: number, end: number, tell: OnToken): void {
  let at = start
  for (const [run] of part.matchAll(runs)) {
    const runEnd = Math.min(at + run.length, end)
    if (!hasSpaceless.test(run)) {
      tell(run.slice(0, MAX_TOKEN), at, runEnd, false)
    } else {
      const characters = run.match(clusters) ?? []
      let place = at
      for (const [index, character] of characters.entries()) {
        const next = characters[index + 1]
        const width = character.length + (next?.length ?? 0)
        if (next !== undefined) tell(character + next, Math.min(place, end), Math.min(place + width, end), false)
        else tell(character, Math.min(place, end), Math.min(place + width, end), characters.length > 1)
        place += character.length
      }
    }
    at = runEnd
  }
}

/** The tokens of a text, without those that repeat another in joined form. */
export function tokensOf(text: string): string[] {
  const tokens: string[] = []
  eachToken(text, (token, _start, _end, joined) => {
    if (!joined) tokens.push(token)
  })
  return tokens
}

/** A text as a key: two texts with the same key are the same query or tag. */
export function normalKey(text: string): string {
  return fold(text).replace(/\s+/g, ' ').trim()
}

/** Addresses inside descriptions would fill the vocabulary with words nobody searches for. */
export function withoutAddresses(text: string): string {
  return text.includes('://') ? text.replace(/\b[a-z]{2,8}:\/\/\S{0,2000}/gi, ' ') : text
}
