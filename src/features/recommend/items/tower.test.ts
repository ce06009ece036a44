/** Whether a learned tower is used: only where it foretells more than folding in does. */
import { expect, test } from 'vitest'
import { fromBytes, toBytes } from './bytes.ts'
import { judge, tryTower, tuneMix } from './evaluation.ts'
import { type History, watchesOf } from './history.ts'
import { makeModel, withTower } from './model.ts'
import { tasteOf } from './scores.ts'

const SUBJECTS = 20
const OF_SUBJECT = 30
const DAY_MS = 24 * 3_600_000
const BEGAN_MS = Date.UTC(2026, 0, 1)

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

/** Three hundred people over a hundred days, who stay with a subject for some time and then go on to another for good. */
function restless(): History {
  const random = seeded(7)
  const rows = Array.from({ length: 300 }, () => {
    const row = { items: [] as number[], shares: [] as number[], atMs: [] as number[] }
    let subject = Math.floor(random() * SUBJECTS)
    for (let day = random() * 5; day < 100; day += 2 + random() * 4) {
      if (random() < 0.12) subject = Math.floor(random() * SUBJECTS)
      const item = subject * OF_SUBJECT + Math.floor(OF_SUBJECT * random() ** 2)
      if (row.items.includes(item)) continue
      row.items.push(item)
      row.shares.push(1)
      row.atMs.push(BEGAN_MS + day * DAY_MS)
    }
    return row
  })
  return { videoIds: Array.from({ length: SUBJECTS * OF_SUBJECT }, (_, item) => `v${item}`), rows }
}

test('where tastes change a tower foretells more than folding in, is used, and outlives being written down', () => {
  const history = restless()
  const cutMs = BEGAN_MS + 85 * DAY_MS
  const watches = watchesOf(history, cutMs)
  const model = makeModel(history.videoIds, watches)
  const plain = tuneMix(model, history, cutMs)
  const towered = withTower(model, history.videoIds, watches)
  const tried = tryTower({ towered, plain }, history, cutMs)

  expect(towered.tower.width).toBe(model.vectors.width)
  expect(tried.isBetter).toBe(true)
  expect(judge({ ...towered, mix: tried.mix }, history, cutMs).ndcg).toBeGreaterThan(
    judge({ ...model, mix: plain.mix }, history, cutMs).ndcg,
  )

  // What foretells the same, such as no tower at all, is not used.
  expect(tryTower({ towered: model, plain }, history, cutMs).isBetter).toBe(false)

  const read = fromBytes(toBytes(towered))!
  expect(tasteOf(read, [1, 2, 3], () => 1)).toEqual(tasteOf(towered, [1, 2, 3], () => 1))
})
