/** Decisions about channels: which handle somebody gets. */

/**
 * Handles to try for a name, best first. Letters of any script whose Latin form is theirs plus marks lose the marks
 * ("Žofie" -> zofie); of other scripts nothing is left, and a random word stands in.
 */
export function handlesFor(name: string, randomWord: () => string): string[] {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 22)
    .replace(/-+$/, '')
  const base = plain.length >= 3 ? plain : `channel-${plain === '' ? randomWord() : plain}`
  return [base, ...Array.from({ length: 5 }, () => `${base}-${randomWord()}`)]
}
