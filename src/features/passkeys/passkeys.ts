/**
 * Passkeys (W3C WebAuthn Level 3): signing in by a key that never leaves its device and answers this site alone. The user
 * is verified by the device each time, so a passkey is two factors in one and asks for no code besides.
 */
import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import type { Me } from '../../contract/accounts.ts'
import { refuse } from '../../contract/refusals.ts'
import type { App } from '../../platform/app.ts'
import type { Asked } from '../../platform/http/http.ts'
import { aboutMe, confirmOwner, enter, tellByLetter } from '../accounts/accounts.ts'
import { siteSettings } from '../site/site.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

type Ceremony = Record<string, unknown>

/** Loaded when the first passkey is asked for: with its certificates it is a sixth of what a start would have to load. */
const webAuthn = () => import('@simplewebauthn/server')

/** What the browser is to be asked for, to make a passkey for the account that asks. */
export async function beginPasskey(app: App, asked: Asked, password: string | undefined): Promise<Ceremony> {
  const accountId = await confirmOwner(app, asked.viewer, asked.session, password)
  const me = await aboutMe(app, accountId)
  const known = await store.listPasskeys(app, accountId)
  if (known.length >= rules.MOST_PASSKEYS) return refuse('too_many', `an account has at most ${rules.MOST_PASSKEYS}`)
  const { generateRegistrationOptions } = await webAuthn()
  const options = await generateRegistrationOptions({
    rpName: (await siteSettings(app)).name,
    rpID: rules.siteOf(asked.origin),
    userName: me.email,
    userDisplayName: me.name,
    // What the device gives back when it is asked for nobody in particular; the id tells nothing of the person.
    userID: new TextEncoder().encode(accountId),
    attestationType: 'none',
    excludeCredentials: known.map((it) => ({ id: it.credential_id })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  await keepChallenge(app, options.challenge, accountId)
  return { ...options }
}

async function keepChallenge(app: App, challenge: string, accountId: string | null): Promise<void> {
  await store.insertChallenge(app, {
    challenge_hash: rules.hashOf(challenge),
    account_id: accountId,
    expires_at: new Date(app.clock.nowMs() + rules.CHALLENGE_MS),
  })
}

/** Keeps a passkey. Refuses passkey_wrong for whatever does not answer a challenge of this account, once. */
export async function addPasskey(app: App, asked: Asked, given: { name: string; response: Ceremony }) {
  const accountId = asked.viewer.accountId!
  const { verifyRegistrationResponse } = await webAuthn()
  const made = await verifyRegistrationResponse({
    response: given.response as unknown as RegistrationResponseJSON,
    expectedChallenge: (challenge) => store.takeChallenge(app, rules.hashOf(challenge), accountId, app.clock.now()),
    expectedOrigin: asked.origin,
    expectedRPID: rules.siteOf(asked.origin),
    requireUserVerification: true,
  }).catch(() => undefined)
  if (!made?.verified || !made.registrationInfo) return refuse('passkey_wrong')
  const { credential } = made.registrationInfo
  const row = {
    account_id: accountId,
    credential_id: credential.id,
    public_key: Buffer.from(credential.publicKey),
    counter: credential.counter,
    transports: credential.transports ?? [],
    name: given.name,
    created_at: app.clock.now(),
    last_used_at: null,
  }
  const { email } = await aboutMe(app, accountId)
  await app.together(async (app) => {
    if (!(await store.insertPasskey(app, row))) return refuse('passkey_wrong')
    await tellByLetter(app, { account_id: accountId, email }, 'notice.passkey', { name: given.name })
  })
  return toPasskey(row)
}

export async function listPasskeys(app: App, accountId: string) {
  return { items: (await store.listPasskeys(app, accountId)).map(toPasskey) }
}

/** Refuses not_found for a passkey that is not there or is another's. */
export async function removePasskey(app: App, accountId: string, passkeyId: string): Promise<void> {
  if (!(await store.deletePasskey(app, accountId, passkeyId))) refuse('not_found')
}

/** What the browser is to be asked for, to sign in: any passkey of this site, so that nobody learns who has one. */
export async function beginSignIn(app: App, asked: Asked): Promise<Ceremony> {
  const { generateAuthenticationOptions } = await webAuthn()
  const options = await generateAuthenticationOptions({
    rpID: rules.siteOf(asked.origin),
    userVerification: 'required',
  })
  await keepChallenge(app, options.challenge, null)
  return { ...options }
}

/** Signs in by a passkey. Refuses passkey_wrong, account_suspended, approval_pending. */
export async function signIn(app: App, asked: Asked, response: Ceremony): Promise<{ me: Me; session: string }> {
  const known = typeof response.id === 'string' ? await store.findPasskey(app, response.id) : undefined
  if (!known) return refuse('passkey_wrong')
  const { verifyAuthenticationResponse } = await webAuthn()
  const shown = await verifyAuthenticationResponse({
    response: response as unknown as AuthenticationResponseJSON,
    expectedChallenge: (challenge) => store.takeChallenge(app, rules.hashOf(challenge), null, app.clock.now()),
    expectedOrigin: asked.origin,
    expectedRPID: rules.siteOf(asked.origin),
    requireUserVerification: true,
    credential: {
      id: known.credential_id,
      publicKey: new Uint8Array(known.public_key),
      // A counter that does not grow is that of a copied key (WebAuthn section 6.1.1): the library refuses it.
      counter: Number(known.counter),
      transports: known.transports as AuthenticatorTransport[],
    },
  }).catch(() => undefined)
  if (!shown?.verified) return refuse('passkey_wrong')
  await store.noteUse(app, known.credential_id, shown.authenticationInfo.newCounter, app.clock.now())
  return enter(app, known.account_id, asked.headers['user-agent'] ?? '')
}

function toPasskey(row: { credential_id: string; name: string; created_at: Date; last_used_at: Date | null }) {
  return {
    id: row.credential_id,
    name: row.name,
    created: row.created_at.toISOString(),
    ...(row.last_used_at === null ? {} : { lastUsed: row.last_used_at.toISOString() }),
  }
}

/** Removes the challenges nobody answered; for the clock. */
export async function forgetOldChallenges(app: App): Promise<void> {
  await store.deleteChallengesBefore(app, app.clock.now())
}
