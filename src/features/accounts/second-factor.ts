/** The second factor: an authenticator (TOTP), and recovery codes for the day it is lost. */
import { randomBytes } from 'node:crypto'
import { refuse } from '../../contract/refusals.ts'
import { seal, unseal } from '../../kit/seal.ts'
import type { App } from '../../platform/app.ts'
import { siteSettings } from '../site/site.ts'
import { tellByLetter } from './letters.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'
import { keyAddress, stepOfCode, toBase32 } from './totp.ts'

/** RFC 4226 section 4 asks for 160 bits. */
const KEY_BYTES = 20

/** Begins the set-up. Until a first code confirms it, it asks for nothing. Refuses second_factor_on. */
export async function beginSecondFactor(app: App, accountId: string): Promise<{ key: string; address: string }> {
  const key = randomBytes(KEY_BYTES)
  const account = await store.loadAccount(app, accountId)
  if (!account) return refuse('account_not_found')
  const sealed = seal(app.secrets.of('accounts.totp'), key, accountId)
  if (!(await store.beginTotp(app, accountId, sealed))) return refuse('second_factor_on')
  return { key: toBase32(key), address: keyAddress(key, (await siteSettings(app)).name, account.email) }
}

/** Turns it on by a first code. Refuses second_factor_off without a set-up, second_factor_on, second_factor_wrong. */
export async function confirmSecondFactor(
  app: App,
  accountId: string,
  code: string,
): Promise<{ recoveryCodes: string[] }> {
  await countTry(app, accountId)
  return app.together(async (app) => {
    const account = await store.lockAccount(app, accountId)
    if (!account?.totp_secret) return refuse('second_factor_off')
    if (account.totp_since) return refuse('second_factor_on')
    const step = stepOfCode(keyOf(app, accountId, account.totp_secret), code.trim(), app.clock.nowMs())
    if (step === undefined) return refuse('second_factor_wrong')
    await store.confirmTotp(app, accountId, step, app.clock.now())
    await tellByLetter(app, account, 'notice.factor_on')
    return newCodes(app, accountId)
  })
}

async function newCodes(app: App, accountId: string): Promise<{ recoveryCodes: string[] }> {
  const recoveryCodes = Array.from({ length: rules.RECOVERY_CODES }, rules.newRecoveryCode)
  await store.replaceRecoveryCodes(
    app,
    accountId,
    recoveryCodes.map((code) => hashCode(app, accountId, code)),
  )
  return { recoveryCodes }
}

/** Keyed and bound to the account: fifty bits alone could be tried out on a stolen table. */
function hashCode(app: App, accountId: string, code: string): string {
  const key = app.secrets.of('accounts.recovery').toString('hex')
  return rules.hashSecret(`${key} ${accountId} ${rules.plainRecoveryCode(code)}`)
}

/** New recovery codes in place of the old. Refuses second_factor_off, second_factor_wrong. */
export async function renewRecoveryCodes(app: App, accountId: string, code: string) {
  await requireCode(app, accountId, code)
  return app.together((app) => newCodes(app, accountId))
}

/** Takes the second factor away. Refuses second_factor_off, second_factor_wrong. */
export async function removeSecondFactor(app: App, accountId: string, code: string): Promise<void> {
  await requireCode(app, accountId, code)
  await dropSecondFactor(app, accountId)
}

/** The same by an administrator, for whoever has lost it. The account hears of it either way. */
export async function dropSecondFactor(app: App, accountId: string): Promise<void> {
  await app.together(async (app) => {
    const account = await store.lockAccount(app, accountId)
    if (!account) return
    await store.removeTotp(app, accountId)
    await tellByLetter(app, account, 'notice.factor_off')
  })
}

async function requireCode(app: App, accountId: string, code: string): Promise<void> {
  const account = await store.loadAccount(app, accountId)
  if (!account?.totp_secret || !account.totp_since) return refuse('second_factor_off')
  await takeCode(app, { accountId, secret: account.totp_secret }, code)
}

/**
 * Takes a code of the authenticator or a recovery code, each good once, whoever comes with it at the same instant.
 * Refuses second_factor_wrong, and too_many after some tries, wherever they come from.
 */
export async function takeCode(app: App, of: { accountId: string; secret: string }, code: string): Promise<void> {
  await countTry(app, of.accountId)
  const step = stepOfCode(keyOf(app, of.accountId, of.secret), code.trim(), app.clock.nowMs())
  if (step !== undefined) {
    if (await store.takeTotpStep(app, of.accountId, step)) return
    return refuse('second_factor_wrong')
  }
  if (!(await store.takeRecoveryCode(app, of.accountId, hashCode(app, of.accountId, code))))
    return refuse('second_factor_wrong')
}

async function countTry(app: App, accountId: string): Promise<void> {
  const turn = await app.cache.take(`accounts:codes:${accountId}`, rules.CODE_TRIES, rules.CODE_WINDOW_MS)
  if (!turn.ok) refuse('too_many', undefined, { 'retry-after': String(Math.ceil(turn.waitMs / 1000)) })
}

function keyOf(app: App, accountId: string, sealed: string): Buffer {
  return unseal(app.secrets.of('accounts.totp'), sealed, accountId)
}
