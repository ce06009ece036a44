/** Vectors of items: learned from choices, found by nearness, foretold from words; and the linear model of the head. */
import { expect, test } from 'vitest'
import { openByteRows } from './byte-rows.ts'
import { headWeights, inverseOf } from './head-weights.ts'
import { rowsFrom } from './item-graph.ts'
import { foldIn, itemVectors, VECTOR_SHAPE } from './least-squares.ts'
import { cellsOf, NO_CELL, openSearch, orderByCell, product } from './nearest.ts'
import { learnWordMap, vectorOfWords } from './sparse-ridge.ts'

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

const GROUPS = 6
const OF_GROUP = 20
const ITEMS = GROUPS * OF_GROUP

/** People who choose within one group of items, mostly. */
function people(random: () => number, count = 240) {
  return rowsFrom(
    ITEMS,
    Array.from({ length: count }, (_, person) => {
      const own = person % GROUPS
      const chosen = new Set<number>()
      while (chosen.size < 8) {
        const group = random() < 0.9 ? own : Math.floor(random() * GROUPS)
        chosen.add(group * OF_GROUP + Math.floor(random() * OF_GROUP))
      }
      return [...chosen]
    }),
  )
}

const SHAPE = { ...VECTOR_SHAPE, width: 8 }

test('somebody new is near what those like them chose, and far from the rest', () => {
  const vectors = itemVectors(people(seeded(1)), SHAPE)
  const taste = foldIn(vectors, Uint32Array.of(1, 3, 5), Float32Array.of(1, 1, 1), SHAPE)

  const fits = Array.from({ length: ITEMS }, (_, item) => product(taste, 0, vectors.items, item * 8, 8))
  const best = fits.map((_, item) => item).sort((one, other) => fits[other]! - fits[one]!)
  expect(best.slice(0, 10).every((item) => item < OF_GROUP)).toBe(true)
  expect(foldIn(vectors, Uint32Array.of(), Float32Array.of(), SHAPE).every((value) => value === 0)).toBe(true)
})

test('folding in solves its equations, whatever the width and however many were chosen, also after somebody else', () => {
  const random = seeded(9)
  for (const width of [6, 8, 13]) {
    const items = Float32Array.from({ length: 50 * width }, () => random() - 0.5)
    const gram = Float32Array.from({ length: width * width }, (_, at) => (at % (width + 1) === 0 ? 2 : 0.1))
    const shape = { ...VECTOR_SHAPE, width, steps: 20 }
    for (const count of [40, 33, 1, 17]) {
      const chosen = Uint32Array.from({ length: count }, () => Math.floor(random() * 50))
      const weights = Float32Array.from({ length: count }, random)
      // Somebody before them, with a little more and not far from where they began.
      const more = Uint32Array.from([...chosen, 0, 1, 2])
      foldIn({ width, items, gram }, more, new Float32Array(count + 3).fill(1), { ...shape, steps: 1 })
      const taste = foldIn({ width, items, gram }, chosen, weights, shape)
      expect(taste).toHaveLength(width)
      const pull = shape.pull * (count + shape.unchosen * 50) ** shape.busyness
      for (let row = 0; row < width; row++) {
        let left = pull * taste[row]! + product(gram, row * width, taste, 0, width)
        for (let at = 0; at < count; at++) {
          const base = chosen[at]! * width
          left += weights[at]! * (product(items, base, taste, 0, width) - 1) * items[base + row]!
        }
        expect(Math.abs(left), `${width} ${count} ${row}`).toBeLessThan(1e-3)
      }
    }
  }
})

test('one who goes on from an earlier model is soon where a new one takes many epochs to', () => {
  const rows = people(seeded(2))
  const whole = itemVectors(rows, { ...SHAPE, epochs: 12 })
  const again = itemVectors(rows, { ...SHAPE, epochs: 1 }, whole.items)
  const anew = itemVectors(rows, { ...SHAPE, epochs: 1 })
  const gap = (one: Float32Array) => one.reduce((sum, value, at) => sum + (value - whole.items[at]!) ** 2, 0)
  expect(gap(again.items)).toBeLessThan(0.1 * gap(anew.items))
})

test('the nearest are found by reading a few cells, and what is nowhere is near nothing', () => {
  const random = seeded(3)
  const width = 16
  const centres = Array.from({ length: 40 }, () => Array.from({ length: width }, () => random() - 0.5))
  const vectors = Float32Array.from({ length: 5000 * width }, (_, at) =>
    at < 100 * width ? 0 : centres[Math.floor(at / width) % 40]![at % width]! + 0.1 * (random() - 0.5),
  )
  const cells = cellsOf(vectors, width)
  expect([...cells.cellOf.subarray(0, 100)].every((cell) => cell === NO_CELL)).toBe(true)
  const { order, offsets } = orderByCell(cells)
  const ordered = Float32Array.from(
    { length: vectors.length },
    (_, at) => vectors[order[Math.floor(at / width)]! * width + (at % width)]!,
  )
  const find = openSearch({ width, centres: cells.centres, offsets }, openByteRows(ordered, width, 5000, 1000), 1000)
  let hits = 0
  for (let ask = 0; ask < 20; ask++) {
    const wanted = Float32Array.from(centres[ask]!)
    const all = Array.from({ length: 5000 }, (_, at) => ({ at, value: product(wanted, 0, ordered, at * width, width) }))
      .sort((one, other) => other.value - one.value)
      .slice(0, 50)
    const { places, values } = find(wanted, 50, 1000)
    expect(places.every((place) => order[place]! >= 100)).toBe(true)
    expect(values).toEqual(values.toSorted().reverse())
    expect(values[0]).toBeCloseTo(product(wanted, 0, ordered, places[0]! * width, width), 1)
    hits += all.filter(({ at }) => places.includes(at)).length
  }
  expect(hits / (20 * 50)).toBeGreaterThan(0.9)
})

test('what nobody has chosen gets its place from its words', () => {
  const random = seeded(4)
  const vectors = itemVectors(people(random), SHAPE)
  // Each item says a word of its group and two that mean nothing.
  const words = rowsFrom(
    256,
    Array.from({ length: ITEMS }, (_, item) => [
      Math.floor(item / OF_GROUP),
      50 + Math.floor(random() * 100),
      150 + Math.floor(random() * 100),
    ]),
  )
  const map = learnWordMap(words, vectors.items, new Float32Array(ITEMS).fill(1), 8, 1)
  for (let group = 0; group < GROUPS; group++) {
    const place = vectorOfWords(map, [group, 60, 170])
    const fits = Array.from({ length: ITEMS }, (_, item) => product(place, 0, vectors.items, item * 8, 8))
    const best = fits.indexOf(Math.max(...fits))
    expect(Math.floor(best / OF_GROUP)).toBe(group)
  }
  expect(vectorOfWords(map, [])).toEqual(new Float32Array(8))
})

test('the weights of the head are those of the inverse, with nothing on the diagonal', () => {
  const matrix = Float64Array.of(4, 1, 0.5, 1, 3, 0.2, 0.5, 0.2, 2)
  const inverse = inverseOf(matrix.slice(), 3)
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      let sum = 0
      for (let at = 0; at < 3; at++) sum += matrix[row * 3 + at]! * inverse[at * 3 + column]!
      expect(sum).toBeCloseTo(Number(row === column), 10)
    }
  }

  const head = headWeights(people(seeded(5)), { most: 60, dropped: 0.33, pull: 5 })
  expect(head.items).toHaveLength(60)
  let [within, between] = [0, 0]
  for (let from = 0; from < 60; from++) {
    expect(head.weights[from * 60 + from]).toBe(0)
    for (let to = 0; to < 60; to++) {
      const same = Math.floor(head.items[from]! / OF_GROUP) === Math.floor(head.items[to]! / OF_GROUP)
      if (same) within += head.weights[from * 60 + to]!
      else between += head.weights[from * 60 + to]!
    }
  }
  expect(within / 60).toBeGreaterThan(5 * Math.abs(between / 60))
})
