/**
 * The short way for small reports that come by the ten thousand: a request for an endpoint that is marked `swift`, with a short
 * JSON body of known length, is read, checked and answered without the framework and without a context of its own. Whatever is
 * unusual about a request, and every refusal, takes the long way, which does the same at length.
 */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { scopeOf } from '../../contract/endpoint.ts'
import { refuse } from '../../contract/refusals.ts'
import type { App } from '../app.ts'
import { refuseOutOfScope, validBody } from './endpoints.ts'
import { beginExchange, conduct, idOf, noteAnswered } from './exchange.ts'
import type { Answer, Asked, KnowViewer, Route, Viewer } from './http.ts'
import { SESSION_COOKIE } from './http.ts'
import { takeTurn } from './limits.ts'
import { addressOf, findViewer, originOf, readCookie, refuseForeignOrigin, strangerOf } from './viewer.ts'

/** What is longer is no small report. */
const MOST_BYTES = 64 * 1024
/** A body that has begun to come must be here by then; one that never begins is cut with its idle connection. */
const BODY_TIME_MS = 30_000
const NEVER = new AbortController().signal
const NO_CONTENT = 204
const NOTHING = Buffer.alloc(0)

/** Takes a request the short way; false for one that must take the long way, of which nothing was read. */
export type TakeSwiftly = (request: IncomingMessage, response: ServerResponse) => boolean

export function openSwift(
  app: App,
  routes: readonly Route[],
  knowViewer: KnowViewer,
  isDraining: () => boolean,
): TakeSwiftly {
  const swift = new Map(routes.map((it) => [`/api${it.endpoint.path}`, it]))
  return (request, response) => {
    const route = swift.get(request.url!)
    if (!route || route.endpoint.method !== request.method || isDraining()) return false
    const { headers } = request
    const length = Number(headers['content-length'] ?? 0)
    if (!(length > 0 && length <= MOST_BYTES) || headers['content-type'] !== 'application/json') return false
    void take(app, route, knowViewer, request, response)
    return true
  }
}

async function take(
  app: App,
  route: Route,
  knowViewer: KnowViewer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startedMs = performance.now()
  const { endpoint } = route
  const path = `/api${endpoint.path}`
  const address = addressOf(request, app.config['http.trust_proxy'])
  let viewer: Viewer | undefined
  try {
    const arriving = readBody(request)
    // Both may fail; the one that is awaited later must not count as unheard.
    arriving.catch(() => {})
    refuseForeignOrigin(app, request)
    viewer = strangerOf(app, request, address) ?? (await findViewer(app, knowViewer, request, address))
    refuseOutOfScope(viewer, scopeOf(endpoint))
    if (endpoint.perMinute !== undefined)
      await takeTurn(app, viewer, `${endpoint.method} ${endpoint.path}`, endpoint.perMinute)
    const body = validBody(endpoint, parse(await arriving))
    const requestId = idOf(app, request)
    const asked = askedOf(app, request, { viewer, requestId, address })
    await route.handle(app, { params: undefined, query: undefined, body, asked, viewer, answer: NO_ANSWER } as never)
    const headers = ['x-request-id', requestId, 'x-content-type-options', 'nosniff', 'cache-control', 'no-store']
    response.writeHead(NO_CONTENT, headers).end()
    noteAnswered(app, path, endpoint.method, startedMs)
  } catch (thrown) {
    const exchange = beginExchange(app, request, response, false)
    exchange.route = path
    if (viewer) exchange.viewer = viewer
    await conduct(exchange, async () => {
      throw thrown
    })
  }
}

/** Reports are answered with nothing. */
const NO_ANSWER: Answer = { setCookie: none, clearCookie: none, header: none }
function none(): never {
  throw new Error('an endpoint on the short way sets no headers')
}

/** What few handlers ask for is looked up when one does. */
function askedOf(app: App, request: IncomingMessage, known: Pick<Asked, 'viewer' | 'requestId' | 'address'>): Asked {
  return {
    ...known,
    headers: request.headers as Asked['headers'],
    get origin() {
      return originOf(app, request)
    },
    get session() {
      return readCookie(request.headers.cookie, SESSION_COOKIE)
    },
    signal: NEVER,
  }
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined
    let others: Buffer[] | undefined
    let timer: NodeJS.Timeout | undefined
    request.on('data', (chunk: Buffer) => {
      // Nearly all come whole, in the packet of their head, and need neither a list nor a timer.
      if (!first) first = chunk
      else if (others) others.push(chunk)
      else others = [chunk]
      if (!request.complete) timer ??= setTimeout(() => request.destroy(), BODY_TIME_MS)
    })
    request.on('end', () => {
      clearTimeout(timer)
      resolve(others ? Buffer.concat([first!, ...others]) : (first ?? NOTHING))
    })
    request.on('close', () => {
      clearTimeout(timer)
      if (!request.complete) reject(brokenOff())
    })
    request.on('error', () => {})
  })
}

function brokenOff(): unknown {
  try {
    return refuse('bad_request', 'the body did not arrive whole')
  } catch (refusal) {
    return refusal
  }
}

function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return refuse('bad_request', 'the body is not UTF-8')
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return refuse('bad_request', 'the body is not JSON')
  }
}
