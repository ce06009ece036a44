/** Sparse rows: who chose what, as typed arrays, for everything that learns from it. Rows and items are numbers from 0. */

/** Row `u` is `items[offsets[u] .. offsets[u + 1]]`, each item at most once. */
export interface SparseRows {
  readonly itemCount: number
  readonly offsets: Uint32Array
  readonly items: Uint32Array
  /** How much each entry says. Absent: all the same. */
  readonly weights?: Float32Array
}

export function rowCount(rows: SparseRows): number {
  return rows.offsets.length - 1
}

/** Rows by item instead: who chose it. */
export function transpose(rows: SparseRows): SparseRows {
  const { itemCount, offsets, items, weights } = rows
  const turned = new Uint32Array(itemCount + 1)
  for (const item of items) turned[item + 1]!++
  for (let item = 0; item < itemCount; item++) turned[item + 1]! += turned[item]!
  const next = turned.slice()
  const owners = new Uint32Array(items.length)
  const moved = weights && new Float32Array(items.length)
  for (let row = 0; row + 1 < offsets.length; row++) {
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      const place = next[items[at]!]!++
      owners[place] = row
      if (moved) moved[place] = weights![at]!
    }
  }
  return { itemCount: rowCount(rows), offsets: turned, items: owners, ...(moved ? { weights: moved } : {}) }
}

/** Sum of the weights in each row. */
export function rowSums({ offsets, weights }: SparseRows): Float64Array {
  const sums = new Float64Array(offsets.length - 1)
  for (let row = 0; row < sums.length; row++) {
    if (weights) for (let at = offsets[row]!; at < offsets[row + 1]!; at++) sums[row]! += weights[at]!
    else sums[row] = offsets[row + 1]! - offsets[row]!
  }
  return sums
}

/** The `count` of these items with the greatest values above 0, greatest first; of equals the lower number first. */
export function heaviest(values: Float32Array, items: Uint32Array, count: number): Uint32Array {
  const before = (one: number, other: number) => values[other]! - values[one]! || one - other
  // A heap whose root is the worst that is kept: most items are turned away by one comparison.
  const heap = new Uint32Array(Math.min(count, items.length))
  let size = 0
  for (const item of items) {
    if (values[item]! <= 0) continue
    if (size < heap.length) {
      let at = size++
      while (at > 0 && before(heap[(at - 1) >> 1]!, item) < 0) {
        heap[at] = heap[(at - 1) >> 1]!
        at = (at - 1) >> 1
      }
      heap[at] = item
      continue
    }
    if (size === 0 || before(item, heap[0]!) >= 0) continue
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      if (child + 1 < size && before(heap[child]!, heap[child + 1]!) < 0) child++
      if (before(item, heap[child]!) >= 0) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = item
  }
  return heap.slice(0, size).sort(before)
}

/** A typed array that grows as it is filled. */
export interface Growing<Kind> {
  push(value: number): void
  end(): Kind
}

export function growing<Kind extends Uint32Array | Float32Array>(kind: new (length: number) => Kind): Growing<Kind> {
  let values = new kind(1024)
  let size = 0
  return {
    push(value) {
      if (size === values.length) {
        const wider = new kind(2 * size)
        wider.set(values)
        values = wider
      }
      values[size++] = value
    },
    end: () => values.slice(0, size) as Kind,
  }
}
