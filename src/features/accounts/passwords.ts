/** Passwords: hashed slowly and few at a time, asked for again before great changes, set anew by letter. */
import { hash, verify } from '@node-rs/argon2'
import { refuse } from '../../contract/refusals.ts'
import { newSecret } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { tellSignedOut } from '../../platform/http/signed-out.ts'
import { askForLetter, tellByLetter } from './letters.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

export function hashPassword(password: string): Promise<string> {
  return atDoor(() => hash(password, rules.PASSWORD_COST))
}

/** False for a password of another, and, after as long a time, for an account that is not there or has none. */
export async function matchesPassword(known: string | undefined, password: string): Promise<boolean> {
  const real = known !== undefined && known !== rules.NO_PASSWORD
  const against = real ? known : await decoyHash()
  return (await atDoor(() => verify(against, password).catch(() => false))) && real
}

let atWork = 0
const waiting: (() => void)[] = []

/**
 * Few passwords are hashed at a time and few wait: hashing takes memory and the very threads that files are read with, so
 * a flood of sign-ins must not stop the videos. Refuses not_available_now at the end of a long queue.
 */
async function atDoor<T>(work: () => Promise<T>): Promise<T> {
  if (atWork >= rules.HASHES_AT_ONCE) {
    if (waiting.length >= rules.HASHES_WAITING) return refuse('not_available_now', undefined, { 'retry-after': '2' })
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else atWork++
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else atWork--
  }
}

let decoy: Promise<string> | undefined
/** A hash that no password meets, made as the real ones are, so that checking it takes as long. */
function decoyHash(): Promise<string> {
  decoy ??= hash(newSecret(), rules.PASSWORD_COST)
  return decoy
}

/**
 * The account that asks, after it has shown once more that its owner sits there: by the password or, where it has none, by
 * a session that has only just begun. Refuses bad_credentials and password_needed; guessing is slowed as for sign-ins.
 */
export async function confirmOwner(
  app: App,
  viewer: Viewer,
  session: string | undefined,
  password: string | undefined,
): Promise<string> {
  const accountId = viewer.accountId!
  const account = await store.loadAccount(app, accountId)
  if (!account) return refuse('account_not_found')
  if (account.password_hash === rules.NO_PASSWORD) {
    const row = session && (await store.findSession(app, rules.hashSecret(session), app.clock.now()))
    if (row && app.clock.nowMs() - row.created_at.getTime() < rules.FRESH_MS) return accountId
    return refuse('password_needed', 'sign out and in again first')
  }
  if (password === undefined || password === '') return refuse('password_needed')
  const turn = await app.cache.take(`accounts:again:${accountId}`, rules.SIGN_IN_TRIES, rules.SIGN_IN_WINDOW_MS)
  if (!turn.ok) return refuse('too_many', undefined, { 'retry-after': String(Math.ceil(turn.waitMs / 1000)) })
  if (!(await matchesPassword(account.password_hash, password))) return refuse('bad_credentials')
  return accountId
}

/** Sets a new password and signs out every other device. */
export async function changePassword(
  app: App,
  viewer: Viewer,
  session: string | undefined,
  given: { password?: string | undefined; newPassword: string },
): Promise<void> {
  const accountId = await confirmOwner(app, viewer, session, given.password)
  await setPassword(app, accountId, given.newPassword, session === undefined ? undefined : rules.hashSecret(session))
}

async function setPassword(app: App, accountId: string, password: string, keepSession?: string): Promise<void> {
  const passwordHash = await hashPassword(password)
  await app.together((app) => saveHash(app, accountId, passwordHash, keepSession))
  app.log.info({ accountId }, 'password changed')
}

/** In a transaction. */
async function saveHash(app: App, accountId: string, passwordHash: string, keepSession?: string): Promise<void> {
  const account = await store.lockAccount(app, accountId)
  if (!account) return
  await store.updateAccount(app, accountId, { password_hash: passwordHash })
  await store.deleteSessionsOf(app, accountId, keepSession)
  // Whoever has asked for a letter before must not undo this by it.
  await store.deleteLetters(app, accountId)
  await tellByLetter(app, account, 'notice.password')
  await tellSignedOut(app, accountId)
}

/** Asks for another e-mail address; whether it is taken is told only to whoever reads its letters. */
export async function changeEmail(
  app: App,
  viewer: Viewer,
  session: string | undefined,
  given: { email: string; password?: string | undefined },
): Promise<void> {
  const accountId = await confirmOwner(app, viewer, session, given.password)
  await askForLetter(app, 'address', given.email, accountId)
}

/** Sends a letter for a new password, if there is such an account. The same is done and answered either way. */
export async function askReset(app: App, email: string): Promise<void> {
  await askForLetter(app, 'reset', email)
}

/**
 * Sets a new password by the key of a letter, and signs the account out everywhere; returns whose it is. Refuses
 * letter_invalid, and not_available_now where too many passwords wait to be hashed: then the letter is still good.
 */
export async function useReset(app: App, given: { key: string; password: string }): Promise<string> {
  const key = rules.hashSecret(given.key)
  // Looked at first: a password that is hashed for a key that was already used would be work for nothing.
  if (!(await store.findLetter(app, key, ['reset'], app.clock.now()))) return refuse('letter_invalid')
  const passwordHash = await hashPassword(given.password)
  return app.together(async (app) => {
    const letter = await store.takeLetter(app, key, ['reset'], app.clock.now())
    const account = letter && (await store.loadAccount(app, letter.account_id))
    if (!letter || !account || account.email !== letter.email) return refuse('letter_invalid')
    await saveHash(app, account.account_id, passwordHash)
    // Who reads the letters of an address has proved it.
    await store.updateAccount(app, account.account_id, {
      email_verified_at: account.email_verified_at ?? app.clock.now(),
    })
    app.log.info({ accountId: account.account_id }, 'password changed')
    return account.account_id
  })
}
