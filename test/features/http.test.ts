/** The way in: what the server does with requests before any feature sees them. */

import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { endpoint, type Who } from '../../src/contract/endpoint.ts'
import { refuse } from '../../src/contract/refusals.ts'
import { text } from '../../src/contract/shapes.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import type { AnyRoute, RawRoute } from '../../src/platform/http/http.ts'
import { openServer, route, SESSION_COOKIE, sayPlainly, told } from './server.ts'

const note = endpoint({
  says: 'Takes a note.',
  method: 'POST',
  path: '/notes/:noteId',
  who: 'anyone',
  params: z.object({ noteId: z.string().regex(/^\d+$/, 'is not a number') }),
  query: z.object({ limit: z.coerce.number().int().min(1).max(9).default(3) }),
  body: z.object({
    title: text(1, 10),
    tags: z.array(z.string()).max(2).default([]),
    colour: z.enum(['red', 'blue']).optional(),
  }),
  reply: z.object({ noteId: z.string(), title: z.string(), limit: z.number() }),
  refuses: ['quota_exceeded'],
})
const noteRoute = route(note, async (_app, { params, query, body }) => ({
  noteId: params.noteId,
  title: body.title,
  limit: query.limit,
}))

function say(
  path: string,
  who: Who,
  reply: () => unknown,
  more: { method?: 'GET' | 'POST'; perMinute?: number } = {},
): AnyRoute {
  const it = endpoint({
    says: 'Says something.',
    method: 'GET',
    path,
    who,
    reply: z.object({ said: z.string() }),
    refuses: ['quota_exceeded'],
    ...more,
  })
  return route(it, async () => reply() as { said: string })
}

function raw(path: string, handle: RawRoute['handle'], more: Partial<RawRoute> = {}): RawRoute {
  return { kind: 'raw', methods: ['GET', 'HEAD'], path, says: 'For this test.', handle, ...more }
}

test('an endpoint is given what its contract says and nothing else', async () => {
  await using server = await openServer([noteRoute])

  const answer = await server.send('/api/notes/7?limit=4&other=1', { title: '  hello ', surplus: true })

  expect(answer.status).toBe(200)
  expect(await told(answer)).toEqual({ noteId: '7', title: 'hello', limit: 4 })
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

test('what is wrong with an input is said in plain words, field by field', async () => {
  await using server = await openServer([noteRoute])
  const cases: [string, unknown, string][] = [
    ['/api/notes/7', { title: 'a much longer title' }, 'body.title: is longer than 10 characters'],
    ['/api/notes/7', { title: '   ' }, 'body.title: must not be empty'],
    ['/api/notes/7', {}, 'body.title: is missing'],
    ['/api/notes/7', { title: 4 }, 'body.title: must be a text'],
    ['/api/notes/7', { title: 'a\u0000b' }, 'body.title: holds control characters'],
    ['/api/notes/7', '{"title":"\\ud800"}', 'body.title: is not well-formed Unicode'],
    ['/api/notes/7', { title: 'a', tags: ['1', '2', '3'] }, 'body.tags: is more than 2 items'],
    ['/api/notes/7', { title: 'a', colour: 'green' }, 'body.colour: must be one of red, blue'],
    ['/api/notes/x', { title: 'a' }, 'address.noteId: is not a number'],
    ['/api/notes/7?limit=10', { title: 'a' }, 'query.limit: is more than 9'],
    ['/api/notes/7', [1], 'body: must be an object'],
    ['/api/notes/7', 'nonsense', 'the body is not JSON'],
    ['/api/notes/7', '', 'body: is missing'],
    ['/api/notes/7', Buffer.from([0x22, 0xc3, 0x28, 0x22]), 'the body is not UTF-8'],
  ]
  for (const [path, body, detail] of cases) {
    const answer = await server.send(path, body)
    const problem = await told(answer)
    expect([answer.status, problem.code, problem.detail]).toEqual([400, 'bad_request', detail])
  }
})

test('bodies of other types and beyond a mebibyte are refused, declared or not', async () => {
  await using server = await openServer([noteRoute])
  const big = `{"title":"${'a'.repeat(1_100_000)}"}`

  const typed = await server.send('/api/notes/7', 'title=a', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  const declared = await server.send('/api/notes/7', big)
  const chunked = await server.get('/api/notes/7', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Readable.toWeb(
      Readable.from([big.slice(0, 600_000), big.slice(600_000)].map((it) => Buffer.from(it))),
    ) as never,
    duplex: 'half',
  } as RequestInit)

  expect([typed.status, (await told(typed)).code]).toEqual([415, 'content_type_unsupported'])
  expect([declared.status, (await told(declared)).code]).toEqual([413, 'body_too_large'])
  expect([chunked.status, (await told(chunked)).code]).toEqual([413, 'body_too_large'])
})

test('a refusal is a problem document with its headers and request id', async () => {
  await using server = await openServer([
    say('/full', 'anyone', () => refuse('quota_exceeded', 'three bytes too many', { 'x-left': '0' })),
  ])

  const answer = await server.get('/api/full')

  expect(answer.status).toBe(413)
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(answer.headers.get('x-left')).toBe('0')
  expect(await told(answer)).toEqual({
    type: '/api/docs#quota_exceeded',
    title: 'This file does not fit into the space your account has left.',
    status: 413,
    code: 'quota_exceeded',
    detail: 'three bytes too many',
    requestId: answer.headers.get('x-request-id'),
  })
})

test('a fault tells the caller nothing but its request id, and is logged once and counted', async () => {
  const broken = () => {
    throw new Error('the secret ingredient')
  }
  await using server = await openServer([say('/broken', 'anyone', broken)])

  const answer = await server.get('/api/broken')
  const body = await answer.text()

  expect(answer.status).toBe(500)
  expect(body).not.toContain('secret')
  expect(JSON.parse(body)).toMatchObject({ code: 'fault', status: 500, requestId: answer.headers.get('x-request-id') })
  const faults = server.lines.filter((line) => line.message === 'fault')
  expect(faults).toHaveLength(1)
  expect(faults[0]).toMatchObject({ level: 'error', facts: { requestId: answer.headers.get('x-request-id') } })
  const metrics = await (await server.get('/metrics')).text()
  expect(metrics).toMatch(/http_faults_total\{route="\/api\/broken"\} 1/)
})

test('replies and refusals that the contract does not promise are faults where they are checked', async () => {
  await using server = await openServer([
    say('/odd', 'anyone', () => ({ said: 1 })),
    say('/unlisted', 'anyone', () => refuse('video_failed')),
  ])

  expect((await server.get('/api/odd')).status).toBe(500)
  expect((await server.get('/api/unlisted')).status).toBe(500)
  expect(server.lines.filter((line) => line.message === 'fault')).toHaveLength(2)
})

test('unknown addresses are not found; known ones say which methods they take', async () => {
  await using server = await openServer([noteRoute, say('/spoken', 'anyone', () => ({ said: 'yes' }))])

  const unknown = await server.get('/api/nothing')
  const outside = await server.get('/nothing')
  const wrong = await server.get('/api/notes/7', { method: 'DELETE' })
  const head = await server.get('/api/spoken', { method: 'HEAD' })

  expect([unknown.status, (await told(unknown)).code]).toEqual([404, 'not_found'])
  expect([outside.status, (await told(outside)).code]).toEqual([404, 'not_found'])
  expect([wrong.status, (await told(wrong)).code, wrong.headers.get('allow')]).toEqual([
    405,
    'method_not_allowed',
    'POST',
  ])
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '14', ''])
})

test('a page for whatever is left over hides neither the API nor the files', async () => {
  const pages = ['/robots.txt', '/:at', '/*'].map((path) =>
    raw(path, async () => ({ status: 404, body: `page of ${path}` })),
  )
  await using server = await openServer([noteRoute, ...pages])

  expect(await (await server.get('/a/b')).text()).toBe('page of /*')
  expect(await (await server.get('/robots.txt')).text()).toBe('page of /robots.txt')
  expect((await server.get('/api/nothing', { method: 'DELETE' })).status).toBe(404)
  expect((await server.get('/api/nothing')).headers.get('content-type')).toContain('problem+json')
  const wrong = await server.get('/api/notes/7')
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
})

test('endpoints let in whom their contract names', async () => {
  const whos: Who[] = ['anyone', 'member', 'moderator', 'admin']
  await using server = await openServer(whos.map((who) => say(`/${who}`, who, () => ({ said: who }))))
  const seen: Record<string, (number | string)[]> = {}
  for (const role of ['nobody', 'member', 'moderator', 'admin']) {
    const answers = await Promise.all(
      whos.map((who) => server.get(`/api/${who}`, { headers: { cookie: `a=b; ${SESSION_COOKIE}=${role}` } })),
    )
    seen[role] = answers.map((it) => it.status)
  }

  expect(seen).toEqual({
    nobody: [200, 401, 401, 401],
    member: [200, 200, 403, 403],
    moderator: [200, 200, 200, 403],
    admin: [200, 200, 200, 200],
  })
})

test('a token that is worth nothing is refused everywhere, a cookie that is worth nothing is just nobody', async () => {
  await using server = await openServer([say('/open', 'anyone', () => ({ said: 'open' }))])

  const token = await server.get('/api/open', { headers: { authorization: 'Bearer vst_nonsense' } })
  const cookie = await server.get('/api/open', { headers: { cookie: `${SESSION_COOKIE}=nonsense` } })

  expect([token.status, (await told(token)).code]).toEqual([401, 'token_invalid'])
  expect(cookie.status).toBe(200)
})

test('limits count per account and per address prefix, and say when to come back', async () => {
  const clock = fakeClock()
  const limited = say('/limited', 'anyone', () => ({ said: 'ok' }), { perMinute: 3 })
  await using server = await openServer([limited], { clock, settings: { 'http.trust_proxy': true } })
  const from = (address: string, cookie = '') =>
    server.get('/api/limited', { headers: { 'x-forwarded-for': address, cookie } })

  const statuses = []
  for (let i = 0; i < 4; i++) statuses.push((await from('192.0.2.1')).status)
  const refused = await from('192.0.2.99')
  const elsewhere = await from('192.0.3.1')
  const member = await from('192.0.2.1', `${SESSION_COOKIE}=member-a`)
  const lied = await from('203.0.113.9, 192.0.2.1')

  expect(statuses).toEqual([200, 200, 200, 429])
  expect([refused.status, (await told(refused)).code]).toEqual([429, 'too_many'])
  const seconds = Number(refused.headers.get('retry-after'))
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual(60)
  expect([elsewhere.status, member.status]).toEqual([200, 200])
  expect(lied.status).toBe(429)
  clock.advance(seconds * 1000)
  expect((await from('192.0.2.1')).status).toBe(200)
})

test('what is changed in the name of a cookie must come from our own pages', async () => {
  const change = say('/change', 'anyone', () => ({ said: 'changed' }), { method: 'POST' })
  await using server = await openServer([change, say('/look', 'anyone', () => ({ said: 'seen' }))])
  const cookie = `${SESSION_COOKIE}=member`
  const post = async (headers: Record<string, string>) =>
    (await server.get('/api/change', { method: 'POST', headers })).status

  expect(await post({ cookie })).toBe(403)
  expect(await post({ cookie, 'sec-fetch-site': 'cross-site' })).toBe(403)
  expect(await post({ cookie, 'sec-fetch-site': 'same-site' })).toBe(403)
  expect(await post({ cookie, 'sec-fetch-site': 'cross-site', origin: server.address })).toBe(403)
  expect(await post({ cookie, origin: 'http://evil.example' })).toBe(403)
  expect(await post({ cookie, origin: 'null' })).toBe(403)
  expect(await post({ origin: 'http://evil.example' })).toBe(403)

  expect(await post({ cookie, 'sec-fetch-site': 'same-origin' })).toBe(200)
  expect(await post({ cookie, 'sec-fetch-site': 'none' })).toBe(200)
  expect(await post({ cookie, origin: server.address })).toBe(200)
  expect(await post({ authorization: 'Bearer member', origin: 'http://evil.example' })).toBe(200)
  expect(await post({})).toBe(200)
  expect((await server.get('/api/look', { headers: { cookie, 'sec-fetch-site': 'cross-site' } })).status).toBe(200)
})

test('behind a proxy that changes the host our pages are those of the public address', async () => {
  const change = say('/change', 'anyone', () => ({ said: 'changed' }), { method: 'POST' })
  await using server = await openServer([change], { settings: { 'http.public_address': 'https://video.example' } })
  const post = (origin: string) =>
    server.get('/api/change', { method: 'POST', headers: { cookie: `${SESSION_COOKIE}=member`, origin } })

  const own = await post('https://video.example')
  expect([own.status, own.headers.get('strict-transport-security')]).toEqual([200, 'max-age=31536000'])
  expect((await post('http://video.example')).status).toBe(403)
  expect((await post('https://video.example.evil')).status).toBe(403)
})

test('every answer carries the headers that bind browsers, and only embeds may be framed by others', async () => {
  const page = raw('/embed/:id', async () => ({ status: 200, body: 'player' }), { anonymous: true })
  await using server = await openServer([page])

  for (const path of ['/api/nothing', '/healthz', '/api/docs']) {
    const { headers } = await server.get(path)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN')
    expect(headers.get('content-security-policy')).toContain("script-src 'self';")
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'self'")
    expect(headers.get('x-request-id')).toMatch(/^\w{16}$/)
  }
  const embed = await server.get('/embed/abc')
  expect(embed.headers.get('x-frame-options')).toBeNull()
  expect(embed.headers.get('content-security-policy')).toContain('frame-ancestors *')
})

test('one line is logged per request, without queries and grants', async () => {
  const media = raw('/t/*', async () => ({ status: 200, body: 'segment' }), { anonymous: true })
  await using server = await openServer([say('/open', 'anyone', () => ({ said: 'open' })), media])

  await (await server.get('/api/open?token=secret', { headers: { cookie: `${SESSION_COOKIE}=member` } })).text()
  await (await server.get('/t/secret/videos/x/1.m4s')).text()
  await wait(20)

  expect(
    server.lines.map(({ level, message, facts }) => [level, message, facts.path, facts.status, facts.accountId]),
  ).toEqual([
    ['info', 'request', '/api/open', 200, 'member'],
    ['debug', 'request', '/t/-/videos/x/1.m4s', 200, undefined],
  ])
})

test('hosts that are none and heads that are too large are refused', async () => {
  await using server = await openServer([say('/open', 'anyone', () => ({ said: 'open' }))])

  const host = await sayPlainly(
    server.served.port,
    'GET /api/open HTTP/1.1\r\nHost: a"><b\r\nConnection: close\r\n\r\n',
  )
  const large = await sayPlainly(
    server.served.port,
    `GET /api/open HTTP/1.1\r\nHost: a\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`,
  )
  const garbage = await sayPlainly(server.served.port, 'HELLO\r\n\r\n')

  expect(host).toContain('"code":"bad_request"')
  expect(large).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/)
  expect(garbage).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  for (const [answer, code] of [
    [large, 'head_too_large'],
    [garbage, 'bad_request'],
  ] as const) {
    const [head, body] = answer.split('\r\n\r\n')
    expect(head).toContain('content-type: application/problem+json')
    expect(JSON.parse(body!)).toMatchObject({ code, requestId: expect.any(String) })
  }
})

test('figures are told to this machine and to administrators only', async () => {
  await using server = await openServer([], { settings: { 'http.trust_proxy': true } })
  const afar = { 'x-forwarded-for': '192.0.2.1' }

  expect((await server.get('/metrics')).status).toBe(200)
  expect((await server.get('/metrics', { headers: afar })).status).toBe(403)
  expect((await server.get('/metrics', { headers: { ...afar, cookie: `${SESSION_COOKIE}=member` } })).status).toBe(403)
  expect((await server.get('/metrics', { headers: { ...afar, cookie: `${SESSION_COOKIE}=admin` } })).status).toBe(200)
})

test('the API explains itself to machines and to people', async () => {
  await using server = await openServer([])

  const json = await told(await server.get('/api/openapi.json'))
  const page = await (await server.get('/api/docs')).text()

  expect(json.openapi).toBe('3.1.0')
  expect(Object.keys(json.paths).length).toBeGreaterThan(10)
  expect(
    json.paths['/videos/{videoId}'].patch.requestBody.content['application/json'].schema.properties.title,
  ).toMatchObject({ type: 'string' })
  expect(page).toContain('id="signUp"')
  expect(page).toContain('id="video_not_found"')
  expect(page).not.toContain('<script')
})
