/** What every search engine must do, whatever it is made of. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SearchDocument, SearchEngine, SearchQuery } from '../../src/features/search/engine/engine.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000

export function document(id: string, title: string, more: Partial<SearchDocument> = {}): SearchDocument {
  return {
    id,
    kind: 'video',
    title,
    description: '',
    tags: [],
    channelId: 'channel1',
    channel: 'Somebody',
    language: 'en',
    category: 'other',
    publishedMs: NOW_MS - DAY_MS,
    durationMs: 600_000,
    shortSide: 1080,
    views: 0,
    watchedHours: 0,
    ...more,
  }
}

export function question(text: string, more: Partial<SearchQuery> = {}): SearchQuery {
  return {
    kind: 'video',
    text,
    filters: {},
    sort: 'relevance',
    offset: 0,
    limit: 20,
    facets: false,
    explain: false,
    expand: 'never',
    nowMs: NOW_MS,
    ...more,
  }
}

async function* pages(...documents: SearchDocument[]) {
  yield documents
}

export function searchConformance(name: string, open: () => Promise<SearchEngine>): void {
  describe(name, () => {
    let engine: SearchEngine
    beforeAll(async () => {
      engine = await open()
    })
    afterAll(() => engine?.close())
    beforeEach(() => engine.rebuild(pages()))

    const ids = async (text: string, more: Partial<SearchQuery> = {}) =>
      (await engine.search(question(text, more))).hits.map((hit) => hit.id)

    test('what is put is found at once, replaced by its id, and gone when removed', async () => {
      await engine.put([document('video1', 'Blue mountains'), document('video2', 'Green valleys')])
      expect(await ids('mountains')).toEqual(['video1'])
      await engine.put([document('video1', 'Red deserts')])
      expect(await ids('mountains')).toEqual([])
      expect(await ids('deserts')).toEqual(['video1'])
      await engine.remove('video', ['video1', 'neverthere'])
      expect(await ids('deserts')).toEqual([])
      expect(await ids('valleys')).toEqual(['video2'])
    })

    test('a rebuild leaves nothing of what was before', async () => {
      await engine.put([document('video1', 'Before the flood')])
      await engine.rebuild(pages(document('video2', 'After the flood')))
      expect(await ids('flood')).toEqual(['video2'])
      expect((await engine.size()).documents).toBe(1)
    })

    test('title counts more than description, and typing errors, accents and case do not hide anything', async () => {
      await engine.put([
        document('video1', 'A day out', { description: 'We go to the café and see a castle.' }),
        document('video2', 'Castles of Bohemia'),
      ])
      expect((await ids('castle'))[0]).toBe('video2')
      expect(await ids('CAFE')).toEqual(['video1'])
      expect(await ids('bohemai ')).toEqual(['video2'])
      expect(await ids('cast')).toHaveLength(2)
    })

    test('phrases and words that must not be there', async () => {
      await engine.put([document('video1', 'New York at night'), document('video2', 'A new day in York')])
      expect(await ids('"new york"')).toEqual(['video1'])
      expect(await ids('york -night')).toEqual(['video2'])
    })

    test('kinds are apart', async () => {
      await engine.put([document('video1', 'Rivers'), document('channel9', 'Rivers', { kind: 'channel' })])
      expect(await ids('rivers')).toEqual(['video1'])
      expect(await ids('rivers', { kind: 'channel' })).toEqual(['channel9'])
      await engine.remove('video', ['channel9'])
      expect(await ids('rivers', { kind: 'channel' })).toEqual(['channel9'])
    })

    test('filters, order, pages and counts agree', async () => {
      await engine.put(
        Array.from({ length: 10 }, (_, number) =>
          document(`video${number}`, `Lesson ${number}`, {
            category: number < 4 ? 'science' : 'music',
            language: number % 2 === 0 ? 'en' : 'de',
            publishedMs: NOW_MS - number * DAY_MS,
            durationMs: (number + 1) * 60_000,
            views: number * 100,
            tags: number === 7 ? ['Seven'] : [],
          }),
        ),
      )
      const first = await engine.search(question('lesson', { limit: 4, facets: true }))
      expect(first.total).toBe(10)
      expect(first.facets?.category).toEqual([
        { value: 'music', count: 6 },
        { value: 'science', count: 4 },
      ])
      const rest = await ids('lesson', { offset: 4 })
      expect(new Set([...first.hits.map((hit) => hit.id), ...rest]).size).toBe(10)
      expect(await ids('lesson', { filters: { category: 'science' }, sort: 'views' })).toEqual([
        'video3',
        'video2',
        'video1',
        'video0',
      ])
      expect(await ids('lesson', { filters: { language: 'de', minDurationMs: 5 * 60_000 }, sort: 'newest' })).toEqual([
        'video5',
        'video7',
        'video9',
      ])
      expect(await ids('', { filters: { tag: 'seven' } })).toEqual(['video7'])
      expect(await ids('', { filters: { publishedAfterMs: NOW_MS - 1.5 * DAY_MS }, sort: 'oldest' })).toEqual([
        'video1',
        'video0',
      ])
      expect(await ids('lesson', { filters: { channelId: 'channel2' } })).toEqual([])
    })

    test('what is much watched comes first among equals', async () => {
      await engine.put([document('video1', 'Piano evening'), document('video2', 'Piano evening')])
      await engine.popularity('video', [{ id: 'video2', views: 900, watchedHours: 300 }])
      expect(await ids('piano evening')).toEqual(['video2', 'video1'])
      expect(await ids('piano', { sort: 'views' })).toEqual(['video2', 'video1'])
    })

    test('whatever is typed is answered', async () => {
      await engine.put([document('video1', 'Something')])
      for (const text of ['', '-', '"', '- "" -', '(', '*:*', 'AND OR NOT', '\\', 'x'.repeat(400), '好', '🔥']) {
        expect(Array.isArray(await ids(text)), text).toBe(true)
      }
    })
  })
}
