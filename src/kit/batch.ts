/** Doing together what is asked for at the same time. */

/**
 * Gathers calls while an earlier batch is under way and hands them over together, at most `maxSize` at a time: an idle caller
 * waits for nobody, and under load many calls cost one. `work` returns one result per item, in order; when it throws,
 * all calls of that batch are rejected.
 */
export function batched<Item, Result>(
  work: (items: Item[]) => Promise<Result[]>,
  maxSize = 200,
): (item: Item) => Promise<Result> {
  interface Waiting {
    item: Item
    resolve(result: Result): void
    reject(error: unknown): void
  }
  let waiting: Waiting[] = []
  let busy = false

  async function run(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxSize)
      waiting = waiting.slice(maxSize)
      try {
        const results = await work(batch.map(({ item }) => item))
        for (const [index, { resolve }] of batch.entries()) resolve(results[index]!)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    busy = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!busy) void run()
    })
}
