/**
 * Gathering: what comes while the work before is under way is done together, so that a thousand small writes a second become
 * some dozens of larger ones. An idle process does each at once; a busy one does more at a time, not more often.
 */
import { sleep } from './retry.ts'

export interface Gathering<T> {
  /** Resolves when the work this item went with is done; rejects as it does. */
  add(item: T): Promise<void>
  /** Items that wait for their work to begin. */
  readonly waiting: number
  /** Whether a crowd is being worked on, or more are gathered after one: what is added now may wait for long. */
  readonly isCrowded: boolean
}

/** When the work may take its time. */
export interface Crowd {
  /** So many in one group are a crowd. */
  of: number
  /** How long to gather after one, in milliseconds. */
  restMs: number
}

interface Waiting<T> {
  item: T
  resolve(): void
  reject(error: unknown): void
}

/**
 * Does `work` for at most `most` items at a time, one time after the other, in the order in which they came; after a `crowd` only
 * when more have been gathered.
 */
export function gathering<T>(most: number, work: (items: T[]) => Promise<void>, crowd?: Crowd): Gathering<T> {
  let waiting: Waiting<T>[] = []
  let isBusy = false
  let isCrowded = false

  async function workAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, most)
      waiting = waiting.slice(most)
      isCrowded = crowd !== undefined && group.length >= crowd.of
      try {
        await work(group.map(({ item }) => item))
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
      if (crowd && isCrowded && waiting.length < most) await sleep(crowd.restMs)
    }
    isBusy = false
    isCrowded = false
  }

  return {
    get waiting() {
      return waiting.length
    },
    get isCrowded() {
      return isCrowded || (crowd !== undefined && waiting.length >= crowd.of)
    },
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        if (isBusy) return
        isBusy = true
        // Those that came in the same turn of the loop go together.
        setImmediate(() => void workAll())
      }),
  }
}
