/** Letters with keys in them: to prove an e-mail address, to set a new password, to move to another address. */
import { refuse } from '../../contract/refusals.ts'
import { newSecret } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import { siteAddress } from '../../platform/config.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import type { Fill } from '../words/words.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

/**
 * Writes a key into a letter and sends it. The key is made by the job and stands in no row: what waits in the queue opens
 * nothing. For `reset` the job looks whether there is such an account, so that asking takes as long for one that is not.
 */
export const mailKey = jobKind<{ purpose: rules.LetterKind; email: string; accountId?: string }>({
  name: 'accounts.letter',
  lane: 'quick',
  maxAttempts: 8,
  maxCrashes: 3,
})

/** Tells an account by letter that something about its security has changed. */
export const mailSecurityNotice = jobKind<{ accountId: string; email: string; happened: rules.Happened }>({
  name: 'accounts.notice',
  lane: 'quick',
  maxAttempts: 8,
  maxCrashes: 3,
})

/** Has a letter sent, unless this address has had enough of them: that is not told, since it would tell of the account. */
export async function askForLetter(
  app: App,
  purpose: rules.LetterKind,
  email: string,
  accountId?: string,
): Promise<void> {
  const turn = await app.cache.take(
    `accounts:letters:${purpose}:${rules.hashSecret(email)}`,
    rules.LETTERS_PER_HOUR,
    60 * 60_000,
  )
  if (turn.ok) await app.queue.add(mailKey, { purpose, email, ...(accountId === undefined ? {} : { accountId }) })
}

export async function sendKey(
  app: App,
  { purpose, email, accountId }: { purpose: rules.LetterKind; email: string; accountId?: string },
): Promise<void> {
  const account =
    accountId === undefined ? await store.findByEmail(app, email) : await store.loadAccount(app, accountId)
  // Gone, or moved to another address since: the key would prove what is not asked any more.
  if (!account || (purpose !== 'address' && account.email !== email)) return
  if (purpose === 'known') return app.mail.send(rules.knownLetter(account, siteAddress(app.config)))
  const key = newSecret()
  await store.insertLetter(app, {
    account_id: account.account_id,
    secret_hash: rules.hashSecret(key),
    purpose,
    email,
    created_at: app.clock.now(),
    expires_at: new Date(app.clock.nowMs() + rules.LETTER_LIFE_MS[purpose]),
  })
  await app.mail.send(rules.keyLetter(purpose, { email, language: account.language }, siteAddress(app.config), key))
}

export async function sendSecurityNotice(
  app: App,
  { accountId, email, happened }: { accountId: string; email: string; happened: rules.Happened },
): Promise<void> {
  const language = (await store.loadAccount(app, accountId))?.language ?? 'en'
  await app.mail.send(rules.noticeLetter({ email, language }, siteAddress(app.config), happened))
}

/** Tells an account at the address it has now what has happened to it, in the transaction of what happened. */
export async function tellByLetter<Key extends rules.Happened['key']>(
  app: App,
  { account_id: accountId, email }: { account_id: string; email: string },
  key: Key,
  ...fill: Fill<Key>
): Promise<void> {
  await app.queue.add(mailSecurityNotice, { accountId, email, happened: { key, holes: fill[0] ?? {} } })
}

/** Sends the verification letter again; an address that is proved already needs none. */
export async function sendVerification(app: App, accountId: string): Promise<void> {
  const account = await store.loadAccount(app, accountId)
  if (account && account.email_verified_at === null) await askForLetter(app, 'verify', account.email, accountId)
}

/** Takes the key of a letter that proves an address. Refuses letter_invalid, and email_taken when another was faster. */
export async function useLetter(app: App, key: string): Promise<{ email: string; changed: boolean }> {
  return app.together(async (app) => {
    const letter = await store.takeLetter(app, rules.hashSecret(key), ['verify', 'address'], app.clock.now())
    const account = letter && (await store.lockAccount(app, letter.account_id))
    if (!letter || !account) return refuse('letter_invalid')
    const changed = letter.email !== account.email
    // A letter to an address the account has left since proves nothing.
    if (changed && letter.purpose !== 'address') return refuse('letter_invalid')
    if (!(await store.setEmail(app, account.account_id, letter.email, app.clock.now()))) return refuse('email_taken')
    if (changed) {
      await store.deleteLetters(app, account.account_id)
      await tellByLetter(app, account, 'notice.email', { email: letter.email })
      app.log.info({ accountId: account.account_id }, 'e-mail address changed')
    }
    return { email: letter.email, changed }
  })
}

/** Removes the keys that are too old; for the clock. */
export async function forgetOldLetters(app: App): Promise<void> {
  await store.deleteLettersBefore(app, app.clock.now())
}
