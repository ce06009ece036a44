/** Decisions about passkeys: which site they belong to, and how long a challenge is good. Pure. */
import { createHash } from 'node:crypto'

/** Time to find the key and touch it (WebAuthn section 15.1 recommends five to ten minutes). */
export const CHALLENGE_MS = 5 * 60_000
export const MOST_PASSKEYS = 50

/** The relying party's id: the host that the person sees, without the port. */
export function siteOf(origin: string): string {
  return new URL(origin).hostname
}

export function hashOf(challenge: string): string {
  return createHash('sha256').update(challenge).digest('hex')
}
