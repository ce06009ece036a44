/** The learned way from what was watched to a vector of taste. */
import { expect, test } from 'vitest'
import { rowsFrom } from './item-graph.ts'
import { foldIn, itemVectors, VECTOR_SHAPE } from './least-squares.ts'
import { product } from './nearest.ts'
import { learnTower, type TowerShape, towerVector } from './user-tower.ts'

const GROUPS = 6
const OF_GROUP = 20
const ITEMS = GROUPS * OF_GROUP
const SHAPE: TowerShape = {
  hidden: 8,
  perRow: 8,
  most: 20_000,
  epochs: 4,
  negatives: 64,
  batch: 32,
  rate: 0.01,
  memory: 20,
  fade: (rank) => 0.93 ** rank,
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

/** People who like one group, and after some time another: what was chosen last says what comes next. */
function people(count: number) {
  const random = seeded(3)
  return rowsFrom(
    ITEMS,
    Array.from({ length: count }, () => {
      const chosen = new Set<number>()
      for (let phase = 0; phase < 2; phase++) {
        const group = Math.floor(random() * GROUPS)
        const end = chosen.size + 7
        while (chosen.size < end) chosen.add(group * OF_GROUP + Math.floor(random() * OF_GROUP))
      }
      return [...chosen]
    }),
  )
}

test('a tower learns that what was chosen last says most of what comes next', () => {
  const rows = people(300)
  const vectors = itemVectors(rows, { ...VECTOR_SHAPE, width: 8 })
  const tower = learnTower(vectors, rows, SHAPE)

  // Seven of the first group, then two of the second.
  const chosen = Uint32Array.of(1, 3, 5, 7, 9, 11, 13, 25, 27)
  const shares = Float32Array.from(chosen, (_, at) => SHAPE.fade(chosen.length - 1 - at))
  const plain = foldIn(vectors, chosen, shares)
  const learned = towerVector(tower, vectors, plain, chosen, shares)

  const shareOfSecond = (taste: Float32Array) => {
    const fits = Array.from({ length: ITEMS }, (_, item) => product(taste, 0, vectors.items, item * 8, 8))
    const best = fits.map((_, item) => item).sort((one, other) => fits[other]! - fits[one]!)
    return best.slice(0, 10).filter((item) => item >= OF_GROUP && item < 2 * OF_GROUP).length / 10
  }
  expect(tower.width).toBe(8)
  expect(shareOfSecond(learned)).toBeGreaterThan(shareOfSecond(plain))
  expect(shareOfSecond(learned)).toBeGreaterThanOrEqual(0.8)
})

test('the order in which choices are handed over does not matter, only how much each counts', () => {
  const rows = people(300)
  const vectors = itemVectors(rows, { ...VECTOR_SHAPE, width: 8 })
  const tower = learnTower(vectors, rows, SHAPE)
  const taste = foldIn(vectors, Uint32Array.of(1, 30), Float32Array.of(0.5, 1))

  const one = towerVector(tower, vectors, taste, [1, 30], Float32Array.of(0.5, 1))
  const other = towerVector(tower, vectors, taste, [30, 1], Float32Array.of(1, 0.5))

  for (const [dim, value] of one.entries()) expect(value).toBeCloseTo(other[dim]!, 4)
})

test('from a handful of watches no tower is built', () => {
  const rows = people(10)
  const vectors = itemVectors(rows, { ...VECTOR_SHAPE, width: 8 })
  expect(learnTower(vectors, rows, SHAPE).width).toBe(0)
})
