/**
 * The item graph, which items are chosen by the same people, and vectors of items: what suggestions are made from. Pure functions over
 * typed arrays; items and people are numbers from 0. A graph is truncated to its heaviest edges, so that reading it costs a
 * bounded time whatever is popular.
 */

import { product } from './nearest.ts'
import { growing, heaviest, rowSums, type SparseRows, transpose } from './sparse-rows.ts'
import { type Spectrum, spectrumOf } from './spectrum.ts'
import type { Tally } from './tally.ts'

/** The heaviest edges of each item, heaviest first, in rows as those of SparseRows. */
export interface ItemGraph {
  readonly offsets: Uint32Array
  readonly neighbours: Uint32Array
  readonly weights: Float32Array
}

export interface GraphShape {
  /** How strongly a busy row counts for less: the exponent of its sum. */
  rowDamping: number
  /** The same for the item one comes from and for the one that is suggested. */
  fromDamping: number
  toDamping: number
  /** Edges kept per item. */
  width: number
}

/** Tuned on the validation file of the bench. With equal first two exponents it is RP3beta (Paudel et al., 2017). */
export const GRAPH_SHAPE: GraphShape = { rowDamping: 0.7, fromDamping: 0.7, toDamping: 0.3, width: 500 }

/** A row says at most this much: one with everything in it would cost the square of it and tell nothing. */
export const MOST_PER_ROW = 2000

/** Rows from lists. A list that is too long keeps its end, which is what was chosen last. */
export function rowsFrom(itemCount: number, lists: ArrayLike<number>[], mostPerRow = MOST_PER_ROW): SparseRows {
  const offsets = new Uint32Array(lists.length + 1)
  for (const [row, list] of lists.entries()) offsets[row + 1] = offsets[row]! + Math.min(list.length, mostPerRow)
  const items = new Uint32Array(offsets[lists.length]!)
  for (const [row, list] of lists.entries()) {
    const skip = Math.max(0, list.length - mostPerRow)
    for (let at = skip; at < list.length; at++) items[offsets[row]! + at - skip] = list[at]!
  }
  return { itemCount, offsets, items }
}

/** n to the power of minus `exponent`, and 0 for nothing. */
function damped(sums: Float64Array, exponent: number): Float64Array {
  return sums.map((sum) => (sum > 0 ? sum ** -exponent : 0))
}

/**
 * The graph of all items: the edge from i to j weighs the sum, over all rows with both, of the weights of the two
 * entries, damped by the sum of that row and by how often both items are chosen. Time: the sum of the squares
 * of the rows; memory: `width` edges per item.
 */
export function itemGraph(rows: SparseRows, shape: GraphShape = GRAPH_SHAPE): ItemGraph {
  const byItem = transpose(rows)
  const ofRow = damped(rowSums(rows), shape.rowDamping)
  const itemSums = rowSums(byItem)
  const ofSource = damped(itemSums, shape.fromDamping)
  const ofTarget = damped(itemSums, shape.toDamping)
  const { itemCount } = rows
  const sums = new Float32Array(itemCount)
  const touched = new Uint32Array(itemCount)
  const offsets = new Uint32Array(itemCount + 1)
  const neighbours = growing(Uint32Array)
  const weights = growing(Float32Array)
  for (let item = 0; item < itemCount; item++) {
    let count = 0
    for (let at = byItem.offsets[item]!; at < byItem.offsets[item + 1]!; at++) {
      const row = byItem.items[at]!
      const share = ofRow[row]! * (byItem.weights?.[at] ?? 1)
      for (let by = rows.offsets[row]!; by < rows.offsets[row + 1]!; by++) {
        const other = rows.items[by]!
        if (sums[other] === 0) touched[count++] = other
        sums[other]! += share * (rows.weights?.[by] ?? 1)
      }
    }
    for (let at = 0; at < count; at++) {
      const other = touched[at]!
      sums[other] = other === item ? 0 : sums[other]! * ofSource[item]! * ofTarget[other]!
    }
    const best = heaviest(sums, touched.subarray(0, count), shape.width)
    for (const other of best) {
      neighbours.push(other)
      weights.push(sums[other]!)
    }
    for (let at = 0; at < count; at++) sums[touched[at]!] = 0
    offsets[item + 1] = offsets[item]! + best.length
  }
  return { offsets, neighbours: neighbours.end(), weights: weights.end() }
}

/** Adds to `tally` what the graph suggests after one item, `share` times. */
export function spread(graph: ItemGraph, item: number, share: number, tally: Tally): void {
  const end = graph.offsets[item + 1]!
  for (let at = graph.offsets[item]!; at < end; at++) tally.add(graph.neighbours[at]!, share * graph.weights[at]!)
}

/** So many edges lead away from these items. */
export function edgeCount({ offsets }: ItemGraph, items: ArrayLike<number>): number {
  let count = 0
  for (let at = 0; at < items.length; at++) count += offsets[items[at]! + 1]! - offsets[items[at]!]!
  return count
}

// Vectors: the few directions along which tastes differ most. A person's vector is the sum of what was chosen, so one more
// choice is one more addition, and nothing has to be trained again for somebody new.

export interface Factors {
  /** Directions kept. */
  readonly width: number
  /** One row of `width` numbers per item: what choosing it adds to a vector of taste. */
  readonly taken: Float32Array
  /** One row per item: what a vector of taste is multiplied with for the item's score. */
  readonly given: Float32Array
}

export interface FactorShape {
  width: number
  /** Rounds of subspace iteration: each sharpens the directions by the square of the ratio of their strengths. */
  rounds: number
  /** Exponents of how often an item is chosen: of what is taken from it, and given to it. */
  takenDamping: number
  givenDamping: number
  /**
   * How strongly the strongest directions are taken away, as an exponent of their strength (0 to 1). What many small steps of
   * "chosen by the same people" lead to is what everybody likes; less of it leaves what is particular (the sharpening of
   * Choi et al., Blurring-Sharpening Process Models, 2023).
   */
  sharpening: number
}

/** Tuned on the validation file of the bench. */
export const FACTOR_SHAPE: FactorShape = {
  width: 192,
  rounds: 3,
  takenDamping: 0.5,
  givenDamping: 0.25,
  sharpening: 4,
}

/** Vectors from a spectrum: cheap, so that several shapes can be tried on one spectrum. */
export function factorsFrom({ width, basis, strengths, itemSums }: Spectrum, shape: FactorShape): Factors {
  const taken = new Float32Array(basis.length)
  const given = new Float32Array(basis.length)
  const passes = strengths.map((strength) => -(strength ** shape.sharpening))
  for (const [item, sum] of itemSums.entries()) {
    const damping = sum > 0 ? sum ** -shape.takenDamping : 0
    const raising = sum > 0 ? sum ** -shape.givenDamping : 0
    for (let dim = 0; dim < width; dim++) {
      const value = basis[item * width + dim]!
      taken[item * width + dim] = value * damping
      given[item * width + dim] = value * raising * passes[dim]!
    }
  }
  return { width, taken, given }
}

export function itemFactors(rows: SparseRows, shape: FactorShape = FACTOR_SHAPE): Factors {
  return factorsFrom(spectrumOf(rows, shape.width, shape.rounds), shape)
}

/** Adds one choice to a vector of taste. */
export function takeIn(factors: Factors, item: number, share: number, vector: Float32Array): void {
  const base = item * factors.width
  for (let dim = 0; dim < factors.width; dim++) vector[dim]! += share * factors.taken[base + dim]!
}

export function affinity(factors: Factors, vector: Float32Array, item: number): number {
  return product(vector, 0, factors.given, item * factors.width, factors.width)
}
