/** Decisions about signing in elsewhere: where one may come back to, and what a new account is called. Pure. */

export const CALLBACK = '/sign-in/elsewhere/callback'
export const TRIP_COOKIE = 'vitascope_trip'
/** Time to sign in at the other place. */
export const TRIP_MS = 10 * 60_000

/** What the browser carries to the provider and back, sealed. */
export interface Trip {
  verifier: string
  state: string
  nonce: string
  to: string
  expiresMs: number
  /** The account that was signed in when the trip began: the identity is tied to it. */
  accountId?: string
}

/** Only a path of this site; anything else, and what a browser might read as another host, is the first page. */
export function ownPath(asked: string | null): string {
  return asked !== null && /^\/(?![/\\])[\x21-\x7e]{0,500}$/.test(asked) ? asked : '/'
}

/** A cookie that scripts cannot read. Lax: it has to come along when the provider sends the browser back. */
export function cookie(name: string, value: string, maxAgeSeconds: number, origin: string): string {
  const secure = origin.startsWith('https:') ? '; Secure' : ''
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`
}

/** What the provider calls the person, in a form that is a name here. */
export function nameFrom(claims: Record<string, unknown>): string {
  const said = [claims.name, claims.preferred_username, String(claims.email ?? '').split('@')[0]]
  const usable = said.find((it): it is string => typeof it === 'string' && it.trim() !== '') ?? 'Somebody'
  const plain = usable
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
  return plain.trim().slice(0, 60).trim() || 'Somebody'
}

export function isThisMachine(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
