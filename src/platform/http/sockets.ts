/** WebSockets (RFC 6455): the same doorkeeper as for requests, small messages, and nobody is kept who does not answer. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { isRefusal, Refusal } from '../../contract/refusals.ts'
import { KIB, MIB } from '../../kit/bytes.ts'
import type { App } from '../app.ts'
import { metric } from '../meter.ts'
import { nextRequestId, pathOf } from './exchange.ts'
import { type Asked, type KnowViewer, SESSION_COOKIE, type Socket, type SocketRoute } from './http.ts'
import { faultAnswer, refusalAnswer } from './problems.ts'
import { SIGNED_OUT_CHANNEL } from './signed-out.ts'
import { writePlainly } from './unread.ts'
import { addressOf, findViewer, isOwnOrigin, originOf, readCookie } from './viewer.ts'

const PING_EVERY_MS = 30_000
/** A word of a sign-out can be lost, and sessions end by themselves: so often it is asked whether a socket's still lives. */
const LOOK_AGAIN_EVERY_PINGS = 10
const LARGEST_MESSAGE_BYTES = 64 * KIB
/** What may wait to be sent to one client; one that reads slower than we speak is let go. */
const LARGEST_BACKLOG_BYTES = 4 * MIB
/** Messages a client may send in ten seconds. */
const MESSAGES_PER_TEN_SECONDS = 100

const socketsOpen = metric({ kind: 'gauge', name: 'http_sockets_open', says: 'WebSockets that are open.', labels: [] })

/** Hangs the socket routes on the server; `close` says goodbye to everyone. */
export function openSockets(
  app: App,
  server: Server,
  knowViewer: KnowViewer,
  routes: SocketRoute[],
): { close(): void } {
  const wss = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE_BYTES, perMessageDeflate: false })
  const alive = new WeakSet<WebSocket>()
  /** The sockets of accounts, and the request each was opened by: it holds what its viewer is known by. */
  const known = new Map<WebSocket, { accountId: string; request: IncomingMessage; address: string }>()
  const lookAgain = async (accountId?: string) => {
    for (const [ws, it] of known) {
      if (accountId !== undefined && it.accountId !== accountId) continue
      try {
        const viewer = await findViewer(app, knowViewer, it.request, it.address)
        if (viewer.accountId !== it.accountId) ws.close(1008, 'sign_in_needed')
      } catch (thrown) {
        // A database that is away for a moment signs nobody out.
        if (isRefusal(thrown)) ws.close(1008, 'sign_in_needed')
        else app.log.warn({ err: thrown }, 'a socket could not be looked at again')
      }
    }
  }
  const stopHearing = app.bus.hearShouts(SIGNED_OUT_CHANNEL, (accountId) => void lookAgain(accountId))
  let pingCount = 0
  const pings = setInterval(() => {
    if (++pingCount % LOOK_AGAIN_EVERY_PINGS === 0) void lookAgain()
    for (const ws of wss.clients) {
      if (!alive.has(ws)) {
        ws.terminate()
        continue
      }
      alive.delete(ws)
      ws.ping()
    }
  }, PING_EVERY_MS)
  pings.unref()

  server.on('upgrade', (request, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy())
    void welcome(request).then(
      ({ route, asked }) => {
        wss.handleUpgrade(request, stream, head, (ws) => {
          alive.add(ws)
          ws.on('pong', () => alive.add(ws))
          app.meter.set(socketsOpen, {}, wss.clients.size)
          const { viewer, address } = asked
          if (viewer.accountId !== undefined) known.set(ws, { accountId: viewer.accountId, request, address })
          ws.on('close', () => {
            known.delete(ws)
            app.meter.set(socketsOpen, {}, wss.clients.size)
          })
          converse(app, route, ws, asked)
        })
      },
      (thrown) => sendAway(app, stream, thrown),
    )
  })

  async function welcome(request: IncomingMessage): Promise<{ route: SocketRoute; asked: Omit<Asked, 'signal'> }> {
    const path = pathOf(request)
    const route = routes.find((it) => it.path === path)
    if (!route) throw new Refusal('not_found')
    // Browsers let any page open a socket to us, with our cookie: only the Origin tells them apart (RFC 6455 10.2).
    const { origin, host } = request.headers
    if (origin !== undefined && !isOwnOrigin(app, origin, host)) throw new Refusal('foreign_origin')
    const address = addressOf(request, app.config['http.trust_proxy'])
    const viewer = await findViewer(app, knowViewer, request, address)
    return {
      route,
      asked: {
        viewer,
        requestId: nextRequestId(),
        origin: originOf(app, request),
        address,
        headers: request.headers as Record<string, string | undefined>,
        session: readCookie(request.headers.cookie, SESSION_COOKIE),
      },
    }
  }

  return {
    close: () => {
      clearInterval(pings)
      stopHearing()
      for (const ws of wss.clients) ws.close(1001, 'the server is stopping')
      setTimeout(() => {
        for (const ws of wss.clients) ws.terminate()
      }, 1_000).unref()
    },
  }
}

/** Lets the feature talk. Messages that come before it listens wait for it. */
function converse(app: App, route: SocketRoute, ws: WebSocket, asked: Omit<Asked, 'signal'>): void {
  const gone = new AbortController()
  const log = app.log.child({ requestId: asked.requestId })
  const waiting: string[] = []
  let hear: ((message: string) => void) | undefined
  let heard = 0
  let windowFrom = performance.now()

  ws.on('error', () => ws.terminate())
  ws.on('close', () => gone.abort())
  ws.on('message', (data, isBinary) => {
    const now = performance.now()
    if (now - windowFrom > 10_000) {
      windowFrom = now
      heard = 0
    }
    if (isBinary) return ws.close(1003, 'messages are text')
    if (++heard > MESSAGES_PER_TEN_SECONDS) return ws.close(1008, 'too many messages')
    const message = data.toString()
    if (hear) hear(message)
    else waiting.push(message)
  })

  const socket: Socket = {
    send: (message) => {
      if (ws.readyState !== ws.OPEN) return
      if (ws.bufferedAmount > LARGEST_BACKLOG_BYTES) return ws.terminate()
      ws.send(message)
    },
    onMessage: (listen) => {
      hear = listen
      for (const message of waiting.splice(0)) listen(message)
    },
    onClose: (listen) => {
      if (gone.signal.aborted) listen()
      else gone.signal.addEventListener('abort', () => listen(), { once: true })
    },
    close: () => ws.close(1000),
  }
  route.open({ ...app, log }, socket, { ...asked, signal: gone.signal }).catch((thrown) => {
    if (isRefusal(thrown)) return ws.close(1008, thrown.code)
    log.error({ err: thrown, route: route.path }, 'fault')
    ws.close(1011, 'fault')
  })
}

/** A no before the handshake is a plain HTTP answer. */
function sendAway(app: App, stream: Duplex, thrown: unknown): void {
  const requestId = nextRequestId()
  if (!isRefusal(thrown)) app.log.error({ err: thrown, requestId }, 'fault')
  writePlainly(stream, isRefusal(thrown) ? refusalAnswer(thrown, requestId) : faultAnswer(requestId))
}
