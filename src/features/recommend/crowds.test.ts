/** What no page expects: one who has watched a hundred thousand videos, machines, a video that all have watched, nothing at all. */
import { expect, test } from 'vitest'
import { rowsFrom } from '../../kit/item-graph.ts'
import { orderFor } from './gather/gather.ts'
import { makeModel } from './items/model.ts'
import { scoreWith } from './items/scores.ts'
import { emptyLive, type Live, NOBODY, newVisit, noteShown, takeWatch } from './live.ts'
import { loadedModel } from './models.ts'
import { closePage } from './ranker/shown.ts'
import { SEEN, TRIAL_PLACES, TRIAL_SHOWS_OF_ONE } from './rules.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const DAY_MS = 24 * 3_600_000

function liveWith(count: number): Live {
  const live = emptyLive(() => NOW_MS)
  for (let video = 0; video < count; video++) {
    const number = live.catalogue.put(
      {
        videoId: `v${video}`,
        channelId: `c${video % 40}`,
        category: video % 2 === 0 ? 'music' : 'news',
        language: 'en',
        tags: [`t${video % 10}`],
        publishedMs: NOW_MS - (10 + (video % 50)) * DAY_MS,
        durationMs: 300_000,
        heat: video % 7,
        likes: 0,
        dislikes: 0,
      },
      NOW_MS,
    )
    live.warmed.add(number)
  }
  return live
}

function pageOf(live: Live, viewer: string): string[] {
  const visit = live.visits.get(viewer) ?? newVisit(true)
  live.visits.set(viewer, visit)
  const asking = { nowMs: NOW_MS, visit, standing: NOBODY, topics: [], languages: ['en'] }
  const { order } = orderFor(live, asking, () => 0.5)
  closePage(live.catalogue, live.online, visit.open, viewer)
  noteShown(
    visit,
    order.slice(0, 24).map(({ video }) => video),
  )
  return order.map(({ video }) => live.catalogue.idOf(video))
}

test('one who has watched a hundred thousand times gets a page as fast as anybody, and warms no more than a person could', () => {
  const live = liveWith(3000)
  const before = live.catalogue.heatOf(live.catalogue.find('v1')!, NOW_MS)
  const startMs = performance.now()
  for (let count = 0; count < 100_000; count++) takeWatch(live, 'account:tireless', `v${(count * 7) % 2500}`, 1, NOW_MS)
  expect(performance.now() - startMs).toBeLessThan(20_000)
  expect(live.visits.get('account:tireless')!.videos.length).toBeLessThanOrEqual(SEEN)
  expect(live.catalogue.heatOf(live.catalogue.find('v1')!, NOW_MS)).toBeLessThanOrEqual(before + 1)

  const asked = performance.now()
  const page = pageOf(live, 'account:tireless')
  expect(performance.now() - asked).toBeLessThan(1000)
  expect(page.length).toBeGreaterThan(24)
  expect(new Set(page).size).toBe(page.length)
})

test('a machine that plays one video over and over makes it neither hot nor the neighbour of everything', () => {
  const live = liveWith(200)
  for (let count = 0; count < 5000; count++) takeWatch(live, 'viewer:machine', 'v9', 1, NOW_MS)
  expect(live.catalogue.heatOf(live.catalogue.find('v9')!, NOW_MS)).toBeLessThan(10)
  // Two in turn is as often as it may be heard.
  for (let count = 0; count < 5000; count++) takeWatch(live, 'viewer:other', `v${9 + (count % 2)}`, 1, NOW_MS)
  expect(live.catalogue.heatOf(live.catalogue.find('v9')!, NOW_MS)).toBeLessThan(200)
  expect([...live.followers.values()].every((row) => row.size <= 64)).toBe(true)
})

test('one who loads a page again and again does not use up what is due to a new upload', () => {
  const live = liveWith(200)
  const fresh = {
    videoId: 'fresh',
    channelId: 'c1',
    category: 'music',
    language: 'en',
    tags: [],
    publishedMs: NOW_MS - DAY_MS / 24,
    durationMs: 300_000,
    heat: 0,
    likes: 0,
    dislikes: 0,
  }
  const video = live.catalogue.put(fresh, NOW_MS)
  for (let count = 0; count < 50; count++) pageOf(live, 'viewer:restless')
  expect(live.trials.get(video)!.shown).toBe(TRIAL_SHOWS_OF_ONE)
  expect(pageOf(live, 'viewer:calm')[TRIAL_PLACES[0]!]).toBe('fresh')
})

test('a video that everybody has watched does not hide the rest', () => {
  const live = liveWith(300)
  const lists = Array.from({ length: 4000 }, (_, viewer) => [
    0,
    ...[1, 2, 3].map((step) => 1 + (((viewer % 30) * 9 + step) % 299)),
  ])
  const model = makeModel(
    Array.from({ length: 300 }, (_, video) => `v${video}`),
    rowsFrom(
      300,
      lists.map((list) => [...new Set(list)]),
    ),
  )
  const scores = new Float32Array(300)
  const numberOf = (videoId: string) => model.videoIds.indexOf(videoId)
  scoreWith(model, [numberOf('v0'), numberOf('v2')], () => 1, scores, new Uint32Array(300))
  expect(scores.every(Number.isFinite)).toBe(true)
  const best = scores.indexOf(Math.max(...scores))
  expect(['v3', 'v4']).toContain(model.videoIds[best])

  live.model = loadedModel('crowd', NOW_MS, model, live.catalogue)
  takeWatch(live, 'account:new', 'v0', 1, NOW_MS)
  const page = pageOf(live, 'account:new')
  expect(page).not.toContain('v0')
  expect(page.length).toBeGreaterThan(100)
})

test('nothing at all, and everything gone, are an empty page', () => {
  expect(
    pageOf(
      emptyLive(() => NOW_MS),
      'viewer:first',
    ),
  ).toEqual([])
  const live = liveWith(50)
  const rows = rowsFrom(
    50,
    Array.from({ length: 60 }, (_, viewer) => [viewer % 50, (viewer + 1) % 50]),
  )
  live.model = loadedModel(
    'gone',
    NOW_MS,
    makeModel(
      Array.from({ length: 50 }, (_, video) => `v${video}`),
      rows,
    ),
    live.catalogue,
  )
  takeWatch(live, 'account:last', 'v3', 1, NOW_MS)
  for (let video = 0; video < 50; video++) live.catalogue.close(`v${video}`)
  expect(pageOf(live, 'account:last')).toEqual([])
  // And a model that knows nothing of what is here now.
  expect(makeModel([], rowsFrom(0, [])).videoIds).toEqual([])
})
