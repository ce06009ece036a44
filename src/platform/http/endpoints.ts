/** Endpoints: from a request to validated input, from a reply to JSON. */
import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { type AnyEndpoint, type Scope, scopeOf, type Who } from '../../contract/endpoint.ts'
import { isRefusal, refuse } from '../../contract/refusals.ts'
import { MIB, readAll } from '../../kit/bytes.ts'
import { askedOf, type Exchange } from './exchange.ts'
import type { Answer, RawAnswer, Route, Viewer } from './http.ts'
import { takeTurn } from './limits.ts'
import { PLATFORM_CODES, saysWrong } from './problems.ts'

const BODY_LIMIT_BYTES = MIB
/** A JSON body is small: one that has not come by then is being dribbled in to hold the connection. */
const BODY_TIME_MS = 30_000

interface Arrived {
  params: Record<string, string>
  query: URLSearchParams
  /** Check replies and refusals against the contract: for tests. */
  checkReplies: boolean
}

/** Answers one call of an endpoint. Throws refusals; anything else thrown is a fault. */
export async function answerEndpoint(route: Route, exchange: Exchange, arrived: Arrived): Promise<RawAnswer> {
  const { endpoint } = route
  const { app, viewer, request } = exchange
  refuseUnlessAllowed(endpoint.who, viewer)
  refuseOutOfScope(viewer, scopeOf(endpoint))
  if (endpoint.perMinute !== undefined) {
    await takeTurn(app, viewer, `${endpoint.method} ${endpoint.path}`, endpoint.perMinute)
  }
  const params = validated('address', endpoint.params, arrived.params)
  const query = validated('query', endpoint.query, endpoint.query ? Object.fromEntries(arrived.query) : undefined)
  const body = endpoint.body ? validBody(endpoint, await readJson(request)) : undefined
  const given = { params, query, body, asked: askedOf(exchange), viewer, answer: answerOf(exchange) }

  const reply = await checkedRefusals(endpoint, arrived.checkReplies, () => route.handle(app, given as never))
  if (!exchange.response.hasHeader('cache-control')) exchange.response.setHeader('cache-control', 'no-store')
  if (!endpoint.reply) return { status: 204 }
  if (arrived.checkReplies) assertReply(endpoint, reply)
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(reply),
    compress: true,
  }
}

function refuseUnlessAllowed(who: Who, viewer: Viewer): void {
  if (who === 'anyone') return
  if (viewer.accountId === undefined) refuse('sign_in_needed')
  if (who === 'moderator' && viewer.role === 'member') refuse('not_allowed')
  if (who === 'admin' && viewer.role !== 'admin') refuse('not_allowed')
}

/** A token does what it was made for and nothing else, whatever its account may. */
export function refuseOutOfScope(viewer: Viewer, scope: Scope): void {
  if (viewer.scopes && !viewer.scopes.includes(scope)) refuse('scope_missing', `needs the scope ${scope}`)
}

function validated(part: string, schema: z.ZodType | undefined, input: unknown): unknown {
  if (!schema) return undefined
  const result = schema.safeParse(input)
  if (!result.success) refuse('bad_request', saysWrong(part, input, result.error))
  return result.data
}

/** The body as the endpoint takes it. Refuses bad_request. */
export function validBody(endpoint: AnyEndpoint, input: unknown): unknown {
  return endpoint.quick?.(input) ?? validated('body', endpoint.body, input)
}

/** The body as JSON; undefined for none. Strict about its bytes: a broken character is refused, not replaced. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const length = request.headers['content-length']
  if ((length === undefined || length === '0') && request.headers['transfer-encoding'] === undefined) return undefined
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type)) refuse('content_type_unsupported', 'send application/json')
  if (Number(length) > BODY_LIMIT_BYTES) refuse('body_too_large', 'at most 1 MiB of JSON')
  const bytes = await readBody(request)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch (error) {
    return refuse('bad_request', error instanceof SyntaxError ? 'the body is not JSON' : 'the body is not UTF-8')
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const timer = setTimeout(() => request.destroy(), BODY_TIME_MS)
  try {
    // Iterating a request destroys it on an early exit, and with it the connection that should carry the refusal.
    return await readAll(request.iterator({ destroyOnReturn: false }), BODY_LIMIT_BYTES)
  } catch (error) {
    if (error instanceof RangeError) refuse('body_too_large', 'at most 1 MiB of JSON')
    return refuse('bad_request', 'the body did not arrive whole')
  } finally {
    clearTimeout(timer)
  }
}

/** Cookies and headers, set on the answer before it begins. */
function answerOf(exchange: Exchange): Answer {
  const { response } = exchange
  const cookie = (name: string, value: string, maxAgeSeconds: number) => {
    const secure = askedOf(exchange).origin.startsWith('https:') ? '; Secure' : ''
    response.appendHeader(
      'set-cookie',
      `${name}=${encodeURIComponent(value)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`,
    )
  }
  return {
    setCookie: (name, value, { maxAgeSeconds }) => cookie(name, value, maxAgeSeconds),
    clearCookie: (name) => cookie(name, '', 0),
    header: (name, value) => {
      response.setHeader(name, value)
    },
  }
}

/** With checking on, a refusal the endpoint does not list becomes a fault: the reference would not tell of it. */
async function checkedRefusals<T>(endpoint: AnyEndpoint, check: boolean, work: () => Promise<T>): Promise<T> {
  if (!check) return work()
  try {
    return await work()
  } catch (thrown) {
    const listed: readonly string[] = [...endpoint.refuses, ...PLATFORM_CODES]
    if (!isRefusal(thrown) || listed.includes(thrown.code)) throw thrown
    throw new Error(
      `${endpoint.method} ${endpoint.path} refuses with ${thrown.code}, which its contract does not list`,
      { cause: thrown },
    )
  }
}

function assertReply(endpoint: AnyEndpoint, reply: unknown): void {
  const result = endpoint.reply!.safeParse(reply)
  if (!result.success) {
    throw new Error(
      `${endpoint.method} ${endpoint.path} replies what its contract does not say: ${saysWrong('reply', reply, result.error)}`,
    )
  }
}
