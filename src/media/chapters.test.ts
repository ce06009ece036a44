// Chapters: times as people write them under their videos.
import { expect, test } from 'vitest'
import { chaptersOfSource, chaptersOfText } from './chapters.ts'

test('times in a description become chapters, before or behind their names', () => {
  const text = 'About this film.\n\n0:00 Beginning\n- 1:05 – The (long) middle\n[1:02:03] Three: the end\nSee you!'
  expect(chaptersOfText(text, 4_000_000)).toEqual([
    { startMs: 0, title: 'Beginning' },
    { startMs: 65_000, title: 'The (long) middle' },
    { startMs: 3_723_000, title: 'Three: the end' },
  ])
  expect(chaptersOfText('Start 00:00\nMiddle - 00:10\nEnd (00:20)', 30_000).map(({ title }) => title)).toEqual([
    'Start',
    'Middle',
    'End',
  ])
})

test.each([
  ['only two', '0:00 a\n0:30 b'],
  ['not from the start', '0:05 a\n0:30 b\n1:00 c'],
  ['times that fall', '0:00 a\n1:00 b\n0:30 c'],
  ['too close together', '0:00 a\n0:02 b\n0:30 c'],
  ['beyond the end', '0:00 a\n1:00 b\n9:00 c'],
  ['no times at all', 'a\nb\nc 12'],
])('%s: no chapters', (_, text) => {
  expect(chaptersOfText(text, 120_000)).toEqual([])
})

test("a source's own chapters are put in order and on the title's clock", () => {
  const given = [
    { start_time: '61.5', tags: { title: 'Two\u0007' } },
    { start_time: '1.5', tags: { title: 'One' } },
    { start_time: '61.5' },
    { start_time: '900' },
  ]
  expect(chaptersOfSource(given, 1.5, 120_000)).toEqual([
    { startMs: 0, title: 'One' },
    { startMs: 60_000, title: 'Two' },
  ])
})
