/** What an OpenSearch is asked, and what is read from what it answers, by its documented query language. */
import { expect, test } from 'vitest'
import { document, question } from '../../../../../test/conformance/search.ts'
import { toSource } from './opensearch-index.ts'
import { toAnswer, toRequest } from './opensearch-query.ts'

test('filters, what must not be there, and the order are said apart from what is scored', () => {
  const asked = toRequest(
    question('"new york" -night', {
      filters: { category: 'travel', language: 'pt-BR', tag: 'Big City', minDurationMs: 60_000, captions: 'en-GB' },
      sort: 'newest',
      offset: 40,
      limit: 20,
    }),
  ) as {
    from: number
    size: number
    sort: unknown
    query: { function_score: { query: { bool: Record<string, unknown[]> } } }
  }
  expect([asked.from, asked.size]).toEqual([40, 20])
  expect(asked.sort).toEqual([{ publishedMs: 'desc' }, { key: 'asc' }])
  const { filter, must_not } = asked.query.function_score.query.bool
  expect(filter).toEqual([
    { range: { durationMs: { gte: 60_000 } } },
    { term: { category: 'travel' } },
    { term: { language: 'pt' } },
    { term: { tagKeys: 'big city' } },
    { term: { spokenIn: 'en' } },
  ])
  expect(JSON.stringify(must_not)).toContain('"query":"night","type":"phrase"')
})

test('whatever is typed, as much is asked: at most two dozen words, ten exclusions, a thousand results', () => {
  const words = Array.from({ length: 300 }, (_, number) => `-x${number} word${number}`).join(' ')
  const asked = toRequest(question(words, { offset: 990, limit: 60 }))
  expect(asked.size).toBe(10)
  const { bool } = (asked.query as { function_score: { query: { bool: Record<string, unknown[]> } } }).function_score
    .query
  expect(bool.must_not).toHaveLength(10)
  expect(JSON.stringify(bool.must).match(/"spoken word\d+"/g)).toHaveLength(24)
})

test('an answer is read: ids, counts, the moment of what is only spoken, and what was meant', () => {
  const spoken = { 'spoken axolotl': { hits: { hits: [{ _score: 2, _source: { second: 65 } }] } } }
  const answer = toAnswer(question('axolotl', { facets: true }), {
    hits: {
      total: { value: 31 },
      hits: [
        { _score: 3, _source: { key: 'video1', title: 'Strange animals' }, inner_hits: spoken },
        { _score: 2, _source: { key: 'video2', title: 'Axolotl care' }, inner_hits: spoken },
      ],
    },
    aggregations: { category: { buckets: [{ key: 'nature', doc_count: 31 }] } },
    suggest: { words: [{ text: 'axolotl', options: [] }] },
  })
  expect(answer.hits).toEqual([
    { id: 'video1', score: 3, momentMs: 65_000 },
    { id: 'video2', score: 2 },
  ])
  expect([answer.total, answer.facets?.category]).toEqual([31, [{ value: 'nature', count: 31 }]])
  expect(answer.didYouMean).toBeUndefined()
})

test('what is spoken lies together by quarters of a minute', () => {
  const cues = [0, 4, 16].map((second) => ({ startMs: second * 1000, text: `at ${second}` }))
  const { spoken, stems_en: stems } = toSource(document('video1', 'Talk', { captions: [{ language: 'en', cues }] }))
  expect(spoken).toEqual([
    { second: 0, text: 'at 0 at 4' },
    { second: 16, text: 'at 16' },
  ])
  expect(stems).toMatchObject({ title: 'Talk' })
})
