/**
 * What goes with what, as one model: an item graph, the strongest directions of taste, vectors of videos and the map that gives a
 * vector to a video nobody has watched, and among the most watched the weights of a linear model. Videos are numbered cell by
 * cell of their vectors, so that the nearest ones lie together. Pure.
 */
import { headWeights } from '../../../kit/head-weights.ts'
import {
  FACTOR_SHAPE,
  type Factors,
  GRAPH_SHAPE,
  type ItemGraph,
  itemFactors,
  itemGraph,
} from '../../../kit/item-graph.ts'
import { itemVectors, VECTOR_SHAPE, type Vectors } from '../../../kit/least-squares.ts'
import { cellsOf, type NearestIndex, orderByCell } from '../../../kit/nearest.ts'
import { learnWordMap, vectorOfWords, type WordMap } from '../../../kit/sparse-ridge.ts'
import { growing, heaviest, rowSums, type SparseRows, transpose } from '../../../kit/sparse-rows.ts'
import { learnTower, NO_TOWER, type Tower, type TowerShape } from '../../../kit/user-tower.ts'
import { fade, MEMORY } from '../rules.ts'

/** How much the others say beside the graph. */
export interface Mix {
  factors: number
  vectors: number
  head: number
}

/** Tuned on the validation file of the bench; a platform with enough watches tunes its own. */
export const USUAL_MIX: Mix = { factors: 0.5, vectors: 0.5, head: 0 }

export interface Model {
  videoIds: string[]
  graph: ItemGraph
  factors: Factors
  vectors: Vectors
  /** Where the cells of the vectors begin, and their centres. */
  cells: Pick<NearestIndex, 'centres' | 'offsets'>
  /** From words to vectors; of width 0 where no words were given. */
  words: WordMap
  /** Edges among the most watched, by the linear model. */
  head: ItemGraph
  /** From the last watches to a vector of taste; of width 0 where folding in does as well. */
  tower: Tower
  mix: Mix
}

/** Numbers that a model may have in its graph and in each of its tables of vectors: half a gigabyte, 64 MB and 128 MB. */
const MOST_EDGES = 64_000_000
const MOST_DIRECTION_NUMBERS = 16_000_000
const MOST_VECTOR_NUMBERS = 32_000_000
/** Edges of the linear model kept per video. */
const HEAD_WIDTH = 200
/** Epochs for a model that goes on from another: it stands near where it will end. */
const EPOCHS_AGAIN = 3
/** As many watches as this say as much of a video as its words do. */
const WORDS_WORTH = 8
const WORDS_PULL = 3
/** Tuned on the generated streams of the bench. */
const TOWER_SHAPE: TowerShape = {
  hidden: 32,
  perRow: 8,
  most: 150_000,
  epochs: 3,
  negatives: 256,
  batch: 64,
  rate: 0.01,
  memory: MEMORY,
  fade,
}

export interface Given {
  /** Words of each video, as rows of hashes below WORD_PLACES. */
  words?: SparseRows
  /** A model to go on from. */
  before?: Model | undefined
  mix?: Mix
}

/** A model of everything that was watched. The more videos there are, the fewer edges and directions each of them gets. */
export function makeModel(videoIds: string[], watches: SparseRows, given: Given = {}): Model {
  const count = Math.max(1, videoIds.length)
  const width = Math.min(VECTOR_SHAPE.width, Math.max(8, count >> 3), Math.floor(MOST_VECTOR_NUMBERS / count))
  const before =
    given.before && given.before.vectors.width === width ? earlierVectors(given.before, videoIds) : undefined
  const shape = { ...VECTOR_SHAPE, width, epochs: before ? EPOCHS_AGAIN : VECTOR_SHAPE.epochs }
  const learned = itemVectors(watches, shape, before)
  const { words, items } = withWords(learned, watches, given.words)
  const cells = cellsOf(items, width)
  const { order, offsets } = orderByCell(cells)
  const rows = renumbered(watches, order)
  const edges = Math.min(GRAPH_SHAPE.width, Math.floor(MOST_EDGES / count))
  // With few videos there are few directions worth the name.
  const directions = Math.min(FACTOR_SHAPE.width, Math.max(8, count >> 3), Math.floor(MOST_DIRECTION_NUMBERS / count))
  return {
    videoIds: Array.from(order, (item) => videoIds[item]!),
    graph: itemGraph(rows, { ...GRAPH_SHAPE, width: edges }),
    factors: itemFactors(rows, { ...FACTOR_SHAPE, width: directions }),
    vectors: { ...learned, items: reordered(items, order, width) },
    cells: { centres: cells.centres, offsets },
    words,
    head: headGraph(rows),
    tower: NO_TOWER,
    mix: given.mix ?? USUAL_MIX,
  }
}

/** The same model with a tower learned from the same watches, which must lie in the order of time. */
export function withTower(model: Model, videoIds: string[], watches: SparseRows): Model {
  const numberOf = new Map(model.videoIds.map((videoId, at) => [videoId, at]))
  const numbers = Uint32Array.from(videoIds, (videoId) => numberOf.get(videoId)!)
  const rows = { ...watches, items: watches.items.map((item) => numbers[item]!) }
  return { ...model, tower: learnTower(model.vectors, rows, TOWER_SHAPE) }
}

function earlierVectors(before: Model, videoIds: string[]): Float32Array {
  const { width, items } = before.vectors
  const numberOf = new Map(before.videoIds.map((videoId, at) => [videoId, at]))
  const earlier = new Float32Array(videoIds.length * width)
  for (const [at, videoId] of videoIds.entries()) {
    const from = numberOf.get(videoId)
    if (from !== undefined) earlier.set(items.subarray(from * width, (from + 1) * width), at * width)
  }
  return earlier
}

/** Vectors in which words stand in for watches: wholly where there are none, hardly where there are many. */
function withWords({ width, items }: Vectors, watches: SparseRows, words: SparseRows | undefined) {
  if (!words) return { words: { width: 0, places: 1, weights: new Float32Array(0) }, items }
  const counts = rowSums(transpose({ ...watches, weights: new Float32Array(watches.items.length).fill(1) }))
  const trust = Float32Array.from(counts, (count) => count / (count + WORDS_WORTH))
  const map = learnWordMap(words, items, trust, width, WORDS_PULL)
  const mixed = new Float32Array(items.length)
  for (let item = 0; item + 1 < words.offsets.length; item++) {
    const said = vectorOfWords(map, words.items.subarray(words.offsets[item]!, words.offsets[item + 1]!))
    const share = trust[item]!
    for (let dim = 0; dim < width; dim++) {
      const at = item * width + dim
      mixed[at] = share * items[at]! + (1 - share) * said[dim]!
    }
  }
  return { words: map, items: mixed }
}

function renumbered(rows: SparseRows, order: Uint32Array): SparseRows {
  const numberOf = new Uint32Array(order.length)
  for (const [number, item] of order.entries()) numberOf[item] = number
  return { ...rows, items: rows.items.map((item) => numberOf[item]!) }
}

function reordered(vectors: Float32Array, order: Uint32Array, width: number): Float32Array {
  const moved = new Float32Array(vectors.length)
  for (const [to, from] of order.entries()) moved.set(vectors.subarray(from * width, (from + 1) * width), to * width)
  return moved
}

/** The heaviest positive weights of the linear model as a graph over all videos. */
function headGraph(rows: SparseRows): ItemGraph {
  const { items, weights } = headWeights(rows)
  const size = items.length
  const placeOf = new Int32Array(rows.itemCount).fill(-1)
  for (const [place, item] of items.entries()) placeOf[item] = place
  const offsets = new Uint32Array(rows.itemCount + 1)
  const neighbours = growing(Uint32Array)
  const kept = growing(Float32Array)
  const all = Uint32Array.from(items.keys())
  for (let item = 0; item < rows.itemCount; item++) {
    const place = placeOf[item]!
    offsets[item + 1] = offsets[item]!
    if (place < 0) continue
    const line = weights.subarray(place * size, (place + 1) * size)
    const best = heaviest(line, all, HEAD_WIDTH)
    offsets[item + 1]! += best.length
    for (const other of best) {
      neighbours.push(items[other]!)
      kept.push(line[other]!)
    }
  }
  return { offsets, neighbours: neighbours.end(), weights: kept.end() }
}
