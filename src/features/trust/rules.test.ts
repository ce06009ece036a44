/** Watched words, however they are disguised. */
import { expect, test } from 'vitest'
import { judge, plain } from './rules.ts'

const words = [
  { word: plain('Badword'), deed: 'refuse' },
  { word: plain('casino'), deed: 'hold' },
]

test('a watched word is found whatever it is dressed in', () => {
  const dressed = [
    'badword',
    'BADWORD!',
    'a bädword.',
    'b\u200badw\u00adord',
    'bаdwоrd',
    'ｂａｄｗｏｒｄ',
    'b4dw0rd',
    'c4s!no badword',
    'b.a.d.w.o.r.d',
    'b a d w o r d',
  ]
  expect(dressed.filter((text) => judge(text, words) !== 'refuse')).toEqual([])
})

test('words that only hold it are left alone, and the strictest deed counts', () => {
  expect(judge('badwording and unbadword', words)).toBe('pass')
  expect(judge('casinos', words)).toBe('pass')
  expect(judge('a casino', words)).toBe('hold')
  expect(judge('a casino of badword', words)).toBe('refuse')
  expect(judge('', words)).toBe('pass')
})
