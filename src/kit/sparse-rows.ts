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

/** Bins by the exponent of a value and the first five bits behind its point. */
const BIN_SHIFT = 18
const BINS = 2 ** (31 - BIN_SHIFT)
const counts = new Uint32Array(BINS)
let likely = new Uint32Array(1024)
let keys = new Float64Array(1024)
/** Keys hold the bits of a value before an item, so that one comparison of numbers decides; both fit in the 53 bits of a whole double. */
const MOST_KEYED = 2 ** 22

/**
 * The `count` of these items with the greatest values above 0, greatest first; of equals the lower number first. Bits of values above 0 are
 * in the order of the values, so they are counted in bins and compared as whole numbers: what lies below the bin that the last one is in is
 * never sorted.
 */
export function heaviest(values: Float32Array, items: Uint32Array, count: number): Uint32Array {
  if (count === 0) return new Uint32Array(0)
  // Those of a value below 0 are below 0 too.
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length)
  counts.fill(0)
  for (let at = 0; at < items.length; at++) {
    const own = bits[items[at]!]!
    if (own > 0) counts[own >> BIN_SHIFT]!++
  }
  let bin = BINS
  let size = 0
  while (bin > 0 && size < count) size += counts[--bin]!
  if (size === 0) return new Uint32Array(0)
  const enough = Math.max(1, 2 ** BIN_SHIFT * bin)
  if (likely.length < size) likely = new Uint32Array(2 * size)
  let found = 0
  for (let at = 0; at < items.length; at++) {
    const item = items[at]!
    if (bits[item]! >= enough) likely[found++] = item
  }
  const best = likely.subarray(0, found)
  // Where very many share the last bin a heap is quicker than to sort them all.
  if (values.length > MOST_KEYED || found > 4 * count) return heaviestOfMany(values, best, count)
  if (keys.length < found) keys = new Float64Array(2 * found)
  for (let at = 0; at < found; at++) keys[at] = bits[best[at]!]! * MOST_KEYED + (MOST_KEYED - 1 - best[at]!)
  const sorted = keys.subarray(0, found).sort()
  const heavy = new Uint32Array(Math.min(found, count))
  for (let at = 0; at < heavy.length; at++) {
    const key = sorted[found - 1 - at]!
    heavy[at] = MOST_KEYED - 1 - (key - Math.floor(key / MOST_KEYED) * MOST_KEYED)
  }
  return heavy
}

/** The same with a heap whose root is the worst that is kept: most items are turned away by one comparison. */
function heaviestOfMany(values: Float32Array, items: Uint32Array, count: number): Uint32Array {
  const before = (one: number, other: number) => values[other]! - values[one]! || one - other
  const heap = new Uint32Array(Math.min(count, items.length))
  let size = 0
  for (const item of items) {
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
