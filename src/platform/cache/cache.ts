/** The port of the cache: may forget anything at any time; never the only home of a fact. Values are JSON. */
export interface Cache {
  get<T>(key: string): Promise<T | undefined>
  set(key: string, value: unknown, lifeMs: number): Promise<void>
  remove(key: string): Promise<void>
  /**
   * Counts one more use of `key` within a window and says whether it is within `limit` (GCRA: a steady rate with bursts
   * up to the limit). `waitMs` is how long to wait when it is not.
   */
  take(key: string, limit: number, windowMs: number): Promise<{ ok: boolean; waitMs: number }>
  close(): Promise<void>
}
