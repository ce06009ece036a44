/** One request and its answer, from the first header to the log line. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRefusal, Refusal } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import type { App } from '../app.ts'
import { metric } from '../meter.ts'
import { writeAnswer } from './answers.ts'
import { setSecurityHeaders } from './headers.ts'
import type { Asked, RawAnswer, Viewer } from './http.ts'
import { SESSION_COOKIE } from './http.ts'
import { faultAnswer, refusalAnswer } from './problems.ts'
import { addressOf, nobody, originOf, readCookie } from './viewer.ts'

const requestsAnswered = metric({
  kind: 'counter',
  name: 'http_requests_total',
  says: 'Requests answered, by route, method and class of status (2xx, 4xx, ...; gone where the client left first).',
  labels: ['route', 'method', 'status'],
})
const requestSeconds = metric({
  kind: 'histogram',
  name: 'http_request_seconds',
  says: 'Time from the head of a request to the end of its answer.',
  labels: ['route'],
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
})
const faultsSeen = metric({
  kind: 'counter',
  name: 'http_faults_total',
  says: 'Requests that failed by our own mistake.',
  labels: ['route'],
})
const requestsRefused = metric({
  kind: 'counter',
  name: 'http_refused_total',
  says: 'Requests that were refused, by route and code of the refusal.',
  labels: ['route', 'code'],
})

export interface Exchange {
  /** The app with the request id on its log lines. */
  readonly app: App
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  /** Address of the caller. */
  readonly address: string
  /** The target up to the query, undecoded. */
  readonly path: string
  readonly startedMs: number
  readonly signal: AbortSignal
  /** Pattern of the route that was found: a label, so it comes from a fixed set. */
  route: string
  /** Requests for media and assets are many and alike: their lines are for debugging only. */
  quiet: boolean
  viewer: Viewer
}

/** Begins an exchange: names it, sets the headers every answer has, and sees to the log line at its end. */
export function beginExchange(
  app: App,
  request: IncomingMessage,
  response: ServerResponse,
  draining: boolean,
): Exchange {
  const requestId = idOf(app, request)
  const path = pathOf(request)
  const gone = new AbortController()
  const address = addressOf(request, app.config['http.trust_proxy'])
  const exchange: Exchange = {
    app: { ...app, log: app.log.child({ requestId }) },
    request,
    response,
    requestId,
    address,
    path,
    startedMs: performance.now(),
    signal: gone.signal,
    route: 'none',
    quiet: false,
    viewer: nobody(address),
  }
  response.setHeader('x-request-id', requestId)
  setSecurityHeaders(response, path, app.config['http.public_address'].startsWith('https:'))
  if (draining) response.setHeader('connection', 'close')
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
    tell(exchange)
  })
  return exchange
}

/** The name of a request: what a trusted proxy calls it, or a new one. */
export function idOf(app: App, request: IncomingMessage): string {
  const given = app.config['http.trust_proxy'] ? request.headers['x-request-id'] : undefined
  return typeof given === 'string' && /^[A-Za-z0-9._-]{8,64}$/.test(given) ? given : nextRequestId()
}

// They need not be secret, only different: a word of this process and a count.
const PROCESS_WORD = newId(9)
let requestCount = 0

/** Sixteen letters and digits that no other request has. */
export function nextRequestId(): string {
  requestCount++
  return PROCESS_WORD + requestCount.toString(36).padStart(7, '0')
}

export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split(/[?#]/, 1)[0]!
}

/** The figures of an answer without an exchange: one of very many that are all alike. */
export function noteAnswered(app: App, route: string, method: string, startedMs: number): void {
  app.meter.count(requestsAnswered, { route, method, status: '2xx' })
  app.meter.observe(requestSeconds, { route }, (performance.now() - startedMs) / 1000)
}

/** The one line per request, and its figures. Queries stay out of it, and grants: they open doors. */
function tell(exchange: Exchange): void {
  const { app, request, response, route } = exchange
  const durationMs = Math.round((performance.now() - exchange.startedMs) * 10) / 10
  const finished = response.writableFinished
  const status = finished ? `${Math.floor(response.statusCode / 100)}xx` : 'gone'
  app.meter.count(requestsAnswered, { route, method: request.method ?? 'GET', status })
  app.meter.observe(requestSeconds, { route }, durationMs / 1000)
  const facts = {
    method: request.method,
    path: exchange.path.replace(/^\/t\/[^/]*/, '/t/-').slice(0, 300),
    route,
    status: finished ? response.statusCode : 'gone',
    durationMs,
    ...(exchange.viewer.accountId === undefined ? {} : { accountId: exchange.viewer.accountId }),
  }
  if (exchange.quiet && response.statusCode < 500) app.log.debug(facts, 'request')
  else app.log.info(facts, 'request')
}

/** What handlers are told of the request. */
export function askedOf(exchange: Exchange): Asked {
  const { request } = exchange
  return {
    viewer: exchange.viewer,
    requestId: exchange.requestId,
    origin: originOf(exchange.app, request),
    address: exchange.address,
    headers: request.headers as Record<string, string | undefined>,
    session: readCookie(request.headers.cookie, SESSION_COOKIE),
    signal: exchange.signal,
  }
}

/** Runs the work of one request and writes its answer: a refusal as the problem it is, anything else thrown as a fault. Never rejects. */
export async function conduct(exchange: Exchange, work: () => Promise<RawAnswer>): Promise<void> {
  const { request, response } = exchange
  try {
    await writeAnswer(request, response, await work())
  } catch (thrown) {
    const refusal = isRefusal(thrown) ? thrown : undefined
    if (refusal) exchange.app.meter.count(requestsRefused, { route: exchange.route, code: refusal.code })
    else noteFault(exchange, thrown)
    if (response.headersSent) {
      // The answer broke half way: cutting the connection is the only way left to say so.
      response.destroy()
      return
    }
    forgetAnswer(response)
    const answer = refusal ? refusalAnswer(refusal, exchange.requestId) : faultAnswer(exchange.requestId)
    await writeAnswer(request, response, answer).catch(() => response.destroy())
  }
}

/** Headers of the answer that did not come about must not describe the problem document. */
function forgetAnswer(response: ServerResponse): void {
  for (const name of [
    'content-length',
    'content-encoding',
    'content-type',
    'etag',
    'cache-control',
    'last-modified',
    'accept-ranges',
    'content-range',
  ]) {
    response.removeHeader(name)
  }
}

function noteFault(exchange: Exchange, thrown: unknown): void {
  // Work that was cut short because the client left is no fault.
  if (exchange.signal.aborted && isLeaving(thrown)) return
  exchange.app.meter.count(faultsSeen, { route: exchange.route })
  exchange.app.log.error({ err: thrown, route: exchange.route }, 'fault')
}

/** How work ends whose client has left. */
function isLeaving(thrown: unknown): boolean {
  const { name, code } = (thrown ?? {}) as { name?: string; code?: string }
  return (
    name === 'AbortError' || ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE', 'ABORT_ERR'].includes(code ?? '')
  )
}

export function methodNotAllowed(allowed: string[]): Refusal {
  return new Refusal('method_not_allowed', `allowed: ${allowed.join(', ')}`, { allow: allowed.join(', ') })
}
