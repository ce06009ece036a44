/** Doing many things, some at a time. */

/**
 * Does the work for each item, `count` at a time, begun in order. After the first that fails no other is begun, and what is under way
 * comes to its end before the failure is thrown.
 */
export async function sideBySide<T>(
  items: readonly T[],
  count: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0
  const failures: unknown[] = []
  const workOn = async () => {
    while (next < items.length && failures.length === 0) {
      try {
        await work(items[next++]!)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, workOn))
  if (failures.length > 0) throw failures[0]
}
