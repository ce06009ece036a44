/** Accounts: who may come in, and how the platform knows who is asking. */
import { hash, verify } from '@node-rs/argon2'
import type { Me } from '../../contract/accounts.ts'
import { refuse } from '../../contract/refusals.ts'
import type { Role } from '../../contract/shapes.ts'
import { newId, newSecret } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import type { KnowViewer, Viewer } from '../../platform/http/http.ts'
import { channelOf, openChannel } from '../channels/channels.ts'
import { usedBytes } from '../videos/videos.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

export { usedBytes }

export interface NewAccount {
  /** In small letters, as the contract makes it. */
  email: string
  password: string
  name: string
  /** Made from the name when absent. */
  handle?: string | undefined
  /** The role, whoever was first; absent: administrator for the first account, member for the others. */
  role?: Role | undefined
  quotaBytes?: number | undefined
}

/**
 * Makes an account and its channel. Refuses email_taken and handle_taken. For the command line and for set-ups: whether
 * the site takes new accounts is asked by `signUp` only.
 */
export async function createAccount(
  app: App,
  given: NewAccount,
): Promise<{ accountId: string; role: Role; channelId: string; handle: string }> {
  return enrol(app, given, () => {})
}

/** Makes an account and signs it in. Refuses sign_up_closed unless this is the first account of the platform. */
export async function signUp(app: App, given: NewAccount, userAgent: string): Promise<{ me: Me; session: string }> {
  const { accountId } = await enrol(app, given, (isFirst) => {
    if (!isFirst && app.config['accounts.sign_up'] === 'closed') refuse('sign_up_closed')
  })
  return { me: await aboutMe(app, accountId), session: await beginSession(app, accountId, userAgent) }
}

async function enrol(app: App, given: NewAccount, allow: (isFirst: boolean) => void) {
  if (await store.hasAccount(app)) allow(false)
  // Hashed before the transaction: 16 ms of work should not hold a connection.
  const passwordHash = await atDoor(() => hash(given.password, rules.PASSWORD_COST))
  const accountId = newId()
  return app.together(async (app) => {
    const isFirst = await isFirstAccount(app)
    allow(isFirst)
    const role = given.role ?? (isFirst ? 'admin' : 'member')
    const inserted = await store.insertAccount(app, {
      account_id: accountId,
      email: given.email,
      password_hash: passwordHash,
      name: given.name,
      role,
      quota_bytes: given.quotaBytes ?? app.config['accounts.quota_bytes'],
      created_at: app.clock.now(),
    })
    if (!inserted) return refuse('email_taken')
    const channel = await openChannel(app, { accountId, name: given.name, handle: given.handle })
    return { accountId, role, channelId: channel.id, handle: channel.handle }
  })
}

/** Two who sign up at once on an empty platform must not both become its administrator: the second waits for the first. */
async function isFirstAccount(app: App): Promise<boolean> {
  if (await store.hasAccount(app)) return false
  await store.lockFirstAccount(app)
  return !(await store.hasAccount(app))
}

/**
 * Signs in. An unknown address costs the same time and gives the same answer as a wrong password, so nobody learns who
 * has an account here. Tries are counted per account and place, so that one who guesses cannot lock the owner out.
 */
export async function signIn(
  app: App,
  viewer: Viewer,
  given: { email: string; password: string },
  userAgent: string,
): Promise<{ me: Me; session: string }> {
  const tries = `accounts:tries:${rules.hashSecret(given.email)}:${viewer.addressPrefix}`
  const turn = await app.cache.take(tries, rules.SIGN_IN_TRIES, rules.SIGN_IN_WINDOW_MS)
  if (!turn.ok) return refuse('too_many', undefined, { 'retry-after': String(Math.ceil(turn.waitMs / 1000)) })

  const account = await store.findByEmail(app, given.email)
  const matches = await matchesHash(account?.password_hash ?? (await decoyHash()), given.password)
  if (!account || !matches) return refuse('bad_credentials')
  return { me: await aboutMe(app, account.account_id), session: await beginSession(app, account.account_id, userAgent) }
}

/** False for a password of another, and for a hash that is none. */
function matchesHash(known: string, password: string): Promise<boolean> {
  return atDoor(() => verify(known, password).catch(() => false))
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

async function beginSession(app: App, accountId: string, userAgent: string): Promise<string> {
  const secret = newSecret()
  await store.insertSession(app, {
    account_id: accountId,
    secret_hash: rules.hashSecret(secret),
    created_at: app.clock.now(),
    expires_at: new Date(app.clock.nowMs() + sessionLifeMs(app)),
    user_agent: userAgent.slice(0, 300),
  })
  return secret
}

export function sessionLifeMs(app: App): number {
  return app.config['accounts.session_days'] * rules.DAY_MS
}

/** Ends the session of this secret; ending what is not there is no error. */
export async function signOut(app: App, session: string | undefined): Promise<void> {
  if (session !== undefined) await store.deleteSession(app, rules.hashSecret(session))
}

/** The account behind a session or token; undefined when it is worth nothing. A session in use goes on living. */
export const knowViewer: KnowViewer = async (app, { session, token }) => {
  const secret = token ?? session
  if (secret === undefined || !rules.looksLikeSecret(secret)) return undefined
  const secretHash = rules.hashSecret(secret)
  if (token !== undefined) return knowToken(app, secretHash)

  const row = await store.findSession(app, secretHash, app.clock.now())
  if (!row) return undefined
  if (rules.mustProlong(row.expires_at.getTime(), app.clock.nowMs(), sessionLifeMs(app))) {
    await store.prolongSession(app, secretHash, new Date(app.clock.nowMs() + sessionLifeMs(app)))
  }
  return { accountId: row.account_id, role: row.role }
}

async function knowToken(app: App, secretHash: string) {
  const row = await store.findToken(app, secretHash)
  if (!row) return undefined
  if (rules.mustNoteUse(row.last_used_at?.getTime(), app.clock.nowMs()))
    await store.noteTokenUse(app, secretHash, app.clock.now())
  return { accountId: row.account_id, role: row.role }
}

/** The account as its owner sees it. */
export async function aboutMe(app: App, accountId: string): Promise<Me> {
  const account = await store.loadAccount(app, accountId)
  if (!account) return refuse('account_not_found')
  return {
    id: account.account_id,
    email: account.email,
    name: account.name,
    role: account.role,
    channel: await channelOf(app, accountId),
    quotaBytes: Number(account.quota_bytes),
    usedBytes: await usedBytes(app, accountId),
  }
}

/** Space the account may fill with sources, in bytes. */
export async function quotaOf(app: App, accountId: string): Promise<number> {
  const account = await store.loadAccount(app, accountId)
  return account ? Number(account.quota_bytes) : 0
}

/** Makes an API token; its secret is returned here and kept nowhere. */
export async function createToken(
  app: App,
  accountId: string,
  name: string,
): Promise<{ id: string; name: string; created: string; secret: string }> {
  if ((await store.countTokens(app, accountId)) >= rules.MOST_TOKENS)
    return refuse('too_many', `an account has at most ${rules.MOST_TOKENS} tokens`)
  const secret = rules.tokenText(newSecret())
  const row = {
    account_id: accountId,
    token_id: newId(),
    name,
    secret_hash: rules.hashSecret(secret),
    created_at: app.clock.now(),
  }
  await store.insertToken(app, row)
  return { id: row.token_id, name, created: row.created_at.toISOString(), secret }
}

/** A token for the account with this e-mail address, by the administrator of the machine. Refuses account_not_found. */
export async function createTokenFor(app: App, email: string, name: string): Promise<{ id: string; secret: string }> {
  const account = await store.findByEmail(app, email.toLowerCase())
  if (!account) return refuse('account_not_found')
  return createToken(app, account.account_id, name)
}

export async function listTokens(
  app: App,
  accountId: string,
): Promise<{ items: { id: string; name: string; created: string; lastUsed?: string }[] }> {
  const rows = await store.listTokens(app, accountId)
  return {
    items: rows.map((row) => ({
      id: row.token_id,
      name: row.name,
      created: row.created_at.toISOString(),
      ...(row.last_used_at ? { lastUsed: row.last_used_at.toISOString() } : {}),
    })),
  }
}

/** Refuses not_found for a token that is not there or is another's. */
export async function removeToken(app: App, accountId: string, tokenId: string): Promise<void> {
  if (!(await store.deleteToken(app, accountId, tokenId))) refuse('not_found')
}

export async function accountCount(app: App): Promise<number> {
  return store.countAccounts(app)
}

/** Removes the sessions that have expired; for the clock. */
export async function forgetOldSessions(app: App): Promise<void> {
  await store.deleteSessionsBefore(app, app.clock.now())
}
