/** The cache in the memory of this process. */
import { Lru } from '../../kit/lru.ts'
import type { Clock } from '../clock.ts'
import type { Cache } from './cache.ts'

const MAX_BYTES = 32 * 1024 ** 2
const MAX_LIMITS = 200_000

/** Values are kept as JSON text, so that nobody changes what another holds, as with any cache across a network. */
export function memoryCache(clock: Clock, maxBytes: number = MAX_BYTES): Cache {
  const nowMs = () => clock.nowMs()
  const values = new Lru<string>(maxBytes, nowMs)
  // Apart from the values: a crowd of them must not make limits forget.
  const limits = new Lru<number>(MAX_LIMITS, nowMs)
  return {
    async get<T>(key: string) {
      const text = values.get(key)
      return text === undefined ? undefined : (JSON.parse(text) as T)
    },
    async set(key, value, lifeMs) {
      const text = JSON.stringify(value)
      if (text === undefined) return values.delete(key)
      values.set(key, text, { size: (key.length + text.length) * 2 + 100, lifeMs })
    },
    async remove(key) {
      values.delete(key)
    },
    /**
     * The generic cell rate algorithm (ITU-T I.371): one number per key, the time at which the bucket would be empty again.
     */
    async take(key, limit, windowMs) {
      const now = clock.nowMs()
      if (limit <= 0) return { ok: false, waitMs: windowMs }
      const emptyAt = Math.max(now, limits.get(key) ?? now) + windowMs / limit
      const waitMs = Math.ceil(emptyAt - windowMs - now)
      if (waitMs > 0) return { ok: false, waitMs }
      limits.set(key, emptyAt, { lifeMs: emptyAt - now })
      return { ok: true, waitMs: 0 }
    },
    async close() {},
  }
}
