/** What keeps an account its owner's: letters, passwords, devices, second factors, scopes. */
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { takeSignUpTurn } from '../../src/features/accounts/accounts.ts'
import { hashPassword } from '../../src/features/accounts/passwords.ts'
import { HASHES_AT_ONCE, HASHES_WAITING } from '../../src/features/accounts/rules.ts'
import { codeAt, stepAt } from '../../src/features/accounts/totp.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { keyFor, lettersOf } from '../support/letters.ts'

const signIn = (house: House, email: string, password: string, code?: string, from = '192.0.2.7') =>
  house.anyone.fetch('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': from, 'user-agent': 'Test browser' },
    body: JSON.stringify({ email, password, ...(code === undefined ? {} : { code }) }),
  })
const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code
const decode = (base32: string) => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...base32].map((it) => letters.indexOf(it).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((it) => Number.parseInt(it, 2)))
}

test('a new account proves its address by a letter, once', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  expect((await ana.call('me')).emailVerified).toBe(false)

  const key = (await keyFor(house, ana.email))!
  const both = await Promise.allSettled([1, 2].map(() => house.anyone.call('useLetter', { body: { key } })))

  expect(both.map((it) => it.status).sort()).toEqual(['fulfilled', 'rejected'])
  expect((await ana.call('me')).emailVerified).toBe(true)
  await expect(house.anyone.call('useLetter', { body: { key } })).rejects.toMatchObject({ code: 'letter_invalid' })
  await expect(house.anyone.call('useReset', { body: { key, password: 'another horse' } })).rejects.toMatchObject({
    code: 'letter_invalid',
  })
})

test('a forgotten password is set anew by a letter: once, for an hour, and every device is signed out', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  await lettersOf(house)

  await house.anyone.call('askReset', { body: { email: ana.email } })
  const old = (await keyFor(house, ana.email))!
  clock.advance(61 * 60_000)
  await expect(house.anyone.call('useReset', { body: { key: old, password: 'new horse one' } })).rejects.toMatchObject({
    code: 'letter_invalid',
  })
  await house.anyone.call('askReset', { body: { email: ana.email } })
  const key = (await keyFor(house, ana.email))!
  const tries = await Promise.allSettled(
    ['new horse one', 'new horse two'].map((password) => house.anyone.call('useReset', { body: { key, password } })),
  )

  expect(tries.filter((it) => it.status === 'fulfilled')).toHaveLength(1)
  await expect(ana.call('me')).rejects.toMatchObject({ code: 'sign_in_needed' })
  expect((await signIn(house, ana.email, ana.password)).status).toBe(401)
  const said = await lettersOf(house)
  expect(said).toContainEqual(expect.objectContaining({ to: ana.email, subject: 'A change to your account' }))
})

test('asking for a new password tells nobody who has an account, and floods no letter box', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const before = (await lettersOf(house)).length
  const ask = (email: string, i: number) =>
    house.anyone.fetch('/api/password-resets', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `198.51.${i}.1` },
      body: JSON.stringify({ email }),
    })

  const known = await ask(ana.email, 1)
  const unknown = await ask('nobody@example.org', 2)
  for (let i = 3; i < 13; i++) expect((await ask(ana.email, i)).status).toBe(204)

  expect([known.status, unknown.status]).toEqual([204, 204])
  expect(await known.text()).toBe(await unknown.text())
  const sent = (await lettersOf(house)).slice(before)
  expect(sent.length).toBeLessThanOrEqual(4)
  expect(new Set(sent.map((it) => it.to))).toEqual(new Set([ana.email]))
  // The link is to the platform's own address, whatever host the one who asked has named.
  for (const it of sent) expect(it.text).toMatch(/http:\/\/localhost:0\/new-password#[\w-]{43}/)
})

test('no key of a letter can be read from the database or the queue', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  await house.anyone.call('askReset', { body: { email: ana.email } })
  const waiting = JSON.stringify(await house.app.db.selectFrom('jobs').selectAll().execute())
  const key = (await keyFor(house, ana.email))!

  const kept = JSON.stringify(await house.app.db.selectFrom('account_letters').selectAll().execute())
  expect(waiting).not.toContain(key)
  expect(kept).not.toContain(key)
  expect(kept).toContain('reset')
})

test('another address counts when it has answered, and the old one hears of it', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const bo = await house.member('Bo')
  const stale = (await keyFor(house, ana.email))!

  await expect(ana.call('changeEmail', { body: { email: 'new@example.org' } })).rejects.toMatchObject({
    code: 'password_needed',
  })
  await expect(
    ana.call('changeEmail', { body: { email: 'new@example.org', password: 'wrong' } }),
  ).rejects.toMatchObject({ code: 'bad_credentials' })
  await ana.call('changeEmail', { body: { email: 'New@Example.org', password: ana.password } })
  expect((await ana.call('me')).email).toBe(ana.email)
  const key = (await keyFor(house, 'new@example.org'))!
  expect(await house.anyone.call('useLetter', { body: { key } })).toEqual({ email: 'new@example.org', changed: true })

  expect(await ana.call('me')).toMatchObject({ email: 'new@example.org', emailVerified: true })
  const told = await lettersOf(house)
  expect(told).toContainEqual(expect.objectContaining({ to: ana.email, subject: 'A change to your account' }))
  await expect(house.anyone.call('useLetter', { body: { key: stale } })).rejects.toMatchObject({
    code: 'letter_invalid',
  })
  // That an address is taken is told only to whoever reads its letters.
  await ana.call('changeEmail', { body: { email: bo.email, password: ana.password } })
  const taken = (await keyFor(house, bo.email))!
  await expect(house.anyone.call('useLetter', { body: { key: taken } })).rejects.toMatchObject({ code: 'email_taken' })
  expect((await bo.call('me')).email).toBe(bo.email)
})

test('a new password signs out the other devices and keeps this one', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const other = (await signIn(house, ana.email, ana.password)).headers.getSetCookie()[0]!.split(';')[0]!

  await ana.call('changePassword', { body: { password: ana.password, newPassword: 'a better horse' } })

  expect((await ana.call('me')).id).toBe(ana.id)
  expect((await house.anyone.fetch('/api/me', { headers: { cookie: other } })).status).toBe(401)
  expect((await signIn(house, ana.email, ana.password)).status).toBe(401)
  expect((await signIn(house, ana.email, 'a better horse')).status).toBe(200)
})

test('devices are listed, and signed out one by one or all at once, by their owner alone', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const bo = await house.member('Bo')
  await signIn(house, ana.email, ana.password)
  await signIn(house, ana.email, ana.password)

  const { items } = await ana.call('listDevices')
  expect(items).toHaveLength(3)
  expect(items.filter((it) => it.current)).toHaveLength(1)
  expect(items.filter((it) => it.browser === 'Test browser')).toHaveLength(2)
  const other = items.find((it) => !it.current)!
  await expect(bo.call('signOutDevice', { params: { deviceId: other.id } })).rejects.toMatchObject({
    code: 'not_found',
  })
  await ana.call('signOutDevice', { params: { deviceId: other.id } })
  expect((await ana.call('listDevices')).items).toHaveLength(2)
  await ana.call('signOutOthers')
  expect((await ana.call('listDevices')).items).toHaveLength(1)
  expect((await bo.call('me')).id).toBe(bo.id)
})

async function withSecondFactor(house: House, member: Member) {
  const { key } = await member.call('beginSecondFactor', { body: { password: member.password } })
  const secret = decode(key)
  const { recoveryCodes } = await member.call('confirmSecondFactor', {
    body: { code: codeAt(secret, stepAt(house.app.clock.nowMs())) },
  })
  return { secret, recoveryCodes }
}

test('an authenticator is asked for besides the password, and each of its codes is good once', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const { secret } = await withSecondFactor(house, ana)
  const now = () => codeAt(secret, stepAt(clock.nowMs()))

  expect(await codeOf(await signIn(house, ana.email, ana.password))).toBe('second_factor_needed')
  expect(await codeOf(await signIn(house, ana.email, 'wrong', now()))).toBe('bad_credentials')
  // The code that confirmed the set-up has been used.
  expect(await codeOf(await signIn(house, ana.email, ana.password, now()))).toBe('second_factor_wrong')
  clock.advance(30_000)
  const both = await Promise.all([1, 2, 3].map(() => signIn(house, ana.email, ana.password, now())))
  expect(both.map((it) => it.status).sort()).toEqual([200, 401, 401])
  expect((await ana.call('me')).secondFactor).toBe(true)
  await expect(ana.call('beginSecondFactor', { body: { password: ana.password } })).rejects.toMatchObject({
    code: 'second_factor_on',
  })
})

test('recovery codes are good once each, void when renewed, and guessing is stopped wherever it comes from', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const { secret, recoveryCodes } = await withSecondFactor(house, ana)
  expect(new Set(recoveryCodes).size).toBe(10)
  const [one = '', two = ''] = recoveryCodes

  expect((await signIn(house, ana.email, ana.password, one.toUpperCase().replace('-', ' '))).status).toBe(200)
  expect((await signIn(house, ana.email, ana.password, one)).status).toBe(401)
  clock.advance(60_000)
  const code = codeAt(secret, stepAt(clock.nowMs()))
  await ana.call('renewRecoveryCodes', { body: { password: ana.password, code } })
  expect((await signIn(house, ana.email, ana.password, two)).status).toBe(401)

  clock.advance(3_600_000)
  const guesses = []
  for (let i = 0; i < 14; i++)
    guesses.push((await signIn(house, ana.email, ana.password, '000000', `203.0.${i}.1`)).status)
  expect(guesses.slice(0, 10)).toEqual(Array(10).fill(401))
  expect(guesses.at(-1)).toBe(429)
  const dump = JSON.stringify([
    await house.app.db.selectFrom('accounts').selectAll().execute(),
    await house.app.db.selectFrom('recovery_codes').selectAll().execute(),
  ])
  expect(dump).not.toContain(secret.toString('base64url'))
  expect(dump).not.toContain(two)
})

test('the second factor goes away by password and code, not by a stolen session', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const { secret } = await withSecondFactor(house, ana)
  clock.advance(60_000)
  const code = codeAt(secret, stepAt(clock.nowMs()))

  await expect(ana.call('removeSecondFactor', { body: { code } })).rejects.toMatchObject({ code: 'password_needed' })
  await expect(
    ana.call('removeSecondFactor', { body: { password: ana.password, code: '000000' } }),
  ).rejects.toMatchObject({ code: 'second_factor_wrong' })
  await ana.call('removeSecondFactor', { body: { password: ana.password, code } })

  expect((await signIn(house, ana.email, ana.password)).status).toBe(200)
})

test('a token does what it was made for and nothing else', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const boss = await house.admin()
  const make = async (scopes: ('read' | 'write' | 'account' | 'staff')[], days?: number) => {
    const { secret } = await boss.call('createToken', { body: { name: 'it', scopes, ...(days ? { days } : {}) } })
    return (path: string, method = 'GET', body?: unknown) =>
      house.anyone.fetch(`/api${path}`, {
        method,
        headers: { authorization: `Bearer ${secret}`, ...(body ? { 'content-type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
  }
  const read = await make(['read'])
  const write = await make(['write'])
  const account = await make(['account', 'read'])
  const staff = await make(['staff'])
  const short = await make(['read'], 1)
  const video = { title: 'A video' }

  expect((await read('/me')).status).toBe(200)
  expect([(await read('/videos', 'POST', video)).status, (await write('/videos', 'POST', video)).status]).toEqual([
    403, 200,
  ])
  expect(await codeOf(await read('/videos', 'POST', video))).toBe('scope_missing')
  expect((await write('/me')).status).toBe(403)
  expect((await write('/tokens', 'POST', { name: 'more', scopes: ['staff'] })).status).toBe(403)
  expect((await account('/tokens', 'POST', { name: 'more', scopes: ['staff'] })).status).toBe(403)
  expect((await account('/tokens', 'POST', { name: 'same', scopes: ['read'] })).status).toBe(200)
  expect((await read('/me/export')).status).toBe(403)
  // An administrator's token without the scope is a member's.
  expect((await read('/admin/site')).status).toBe(403)
  expect((await staff('/admin/site')).status).toBe(200)
  const tus = await house.anyone.fetch('/api/uploads', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${(await boss.call('createToken', { body: { name: 'r', scopes: ['read'] } })).secret}`,
    },
  })
  expect(await codeOf(tus)).toBe('scope_missing')
  expect((await short('/me')).status).toBe(200)
  clock.advance(25 * 3_600_000)
  expect((await short('/me')).status).toBe(401)
})

test('where staff lets people in, a new account waits; a closed site is closed at once', async () => {
  await using house = await openHouse()
  const boss = await house.admin()
  const cleo = { email: 'cleo@example.org', password: 'correct horse', name: 'Cleo' }

  await boss.call('setSiteSettings', { body: { signUp: 'approval' } })
  await expect(house.anyone.call('signUp', { body: { ...cleo, about: 'A friend of Ana' } })).rejects.toMatchObject({
    code: 'approval_pending',
  })
  expect(await codeOf(await signIn(house, cleo.email, cleo.password))).toBe('approval_pending')
  expect(await codeOf(await signIn(house, cleo.email, 'wrong'))).toBe('bad_credentials')
  await boss.call('setSiteSettings', { body: { signUp: 'closed' } })
  await expect(house.anyone.call('signUp', { body: { ...cleo, email: 'dan@example.org' } })).rejects.toMatchObject({
    code: 'sign_up_closed',
  })
  expect((await house.anyone.call('getSite')).signUp).toBe('closed')
})

const signUp = (house: House, email: string, from: string, more: Record<string, unknown> = {}) =>
  house.anyone.fetch('/api/accounts', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
    body: JSON.stringify({ email, password: 'correct horse', name: 'Somebody', ...more }),
  })

test('where addresses are proved or people let in, signing up does not tell who has an account; who has hears of it', async () => {
  await using house = await openHouse()
  const [boss, ana] = [await house.admin(), await house.member('Ana')]
  const tell = async (answer: Response) => {
    const { requestId: _, ...problem } = (await answer.json()) as { requestId: string; code: string }
    return { status: answer.status, cookies: answer.headers.getSetCookie(), problem }
  }
  const both = async (salt: string, more: Record<string, unknown> = {}) => [
    await tell(await signUp(house, ana.email, '192.0.2.1', more)),
    await tell(await signUp(house, `free-${salt}@example.org`, '198.51.100.1', more)),
  ]

  await boss.call('setSiteSettings', { body: { verifiedOnly: true } })
  const [known, unknown] = await both('one')
  expect(known).toEqual(unknown)
  expect(known).toMatchObject({ status: 403, cookies: [], problem: { code: 'letter_sent' } })
  // A handle that is taken is no way to ask either.
  const [knownToo, unknownToo] = await both('two', { handle: boss.channel.handle })
  expect(knownToo).toEqual(unknownToo)
  expect(knownToo?.problem.code).toBe('handle_taken')
  await boss.call('setSiteSettings', { body: { verifiedOnly: false, signUp: 'approval' } })
  const [waits, waitsToo] = await both('three')
  expect(waits).toEqual(waitsToo)
  expect(waits?.problem.code).toBe('approval_pending')

  const letters = await lettersOf(house)
  const subjects = (to: string) => letters.filter((it) => it.to === to).map((it) => it.subject)
  expect(subjects(ana.email).filter((it) => it === 'You have an account already')).toHaveLength(2)
  expect(subjects('free-one@example.org')).toEqual(['Confirm your e-mail address'])
  expect((await signIn(house, 'free-one@example.org', 'correct horse')).status).toBe(200)
})

test('one place cannot try addresses by the hundred, and guessing from many places shuts no owner out', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const mark = /vitascope_known=[^;]+/.exec(ana.cookie)?.[0] ?? ''
  const enter = (from: string, cookie = '') =>
    house.anyone.fetch('/api/session', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'sec-fetch-site': 'same-origin',
        'x-forwarded-for': from,
        ...(cookie === '' ? {} : { cookie }),
      },
      body: JSON.stringify({ email: ana.email, password: ana.password }),
    })

  const guesses: number[] = []
  for (let place = 1; place <= 7; place++)
    guesses.push(
      ...(await Promise.all(
        Array.from(
          { length: 9 },
          async () => (await signIn(house, ana.email, 'a guess', undefined, `10.9.${place}.1`)).status,
        ),
      )),
    )
  expect(guesses.filter((it) => it === 401)).toHaveLength(60)
  expect(guesses.filter((it) => it === 429)).toHaveLength(3)
  // Whoever guesses right now learns nothing of it; the owner's browser is let in; a mark of another's is none.
  expect((await enter('10.8.1.1')).status).toBe(429)
  expect((await enter('10.8.2.1', mark)).status).toBe(200)
  const bo = await house.member('Bo')
  expect((await enter('10.8.3.1', /vitascope_known=[^;]+/.exec(bo.cookie)?.[0])).status).toBe(429)
  // Away from it, the way in is by letter: whoever reads it makes a browser known.
  clock.advance(1000)
  await house.anyone.call('askReset', { body: { email: ana.email } })
  const reset = await house.anyone.fetch('/api/password-resets', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key: await keyFor(house, ana.email), password: ana.password }),
  })
  const another = reset.headers.getSetCookie().map((it) => it.split(';')[0])
  expect((await enter('10.8.4.1', another.join('; '))).status).toBe(200)

  const viewer = { accountId: undefined, role: 'anonymous', addressPrefix: '10.7.1.0/24', viewerKey: '' } as const
  for (let n = 0; n < 30; n++) await takeSignUpTurn(house.app, viewer)
  expect((await signUp(house, ana.email, '10.7.1.1')).status).toBe(429)
  expect((await signUp(house, ana.email, '10.7.2.1')).status).toBe(409)
})

test('a letter is not used up by a password that could not be taken yet', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  await house.anyone.call('askReset', { body: { email: ana.email } })
  const key = (await keyFor(house, ana.email))!
  let isFlooded = true
  // As many as have room at the door, each of which comes again as soon as it has been let in: it stays full.
  const flood = Array.from({ length: HASHES_AT_ONCE + HASHES_WAITING }, async () => {
    while (isFlooded) await hashPassword('flood')
  })

  const body = { key, password: 'another horse' }
  await expect(house.anyone.call('useReset', { body })).rejects.toMatchObject({ code: 'not_available_now' })
  isFlooded = false
  await Promise.all(flood)
  await house.anyone.call('useReset', { body })
  expect((await signIn(house, ana.email, 'another horse')).status).toBe(200)
})

test('an open window hears nothing more once its account is signed out, shut out or has a new password', async () => {
  await using house = await openHouse()
  const [boss, ana, bo] = [await house.admin(), await house.member('Ana'), await house.member('Bo')]
  const { secret } = await bo.call('createToken', { body: { name: 'x', scopes: ['read', 'account'] } })
  const windowOf = async (headers: Record<string, string>) => {
    const socket = new WebSocket(`${house.address.replace('http', 'ws')}/api/me/live`, { headers })
    const closed = new Promise<number>((resolve) => socket.on('close', resolve))
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
    return { socket, closed }
  }
  const again = async () => {
    const answer = await signIn(house, ana.email, ana.password)
    return answer.headers
      .getSetCookie()
      .map((it) => it.split(';')[0])
      .join('; ')
  }

  const second = await again()
  const [first, other, bos] = [
    await windowOf({ cookie: ana.cookie }),
    await windowOf({ cookie: second }),
    await windowOf({ authorization: `Bearer ${secret}` }),
  ]
  await ana.call('changePassword', { body: { password: ana.password, newPassword: ana.password } })
  expect(await other.closed).toBe(1008)
  expect(first.socket.readyState).toBe(WebSocket.OPEN)
  await ana.call('signOut')
  expect(await first.closed).toBe(1008)
  expect(bos.socket.readyState).toBe(WebSocket.OPEN)
  await boss.call('suspendAccount', { params: { accountId: bo.id }, body: { reason: 'Floods.' } })
  expect(await bos.closed).toBe(1008)
})
