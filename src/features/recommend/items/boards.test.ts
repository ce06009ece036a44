/** What is warm in a language and in a country, where most of a platform speaks another. */
import { expect, test } from 'vitest'
import { orderFor } from '../gather/gather.ts'
import { emptyLive, NOBODY, newVisit, takeWatch } from '../live.ts'
import { hotFrom, hotIn } from './boards.ts'

const NOW_MS = Date.UTC(2026, 0, 10)
const DAY_MS = 24 * 3_600_000

/** Two thousand videos in English that are watched, and after them twenty in Icelandic that hardly are. */
function platform() {
  const live = emptyLive(() => NOW_MS)
  const add = (videoId: string, language: string, heat: number) => {
    const known = { videoId, channelId: `c ${videoId}`, category: 'other', language, tags: [], durationMs: 600_000 }
    const publishedMs = NOW_MS - 100 * DAY_MS
    live.warmed.add(live.catalogue.put({ ...known, publishedMs, heat, likes: 0, dislikes: 0 }, NOW_MS))
  }
  for (let count = 0; count < 20; count++) add(`is${count}`, 'is', 0.1)
  for (let count = 0; count < 2000; count++) add(`en${count}`, 'en', 10 + count)
  return live
}

function pageOf(live: ReturnType<typeof platform>, languages: string[], country = '') {
  const asking = { nowMs: NOW_MS, visit: newVisit(true), standing: NOBODY, topics: [], languages, country }
  return orderFor(live, asking, () => 0.5)
    .order.slice(0, 24)
    .map(({ video }) => live.catalogue.idOf(video))
}

test('a newcomer who reads a small language finds what is warm in it', () => {
  const live = platform()
  const own = pageOf(live, ['is']).filter((id) => id.startsWith('is'))
  const others = pageOf(live, ['en']).filter((id) => id.startsWith('is'))
  expect(own.length).toBeGreaterThanOrEqual(10)
  expect(others).toEqual([])
})

test('boards of a language change with what is watched', () => {
  const live = platform()
  const icelandic = live.catalogue.findLanguage('is')!
  hotIn(live, icelandic, NOW_MS)
  takeWatch(live, 'account:a', 'is7', 1, NOW_MS)
  expect(live.catalogue.idOf(hotIn(live, icelandic, NOW_MS)[0]!)).toBe('is7')
})

test('what is watched in a country leads there, fades, and is bounded', () => {
  const live = platform()
  for (let viewer = 0; viewer < 5; viewer++) takeWatch(live, `account:${viewer}`, 'en3', 1, NOW_MS, 'IS')
  expect(pageOf(live, ['en'], 'IS')).toContain('en3')
  expect(pageOf(live, ['en'], 'AT')).not.toContain('en3')

  takeWatch(live, 'account:late', 'en4', 1, NOW_MS + 30 * DAY_MS, 'IS')
  const [first] = hotFrom(live, 'IS', 5, NOW_MS + 30 * DAY_MS)
  expect(live.catalogue.idOf(first!.video)).toBe('en4')

  for (let count = 0; count < 2000; count++)
    takeWatch(live, `account:n${count}`, `en${count}`, 1, NOW_MS + 30 * DAY_MS, 'IS')
  expect(live.countries.get('IS')!.sums.size).toBeLessThan(2000)
})
