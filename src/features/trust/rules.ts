/** Decisions about trust: who is new, and whether a text holds a watched word however it is disguised. Pure. */

export const DAY_MS = 86_400_000

export function isNew(created: Date, nowMs: number, newDays: number): boolean {
  return nowMs - created.getTime() < newDays * DAY_MS
}

/** Letters of other scripts, and digits, that are drawn to look like Latin ones (a part of UTS #39's table). */
const LOOKALIKES: Record<string, string> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  і: 'i',
  ѕ: 's',
  ԁ: 'd',
  ɡ: 'g',
  ո: 'n',
  ᴠ: 'v',
  α: 'a',
  ε: 'e',
  ο: 'o',
  ρ: 'p',
  ν: 'v',
  ι: 'i',
  κ: 'k',
  τ: 't',
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
}

/** A text as words are compared: without case, marks, hidden characters, and with look-alikes as what they look like. */
export function plain(text: string): string {
  const bare = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\p{M}\p{Cf}]/gu, '')
    // Between letters it stands for one; at the end of a word it only calls out.
    .replace(/(?<=\p{L})!(?=\p{L})/gu, 'i')
  return [...bare]
    .map((letter) => LOOKALIKES[letter] ?? letter)
    .join('')
    .trim()
}

/** The strictest thing any watched word asks for. Words are found whole, so that Scunthorpe stays on the map. */
export function judge(text: string, words: { word: string; deed: string }[]): 'pass' | 'hold' | 'refuse' {
  if (words.length === 0) return 'pass'
  // Also with what was put between single letters taken away: "b.a.d".
  const whole = plain(text)
  const joined = whole.replace(/(?<=(?<![\p{L}\p{N}])[\p{L}\p{N}])[\s._*-]+(?=[\p{L}\p{N}](?![\p{L}\p{N}]))/gu, '')
  const found = words.filter(({ word }) => holds(whole, word) || (joined !== whole && holds(joined, word)))
  if (found.some(({ deed }) => deed === 'refuse')) return 'refuse'
  return found.length > 0 ? 'hold' : 'pass'
}

function holds(text: string, word: string): boolean {
  const letter = /[\p{L}\p{N}]/u
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? ' '
    const after = text[at + word.length] ?? ' '
    if (!letter.test(before) && !letter.test(after)) return true
  }
  return false
}
