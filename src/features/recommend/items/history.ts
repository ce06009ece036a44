/** What was watched, by whom and when, as the models take it. Pure. */
import { MOST_PER_ROW } from '../../../kit/item-graph.ts'
import type { SparseRows } from '../../../kit/sparse-rows.ts'

const DAY_MS = 24 * 3_600_000
/** A watch of this long ago says half as much. */
const HALF_LIFE_MS = 30 * DAY_MS

/** What was watched, as rows of numbers, with times. */
export interface History {
  videoIds: string[]
  rows: { items: number[]; shares: number[]; atMs: number[] }[]
}

/** The watches before `untilMs`, as the graphs take them: faded by age, raised by how much was watched. */
export function watchesOf(history: History, untilMs: number): SparseRows {
  const offsets = new Uint32Array(history.rows.length + 1)
  const items: number[] = []
  const weights: number[] = []
  for (const [row, it] of history.rows.entries()) {
    const first = Math.max(0, it.items.length - MOST_PER_ROW)
    for (let at = first; at < it.items.length; at++) {
      if (it.atMs[at]! >= untilMs) continue
      items.push(it.items[at]!)
      weights.push((0.25 + 0.75 * it.shares[at]!) * 2 ** (-(untilMs - it.atMs[at]!) / HALF_LIFE_MS))
    }
    offsets[row + 1] = items.length
  }
  return {
    itemCount: history.videoIds.length,
    offsets,
    items: Uint32Array.from(items),
    weights: Float32Array.from(weights),
  }
}

/** Lines of `user item [time]`, between spaces, tabs or commas; without times the order of the lines is that of time. */
export function historyFromLines(lines: Iterable<string>): History {
  const items = new Map<string, number>()
  const users = new Map<string, { items: number[]; shares: number[]; atMs: number[] }>()
  const seen = new Set<string>()
  let count = 0
  for (const line of lines) {
    const [user, item, time] = line.trim().split(/[\s,]+/)
    if (!user || !item || seen.has(`${user} ${item}`)) continue
    seen.add(`${user} ${item}`)
    const row = users.get(user) ?? { items: [], shares: [], atMs: [] }
    users.set(user, row)
    if (!items.has(item)) items.set(item, items.size)
    row.items.push(items.get(item)!)
    row.shares.push(1)
    row.atMs.push(time === undefined || Number.isNaN(Number(time)) ? count : Number(time))
    count++
  }
  const rows = [...users.values()].map((row) => {
    // A stable order: what happened at the same time stays as it stood in the file.
    const order = row.items.map((_, at) => at).sort((one, other) => row.atMs[one]! - row.atMs[other]!)
    const sorted = (values: number[]) => order.map((at) => values[at]!)
    return { items: sorted(row.items), shares: row.shares, atMs: sorted(row.atMs) }
  })
  return { videoIds: [...items.keys()], rows }
}
