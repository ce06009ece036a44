/**
 * What somebody may like after some videos, by everything that a model says: the graph finds, vectors and directions weigh what it finds
 * best and add what nobody has watched with anything else. Pure, but for room that is used again.
 */
import { type ByteRows, openByteRows } from '../../../kit/byte-rows.ts'
import { edgeCount, spread, takeIn } from '../../../kit/item-graph.ts'
import { foldIn } from '../../../kit/least-squares.ts'
import { type Find, type Near, openSearch } from '../../../kit/nearest.ts'
import { heaviest } from '../../../kit/sparse-rows.ts'
import { Tally } from '../../../kit/tally.ts'
import { towerVector } from '../../../kit/user-tower.ts'
import type { Mix, Model } from './model.ts'

/** What the graph finds best is weighed by the others too; the rest would not come to the top, and would cost most of the time. */
const BLENDED = 400
/** What only the vectors find. */
const NEAREST = 120
const MOST_READ = 4000

/** The vector of somebody who watched these; zeros where nothing is known of them. */
export function tasteOf(
  { vectors, tower }: Pick<Model, 'vectors' | 'tower'>,
  watched: ArrayLike<number>,
  shareOf: (at: number) => number,
) {
  const shares = new Float32Array(watched.length)
  for (let at = 0; at < shares.length; at++) shares[at] = shareOf(at)
  const chosen = Uint32Array.from(watched)
  const taste = foldIn(vectors, chosen, shares)
  return tower.width === 0 || chosen.length === 0 ? taste : towerVector(tower, vectors, taste, chosen, shares)
}

/** Vectors and directions as bytes, beside the model: a quarter of their size more. */
interface Ready {
  vectors: ByteRows
  directions: ByteRows
  find: Find
}

/** Made ready when a model is asked for the first time; two that differ in other parts only share it. */
const readies = new WeakMap<Float32Array, Ready>()

function readyFor({ vectors, cells, factors, videoIds }: Model): Ready {
  let ready = readies.get(vectors.items)
  if (!ready) {
    const rows = openByteRows(vectors.items, vectors.width, videoIds.length, MOST_READ)
    ready = {
      vectors: rows,
      directions: openByteRows(factors.given, factors.width, videoIds.length, BLENDED + NEAREST),
      find: openSearch({ width: vectors.width, ...cells }, rows, MOST_READ),
    }
    readies.set(vectors.items, ready)
  }
  return ready
}

/** The videos that fit a vector of taste best, best first, as far as they are found. */
export function nearTo(model: Model, taste: Float32Array): Near {
  return readyFor(model).find(taste, NEAREST, MOST_READ)
}

const found = new Tally()
const chosen = new Tally()
let places = new Uint32Array(0)

/** The best of these, best first: where they stand. */
export function bestOf({ values }: Scores, count: number): Uint32Array {
  return heaviest(values, placesBelow(values.length), count)
}

function placesBelow(count: number): Uint32Array {
  if (places.length < count) places = Uint32Array.from({ length: 2 * count }, (_, at) => at)
  return places.subarray(0, count)
}

/** Numbers of the model and what each is worth, in no order; 0 for what was watched. Holds until the next one is asked for. */
export interface Scores {
  items: Uint32Array
  values: Float32Array
}

/** What a viewer of these videos (last one last) may like, each way of saying it brought to the same scale. */
export function scoresOf(
  model: Model,
  watched: ArrayLike<number>,
  shareOf: (at: number) => number,
  { mix = model.mix, taste, near }: { mix?: Mix; taste?: Float32Array; near?: Near } = {},
): Scores {
  const { graph, factors } = model
  const direction = new Float32Array(factors.width)
  found.begin(Math.min(model.videoIds.length, edgeCount(graph, watched)))
  for (let at = 0; at < watched.length; at++) {
    spread(graph, watched[at]!, shareOf(at), found)
    if (mix.factors > 0) takeIn(factors, watched[at]!, shareOf(at), direction)
  }
  chooseBest()
  const byVectors = mix.vectors > 0 ? (taste ?? tasteOf(model, watched, shareOf)) : undefined
  if (byVectors) {
    // More than 0, which means that it is not suggested at all.
    for (const item of (near ?? nearTo(model, byVectors)).places) if (chosen.placeOf(item) < 0) chosen.add(item, 1e-30)
  }
  const items = chosen.items.subarray(0, chosen.count)
  const values = chosen.sums.subarray(0, chosen.count)
  if (items.length > 0) {
    const ready = readyFor(model)
    const parts: Part[] = []
    if (mix.factors > 0)
      parts.push({ mix: mix.factors, values: productsOf(ready.directions, direction, items, columns[0]!) })
    if (byVectors) parts.push({ mix: mix.vectors, values: productsOf(ready.vectors, byVectors, items, columns[1]!) })
    if (mix.head > 0) parts.push({ mix: mix.head, values: ofHead(model, watched, shareOf, items.length) })
    blend(values, parts)
  }
  for (let at = 0; at < watched.length; at++) {
    const place = chosen.placeOf(watched[at]!)
    if (place >= 0) values[place] = 0
  }
  return { items, values }
}

/** The same in a column with a place for every video, for whoever needs one: `touched` says which of them are not 0. */
export function scoreWith(
  model: Model,
  watched: ArrayLike<number>,
  shareOf: (at: number) => number,
  scores: Float32Array,
  touched: Uint32Array,
  mix: Mix = model.mix,
): number {
  const { items, values } = scoresOf(model, watched, shareOf, { mix })
  for (const [at, item] of items.entries()) scores[item] = values[at]!
  touched.set(items)
  return items.length
}

/** Of what was found the heaviest are chosen. */
function chooseBest(): void {
  chosen.begin(BLENDED + NEAREST)
  const { count, items, sums } = found
  if (count <= BLENDED) {
    for (let at = 0; at < count; at++) chosen.add(items[at]!, sums[at]!)
    return
  }
  for (const at of heaviest(sums, placesBelow(count), BLENDED)) chosen.add(items[at]!, sums[at]!)
}

/** A column for each part, used again for the next one. */
const columns = Array.from({ length: 3 }, () => new Float32Array(BLENDED + NEAREST))

function productsOf(rows: ByteRows, vector: Float32Array, items: Uint32Array, column: Float32Array): Float32Array {
  rows.ask(vector)
  rows.ofRows(items, items.length, column)
  return column.subarray(0, items.length)
}

/** What the linear model says of what is chosen. */
function ofHead(
  { head }: Model,
  watched: ArrayLike<number>,
  shareOf: (at: number) => number,
  count: number,
): Float32Array {
  const sums = columns[2]!.subarray(0, count).fill(0)
  for (let at = 0; at < watched.length; at++) {
    const share = shareOf(at)
    const end = head.offsets[watched[at]! + 1]!
    for (let edge = head.offsets[watched[at]!]!; edge < end; edge++) {
      const place = chosen.placeOf(head.neighbours[edge]!)
      if (place >= 0) sums[place]! += share * head.weights[edge]!
    }
  }
  return sums
}

interface Part {
  mix: number
  values: Float32Array
}

/** Adds the parts, each as large as its mix says, and brings all above 0, since 0 means that something is not suggested at all. */
function blend(graph: Float32Array, parts: readonly Part[]): void {
  addScaled(graph, graph, 1 / sizeOf(graph) - 1)
  for (const { mix, values } of parts) addScaled(graph, values, mix / sizeOf(values))
  let least = 0
  for (let at = 0; at < graph.length; at++) least = Math.min(least, graph[at]!)
  for (let at = 0; at < graph.length; at++) graph[at]! += 1e-6 - least
}

function sizeOf(values: Float32Array): number {
  let sum = 0
  for (let at = 0; at < values.length; at++) sum += values[at]! ** 2
  return Math.sqrt(sum / values.length) || 1
}

function addScaled(sums: Float32Array, values: Float32Array, scale: number): void {
  for (let at = 0; at < sums.length; at++) sums[at]! += scale * values[at]!
}
