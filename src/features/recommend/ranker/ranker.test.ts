/** Ranking learned from pages: generated viewers of whom it is known what they like and how far down they look. */
import { expect, test } from 'vitest'
import { SIGNALS } from '../rules.ts'
import { FEATURE_COUNT, packFeatures, unpackFeatures } from './features.ts'
import { gainOf, LEAST_TAKEN, learnRanker, lookedAt, NOTHING_HAPPENED, type ShownPage } from './learning.ts'
import { HEAD_COUNT, newRoom, say, sayOfAll } from './network.ts'
import { hashOf, lean, learn, newOnline, ONLINE_FACTS, writePlaces } from './online.ts'
import { rankerFromBytes, rankerToBytes } from './ranker.ts'

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

const LANGUAGE = SIGNALS.indexOf('language')
const HEAT = SIGNALS.indexOf('heat')

/**
 * People here care for the language far more than the weights set by hand say, and not at all for heat; they look at a place the less
 * the further down it is. The pages were ordered by heat, so what is hot was clicked for its place alone.
 */
function pagesOf(count: number, random: () => number): ShownPage[] {
  return Array.from({ length: count }, (_, page): ShownPage => {
    const rows = Array.from({ length: 12 }, () => Float32Array.from({ length: FEATURE_COUNT }, () => random())).sort(
      (one, other) => other[HEAT]! - one[HEAT]!,
    )
    return {
      atMs: page,
      isNext: false,
      firstPlace: 0,
      features: Float32Array.from(rows.flatMap((row) => [...row])),
      facts: rows.map((_, at) => ({
        viewer: hashOf(`v${page % 50}`),
        video: hashOf(`${page} ${at}`),
        channel: 1,
        topic: 1,
        language: 1,
        durationMs: 60_000,
      })),
      outcomes: rows.map((row, place) => {
        if (random() > lookedAt(place) * 0.9 * row[LANGUAGE]! ** 3) return NOTHING_HAPPENED
        const share = 0.2 + 0.8 * random()
        return { clicked: true, watchedMs: share * 600_000, share, liked: random() < 0.05, dismissed: false }
      }),
    }
  })
}

test('what viewers care for is learned, and a place at the top is not taken for it', () => {
  const learned = learnRanker(pagesOf(900, seeded(1)))!
  const { figures, ranker } = learned

  expect(figures.trust).toBeGreaterThan(0.5)
  expect(figures.ndcg).toBeGreaterThan(1.1 * figures.ndcg_by_hand)
  expect(figures.loss).toBeLessThan(0.97 * figures.loss_of_rate)
  expect(figures.calibration_gap).toBeLessThan(0.03)
  // On pages of other people the same holds.
  const others = pagesOf(300, seeded(2))
  expect(gainOf(others, ranker)).toBeGreaterThan(1.1 * gainOf(others, undefined))
  // The place took up what the place did: the top one makes a click likelier than the last.
  expect(ranker.network.places[0]!).toBeGreaterThan(ranker.network.places[5]! + 0.3)
})

test('with little data there is no ranker, and chance is not trusted', () => {
  expect(learnRanker(pagesOf(20, seeded(3)))).toBeUndefined()
  const random = seeded(4)
  const noise = pagesOf(700, random).map((page) => ({
    ...page,
    outcomes: page.outcomes.map(() =>
      random() < 0.1 ? { ...NOTHING_HAPPENED, clicked: true, watchedMs: 60_000 } : NOTHING_HAPPENED,
    ),
  }))
  expect(noise.flatMap((it) => it.outcomes).filter((it) => it.clicked).length).toBeGreaterThan(LEAST_TAKEN)
  const { ranker, figures } = learnRanker(noise)!
  expect(figures.ndcg).toBeLessThan(1.1 * figures.ndcg_by_hand)
  expect(ranker.network.trunk.every(Number.isFinite)).toBe(true)
})

test('a ranker is the same after it was written down; features keep three digits', () => {
  const { ranker } = learnRanker(pagesOf(400, seeded(5)))!
  const pages = pagesOf(100, seeded(6))
  expect(gainOf(pages, rankerFromBytes(rankerToBytes(ranker)))).toBe(gainOf(pages, ranker))

  const rows = Float32Array.from({ length: 2 * FEATURE_COUNT }, (_, at) => Math.sin(at))
  for (const [at, value] of unpackFeatures(packFeatures(rows)).entries()) expect(value).toBeCloseTo(rows[at]!, 3)
})

test('of many rows at once is said what is said of each', () => {
  const { network } = learnRanker(pagesOf(400, seeded(7)))!.ranker
  const count = 700
  const random = seeded(8)
  const rows = Float32Array.from({ length: count * FEATURE_COUNT }, () => random() * 2 - 1)
  const all = sayOfAll(network, rows, count)
  const room = newRoom(network)
  for (let at = 0; at < count; at++) {
    say(network, rows, at * FEATURE_COUNT, -1, room)
    for (let head = 0; head < HEAD_COUNT; head++) expect(all[at * HEAD_COUNT + head]).toBeCloseTo(room.said[head]!, 4)
  }
})

test('the online learner finds out within a day what one viewer always passes over, and says nothing of what is new', () => {
  const online = newOnline(2 ** 12)
  const places = new Uint32Array(ONLINE_FACTS)
  const facts = { viewer: 7, video: 1, channel: 2, topic: 3, language: 4, durationMs: 300_000 }
  const place = (it: Partial<typeof facts>) => writePlaces({ ...facts, ...it }, online.size, places)
  place({})
  expect(lean(online, places)).toBe(0)
  for (let count = 0; count < 60; count++) {
    place({ video: 100 + count, channel: 20 })
    learn(online, places, -1, false, 1)
    place({ video: 300 + count, channel: 30 })
    learn(online, places, -1, count % 2 === 0, 1)
  }
  place({ video: 1000, channel: 20 })
  const passed = lean(online, places)
  place({ video: 1001, channel: 30 })
  expect(lean(online, places)).toBeGreaterThan(passed + 0.3)
})
