/** Chapters come out of a description and go back into it without harm to its other lines. */
import { expect, test } from 'vitest'
import { chaptersWrong, linesOf, readChapterLines, writeChapterLines } from './chapter-lines.ts'

const description = 'A film.\n\n0:00 Beginning\n0:10 Middle\n1:02:03 End\n\nThank you, at 3:00 sharp'

test('chapters are read from the lines that begin with a time', () => {
  expect(readChapterLines(description)).toEqual([
    { time: '0:00', title: 'Beginning' },
    { time: '0:10', title: 'Middle' },
    { time: '1:02:03', title: 'End' },
  ])
  expect(readChapterLines('12:345 no\n0:00')).toEqual([])
})

test('those of a file become such lines', () => {
  const chapters = [0, 9_600, 754_000, 3_723_400].map((startMs) => ({ startMs, title: 'x' }))
  expect(linesOf(chapters).map(({ time }) => time)).toEqual(['0:00', '0:10', '12:34', '1:02:03'])
})

test('they are written where they stood, and the other lines stay', () => {
  const chapters = readChapterLines(description)
  expect(writeChapterLines(description, chapters)).toBe(description)
  expect(writeChapterLines(description, chapters.slice(0, 1))).toBe(
    'A film.\n\n0:00 Beginning\n\nThank you, at 3:00 sharp',
  )
  expect(writeChapterLines('A film.', [{ time: '0:00', title: ' One ' }])).toBe('A film.\n\n0:00 One')
  expect(writeChapterLines('', [{ time: '0:00', title: 'One' }])).toBe('0:00 One')
})

test('what the player would not take for chapters is said', () => {
  const of = (...times: string[]) => times.map((time) => ({ time, title: 'x' }))
  expect(chaptersWrong([], 1000)).toBeUndefined()
  expect(chaptersWrong(of('0:00', '0:10', '0:20'), 60_000)).toBeUndefined()
  expect(chaptersWrong(of('0:00', '0:10', '1:99'), 60_000)).toBe('times')
  expect(chaptersWrong(of('0:00', '0:10'), 60_000)).toBe('few')
  expect(chaptersWrong(of('0:05', '0:10', '0:20'), 60_000)).toBe('first')
  expect(chaptersWrong(of('0:00', '0:20', '0:10'), 60_000)).toBe('order')
  expect(chaptersWrong(of('0:00', '0:10', '0:59'), 60_000)).toBe('order')
})
