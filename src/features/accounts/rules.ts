/** Decisions about accounts: secrets, handles, cookies, and how often somebody may try. */
import { createHash } from 'node:crypto'

/** argon2id with 19 MiB and two passes: the least that OWASP's cheat sheet on password storage allows, about 16 ms. */
export const PASSWORD_COST = { algorithm: 2, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const

/** Two of libuv's four threads; 100 who wait are served in about a second. */
export const HASHES_AT_ONCE = 2
export const HASHES_WAITING = 100

/** Tries to sign in to one account from one place, in the window below. */
export const SIGN_IN_TRIES = 10
export const SIGN_IN_WINDOW_MS = 15 * 60_000

export const DAY_MS = 86_400_000
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
