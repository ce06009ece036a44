/**
 * Gathering: what comes while the work before is under way is done together, so that a thousand small writes a second become
 * some dozens of larger ones. An idle process does each at once; a busy one does more at a time, not more often.
 */

export interface Gathering<T> {
  /** Resolves when the work this item went with is done; rejects as it does. */
  add(item: T): Promise<void>
}

interface Waiting<T> {
  item: T
  resolve(): void
  reject(error: unknown): void
}

/** Does `work` for at most `most` items at a time, one time after the other, in the order in which they came. */
export function gathering<T>(most: number, work: (items: T[]) => Promise<void>): Gathering<T> {
  let waiting: Waiting<T>[] = []
  let isBusy = false

  async function workAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, most)
      waiting = waiting.slice(most)
      try {
        await work(group.map(({ item }) => item))
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    isBusy = false
  }

  return {
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
