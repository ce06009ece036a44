/**
 * The port of HTTP: routes as data. Features give lists of these; one adapter (`serve.ts`) knows the framework, so
 * features never see its request or response.
 */
import type { Readable } from 'node:stream'
import type { AnyEndpoint, Given, Reply } from '../../contract/endpoint.ts'
import type { Role } from '../../contract/shapes.ts'
import type { App } from '../app.ts'

/** Who is asking. */
export interface Viewer {
  /** Undefined for the anonymous. */
  accountId: string | undefined
  role: Role | 'anonymous'
  /** What the API token that speaks may do; absent for a session, which may everything its account may. */
  scopes?: readonly string[] | undefined
  /** Name of the session that speaks; absent for a token. */
  sessionId?: string | undefined
  /** Address prefix of the caller (/24 of IPv4, /48 of IPv6): for limits, never stored. */
  addressPrefix: string
  /** Stable for one browser over a day without an account: a hash of address prefix and user agent with a daily secret. */
  viewerKey: string
}

/** What every handler is given of the request besides its validated parts. */
export interface Asked {
  viewer: Viewer
  requestId: string
  /** Scheme and host as the caller sees them, without a slash at the end. */
  origin: string
  /** Address of the caller: for limits and for what is answered on this machine only; never stored. */
  address: string
  /** Small case names. */
  headers: Readonly<Record<string, string | undefined>>
  /** The secret of the session cookie, where one came; whether it is worth anything is said by `viewer`. */
  session: string | undefined
  /** Fires when the client goes away before the answer is complete. */
  signal: AbortSignal
}

/** Cookies and headers a handler wants on its answer; most want none. Cookies are HttpOnly, SameSite=Lax and, on https, Secure. */
export interface Answer {
  setCookie(name: string, value: string, options: { maxAgeSeconds: number }): void
  clearCookie(name: string): void
  header(name: string, value: string): void
}

export interface Route<E extends AnyEndpoint = AnyEndpoint> {
  kind: 'endpoint'
  endpoint: E
  handle(app: App, given: Given<E> & { asked: Asked; viewer: Viewer; answer: Answer }): Promise<Returned<E>>
}

// biome-ignore lint/suspicious/noConfusingVoidType: the handler of an endpoint without a reply returns nothing at all
type Returned<E extends AnyEndpoint> = undefined extends Reply<E> ? Reply<E> | void : Reply<E>

export function route<E extends AnyEndpoint>(endpoint: E, handle: Route<E>['handle']): Route {
  return { kind: 'endpoint', endpoint, handle } as unknown as Route
}

/** A request whose body is not JSON or whose answer is not: uploads, media, pages. */
export interface RawAsked extends Asked {
  method: string
  /** Path and query as they came, before any decoding. */
  target: string
  path: string
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  /** Empty for methods without one. Must be consumed or abandoned by the handler. */
  body: Readable
}

export interface RawAnswer {
  status: number
  headers?: Record<string, string>
  /** Whole Set-Cookie values. */
  cookies?: string[]
  /** A stream is destroyed when the client goes away. Absent: no body. */
  body?: string | Uint8Array | Readable
  /** Compress text answers when the client takes it. */
  compress?: boolean
}

export interface RawRoute {
  kind: 'raw'
  methods: readonly string[]
  /** With `:name` and a trailing `*`; a full path, not below `/api`. */
  path: string
  /** For the reference. */
  says: string
  /** Skip the look-up of who is asking (`viewer` is anonymous): for media, where every microsecond counts. */
  anonymous?: boolean
  handle(app: App, asked: RawAsked): Promise<RawAnswer>
}

/** A WebSocket as features see it. Messages are text. */
export interface Socket {
  send(message: string): void
  onMessage(hear: (message: string) => void): void
  onClose(hear: () => void): void
  close(): void
}

export interface SocketRoute {
  kind: 'socket'
  path: string
  says: string
  open(app: App, socket: Socket, asked: Asked): Promise<void>
}

export type AnyRoute = Route | RawRoute | SocketRoute

/** Finds out who is asking by cookie or token; given by the accounts feature, so that the platform needs not know it. */
export type KnowViewer = (
  app: App,
  credentials: { session: string | undefined; token: string | undefined },
) => Promise<{ accountId: string; role: Role; scopes?: readonly string[]; sessionId?: string } | undefined>

export const SESSION_COOKIE = 'vitascope_session'
