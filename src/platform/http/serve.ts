/**
 * The adapter of HTTP on Fastify: mounts routes, keeps limits of time and size, closes without dropping an answer. The
 * framework finds the route; bodies, answers, refusals and headers are ours (exchange, endpoints, raw, sockets).
 */
import { createServer } from 'node:http'
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { refuse } from '../../contract/refusals.ts'
import type { App } from '../app.ts'
import { apiDocRoutes } from './api-docs.ts'
import { assetRoutes } from './assets.ts'
import { answerEndpoint, refuseOutOfScope } from './endpoints.ts'
import { beginExchange, conduct, type Exchange, methodNotAllowed } from './exchange.ts'
import { healthRoutes } from './health.ts'
import type { AnyRoute, KnowViewer, RawRoute, Route, SocketRoute } from './http.ts'
import { frameworkRefusal } from './problems.ts'
import { answerRaw } from './raw.ts'
import { openSharedAnswers, type SharedAnswers } from './shared-answers.ts'
import { openSockets } from './sockets.ts'
import { openSwift } from './swift.ts'
import { answerUnread } from './unread.ts'
import { findViewer, refuseForeignOrigin } from './viewer.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
/** The head of a request must be here by then (slow loris). */
const HEADERS_TIME_MS = 15_000
/** A connection on which nothing moves, either way, for so long is cut. Uploads and media move. */
const IDLE_SOCKET_MS = 120_000
/** Longer than the idle time of the usual proxies, so that they and not we close an idle connection. */
const KEEP_ALIVE_MS = 75_000
/** Time given to running answers when closing. */
const DRAIN_MS = 8_000

export interface ServeOptions {
  routes: AnyRoute[]
  knowViewer: KnowViewer
  host: string
  port: number
  /** The built web: its `assets/` and the files beside it are served; pages come from routes. */
  webFolder?: string
  /** Turn replies and refusals that the contract does not promise into faults: for tests. */
  checkReplies?: boolean
}

export interface Served {
  /** Such as `http://localhost:8080`. */
  address: string
  port: number
  /** Stops accepting, lets running answers end for some seconds, cuts what is left. */
  close(): Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange
  }
}

export async function serveHttp(app: App, options: ServeOptions): Promise<Served> {
  let draining = false
  const endpoints = options.routes.filter((it): it is Route => it.kind === 'endpoint')
  const swiftly = openSwift(
    app,
    endpoints.filter((it) => it.endpoint.swift),
    options.knowViewer,
    () => draining,
  )
  const server = fastify({
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 4000, caseSensitive: true, ignoreTrailingSlash: false },
    serverFactory: (atLength) => {
      const limits = { maxHeaderSize: 16 * 1024, headersTimeout: HEADERS_TIME_MS, connectionsCheckingInterval: 5_000 }
      const made = createServer({ ...limits, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 })
      made.setTimeout(IDLE_SOCKET_MS)
      return made.on('request', (request, response) => {
        if (!swiftly(request, response)) atLength(request, response)
      })
    },
    clientErrorHandler: (error, socket) => answerUnread(app, error, socket),
    frameworkErrors: (error, request, reply) => {
      reply.hijack()
      const exchange = beginExchange(app, request.raw, reply.raw, draining)
      void conduct(exchange, async () => {
        throw frameworkRefusal(error) ?? error
      })
    },
  })
  server.removeAllContentTypeParsers()
  // Bodies are left on the wire: whoever handles the route reads them, as JSON or as a stream.
  server.addContentTypeParser('*', (_request, _payload, done) => done(null))
  server.decorateRequest('exchange')
  server.addHook('onRequest', (request, reply, done) => {
    request.exchange = beginExchange(app, request.raw, reply.raw, draining)
    done()
  })
  server.setErrorHandler((error: { statusCode?: number; code?: string }, request, reply) => {
    reply.hijack()
    void conduct(request.exchange, async () => {
      throw frameworkRefusal(error) ?? error
    })
  })

  const shared = openSharedAnswers(app)
  const builtIn = [...healthRoutes(() => draining), ...apiDocRoutes(), ...assetRoutes(options.webFolder)]
  const taken = new Set(options.routes.flatMap((it) => (it.kind === 'raw' ? [it.path] : [])))
  const routes = [...options.routes, ...builtIn.filter((it) => !taken.has(it.path))]
  const mounted = routes.filter((it) => it.kind !== 'socket').map((it) => mount(app, server, shared, it, options))
  const nothingHere = (request: FastifyRequest, reply: FastifyReply) =>
    answer(request, reply, 'none', async () => refuseUnknown(mounted, request.exchange))
  server.route({ method: [...METHODS], url: '/api/*', handler: nothingHere })
  server.setNotFoundHandler(nothingHere)
  const sockets = openSockets(
    app,
    server.server,
    options.knowViewer,
    routes.filter((it): it is SocketRoute => it.kind === 'socket'),
  )

  await server.listen({ host: options.host, port: options.port })
  const bound = server.server.address()
  const port = typeof bound === 'object' && bound ? bound.port : options.port
  return {
    address: `http://${sayHost(options.host)}:${port}`,
    port,
    close: async () => {
      draining = true
      sockets.close()
      shared.close()
      // A connection that was busy when closing began is idle, and in the way, once its answer is out.
      const sweep = setInterval(() => server.server.closeIdleConnections(), 50)
      const cut = setTimeout(() => server.server.closeAllConnections(), DRAIN_MS)
      await server.close()
      clearInterval(sweep)
      clearTimeout(cut)
    },
  }
}

function sayHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

interface Mounted {
  path: string
  methods: readonly string[]
  pattern: RegExp
}

/** Puts one route before the framework's router; returns what it takes, to tell wrong methods from wrong addresses. */
function mount(
  app: App,
  server: ReturnType<typeof fastify>,
  shared: SharedAnswers,
  it: Route | RawRoute,
  options: ServeOptions,
): Mounted {
  const path = it.kind === 'endpoint' ? `/api${it.endpoint.path}` : it.path
  const methods = it.kind === 'endpoint' ? methodsOf(it) : it.methods
  server.route({
    method: [...methods] as (typeof METHODS)[number][],
    url: path,
    handler: (request: FastifyRequest, reply: FastifyReply) =>
      answer(request, reply, path, async () => {
        const { exchange } = request
        const params = request.params as Record<string, string>
        const query = new URLSearchParams(request.raw.url?.split('?').slice(1).join('?'))
        exchange.quiet = it.kind === 'raw' && it.anonymous === true
        if (it.kind === 'endpoint' && shared.mayShare(it.endpoint, request.raw)) {
          const checkReplies = options.checkReplies === true
          return shared.answer(request.raw, () => answerEndpoint(it, exchange, { params, query, checkReplies }))
        }
        if (!exchange.quiet) {
          refuseForeignOrigin(app, request.raw)
          exchange.viewer = await findViewer(exchange.app, options.knowViewer, request.raw, exchange.address)
        }
        if (it.kind === 'raw') refuseOutOfScope(exchange.viewer, isReading(request.raw.method) ? 'read' : 'write')
        if (it.kind === 'raw') return answerRaw(it, exchange, params, query)
        return answerEndpoint(it, exchange, { params, query, checkReplies: options.checkReplies === true })
      }),
  })
  return { path, methods, pattern: patternOf(path) }
}

function isReading(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

function methodsOf(it: Route): readonly string[] {
  return it.endpoint.method === 'GET' ? ['GET', 'HEAD'] : [it.endpoint.method]
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  route: string,
  work: Parameters<typeof conduct>[1],
): void {
  reply.hijack()
  request.exchange.route = route
  void conduct(request.exchange, work)
}

function patternOf(path: string): RegExp {
  const words = path.split('/').map((word) => {
    if (word === '*') return '.*'
    return word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')
  })
  return new RegExp(`^${words.join('/')}$`)
}

function refuseUnknown(mounted: Mounted[], exchange: Exchange): never {
  // Pages may have a route for whatever is left over; it says nothing about addresses of the API.
  const candidates = exchange.path.startsWith('/api/') ? mounted.filter((it) => it.path.startsWith('/api/')) : mounted
  const here = candidates.filter((it) => it.pattern.test(exchange.path))
  const allowed = [...new Set(here.flatMap((it) => it.methods))]
  if (allowed.length > 0 && !allowed.includes(exchange.request.method ?? 'GET')) throw methodNotAllowed(allowed)
  return refuse('not_found')
}
