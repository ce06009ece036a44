/** Accounts: signing up, in and out, tokens, and what is refused. */
import { expect, test } from 'vitest'
import { createAccount, createTokenFor, forgetOldSessions, signUp } from '../../src/features/accounts/accounts.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { SESSION_COOKIE } from '../../src/platform/http/http.ts'
import { type House, openHouse } from '../support/house.ts'
import { told } from './server.ts'

const DAY_MS = 86_400_000

function post(house: House, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${house.address}/api${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

function cookieOf(answer: Response): string {
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

const ana = { email: 'Ana@Example.org', password: 'correct horse', name: 'Ana' }

test('the first account of a platform is its administrator, the others are members', async () => {
  await using house = await openHouse()

  const first = await told(await post(house, '/accounts', ana))
  const second = await told(await post(house, '/accounts', { ...ana, email: 'bo@example.org' }))

  expect([first.role, second.role]).toEqual(['admin', 'member'])
  expect(first.email).toBe('ana@example.org')
  expect(first).toMatchObject({ name: 'Ana', usedBytes: 0, channel: { handle: 'ana', name: 'Ana' } })
  expect(second.channel.handle).toMatch(/^ana-[a-z0-9]{5}$/)
})

test('of many who sign up at once on an empty platform exactly one becomes its administrator', async () => {
  await using house = await openHouse()

  const made = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      createAccount(house.app, { email: `a${i}@example.org`, password: 'correct horse', name: `A ${i}` }),
    ),
  )

  expect(made.filter((it) => it.role === 'admin')).toHaveLength(1)
})

test('a closed site still takes its first account, and then no more', async () => {
  await using house = await openHouse({ settings: { 'accounts.sign_up': 'closed' } })

  expect((await post(house, '/accounts', ana)).status).toBe(200)
  const second = await post(house, '/accounts', { ...ana, email: 'bo@example.org' })

  expect([second.status, (await told(second)).code]).toEqual([403, 'sign_up_closed'])
  await createAccount(house.app, { email: 'bo@example.org', password: 'correct horse', name: 'Bo' })
})

test('of many who want to be first on a closed site one gets in', async () => {
  await using house = await openHouse({ settings: { 'accounts.sign_up': 'closed' } })

  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) =>
      signUp(house.app, { email: `a${i}@example.org`, password: 'correct horse', name: `A ${i}` }, 'test'),
    ),
  )

  expect(outcomes.filter((it) => it.status === 'fulfilled')).toHaveLength(1)
})

test('e-mail addresses and handles are given once, whoever asks at the same time', async () => {
  await using house = await openHouse()
  await house.admin()
  const attempt = (email: string, handle: string) =>
    createAccount(house.app, { email, password: 'correct horse', name: 'Ana', handle })

  const sameEmail = await Promise.allSettled(Array.from({ length: 5 }, (_, i) => attempt('ana@example.org', `ana${i}`)))
  const sameHandle = await Promise.allSettled(
    Array.from({ length: 5 }, (_, i) => attempt(`b${i}@example.org`, 'bella')),
  )

  const said = (outcomes: PromiseSettledResult<unknown>[]) =>
    outcomes.map((it) => (it.status === 'fulfilled' ? 'made' : it.reason.code)).sort()
  expect(said(sameEmail)).toEqual(['email_taken', 'email_taken', 'email_taken', 'email_taken', 'made'])
  expect(said(sameHandle)).toEqual(['handle_taken', 'handle_taken', 'handle_taken', 'handle_taken', 'made'])
  const over = await post(
    house,
    '/accounts',
    { ...ana, email: 'ANA@example.org', handle: 'other' },
    { 'x-forwarded-for': '192.0.2.1' },
  )
  expect([over.status, (await told(over)).code]).toEqual([409, 'email_taken'])
})

test('names of any script get a channel', async () => {
  await using house = await openHouse()
  await house.admin()
  const handleOf = async (name: string, i: number) =>
    (await createAccount(house.app, { email: `n${i}@example.org`, password: 'correct horse', name })).handle

  const handles = await Promise.all(
    ['Žofie Nováková', '映像作家', 'محمد', 'X', '🎬', 'The   Very Long Name Of Somebody Important'].map(handleOf),
  )

  expect(handles[0]).toBe('zofie-novakova')
  expect(handles[5]).toBe('the-very-long-name-of')
  for (const handle of handles) expect(handle).toMatch(/^[a-z0-9][a-z0-9_-]{1,28}[a-z0-9]$/)
  expect(new Set(handles).size).toBe(6)
})

test('what is no account is refused before anything is made', async () => {
  await using house = await openHouse()
  const cases: [Record<string, unknown>, string][] = [
    [{ email: 'nobody' }, 'body.email: is not an e-mail address'],
    [{ password: 'short' }, 'body.password: takes at least 8 characters'],
    [{ password: 'x'.repeat(257) }, 'body.password: is longer than 256 characters'],
    [{ name: '' }, 'body.name: must not be empty'],
    [{ name: 'a\u0007b' }, 'body.name: holds control characters'],
    [{ handle: 'No Spaces' }, 'body.handle: takes 3 to 30 small letters, digits, - and _'],
  ]
  let i = 0
  for (const [wrong, detail] of cases) {
    const answer = await post(house, '/accounts', { ...ana, ...wrong }, { 'x-forwarded-for': `192.0.${i++}.1` })
    expect([answer.status, (await told(answer)).detail]).toEqual([400, detail])
  }
})

test('the session cookie is out of reach of scripts and other sites, and secure where the site is', async () => {
  await using house = await openHouse()

  const plain = await post(house, '/accounts', ana)
  const secure = await post(house, '/session', ana, { 'x-forwarded-proto': 'https' })

  const [cookie = ''] = plain.headers.getSetCookie()
  expect(cookie).toMatch(new RegExp(`^${SESSION_COOKIE}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000$`))
  expect(secure.headers.getSetCookie()[0]).toMatch(/; Secure$/)
})

test('neither sessions nor tokens nor passwords can be read from the database', async () => {
  await using house = await openHouse()
  const secret = cookieOf(await post(house, '/accounts', ana)).split('=')[1]!
  const token = await createTokenFor(house.app, ana.email, 'script')

  const { db } = house.app
  const dump = JSON.stringify([
    await db.selectFrom('sessions').selectAll().execute(),
    await db.selectFrom('tokens').selectAll().execute(),
    await db.selectFrom('accounts').selectAll().execute(),
  ])

  expect(dump).not.toContain(secret)
  expect(dump).not.toContain(token.secret)
  expect(dump).not.toContain(token.secret.slice(4))
  expect(dump).not.toContain(ana.password)
  expect(dump).toContain('$argon2id$v=19$m=19456,t=2,p=1$')
})

test('signing in answers a wrong password and an unknown address alike, in words and in time', async () => {
  await using house = await openHouse()
  await post(house, '/accounts', ana)
  const attempt = async (email: string, i: number) => {
    const began = performance.now()
    const answer = await post(
      house,
      '/session',
      { email, password: 'wrong horse' },
      { 'x-forwarded-for': `192.0.${i}.1` },
    )
    const { requestId: _, ...problem } = await told(answer)
    return { tookMs: performance.now() - began, status: answer.status, problem }
  }
  await attempt('warm@example.org', 0)

  const wrong = []
  const unknown = []
  for (let i = 1; i <= 9; i++) {
    wrong.push(await attempt(ana.email, i))
    unknown.push(await attempt(`nobody${i}@example.org`, 100 + i))
  }

  expect(wrong[0]).toMatchObject({ status: 401, problem: { code: 'bad_credentials' } })
  expect(unknown.map((it) => it.problem)).toEqual(wrong.map((it) => it.problem))
  const median = (tries: { tookMs: number }[]) => tries.map((it) => it.tookMs).sort((a, b) => a - b)[4]!
  // An answer without the work of hashing would come in a tenth of the time.
  expect(median(unknown)).toBeGreaterThan(median(wrong) * 0.5)
  expect(median(unknown)).toBeLessThan(median(wrong) * 3)
})

test('guessing is slowed by place and by account, and the owner elsewhere is not locked out', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  await post(house, '/accounts', ana, { 'x-forwarded-for': '198.51.100.1' })
  const guess = (email: string, from: string, password = 'wrong horse') =>
    post(house, '/session', { email, password }, { 'x-forwarded-for': from })

  const fromOnePlace = []
  for (let i = 0; i < 12; i++) fromOnePlace.push((await guess(`x${i}@example.org`, '192.0.2.1')).status)
  // Below the limit of the place (ten a minute), yet above that of the account (ten a quarter of an hour).
  const onOneAccount = []
  for (let i = 0; i < 14; i++) {
    clock.advance(20_000)
    onOneAccount.push((await guess(ana.email, '203.0.113.1')).status)
  }

  expect(fromOnePlace.filter((it) => it === 401)).toHaveLength(10)
  expect(fromOnePlace.slice(10)).toEqual([429, 429])
  expect(onOneAccount.slice(0, 10).every((it) => it === 401)).toBe(true)
  expect(onOneAccount.at(-1)).toBe(429)
  const owner = await guess(ana.email, '198.51.100.1', ana.password)
  expect(owner.status).toBe(200)
  const slowed = await guess(ana.email, '203.0.113.1', ana.password)
  expect([slowed.status, (await told(slowed)).code, Number(slowed.headers.get('retry-after')) > 0]).toEqual([
    429,
    'too_many',
    true,
  ])
})

test('a session lives while it is used and ends when it is left, when it is signed out, and no other with it', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock, settings: { 'accounts.session_days': 10 } })
  await post(house, '/accounts', ana)
  const [one = '', two = '', three = ''] = (await Promise.all([1, 2, 3].map(() => post(house, '/session', ana)))).map(
    cookieOf,
  )
  const me = (cookie: string) => house.anyone.fetch('/api/me', { headers: { cookie } })

  clock.advance(8 * DAY_MS)
  const used = await me(one)
  expect(used.status).toBe(200)
  expect(used.headers.getSetCookie()[0]).toContain(`${one}; Path=/; HttpOnly; SameSite=Lax; Max-Age=864000`)
  clock.advance(8 * DAY_MS)
  expect((await me(one)).status).toBe(200)
  expect((await me(two)).status).toBe(401)

  const again = cookieOf(await post(house, '/session', ana))
  const out = await house.anyone.fetch('/api/session', {
    method: 'DELETE',
    headers: { cookie: one, 'sec-fetch-site': 'same-origin' },
  })
  expect(out.status).toBe(204)
  expect(out.headers.getSetCookie()[0]).toMatch(new RegExp(`^${SESSION_COOKIE}=; .*Max-Age=0`))
  expect((await me(one)).status).toBe(401)
  expect((await me(again)).status).toBe(200)

  await forgetOldSessions(house.app)
  const left = await house.app.db.selectFrom('sessions').selectAll().execute()
  expect(left).toHaveLength(1)
  expect((await me(three)).status).toBe(401)
})

test('a token speaks for its account until it is removed, and only its owner removes it', async () => {
  await using house = await openHouse()
  const member = await house.member('Ana')
  const other = await house.member('Bo')
  const made = await member.call('createToken', { body: { name: 'backup script' } })
  const bearer = { authorization: `Bearer ${made.secret}` }

  const me = await house.anyone.fetch('/api/me', { headers: bearer })
  expect([me.status, (await told(me)).id]).toEqual([200, member.id])
  expect(me.headers.getSetCookie()).toEqual([])
  expect(made.secret).toMatch(/^vst_[\w-]{43}$/)

  const { items } = await member.call('listTokens')
  expect(items).toEqual([
    {
      id: made.id,
      name: 'backup script',
      scopes: ['read', 'write'],
      created: made.created,
      lastUsed: expect.any(String),
    },
  ])
  await expect(other.call('removeToken', { params: { tokenId: made.id } })).rejects.toMatchObject({
    status: 404,
    code: 'not_found',
  })
  expect((await other.call('listTokens')).items).toEqual([])

  await member.call('removeToken', { params: { tokenId: made.id } })
  const late = await house.anyone.fetch('/api/me', { headers: bearer })
  expect([late.status, (await told(late)).code]).toEqual([401, 'token_invalid'])
})

test('the administrator of the machine makes tokens by e-mail address', async () => {
  await using house = await openHouse()
  const boss = await house.admin()

  const { secret } = await createTokenFor(house.app, boss.email.toUpperCase(), 'console')

  expect((await house.anyone.fetch('/api/me', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200)
  await expect(createTokenFor(house.app, 'nobody@example.org', 'x')).rejects.toMatchObject({
    code: 'account_not_found',
  })
})

test('a flood of sign-ins is answered or put off, and nothing breaks', async () => {
  await using house = await openHouse()
  await post(house, '/accounts', ana)

  const answers = await Promise.all(
    Array.from({ length: 160 }, (_, i) =>
      post(
        house,
        '/session',
        { email: `x${i}@example.org`, password: 'wrong horse' },
        { 'x-forwarded-for': `192.0.${i}.1` },
      ),
    ),
  )

  const counts = new Map<number, number>()
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1)
  expect([...counts.keys()].sort()).toEqual([401, 503])
  expect(counts.get(401)).toBeGreaterThanOrEqual(100)
  expect(answers.find((it) => it.status === 503)?.headers.get('retry-after')).toBe('2')
  expect((await post(house, '/session', ana)).status).toBe(200)
})
