/** The matrix: every endpoint of the contract, called by everybody there is. A new endpoint without a row fails here. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contract, type EndpointName } from '../../src/contract/contract.ts'
import { type AnyEndpoint, SCOPES, scopeOf } from '../../src/contract/endpoint.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, openHouse } from '../support/house.ts'
import { PEOPLE, type Person, rows, type World } from './matrix-rows.ts'

const endpoints = Object.entries(contract) as [EndpointName, AnyEndpoint][]

/** Codes of those who do not get past the door. */
const AT_DOOR = [
  'sign_in_needed',
  'not_allowed',
  'scope_missing',
  'token_invalid',
  'foreign_origin',
  'account_suspended',
  'fault',
]

/** Moved on with every call, so that limits of calls a minute are not what is met here. */
const clock = fakeClock()
let world: World
let house: House

beforeAll(async () => {
  house = await openHouse({ clock })
  const admin = await house.admin()
  const [stranger, viewer, editor, owner, moderator] = await Promise.all(
    ['Stranger', 'Viewer', 'Editor', 'Owner', 'Moderator'].map((name) => house.member(name)),
  )
  world = {
    house,
    members: { stranger: stranger!, viewer: viewer!, editor: editor!, owner: owner!, moderator: moderator!, admin },
  }
  // Nobody is new here: how much newcomers may do is another story.
  await house.app.db
    .updateTable('accounts')
    .set({ created_at: new Date('2020-01-01') })
    .execute()
  await house.app.db
    .updateTable('accounts')
    .set({ role: 'moderator' })
    .where('account_id', '=', moderator!.id)
    .execute()
  for (const role of ['viewer', 'editor'] as const) {
    const { handle } = owner!.channel
    await owner!.call('setTeamMember', {
      params: { handle, member: world.members[role].channel.handle },
      body: { role },
    })
    await world.members[role].call('acceptInvitation', { params: { handle } })
  }
})
afterAll(() => house.close())

/** The code of the answer: `yes` for success. */
async function outcome(
  name: EndpointName,
  headers: Record<string, string>,
  given: { params?: Record<string, string>; query?: Record<string, string>; body?: unknown },
): Promise<string> {
  clock.advance(3000)
  const { method, path } = contract[name] as AnyEndpoint
  const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(given.params?.[key] ?? 'zzzzzzzzzzzz'))
  const query = given.query ? `?${new URLSearchParams(given.query)}` : ''
  const answer = await fetch(`${house.address}/api${filled}${query}`, {
    method,
    headers: { ...headers, ...(given.body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
  })
  if (answer.ok) {
    await answer.arrayBuffer()
    return 'yes'
  }
  return ((await answer.json()) as { code: string }).code
}

const headersOf = (who: Person): Record<string, string> =>
  who === 'anonymous' ? {} : { cookie: world.members[who].cookie, 'sec-fetch-site': 'same-origin' }

test('every endpoint has its row, and every row an endpoint', () => {
  expect(Object.keys(rows).sort()).toEqual(endpoints.map(([name]) => name).sort())
})

test('the door: who must sign in, and what is for staff', async () => {
  const expected: Record<string, Person[]> = {
    open: [...PEOPLE],
    own: PEOPLE.filter((it) => it !== 'anonymous'),
    staff: ['moderator', 'admin'],
    admin: ['admin'],
  }
  const wrong: string[] = []
  for (const [name] of endpoints) {
    const row = rows[name]
    if (typeof row !== 'string') continue
    for (const who of PEOPLE) {
      // Whoever signs out is nobody afterwards: of this one it is enough that nobody may.
      if (name === 'signOut' && who !== 'anonymous') continue
      // Without a body and with an id of nothing: who is let in is told that it is wrong, and nothing is done.
      const code = await outcome(name, headersOf(who), {})
      const refused = who === 'anonymous' ? code === 'sign_in_needed' : code === 'not_allowed'
      const expectedIn = expected[row]!.includes(who)
      if (expectedIn ? AT_DOOR.includes(code) : !refused) wrong.push(`${name} by ${who}: ${code}`)
    }
  }
  expect(wrong).toEqual([])
}, 120_000)

test('things: who sees and changes what belongs to whom', async () => {
  const wrong: string[] = []
  let calls = 0
  for (const [name] of endpoints) {
    const row = rows[name]
    if (row === undefined || typeof row === 'string') continue
    for (const who of PEOPLE) {
      const code = await outcome(name, headersOf(who), await row.make(world))
      calls++
      if (code !== row.gets[who]) wrong.push(`${name} by ${who}: ${code}, not ${row.gets[who]}`)
    }
  }
  expect(wrong).toEqual([])
  expect(calls).toBeGreaterThan(200)
}, 300_000)

test('a token without the scope is refused everywhere, whoever made it', async () => {
  const { admin } = world.members
  const wrong: string[] = []
  for (const missing of SCOPES) {
    const { secret } = await admin.call('createToken', {
      body: { name: missing, scopes: SCOPES.filter((it) => it !== missing) },
    })
    for (const [name, endpoint] of endpoints) {
      if (scopeOf(endpoint) !== missing) continue
      const code = await outcome(name, { authorization: `Bearer ${secret}` }, {})
      // Without the staff's scope a token is that of a plain member.
      if (code !== 'scope_missing' && !(missing === 'staff' && code === 'not_allowed')) wrong.push(`${name}: ${code}`)
    }
  }
  expect(wrong).toEqual([])
}, 120_000)

test('whoever is suspended is let in nowhere that needs an account', async () => {
  const gone = await house.member('Gone')
  const { secret } = await gone.call('createToken', { body: { name: 'kept', scopes: [...SCOPES] } })
  await world.members.moderator.call('suspendAccount', { params: { accountId: gone.id }, body: { reason: 'Floods.' } })
  const wrong: string[] = []
  for (const [name, endpoint] of endpoints) {
    if (endpoint.who === 'anyone') continue
    for (const headers of [
      { cookie: gone.cookie, 'sec-fetch-site': 'same-origin' },
      { authorization: `Bearer ${secret}` },
    ] as Record<string, string>[]) {
      const code = await outcome(name, headers, {})
      if (!['sign_in_needed', 'account_suspended', 'token_invalid'].includes(code)) wrong.push(`${name}: ${code}`)
    }
  }
  expect(wrong).toEqual([])
}, 120_000)
