/** Sets of bytes as runs of them, in order and apart. */

/** A run of bytes; `to` is not in it. */
export type Stretch = { from: number; to: number }

/** The stretches joined where they meet, or where no more than `gapBytes` lie between them, in order. */
export function joined(stretches: readonly Stretch[], gapBytes = 0): Stretch[] {
  const all: Stretch[] = []
  for (const { from, to } of stretches.filter((it) => it.to > it.from).sort((a, b) => a.from - b.from)) {
    const last = all.at(-1)
    if (last && from <= last.to + gapBytes) last.to = Math.max(last.to, to)
    else all.push({ from, to })
  }
  return all
}

/** Whether bytes [from, to) lie within one of these stretches, which are in order and apart. */
export function within(stretches: readonly Stretch[], from: number, to: number): boolean {
  let low = 0
  let high = stretches.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const it = stretches[middle]!
    if (it.to <= from) low = middle + 1
    else if (it.from > from) high = middle - 1
    else return to <= it.to
  }
  return from >= to
}

/** What of `wanted` is in none of `taken`. Both are in order and apart, and so is what is left. */
export function without(wanted: readonly Stretch[], taken: readonly Stretch[]): Stretch[] {
  const left: Stretch[] = []
  let next = 0
  for (const { from, to } of wanted) {
    let at = from
    while (next < taken.length && taken[next]!.to <= at) next++
    for (let n = next; n < taken.length && taken[n]!.from < to; n++) {
      if (taken[n]!.from > at) left.push({ from: at, to: taken[n]!.from })
      at = Math.max(at, taken[n]!.to)
    }
    if (at < to) left.push({ from: at, to })
  }
  return left
}

/** How many bytes they are. */
export const bytesOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { from, to }) => sum + to - from, 0)
