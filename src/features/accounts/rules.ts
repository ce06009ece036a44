/** Decisions about accounts: secrets, handles, cookies, and how often somebody may try. */
import { createHash, randomBytes } from 'node:crypto'
import type { Letter } from '../../platform/mail/mail.ts'
import { dayIn, fillText, tell, type WordKey } from '../words/words.ts'

/** argon2id with 19 MiB and two passes: the least that OWASP's cheat sheet on password storage allows, about 16 ms. */
export const PASSWORD_COST = { algorithm: 2, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const

/** Stands where a hash would, and no password meets it: for accounts that sign in elsewhere. */
export const NO_PASSWORD = 'none'

/** Two of libuv's four threads; 100 who wait are served in about a second. */
export const HASHES_AT_ONCE = 2
export const HASHES_WAITING = 100

/** Tries to sign in to one account from one place, in the window below. */
export const SIGN_IN_TRIES = 10
export const SIGN_IN_WINDOW_MS = 15 * 60_000
/**
 * Tries of one account from all places together, in an hour: guessing from ten thousand addresses is no faster. Browsers in
 * which the account was signed in before are not counted, so that this shuts nobody out.
 */
export const STRANGE_TRIES = 60
export const STRANGE_WINDOW_MS = 60 * 60_000
/** Sign-ups from one place in an hour, whatever came of them: each tells of an address whether it was free. */
export const SIGN_UPS = 30

export const DAY_MS = 86_400_000
/** The cookie by which a browser is known, and how long it lasts. */
export const KNOWN_COOKIE = 'vitascope_known'
export const KNOWN_SECONDS = 400 * 86_400
/** Enough for every script a person owns, and an end to a loop that makes them. */
export const MOST_TOKENS = 200
const TOKEN_PREFIX = 'vst_'

/** Tokens are recognisable, so that people and scanners find the ones that were left lying about. */
export function tokenText(secret: string): string {
  return TOKEN_PREFIX + secret
}

/** Sessions and tokens are random, so a plain hash is enough to make the table useless to a thief. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Whether a text could be a session's secret or a token at all, asked before the database is. */
export function looksLikeSecret(text: string): boolean {
  return /^(vst_)?[A-Za-z0-9_-]{43}$/.test(text)
}

/** A session is prolonged at most once a day, so that reading a page does not write a row. */
export function mustProlong(expiresMs: number, nowMs: number, lifeMs: number): boolean {
  return expiresMs - nowMs < lifeMs - DAY_MS
}

/** The use of a token is noted at most once a minute. */
export function mustNoteUse(lastUsedMs: number | undefined, nowMs: number): boolean {
  return lastUsedMs === undefined || nowMs - lastUsedMs >= 60_000
}

/** Somebody with the password who guesses codes: so many tries of one account, wherever they come from. */
export const CODE_TRIES = 10
export const CODE_WINDOW_MS = 15 * 60_000
export const RECOVERY_CODES = 10
/** A session this young proves as much as a password: for accounts that have none. */
export const FRESH_MS = 15 * 60_000
/** Letters of one purpose that one address gets in an hour: a form here must not be a way to bother people. */
export const LETTERS_PER_HOUR = 4

export type Purpose = 'verify' | 'reset' | 'address'
/** `known`: somebody wanted to sign up with an address that has an account; there is no key in it. */
export type LetterKind = Purpose | 'known'
export const LETTER_LIFE_MS: Record<Purpose, number> = {
  verify: 7 * DAY_MS,
  reset: 60 * 60_000,
  address: 2 * 60 * 60_000,
}

/** Fifty bits, in groups that can be read from paper; without letters that look like digits. */
export function newRecoveryCode(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  const drawn = [...randomBytes(64)].filter((byte) => byte < 248).slice(0, 10)
  const word = drawn.map((byte) => letters[byte % 31]).join('')
  return `${word.slice(0, 5)}-${word.slice(5)}`
}

/** As people type it: in whatever case, with or without the dash. */
export function plainRecoveryCode(text: string): string {
  return text.toLowerCase().replace(/[\s-]/g, '')
}

/** Whom a letter goes to, and the language it is written in. */
export interface Reader {
  email: string
  language: string
}

/** Something that has happened to an account: a text of the words, and what fills its holes. */
export interface Happened {
  key: Extract<WordKey, `notice.${string}`>
  holes: Record<string, string>
}

const KEY_PATHS: Record<Purpose, string> = { verify: '/confirm', reset: '/new-password', address: '/confirm' }

/** The letter with a key in it. The key stands after `#`, which browsers send to no server and write into no log. */
export function keyLetter(purpose: Purpose, { email, language }: Reader, site: string, key: string): Letter {
  return plainLetter(email, tell(language, `letter.${purpose}`), [
    tell(language, `letter.${purpose}.says`),
    '',
    `${site}${KEY_PATHS[purpose]}#${key}`,
    '',
    `${tell(language, `letter.${purpose}.until`)} ${tell(language, 'letter.not_asked')}`,
  ])
}

/** What an account hears after something about its security has changed, so that a thief is noticed. */
export function noticeLetter({ email, language }: Reader, site: string, { key, holes }: Happened): Letter {
  const filled = holes.day === undefined ? holes : { ...holes, day: dayIn(language, holes.day) }
  return plainLetter(email, tell(language, 'letter.notice'), [
    fillText(language, key, filled),
    '',
    tell(language, 'letter.notice.not_you'),
    '',
    `${site}/forgotten`,
  ])
}

/** To the owner of an address that somebody has tried to sign up with. */
export function knownLetter({ email, language }: Reader, site: string): Letter {
  return plainLetter(email, tell(language, 'letter.known'), [
    tell(language, 'letter.known.says'),
    '',
    `${site}/sign-in`,
    '',
    `${tell(language, 'letter.known.forgotten')} ${site}/forgotten`,
  ])
}

function plainLetter(to: string, subject: string, lines: string[]): Letter {
  return { to, subject, text: `${lines.join('\n')}\n` }
}
