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

/** What a file of lines held: its history, and the lines that are none. */
export interface LinesRead {
  history: History
  /** No line tells a time, and those of each viewer stand together: a time is the share of a viewer's own lines that stand before. */
  isByViewer: boolean
  /** Lines that cannot be read, and the number of the first of them, from 1. */
  badLines: number
  firstBad?: number
}

/**
 * Lines of `user item [time]`, between tabs, commas or spaces; what stands behind is not read. A time is a number, a day such as
 * 2024-01-31 or a time of ISO 8601, UTC where it names no zone. A first line that
 * names its columns, as in `userId,movieId,rating,timestamp`, is told apart and says which one is time. Without times the order of the lines is that of time, or, where those of
 * each viewer stand together, only of that viewer's time. Empty lines are none.
 */
export function historyFromLines(lines: Iterable<string>): LinesRead {
  const items = new Map<string, number>()
  const users = new Map<string, { items: number[]; shares: number[]; atMs: number[] }>()
  const seen = new Set<string>()
  let count = 0
  let lineNumber = 0
  let badLines = 0
  let firstBad: number | undefined
  let timeAt = 2
  let isTimed = false
  let blocks = 0
  let userBefore: string | undefined
  for (const line of lines) {
    lineNumber++
    const parts = partsOf(line)
    if (parts.length === 0) continue
    const header = lineNumber === 1 ? headerOf(parts) : undefined
    if (header) {
      timeAt = header.timeAt
      continue
    }
    const [user, item] = parts
    const time = parts[timeAt]
    const atMs = time === undefined ? count : timeOf(time)
    isTimed ||= time !== undefined
    if (!user || !item || atMs === undefined) {
      badLines++
      firstBad ??= lineNumber
      continue
    }
    if (user !== userBefore) blocks++
    userBefore = user
    if (seen.has(`${user} ${item}`)) continue
    seen.add(`${user} ${item}`)
    const row = users.get(user) ?? { items: [], shares: [], atMs: [] }
    users.set(user, row)
    if (!items.has(item)) items.set(item, items.size)
    row.items.push(items.get(item)!)
    row.shares.push(1)
    row.atMs.push(atMs)
    count++
  }
  const rows = [...users.values()].map((row) => {
    // A stable order: what happened at the same time stays as it stood in the file.
    const order = row.items.map((_, at) => at).sort((one, other) => row.atMs[one]! - row.atMs[other]!)
    const sorted = (values: number[]) => order.map((at) => values[at]!)
    return { items: sorted(row.items), shares: row.shares, atMs: sorted(row.atMs) }
  })
  const isByViewer = !isTimed && users.size > 1 && blocks === users.size
  if (isByViewer) for (const row of rows) row.atMs = row.items.map((_, at) => at / row.items.length)
  const history = { videoIds: [...items.keys()], rows }
  return { history, isByViewer, badLines, ...(firstBad === undefined ? {} : { firstBad }) }
}

const ISO_TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/

/** A time with a space in it stays whole only where tabs or commas stand between the columns; between spaces it is put together again. */
function partsOf(line: string): string[] {
  const text = line.replace(/^\ufeff/, '').trim()
  if (text === '') return []
  const between = [/\t/, /,/].find((it) => it.test(text))
  if (between) return text.split(between).map((it) => it.trim().replace(/^"(.*)"$/, '$1'))
  return text.replace(/(\d{4}-\d\d-\d\d) (?=\d\d:\d\d)/, '$1T').split(/\s+/)
}

/** Where the first line names its columns: where times stand. */
function headerOf(parts: string[]): { timeAt: number } | undefined {
  const [user = '', item = ''] = parts
  if (!/^(user|viewer|account|member|person)/i.test(user) || /\d/.test(user + item)) return undefined
  const timeAt = parts.findIndex((it) => /time|date/i.test(it))
  return { timeAt: timeAt < 2 ? 2 : timeAt }
}

/** Milliseconds of a day or time; of a plain number the number itself, for only the order counts. */
function timeOf(text: string): number | undefined {
  const number = text === '' ? Number.NaN : Number(text)
  if (Number.isFinite(number)) return number
  const found = ISO_TIME.exec(text)
  if (!found) return undefined
  const isOpen = text.length > 10 && found[1] === undefined
  const at = Date.parse(text.replace(' ', 'T') + (isOpen ? 'Z' : ''))
  return Number.isNaN(at) ? undefined : at
}
