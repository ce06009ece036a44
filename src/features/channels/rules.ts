/** Decisions about channels: which handle somebody gets, who may do what, how large pictures are. */
import type { TeamRole } from '../../contract/channels.ts'

/** Enough for every side of a person, and an end to a loop that takes handles. */
export const MOST_CHANNELS = 20
export const MOST_IN_TEAM = 50

export const OWNERS: TeamRole[] = ['owner']
export const EDITORS: TeamRole[] = ['owner', 'editor']
export const TEAM: TeamRole[] = ['owner', 'editor', 'viewer']

export type Picture = 'avatar' | 'banner'

/** In pixels: an avatar is a square, a banner as wide as six times its height. */
export const PICTURE_SIZES: Record<Picture, { width: number; height: number }> = {
  avatar: { width: 256, height: 256 },
  banner: { width: 2048, height: 340 },
}

export function isPicture(word: string): word is Picture {
  return Object.hasOwn(PICTURE_SIZES, word)
}

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
