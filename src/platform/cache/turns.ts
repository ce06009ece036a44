/**
 * Limits of rate, by the generic cell rate algorithm (ITU-T I.371): one number per key, the time at which its bucket would be
 * empty again. Asked with every request, so it keeps no order: what was asked lately is in the young half, the rest in the
 * old one, which is forgotten when the young one is full.
 */

export interface Turns {
  /** Counts one more use of `key` within a window; `waitMs` is 0 when it is within `limit`, else how long to wait. */
  take(key: string, limit: number, windowMs: number): number
}

/** Keeps the limits of at least half as many keys as `most`, those that were asked last. */
export function openTurns(most: number, nowMs: () => number): Turns {
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  return {
    take(key, limit, windowMs) {
      if (limit <= 0) return windowMs
      const now = nowMs()
      const known = young.get(key) ?? old.get(key) ?? now
      const emptyAt = Math.max(now, known) + windowMs / limit
      const waitMs = Math.ceil(emptyAt - windowMs - now)
      if (young.size >= most / 2) {
        old = young
        young = new Map()
      }
      young.set(key, waitMs > 0 ? known : emptyAt)
      return Math.max(0, waitMs)
    },
  }
}
