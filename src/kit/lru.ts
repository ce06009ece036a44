/** A small map that forgets: by age and by what was used longest ago. */

interface Entry<V> {
  value: V
  size: number
  expiresAtMs: number
  /** Whether it was asked for since it was put where it is. */
  isUsed: boolean
}

/**
 * Least-recently-used map bounded by the sum of the sizes of what it holds. Time is given by the caller, so tests own it.
 * A JavaScript Map keeps the order of insertion; taking an entry out and in again makes it the youngest. That is done when room is
 * needed, not whenever one is used, which would be most of what a use costs (CLOCK: Corbató, A Paging Experiment with the
 * Multics System, 1968).
 */
export class Lru<V> {
  #entries = new Map<string, Entry<V>>()
  #held = 0
  readonly #maxSize: number
  readonly #nowMs: () => number

  constructor(maxSize: number, nowMs: () => number) {
    this.#maxSize = maxSize
    this.#nowMs = nowMs
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    if (entry.expiresAtMs !== Number.POSITIVE_INFINITY && entry.expiresAtMs <= this.#nowMs()) {
      this.delete(key)
      return undefined
    }
    entry.isUsed = true
    return entry.value
  }

  set(key: string, value: V, options: { size?: number; lifeMs?: number } = {}): void {
    const size = options.size ?? 1
    const expiresAtMs = this.#nowMs() + (options.lifeMs ?? Number.POSITIVE_INFINITY)
    this.delete(key)
    if (size > this.#maxSize) return
    this.#entries.set(key, { value, size, expiresAtMs, isUsed: false })
    this.#held += size
    if (this.#held > this.#maxSize) this.#makeRoom(key)
  }

  /** Drops the oldest that were not used since they became so old, but never `kept`. */
  #makeRoom(kept: string): void {
    for (const [key, entry] of this.#entries) {
      if (this.#held <= this.#maxSize) break
      const stays = entry.isUsed || key === kept
      this.delete(key)
      if (!stays) continue
      entry.isUsed = false
      this.#entries.set(key, entry)
      this.#held += entry.size
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#held -= entry.size
  }

  get heldSize(): number {
    return this.#held
  }

  clear(): void {
    this.#entries.clear()
    this.#held = 0
  }
}
