/** Headers every answer carries: what browsers may do with it. */
import type { ServerResponse } from 'node:http'

/**
 * Pages run our own scripts only, none inline. Style attributes are allowed since positions (seek bar, menus) are set so
 * by the server-rendered markup; media and pictures may be blobs made by the player.
 */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ')

const FRAMED_BY_US = `${POLICY}; frame-ancestors 'self'`
const FRAMED_BY_ALL = `${POLICY}; frame-ancestors *`

/** Sets them on an answer that has not begun. Pages below `/embed/` may stand in any site's frame, others in ours only. */
export function setSecurityHeaders(response: ServerResponse, path: string, secure: boolean): void {
  const embed = path.startsWith('/embed/')
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'strict-origin-when-cross-origin')
  response.setHeader('content-security-policy', embed ? FRAMED_BY_ALL : FRAMED_BY_US)
  response.setHeader('cross-origin-opener-policy', 'same-origin')
  if (!embed) response.setHeader('x-frame-options', 'SAMEORIGIN')
  if (secure) response.setHeader('strict-transport-security', 'max-age=31536000')
}

/** The policy of a page that may stand in the frames of these hosts and no others; the caller has seen that they are hosts. */
export function framedBy(hosts: readonly string[]): string {
  const sources = hosts.flatMap((host) => [`https://${host}`, `http://${host}`])
  return `${POLICY}; frame-ancestors ${["'self'", ...sources].join(' ')}`
}
