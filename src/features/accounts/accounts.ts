/** Accounts: who may come in, and how the platform knows who is asking. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Device } from '../../contract/account-security.ts'
import type { Me, Token } from '../../contract/accounts.ts'
import { SCOPES, type Scope } from '../../contract/endpoint.ts'
import { type LanguageCode, languageOfTag } from '../../contract/languages.ts'
import { isRefusal, refuse } from '../../contract/refusals.ts'
import type { Role } from '../../contract/shapes.ts'
import { newId, newSecret } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import { type Answer, type KnowViewer, SESSION_COOKIE, type Viewer } from '../../platform/http/http.ts'
import { retryAfter } from '../../platform/http/limits.ts'
import { tellSignedOut } from '../../platform/http/signed-out.ts'
import { accountsOfHandles, channelOf, openChannel } from '../channels/channels.ts'
import { siteSettings } from '../site/site.ts'
import { usedBytes } from '../videos/videos.ts'
import { askForLetter } from './letters.ts'
import { hashPassword, matchesPassword } from './passwords.ts'
import * as rules from './rules.ts'
import { takeCode } from './second-factor.ts'
import * as store from './store.ts'

export { forgetOldLetters, tellByLetter } from './letters.ts'
export { confirmOwner } from './passwords.ts'
export { DAY_MS } from './rules.ts'
export { dropSecondFactor } from './second-factor.ts'
export { usedBytes }

export interface NewAccount {
  /** In small letters, as the contract makes it. */
  email: string
  password: string
  name: string
  /** Made from the name when absent. */
  handle?: string | undefined
  /** What one says of oneself where staff approves sign-ups. */
  about?: string | undefined
  /** The role, whoever was first; absent: administrator for the first account, member for the others. */
  role?: Role | undefined
  quotaBytes?: number | undefined
  /** What letters are written in; English when absent. */
  language?: LanguageCode | undefined
}

/**
 * Makes an account and its channel. Refuses email_taken and handle_taken. For the command line and for set-ups: whether
 * the site takes new accounts is asked by `signUp` only.
 */
export async function createAccount(
  app: App,
  given: NewAccount,
): Promise<{ accountId: string; role: Role; channelId: string; handle: string }> {
  return enrol(app, given, () => 'active')
}

/**
 * Makes an account and signs it in. Refuses sign_up_closed unless this is the first account of the platform. Where staff
 * lets each one in the account is there and waits (approval_pending), where addresses must be proved it is there and can be
 * entered by signing in (letter_sent): both are said of an address that has an account already as well. A site that lets
 * everybody in at once cannot hide that it did not, and says email_taken.
 */
export async function signUp(app: App, given: NewAccount, userAgent: string): Promise<{ me: Me; session: string }> {
  const { signUp: policy, verifiedOnly } = await siteSettings(app)
  // Before anything else is told: with a handle that is taken nobody learns about the address.
  if (given.handle !== undefined && (await accountsOfHandles(app, [given.handle])).length > 0)
    return refuse('handle_taken')
  const { accountId, waits, isFirst } = await enrol(app, given, (isFirst) => {
    if (!isFirst && policy === 'closed') return refuse('sign_up_closed')
    return !isFirst && policy === 'approval' ? 'waiting' : 'active'
  }).catch(async (thrown) => {
    if (!isRefusal(thrown, 'email_taken')) throw thrown
    // The owner hears of it by letter, and can sign in from there; whoever asked hears what everybody hears.
    await askForLetter(app, 'known', given.email)
    if (policy === 'approval') return refuse('approval_pending')
    if (verifiedOnly) return refuse('letter_sent')
    throw thrown
  })
  await askForLetter(app, 'verify', given.email, accountId)
  if (waits) return refuse('approval_pending')
  if (verifiedOnly && !isFirst) return refuse('letter_sent')
  return enter(app, accountId, userAgent)
}

/** Before somebody signs up: so many from one place in an hour. Refuses too_many. */
export async function takeSignUpTurn(app: App, viewer: Viewer): Promise<void> {
  const turn = await app.cache.take(`accounts:sign-ups:${viewer.addressPrefix}`, rules.SIGN_UPS, 60 * 60_000)
  if (!turn.ok) refuse('too_many', undefined, retryAfter(turn.waitMs))
}

/** An account whose owner has proved who they are somewhere else: by an identity that a provider vouches for. */
export async function signUpElsewhere(
  app: App,
  given: { email: string; emailVerified: boolean; name: string; language: LanguageCode },
): Promise<string> {
  const { signUp: policy } = await siteSettings(app)
  // A password that nobody knows: one may be set by a letter.
  const { accountId } = await enrol(app, { ...given, password: newSecret() }, (isFirst) => {
    if (!isFirst && policy === 'closed') return refuse('sign_up_closed')
    return !isFirst && policy === 'approval' ? 'waiting' : 'active'
  })
  await store.updateAccount(app, accountId, {
    password_hash: rules.NO_PASSWORD,
    ...(given.emailVerified ? { email_verified_at: app.clock.now() } : {}),
  })
  return accountId
}

/** Begins a session of an account that has shown who it is. Refuses account_suspended and approval_pending. */
export async function enter(app: App, accountId: string, userAgent: string): Promise<{ me: Me; session: string }> {
  const account = await store.loadAccount(app, accountId)
  if (!account) return refuse('bad_credentials')
  if (account.state === 'suspended') return refuse('account_suspended', account.state_reason ?? undefined)
  if (account.state === 'waiting') return refuse('approval_pending')
  return { me: await aboutMe(app, accountId), session: await beginSession(app, accountId, userAgent) }
}

async function enrol(app: App, given: NewAccount, allow: (isFirst: boolean) => 'active' | 'waiting') {
  if (await store.hasAccount(app)) allow(false)
  const { quotaBytes } = await siteSettings(app)
  // Hashed before the transaction: 16 ms of work should not hold a connection.
  const passwordHash = await hashPassword(given.password)
  const accountId = newId()
  return app.together(async (app) => {
    const isFirst = await isFirstAccount(app)
    const state = allow(isFirst)
    const role = given.role ?? (isFirst ? 'admin' : 'member')
    const inserted = await store.insertAccount(app, {
      account_id: accountId,
      email: given.email,
      password_hash: passwordHash,
      name: given.name,
      role,
      state,
      applied_with: given.about ?? null,
      quota_bytes: given.quotaBytes ?? quotaBytes,
      ...(given.language === undefined ? {} : { language: given.language }),
      created_at: app.clock.now(),
    })
    if (!inserted) return refuse('email_taken')
    const channel = await openChannel(app, { accountId, name: given.name, handle: given.handle })
    return { accountId, role, isFirst, waits: state === 'waiting', channelId: channel.id, handle: channel.handle }
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
  given: { email: string; password: string; code?: string | undefined },
  userAgent: string,
  browser?: string,
): Promise<{ me: Me; session: string }> {
  const tries = `accounts:tries:${rules.hashSecret(given.email)}:${viewer.addressPrefix}`
  const turn = await app.cache.take(tries, rules.SIGN_IN_TRIES, rules.SIGN_IN_WINDOW_MS)
  if (!turn.ok) return refuse('too_many', undefined, retryAfter(turn.waitMs))

  const account = await store.findByEmail(app, given.email)
  if (!account || !isKnownBrowser(app, account.account_id, browser)) await takeStrangersTurn(app, given.email)
  const matches = await matchesPassword(account?.password_hash, given.password)
  if (!account || !matches) return refuse('bad_credentials')
  if (account.totp_since && account.totp_secret) {
    if (given.code === undefined || given.code === '') return refuse('second_factor_needed')
    await takeCode(app, { accountId: account.account_id, secret: account.totp_secret }, given.code)
  }
  return enter(app, account.account_id, userAgent)
}

/** From a browser in which the account was never signed in. Refuses too_many, of any address alike. */
async function takeStrangersTurn(app: App, email: string): Promise<void> {
  const key = `accounts:strangers:${rules.hashSecret(email)}`
  const turn = await app.cache.take(key, rules.STRANGE_TRIES, rules.STRANGE_WINDOW_MS)
  if (!turn.ok) refuse('too_many', undefined, retryAfter(turn.waitMs))
}

/** What a browser keeps to be known by, for one account: worth nothing but not to be counted among strangers. */
function browserMark(app: App, accountId: string): string {
  return createHmac('sha256', app.secrets.of('known browsers')).update(accountId).digest('base64url')
}

function isKnownBrowser(app: App, accountId: string, mark: string | undefined): boolean {
  const [own, given] = [Buffer.from(browserMark(app, accountId)), Buffer.from(mark ?? '')]
  return own.length === given.length && timingSafeEqual(own, given)
}

/** Makes a browser known, after the account's owner has shown who they are in it. */
export function rememberBrowser(app: App, answer: Answer, accountId: string): void {
  answer.setCookie(rules.KNOWN_COOKIE, browserMark(app, accountId), { maxAgeSeconds: rules.KNOWN_SECONDS })
}

async function beginSession(app: App, accountId: string, userAgent: string): Promise<string> {
  const secret = newSecret()
  await store.insertSession(app, {
    account_id: accountId,
    session_id: newId(),
    last_seen_at: app.clock.now(),
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

/** Puts a session that has begun into the browser's cookie; returns whose it is. */
export function letIn(app: App, answer: Answer, { me, session }: { me: Me; session: string }): Me {
  answer.setCookie(SESSION_COOKIE, session, { maxAgeSeconds: sessionLifeMs(app) / 1000 })
  rememberBrowser(app, answer, me.id)
  return me
}

/** Where an account is signed in; `session` is the secret of the one that asks. */
export async function listDevices(
  app: App,
  accountId: string,
  session: string | undefined,
): Promise<{ items: Device[] }> {
  const mine = session === undefined ? undefined : rules.hashSecret(session)
  const rows = await store.listSessions(app, accountId, app.clock.now())
  const items = rows.map((row) => ({
    id: row.session_id,
    browser: row.user_agent,
    since: row.created_at.toISOString(),
    lastSeen: row.last_seen_at.toISOString(),
    current: row.secret_hash === mine,
  }))
  return { items }
}

/** Refuses not_found for a device that is not there or is another's. */
export async function signOutDevice(app: App, accountId: string, deviceId: string): Promise<void> {
  if (!(await store.deleteSessionNamed(app, accountId, deviceId))) refuse('not_found')
  await tellSignedOut(app, accountId)
}

/** Signs out every device but the one that asks. */
export async function signOutOthers(app: App, accountId: string, session: string | undefined): Promise<void> {
  await store.deleteSessionsOf(app, accountId, session === undefined ? undefined : rules.hashSecret(session))
  await tellSignedOut(app, accountId)
}

/** The row, locked until the transaction ends. Refuses account_not_found. */
export async function lockAccount(app: App, accountId: string): Promise<store.AccountRow> {
  return (await store.lockAccount(app, accountId)) ?? refuse('account_not_found')
}

/** Whoever takes an administrator away locks first, so that two cannot take each other's place. Refuses last_admin. */
export async function refuseLastAdmin(app: App, accountId: string): Promise<void> {
  await store.lockFirstAccount(app)
  if ((await store.countOtherAdmins(app, accountId)) === 0) refuse('last_admin')
}

/** What staff changes of an account. An account that is suspended is signed out everywhere, and its tokens are worth nothing. */
export async function changeAccount(
  app: App,
  accountId: string,
  change: {
    role?: Role
    quota_bytes?: number
    state?: 'active' | 'waiting' | 'suspended'
    state_reason?: string | null
    name?: string
  },
): Promise<void> {
  await store.updateAccount(app, accountId, change)
  if (change.state === 'suspended') await store.deleteSessionsOf(app, accountId)
  if (change.state !== undefined || change.role !== undefined) await tellSignedOut(app, accountId)
}

/** Signs an account out of every browser and makes its tokens useless. */
export async function signOutEverywhere(app: App, accountId: string): Promise<void> {
  await store.deleteSessionsOf(app, accountId)
  await store.deleteTokensOf(app, accountId)
  await tellSignedOut(app, accountId)
}

/** Changes the account's own name. */
export async function editAccount(
  app: App,
  accountId: string,
  { name, language }: { name?: string | undefined; language?: LanguageCode | undefined },
): Promise<Me> {
  const changes = { ...(name === undefined ? {} : { name }), ...(language === undefined ? {} : { language }) }
  if (Object.keys(changes).length > 0) await store.updateAccount(app, accountId, changes)
  return aboutMe(app, accountId)
}

/** Ends the session of this secret; ending what is not there is no error. */
export async function signOut(app: App, session: string | undefined): Promise<void> {
  const accountId = session && (await store.deleteSession(app, rules.hashSecret(session)))
  if (accountId) await tellSignedOut(app, accountId)
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
    await store.prolongSession(app, secretHash, app.clock.now(), new Date(app.clock.nowMs() + sessionLifeMs(app)))
  }
  return { accountId: row.account_id, role: row.role, sessionId: row.session_id }
}

async function knowToken(app: App, secretHash: string) {
  const row = await store.findToken(app, secretHash, app.clock.now())
  if (!row) return undefined
  if (rules.mustNoteUse(row.last_used_at?.getTime(), app.clock.nowMs()))
    await store.noteTokenUse(app, secretHash, app.clock.now())
  // Without the scope a token of staff is one of a member, also where a list only shows staff a little more.
  return {
    accountId: row.account_id,
    role: row.scopes.includes('staff') ? row.role : ('member' as const),
    scopes: row.scopes,
  }
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
    emailVerified: account.email_verified_at !== null,
    language: languageOfTag(account.language) ?? 'en',
    secondFactor: account.totp_since !== null,
    ...(account.delete_after === null ? {} : { deleteAfter: account.delete_after.toISOString() }),
  }
}

/** Space the account may fill with sources, in bytes. */
export async function quotaOf(app: App, accountId: string): Promise<number> {
  const account = await store.loadAccount(app, accountId)
  return account ? Number(account.quota_bytes) : 0
}

/** Makes an API token; its secret is returned here and kept nowhere. A token makes none that may more than itself. */
export async function createToken(
  app: App,
  accountId: string,
  given: { name: string; scopes: Scope[]; days?: number | undefined },
  own?: readonly string[],
): Promise<Token & { secret: string }> {
  const beyond = own && given.scopes.find((scope) => !own.includes(scope))
  if (beyond) return refuse('scope_missing', `needs the scope ${beyond}`)
  if ((await store.countTokens(app, accountId)) >= rules.MOST_TOKENS)
    return refuse('too_many', `an account has at most ${rules.MOST_TOKENS} tokens`)
  const secret = rules.tokenText(newSecret())
  const row = {
    account_id: accountId,
    token_id: newId(),
    name: given.name,
    scopes: [...new Set(given.scopes)],
    secret_hash: rules.hashSecret(secret),
    created_at: app.clock.now(),
    last_used_at: null,
    expires_at: given.days === undefined ? null : new Date(app.clock.nowMs() + given.days * rules.DAY_MS),
  }
  await store.insertToken(app, row)
  return { ...toToken(row), secret }
}

/** A token for the account with this e-mail address, by the administrator of the machine. Refuses account_not_found. */
export async function createTokenFor(app: App, email: string, name: string): Promise<{ id: string; secret: string }> {
  const account = await store.findByEmail(app, email.toLowerCase())
  if (!account) return refuse('account_not_found')
  return createToken(app, account.account_id, { name, scopes: [...SCOPES] })
}

export async function listTokens(app: App, accountId: string): Promise<{ items: Token[] }> {
  return { items: (await store.listTokens(app, accountId)).map(toToken) }
}

function toToken(row: {
  token_id: string
  name: string
  scopes: string[]
  created_at: Date
  last_used_at: Date | null
  expires_at: Date | null
}): Token {
  return {
    id: row.token_id,
    name: row.name,
    scopes: row.scopes as Scope[],
    created: row.created_at.toISOString(),
    ...(row.last_used_at ? { lastUsed: row.last_used_at.toISOString() } : {}),
    ...(row.expires_at ? { expires: row.expires_at.toISOString() } : {}),
  }
}

/** Refuses not_found for a token that is not there or is another's. */
export async function removeToken(app: App, accountId: string, tokenId: string): Promise<void> {
  if (!(await store.deleteToken(app, accountId, tokenId))) refuse('not_found')
  await tellSignedOut(app, accountId)
}

export async function accountCount(app: App): Promise<number> {
  return store.countAccounts(app)
}

/** Removes the sessions that have expired; for the clock. */
export async function forgetOldSessions(app: App): Promise<void> {
  await store.deleteSessionsBefore(app, app.clock.now())
}
