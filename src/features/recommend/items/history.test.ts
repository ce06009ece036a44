/** Histories of files of lines. */
import { expect, test } from 'vitest'
import { historyFromLines } from './history.ts'

test('lines are read between tabs, commas or spaces, with numbers, days and times, below a line that names them', () => {
  const atOf = (...lines: string[]) => historyFromLines(lines).history.rows.map((row) => row.atMs)
  const day = Date.UTC(2024, 0, 1)
  expect(atOf('ana one 2024-01-02', 'ana two 2024-01-01')).toEqual([[day, day + 86_400_000]])
  expect(atOf('user item time', 'ana one 2024-01-01 01:00')).toEqual([[day + 3_600_000]])
  expect(atOf('userId,movieId,rating,timestamp', 'ana,one,3.5,17', 'ben,two,1,16')).toEqual([[17], [16]])
  expect(atOf('ana\tone\t2024-01-01T00:00:00+01:00', '')).toEqual([[day - 3_600_000]])
  expect(atOf('ana one', 'user3 one', 'ana two')).toEqual([[0, 2], [1]])
})

test('without times, what stands last of each viewer is the newest where the lines of a viewer stand together', () => {
  const read = historyFromLines(['ana one', 'ana two', 'ben one', 'ben two', 'ben three', 'ben four'])
  expect(read.isByViewer).toBe(true)
  expect(read.history.rows.map((row) => row.atMs)).toEqual([
    [0, 0.5],
    [0, 0.25, 0.5, 0.75],
  ])
  expect(historyFromLines(['ana one', 'ana two']).isByViewer).toBe(false)
  expect(historyFromLines(['ana one', 'ben one', 'ana two']).isByViewer).toBe(false)
  expect(historyFromLines(['ana one 1', 'ben one 2']).isByViewer).toBe(false)
})

test('lines that are none are counted, and the first is named', () => {
  const read = historyFromLines(['ana one 5', 'ana', 'ana two soon', 'ben one 2024-13-45'])
  expect(read).toMatchObject({ badLines: 3, firstBad: 2 })
  expect(read.history.videoIds).toEqual(['one'])
  expect(historyFromLines(['ana one'])).not.toHaveProperty('firstBad')
})
