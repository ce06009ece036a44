/** Rate limits of endpoints: so many calls a minute per account or, for the anonymous, per address prefix. */
import { refuse } from '../../contract/refusals.ts'
import type { App } from '../app.ts'
import type { Viewer } from './http.ts'

/** Counts one call; refuses with `too_many` and Retry-After when it is one too many. */
export async function takeTurn(app: App, viewer: Viewer, what: string, perMinute: number): Promise<void> {
  const who = viewer.accountId ?? viewer.addressPrefix
  const turn = await app.cache.take(`turns:${what}:${who}`, perMinute, 60_000)
  if (!turn.ok) refuse('too_many', undefined, retryAfter(turn.waitMs))
}

/** The header that says when to come back, in whole seconds (RFC 9110 section 10.2.3). */
export function retryAfter(waitMs: number): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) }
}
