/**
 * Signing in elsewhere: by an OpenID Connect provider that the administrator of the machine has named, with the
 * authorization code flow, PKCE, state and nonce (OpenID Connect Core 1.0 section 3.1, RFC 9700).
 */
import * as client from 'openid-client'
import { Email } from '../../contract/accounts.ts'
import { type LanguageCode, languageAsked } from '../../contract/languages.ts'
import { isRefusal, refuse } from '../../contract/refusals.ts'
import { seal, unseal } from '../../kit/seal.ts'
import type { App } from '../../platform/app.ts'
import { type RawAnswer, type RawAsked, SESSION_COOKIE } from '../../platform/http/http.ts'
import { readCookie } from '../../platform/http/viewer.ts'
import { enter, sessionLifeMs, signUpElsewhere, tellByLetter } from '../accounts/accounts.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

/** Sends the browser to the provider; what it has to bring back is sealed into a cookie of its own. */
export async function goElsewhere(app: App, asked: RawAsked): Promise<RawAnswer> {
  await refuseFlood(app, asked)
  const config = await provider(app)
  const verifier = client.randomPKCECodeVerifier()
  const trip: rules.Trip = {
    verifier,
    state: client.randomState(),
    nonce: client.randomNonce(),
    to: rules.ownPath(asked.query.get('to')),
    expiresMs: app.clock.nowMs() + rules.TRIP_MS,
    // Whoever is signed in when they leave ties the identity to that account; nobody else's sign-in can be slipped in.
    ...(asked.viewer.accountId === undefined ? {} : { accountId: asked.viewer.accountId }),
  }
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: asked.origin + rules.CALLBACK,
    scope: 'openid email profile',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: trip.state,
    nonce: trip.nonce,
  })
  const sealed = seal(app.secrets.of('oidc.trip'), Buffer.from(JSON.stringify(trip)), 'trip')
  return redirect(address.href, rules.cookie(rules.TRIP_COOKIE, sealed, rules.TRIP_MS / 1000, asked.origin))
}

/** The browser is back: asks the provider who it is, and signs that account in. A failure leads to the sign-in page. */
export async function comeBack(app: App, asked: RawAsked): Promise<RawAnswer> {
  const forget = rules.cookie(rules.TRIP_COOKIE, '', 0, asked.origin)
  try {
    await refuseFlood(app, asked)
    const { session, to } = await arrive(app, asked)
    if (session === undefined) return redirect(to, forget)
    const life = sessionLifeMs(app) / 1000
    return redirect(to, forget, rules.cookie(SESSION_COOKIE, session, life, asked.origin))
  } catch (thrown) {
    if (!isRefusal(thrown)) app.log.warn({ error: String(thrown) }, 'sign-in elsewhere failed')
    const code = isRefusal(thrown) ? thrown.code : 'elsewhere_failed'
    return redirect(`/sign-in?refused=${code}`, forget)
  }
}

async function arrive(app: App, asked: RawAsked): Promise<{ session?: string; to: string }> {
  const trip = readTrip(app, readCookie(asked.headers.cookie, rules.TRIP_COOKIE))
  if (!trip) return refuse('elsewhere_failed')
  const tokens = await client.authorizationCodeGrant(await provider(app), new URL(asked.origin + asked.target), {
    pkceCodeVerifier: trip.verifier,
    expectedState: trip.state,
    expectedNonce: trip.nonce,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  if (!claims) return refuse('elsewhere_failed')
  const identity = { issuer: claims.iss, subject: claims.sub }
  const owner = await store.findIdentity(app, identity)
  if (trip.accountId !== undefined) {
    if (asked.viewer.accountId !== trip.accountId) return refuse('elsewhere_failed')
    if (owner !== undefined && owner !== trip.accountId) return refuse('elsewhere_taken')
    if (owner === undefined) await link(app, trip.accountId, identity)
    return { to: trip.to }
  }
  const accountId = owner ?? (await join(app, identity, claims, languageAsked(asked.headers)))
  return { session: (await enter(app, accountId, asked.headers['user-agent'] ?? '')).session, to: trip.to }
}

async function link(app: App, accountId: string, identity: store.Identity): Promise<void> {
  await app.together(async (app) => {
    if (!(await store.insertIdentity(app, accountId, identity))) return refuse('elsewhere_taken')
    const email = await store.emailOf(app, accountId)
    if (email !== undefined) await tellByLetter(app, { account_id: accountId, email }, 'notice.elsewhere')
  })
}

/**
 * An account for somebody new. One that has the same e-mail address already is not handed over: whoever owns it signs in
 * and ties the two, or a provider that is careless with addresses would be a way into every account.
 */
async function join(
  app: App,
  identity: store.Identity,
  claims: Record<string, unknown>,
  language: LanguageCode,
): Promise<string> {
  const email = Email.safeParse(claims.email)
  if (!email.success) return refuse('elsewhere_failed')
  return app.together(async (app) => {
    const accountId = await signUpElsewhere(app, {
      email: email.data,
      emailVerified: claims.email_verified === true,
      name: rules.nameFrom(claims),
      language,
    })
    if (!(await store.insertIdentity(app, accountId, identity))) return refuse('elsewhere_taken')
    return accountId
  })
}

const providers = new WeakMap<App['config'], Promise<client.Configuration>>()

/** What the provider says of itself, asked once per process; asked again after a failure. */
function provider(app: App): Promise<client.Configuration> {
  const { config } = app
  if (config['oidc.issuer'] === '') return refuse('not_found')
  const known = providers.get(config)
  if (known) return known
  const issuer = new URL(config['oidc.issuer'])
  const asked = client.discovery(issuer, config['oidc.client_id'], config['oidc.client_secret'], undefined, {
    timeout: 10,
    // Without TLS only on this machine: for trials and tests.
    execute: rules.isThisMachine(issuer.hostname) ? [client.allowInsecureRequests] : [],
  })
  providers.set(config, asked)
  asked.catch(() => providers.delete(config))
  return asked
}

function readTrip(app: App, sealed: string | undefined): rules.Trip | undefined {
  if (sealed === undefined || sealed === '') return undefined
  try {
    const trip = JSON.parse(unseal(app.secrets.of('oidc.trip'), sealed, 'trip').toString()) as rules.Trip
    return trip.expiresMs > app.clock.nowMs() ? trip : undefined
  } catch {
    return undefined
  }
}

async function refuseFlood(app: App, asked: RawAsked): Promise<void> {
  const turn = await app.cache.take(`oidc:${asked.viewer.addressPrefix}`, 30, 60_000)
  if (!turn.ok) refuse('too_many', undefined, { 'retry-after': String(Math.ceil(turn.waitMs / 1000)) })
}

function redirect(to: string, ...cookies: string[]): RawAnswer {
  return { status: 303, headers: { location: to, 'cache-control': 'no-store' }, cookies }
}
