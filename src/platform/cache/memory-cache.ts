/** The cache in the memory of this process. */
import { Lru } from '../../kit/lru.ts'
import type { Clock } from '../clock.ts'
import type { Cache } from './cache.ts'
import { openTurns } from './turns.ts'

const MAX_BYTES = 32 * 1024 ** 2
const MAX_LIMITS = 200_000

/** Values are kept as JSON text, so that nobody changes what another holds, as with any cache across a network. */
export function memoryCache(clock: Clock, maxBytes: number = MAX_BYTES): Cache {
  const nowMs = () => clock.nowMs()
  const values = new Lru<string>(maxBytes, nowMs)
  // Apart from the values: a crowd of them must not make limits forget.
  const turns = openTurns(MAX_LIMITS, nowMs)
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
    async take(key, limit, windowMs) {
      const waitMs = turns.take(key, limit, windowMs)
      return { ok: waitMs === 0, waitMs }
    },
    async close() {},
  }
}
