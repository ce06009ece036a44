/** The index of vectors beside looking at every one. */
import { expect, test } from 'vitest'
import { unit } from '../../../platform/encoder/encoder.ts'
import { packVector, Vectors } from './vectors.ts'

/** Vectors around a few directions, as those of texts are around a few subjects. */
function some(count: number, width: number): Float32Array[] {
  let state = 7
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >>> 0) / 2 ** 32 - 0.5
  }
  const subjects = Array.from({ length: 20 }, () => Float32Array.from({ length: width }, random))
  return Array.from({ length: count }, (_, at) => unit(subjects[at % 20]!.map((it) => it + random() * 1.2)))
}

test('the nearest of thousands are those that looking at every one finds', () => {
  const all = some(4000, 96)
  const vectors = new Vectors()
  for (const [at, vector] of all.entries()) vectors.put(`video${at}`, packVector(vector))
  let found = 0
  for (const asked of all.slice(0, 20)) {
    const cosines = all.map((it, at) => ({
      id: `video${at}`,
      cosine: it.reduce((sum, x, i) => sum + x * asked[i]!, 0),
    }))
    const expected = new Set(
      cosines
        .sort((a, b) => b.cosine - a.cosine)
        .slice(0, 10)
        .map(({ id }) => id),
    )
    const near = vectors.nearest(asked, 10, 0)
    expect(near[0]!.cosine).toBeGreaterThan(0.99)
    found += near.filter(({ id }) => expected.has(id)).length
  }
  expect(found / 200).toBeGreaterThan(0.9)
})

test('what is put again is replaced, what is not alike enough is left out, and foreign lengths are ignored', () => {
  const vectors = new Vectors()
  vectors.put('a', packVector(unit([1, 0, 0])))
  vectors.put('b', packVector(unit([0.8, 0.6, 0])))
  vectors.put('c', packVector(unit([0, 0, 1])))
  vectors.put('odd', packVector(unit([1, 1])))
  expect(vectors.nearest(unit([1, 0, 0]), 5, 0.5).map(({ id }) => id)).toEqual(['a', 'b'])
  vectors.put('a', packVector(unit([0, 0, 1])))
  expect(vectors.nearest(unit([1, 0, 0]), 5, 0.5).map(({ id }) => id)).toEqual(['b'])
  expect(vectors.nearest(unit([1, 0]), 5, 0)).toEqual([])
})
