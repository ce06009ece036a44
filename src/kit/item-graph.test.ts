/** The item graph, the vectors and the measure of quality, on tastes small enough to see through. */
import { expect, test } from 'vitest'
import { affinity, edgeCount, itemFactors, itemGraph, rowsFrom, spread, takeIn } from './item-graph.ts'
import { qualityOf } from './ranking-quality.ts'
import { spectrumOf } from './spectrum.ts'
import { Tally } from './tally.ts'

/** Two tastes that never meet: items 0 to 4 and 5 to 9, chosen three at a time. */
const lists = [
  [0, 1, 2],
  [1, 2, 3],
  [2, 3, 4],
  [3, 4, 0],
  [5, 6, 7],
  [6, 7, 8],
  [7, 8, 9],
  [8, 9, 5],
]
const rows = rowsFrom(10, lists)
const SHAPE = { rowDamping: 0.7, fromDamping: 0.7, toDamping: 0.3, width: 3 }

test('an edge weighs what its definition says', () => {
  const graph = itemGraph(rows, SHAPE)
  // 0 and 1 meet in one row of three; 0 is in two rows and 1 in two.
  const at = [...graph.neighbours.subarray(graph.offsets[0]!, graph.offsets[1]!)].indexOf(1)
  expect(at).toBeGreaterThanOrEqual(0)
  expect(graph.weights[at]).toBeCloseTo(3 ** -0.7 * 2 ** -0.7 * 2 ** -0.3, 5)
})

test('items keep their heaviest edges, heaviest first, and none to themselves', () => {
  const graph = itemGraph(rows, SHAPE)
  for (let item = 0; item < 10; item++) {
    const [from, to] = [graph.offsets[item]!, graph.offsets[item + 1]!]
    const weights = [...graph.weights.subarray(from, to)]
    expect(to - from).toBeLessThanOrEqual(3)
    expect(weights).toEqual([...weights].sort((one, other) => other - one))
    expect([...graph.neighbours.subarray(from, to)]).not.toContain(item)
  }
})

test('what one taste chose leads to its own items only', () => {
  const graph = itemGraph(rows, { ...SHAPE, width: 10 })
  const tally = new Tally()
  tally.begin(edgeCount(graph, [0]))
  spread(graph, 0, 1, tally)
  const items = [...tally.items.subarray(0, tally.count)]
  expect(items.length).toBeGreaterThan(2)
  expect(items.every((item) => item > 0 && item < 5)).toBe(true)
})

test('a tally adds up what a column would, and knows what has not come', () => {
  const tally = new Tally()
  for (let round = 0; round < 3; round++) {
    const column = new Float64Array(1_000_000)
    tally.begin(3000)
    for (let count = 0; count < 9000; count++) {
      const item = ((count % 3000) * 332_777 + round) % 1_000_000
      tally.add(item, count)
      column[item]! += count
    }
    expect(tally.count).toBe(3000)
    for (let place = 0; place < 3000; place++) {
      expect(tally.sums[place]).toBe(column[tally.items[place]!])
      expect(tally.placeOf(tally.items[place]!)).toBe(place)
    }
    const absent = column.findIndex((sum, item) => sum === 0 && item > 500_000)
    expect(tally.placeOf(absent)).toBe(-1)
  }
})

test('a row that is too long keeps its end', () => {
  const short = rowsFrom(10, [[0, 1, 2, 3, 4]], 2)
  expect([...short.items]).toEqual([3, 4])
})

test('the strongest directions reproduce the matrix when all of them are kept', () => {
  const { basis, strengths, width, itemSums } = spectrumOf(rows, 8, 30)
  // Row sums are all 3: the damped matrix times its transpose, between two items.
  const exact = (one: number, other: number) =>
    lists.filter((list) => list.includes(one) && list.includes(other)).length /
    (3 * Math.sqrt(itemSums[one]! * itemSums[other]!))
  for (const [one, other] of [
    [0, 0],
    [1, 2],
    [3, 8],
    [7, 8],
  ] as const) {
    let sum = 0
    for (let dim = 0; dim < width; dim++)
      sum += basis[one * width + dim]! * basis[other * width + dim]! * strengths[dim]! ** 2
    expect(sum).toBeCloseTo(exact(one, other), 4)
  }
  expect(strengths[0]).toBeCloseTo(1, 5)
})

test('vectors are added up choice by choice, and the same rows give the same vectors', () => {
  const factors = itemFactors(rows, { width: 4, rounds: 3, takenDamping: 0.5, givenDamping: 0.25, sharpening: 4 })
  const again = itemFactors(rows, { width: 4, rounds: 3, takenDamping: 0.5, givenDamping: 0.25, sharpening: 4 })
  expect(again.given).toEqual(factors.given)
  const [both, first, second] = [new Float32Array(4), new Float32Array(4), new Float32Array(4)]
  takeIn(factors, 0, 1, both)
  takeIn(factors, 1, 2, both)
  takeIn(factors, 0, 1, first)
  takeIn(factors, 1, 2, second)
  expect(affinity(factors, both, 2)).toBeCloseTo(affinity(factors, first, 2) + affinity(factors, second, 2), 5)
})

test('ties count by their mean place, so a scorer that says nothing about order gains nothing', () => {
  const later = [[3]]
  const best = qualityOf({ itemCount: 10, later, depth: 2 }, (_, scores) => scores.fill(1, 3, 4))
  expect(best).toMatchObject({ recall: 1, ndcg: 1, coverage: 0.1 })
  // All ten alike: the mean place is 5.5, beyond the second.
  const flat = qualityOf({ itemCount: 10, later, depth: 2 }, (_, scores) => scores.fill(1))
  expect(flat).toMatchObject({ recall: 0, ndcg: 0 })
  const second = qualityOf({ itemCount: 10, later, depth: 2 }, (_, scores) => scores.set([2, 0, 0, 1]))
  expect(second.ndcg).toBeCloseTo(1 / Math.log2(3), 6)
  const none = qualityOf({ itemCount: 10, later, depth: 2 }, () => {})
  expect(none.recall).toBe(0)
})
