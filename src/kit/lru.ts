/** A small map that forgets: by age and by what was used longest ago. */

interface Entry<V> {
  value: V
  size: number
  expiresAtMs: number
}

/**
 * Least-recently-used map bounded by the sum of the sizes of what it holds. Time is given by the caller, so tests own it.
 * A JavaScript Map keeps the order of insertion; taking an entry out and in again makes it the youngest.
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
    if (entry.expiresAtMs <= this.#nowMs()) {
      this.delete(key)
      return undefined
    }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  set(key: string, value: V, options: { size?: number; lifeMs?: number } = {}): void {
    const size = options.size ?? 1
    this.delete(key)
    if (size > this.#maxSize) return
    this.#entries.set(key, { value, size, expiresAtMs: this.#nowMs() + (options.lifeMs ?? Number.POSITIVE_INFINITY) })
    this.#held += size
    for (const oldest of this.#entries.keys()) {
      if (this.#held <= this.#maxSize) break
      this.delete(oldest)
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
