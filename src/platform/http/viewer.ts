/** Who is asking: cookie, token, address; and whether a request that changes something came from our own pages. */
import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'
import { refuse } from '../../contract/refusals.ts'
import type { App } from '../app.ts'
import { type KnowViewer, SESSION_COOKIE, type Viewer } from './http.ts'

/** The value of one cookie of a Cookie header (RFC 6265 section 4.2), undefined where it is absent or badly encoded. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=')
    if (at < 0 || pair.slice(0, at).trim() !== name) continue
    try {
      return decodeURIComponent(pair.slice(at + 1).trim())
    } catch {
      return undefined
    }
  }
  return undefined
}

/** The token of `Authorization: Bearer ...` (RFC 6750 section 2.1). */
export function readBearer(header: string | undefined): string | undefined {
  const match = header === undefined ? null : /^bearer +(\S{1,400})$/i.exec(header)
  return match?.[1]
}

/**
 * The address the request came from. Behind a proxy that we trust it is the last of X-Forwarded-For: the one that proxy
 * wrote itself; those before it are the caller's own claims.
 */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string {
  const socketAddress = request.socket.remoteAddress ?? ''
  if (!trustProxy) return plainAddress(socketAddress)
  const claims = String(request.headers['x-forwarded-for'] ?? '')
  const claimed = claims.slice(claims.lastIndexOf(',') + 1).trim()
  return plainAddress(claimed || socketAddress)
}

/** IPv4 written as IPv6 (`::ffff:1.2.3.4`) is IPv4. */
function plainAddress(address: string): string {
  if (!address.startsWith(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  return mapped?.[1] ?? address
}

/** /24 of IPv4, /48 of IPv6: what one household or office shares, and too coarse to point at a person. */
export function addressPrefix(address: string): string {
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`
  if (!isIPv6(address)) return 'unknown'
  const [head = '', tail] = address.split('%')[0]!.toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail ? tail.split(':') : []
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const words = [...left, ...Array.from({ length: gap }, () => '0'), ...right]
  return `${words
    .slice(0, 3)
    .map((word) => word.replace(/^0+(?=.)/, ''))
    .join(':')}::/48`
}

export function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'))
}

/** Scheme and host as the caller sees them. Refuses a Host header that could not be one. */
export function originOf(app: App, request: IncomingMessage): string {
  const fixed = app.config['http.public_address']
  if (fixed !== '') return fixed.replace(/\/+$/, '')
  const host = request.headers.host ?? 'localhost'
  if (!/^[a-z0-9.:[\]_-]{1,255}$/i.test(host)) refuse('bad_request', 'the Host header is not a host')
  const forwarded = app.config['http.trust_proxy'] ? request.headers['x-forwarded-proto'] : undefined
  return `${forwarded === 'https' ? 'https' : 'http'}://${host}`
}

/** Somebody nobody knows, for requests that need no viewer. */
export function nobody(address: string): Viewer {
  return { accountId: undefined, role: 'anonymous', addressPrefix: addressPrefix(address), viewerKey: '' }
}

/** Who is asking, where neither token nor cookie says: an anonymous viewer; undefined where one does. */
export function strangerOf(app: App, request: IncomingMessage, address: string): Viewer | undefined {
  const { headers } = request
  if (headers.authorization !== undefined && readBearer(headers.authorization) !== undefined) return undefined
  if (headers.cookie !== undefined && readCookie(headers.cookie, SESSION_COOKIE) !== undefined) return undefined
  return viewerFrom(app, request, address, undefined)
}

/** Who is asking. A cookie that is worth nothing makes an anonymous viewer; a token that is worth nothing is refused. */
export async function findViewer(
  app: App,
  knowViewer: KnowViewer,
  request: IncomingMessage,
  address: string,
): Promise<Viewer> {
  const token = readBearer(request.headers.authorization)
  const session = token === undefined ? readCookie(request.headers.cookie, SESSION_COOKIE) : undefined
  const known = token === undefined && session === undefined ? undefined : await knowViewer(app, { session, token })
  if (!known && token !== undefined) {
    refuse('token_invalid', undefined, { 'www-authenticate': 'Bearer error="invalid_token"' })
  }
  return viewerFrom(app, request, address, known)
}

function viewerFrom(
  app: App,
  request: IncomingMessage,
  address: string,
  known: Awaited<ReturnType<KnowViewer>>,
): Viewer {
  const prefix = addressPrefix(address)
  let key: string | undefined
  return {
    accountId: known?.accountId,
    role: known?.role ?? 'anonymous',
    ...(known?.scopes ? { scopes: known.scopes } : undefined),
    ...(known?.sessionId ? { sessionId: known.sessionId } : undefined),
    addressPrefix: prefix,
    // Few handlers ask for it, so it is made when one does.
    get viewerKey() {
      key ??= keyOfBrowser(app, prefix, request.headers['user-agent'] ?? '')
      return key
    },
  }
}

/** The day is hashed in, so that one browser cannot be followed from one day to the next. */
function keyOfBrowser(app: App, prefix: string, userAgent: string): string {
  const day = Math.floor(app.clock.nowMs() / 86_400_000)
  return createHmac('sha256', app.secrets.of('viewer'))
    .update(`${day}|${prefix}|${userAgent}`)
    .digest('base64url')
    .slice(0, 22)
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses requests that change something and were sent by another site's page in the name of our viewer. Browsers say
 * where a request comes from in Sec-Fetch-Site (secure contexts) or Origin; one that carries our cookie must say so.
 * A bearer token is never sent by a browser on its own, so it needs no such proof.
 */
export function refuseForeignOrigin(app: App, request: IncomingMessage): void {
  const { headers, method } = request
  if (SAFE.has(method ?? 'GET') || readBearer(headers.authorization) !== undefined) return
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return
  if (site === undefined && headers.origin !== undefined && isOwnOrigin(app, headers.origin, headers.host)) return
  const says = site !== undefined || headers.origin !== undefined
  if (says || readCookie(headers.cookie, SESSION_COOKIE) !== undefined) refuse('foreign_origin')
}

/** Whether an Origin header names this site: the host that was asked or, where a proxy changes that, the public address. */
export function isOwnOrigin(app: App, origin: string, host: string | undefined): boolean {
  const fixed = app.config['http.public_address']
  return isSameHost(origin, host) || (fixed !== '' && origin === new URL(fixed).origin)
}

/** Whether an Origin header names the host that was asked. The scheme may differ: a proxy may have ended TLS. */
export function isSameHost(origin: string, host: string | undefined): boolean {
  try {
    return host !== undefined && new URL(origin).host === new URL(`http://${host}`).host.replace(/:80$/, '')
  } catch {
    return false
  }
}
