/** Signing in elsewhere, against a real OpenID Connect provider on this machine. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type House, openHouse } from '../support/house.ts'

interface Elsewhere {
  issuer: string
  server: Server
  /** Who signs in there next. */
  person: { sub: string; email: string; email_verified: boolean; name: string }
  callbacks: string[]
}

let elsewhere: Elsewhere

beforeAll(async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  elsewhere = {
    issuer,
    server,
    person: { sub: 's1', email: 'cleo@work.example', email_verified: true, name: 'Cleo' },
    callbacks: [],
  }
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'vitascope',
        client_secret: 'a secret between the two of them',
        redirect_uris: ['http://127.0.0.1/sign-in/elsewhere/callback'],
        application_type: 'native',
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    // In the ID token itself, as large providers do.
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ ...elsewhere.person }) }),
    features: { devInteractions: { enabled: true } },
    jwks: undefined,
  } as ConstructorParameters<typeof Provider>[1])
  server.on('request', provider.callback())
})
afterAll(() => {
  elsewhere.server.closeAllConnections()
  elsewhere.server.close()
})

/** A browser that keeps cookies per host and follows redirects, filling in the provider's own forms. */
function browser(house: House, cookies = new Map<string, Map<string, string>>()) {
  const jarOf = (address: URL) => cookies.get(address.host) ?? cookies.set(address.host, new Map()).get(address.host)!
  async function ask(target: string, form?: Record<string, string>): Promise<Response> {
    const address = new URL(target)
    const jar = jarOf(address)
    const answer = await fetch(address, {
      redirect: 'manual',
      method: form ? 'POST' : 'GET',
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(form ? { body: new URLSearchParams(form).toString() } : {}),
    })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '' || /Max-Age=0|1970/.test(cookie)) jar.delete(name)
      else jar.set(name, value)
    }
    return answer
  }
  /** From an address to the first page that redirects nowhere, stopping before `until`. */
  async function follow(start: string, until?: (address: string) => boolean): Promise<string> {
    let at = start
    for (let steps = 0; steps < 20; steps++) {
      if (until?.(at)) return at
      const answer = await ask(at)
      const to = answer.headers.get('location')
      if (to) {
        at = new URL(to, at).href
        continue
      }
      const action = /action="([^"]+)"/.exec(await answer.text())?.[1]
      if (!at.startsWith(elsewhere.issuer) || action === undefined) return at
      const isLogin = !action.includes('abort') && at.includes('interaction')
      const sent = await ask(
        new URL(action, at).href,
        isLogin ? { prompt: 'login', login: elsewhere.person.sub, password: 'x' } : {},
      )
      const next = await ask(new URL(sent.headers.get('location') ?? at, at).href)
      const onward = next.headers.get('location')
      at = onward ? new URL(onward, at).href : at
      if (!onward) {
        const consent = await next.text()
        const page = /action="([^"]+)"/.exec(consent)?.[1] ?? ''
        const agreed = await ask(new URL(page, elsewhere.issuer).href, { prompt: 'consent' })
        at = new URL(agreed.headers.get('location') ?? at, elsewhere.issuer).href
      }
    }
    throw new Error(`it goes round and round: ${at}`)
  }
  const me = async () => {
    const jar = jarOf(new URL(house.address))
    const answer = await fetch(`${house.address}/api/me`, {
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
    })
    return answer.ok ? ((await answer.json()) as { id: string; email: string; emailVerified: boolean }) : undefined
  }
  const bring = (cookie: string) => {
    const at = cookie.indexOf('=')
    jarOf(new URL(house.address)).set(cookie.slice(0, at), cookie.slice(at + 1))
  }
  return { follow, me, bring, ask, jarOf }
}

const open = () =>
  openHouse({
    settings: {
      'oidc.issuer': elsewhere.issuer,
      'oidc.client_id': 'vitascope',
      'oidc.client_secret': 'a secret between the two of them',
    },
  })
const isBack = (address: string) => address.includes('/sign-in/elsewhere/callback')

test('somebody new gets an account by signing in elsewhere, and comes back to the same one', async () => {
  await using house = await open()
  await house.admin()
  elsewhere.person = { sub: 'cleo', email: 'Cleo@Work.example', email_verified: true, name: 'Cleo\u202e Smith' }

  const first = browser(house)
  expect(await first.follow(`${house.address}/sign-in/elsewhere?to=/studio`)).toBe(`${house.address}/studio`)
  const made = await first.me()
  const again = browser(house)
  await again.follow(`${house.address}/sign-in/elsewhere`)

  expect(made).toMatchObject({ email: 'cleo@work.example', emailVerified: true, name: 'Cleo Smith' })
  expect((await again.me())?.id).toBe(made?.id)
  expect((await house.anyone.call('getSite')).elsewhere).toBe('your organisation')
}, 60_000)

test('an address that has an account here is no way into it, until its owner ties the two', async () => {
  await using house = await open()
  const ana = await house.member('Ana')
  elsewhere.person = { sub: 'ana-there', email: ana.email, email_verified: true, name: 'Ana' }

  const stranger = browser(house)
  expect(await stranger.follow(`${house.address}/sign-in/elsewhere`)).toBe(
    `${house.address}/sign-in?refused=email_taken`,
  )
  expect(await stranger.me()).toBeUndefined()

  const owner = browser(house)
  owner.bring(ana.cookie)
  await owner.follow(`${house.address}/sign-in/elsewhere?to=/settings`)
  const later = browser(house)
  await later.follow(`${house.address}/sign-in/elsewhere`)
  expect((await later.me())?.id).toBe(ana.id)

  const bo = await house.member('Bo')
  const other = browser(house)
  other.bring(bo.cookie)
  expect(await other.follow(`${house.address}/sign-in/elsewhere`)).toContain('refused=elsewhere_taken')
}, 60_000)

test('a callback is good in the browser that left, once, and for the page it left from', async () => {
  await using house = await open()
  await house.admin()
  elsewhere.person = { sub: 'dora', email: 'dora@work.example', email_verified: false, name: 'Dora' }

  const thief = browser(house)
  const back = await thief.follow(`${house.address}/sign-in/elsewhere?to=//evil.example`, isBack)
  const victim = browser(house)
  expect(await victim.follow(back)).toContain('/sign-in?refused=elsewhere_failed')
  expect(await victim.me()).toBeUndefined()
  expect(await thief.follow(back)).toBe(`${house.address}/`)
  expect((await thief.me())?.emailVerified).toBe(false)
  expect(await thief.follow(back)).toContain('/sign-in?refused=elsewhere_failed')
  const forged = await browser(house).follow(`${house.address}/sign-in/elsewhere/callback?code=x&state=y`)
  expect(forged).toContain('/sign-in?refused=elsewhere_failed')
}, 60_000)

test('a house that names no provider has no such door', async () => {
  await using house = await openHouse()
  const answer = await house.anyone.fetch('/sign-in/elsewhere', { redirect: 'manual' })
  expect(answer.status).toBe(404)
})
