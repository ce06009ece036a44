/** Which pictures are worth showing: well exposed, and of different scenes. */
import { expect, test } from 'vitest'
import type { RunPlan } from '../../media/plan.ts'
import { difference, pickStills, rungOf, SKETCH_HEIGHT, SKETCH_WIDTH, type Sketch, worth } from './rules.ts'

const sketch = (grey: (x: number, y: number) => number): Sketch =>
  Uint8Array.from({ length: SKETCH_WIDTH * SKETCH_HEIGHT }, (_, at) =>
    grey(at % SKETCH_WIDTH, Math.floor(at / SKETCH_WIDTH)),
  )
const black = sketch(() => 2)
const white = sketch(() => 250)
const plain = sketch(() => 118)
/** A scene: shapes of a middle light. The number moves them, so that scenes differ. */
const scene = (number: number) =>
  sketch((x, y) => 118 + 80 * Math.sin((x * (number + 1)) / 4 + number) * Math.cos(y / 3))
/** The same scene, underexposed. */
const dark = (number: number) => scene(number).map((grey) => grey / 6)

test('black, white and empty pictures are worth less than any scene, a dark one less than a light one', () => {
  for (const useless of [black, white, plain]) expect(worth(useless)).toBeLessThan(worth(scene(1)) / 3)
  expect(worth(dark(1))).toBeLessThan(worth(scene(1)) / 2)
})

test('three proposals are of three scenes, though one scene has most of the pictures', () => {
  const shots = [black, scene(1), scene(1), scene(1), dark(1), scene(3), scene(3), white, scene(6), plain]
  const chosen = pickStills(shots, 3).map((place) => shots[place]!)
  for (const [at, one] of chosen.entries())
    for (const other of chosen.slice(at + 1)) expect(difference(one, other)).toBeGreaterThan(20)
  for (const one of chosen) expect(worth(one)).toBeGreaterThan(worth(dark(1)))
})

test('a title of one picture has one proposal', () => {
  expect(pickStills([scene(1)], 3)).toEqual([0])
})

test('they are taken from the smallest rung that is complete, whichever way it was made', () => {
  const rung = (id: string, codec = 'avc') => ({ id, codec })
  const plan = {
    video: [{ ...rung('360p'), copied: true }, rung('720p')],
    more: [rung('360p-encoded'), rung('360p-av1', 'av1')],
    audio: [],
  } as unknown as RunPlan
  const from = (states: Record<string, string>) =>
    rungOf(
      plan,
      Object.entries(states).map(([rendition, state]) => ({ rendition, state })),
    )?.id
  expect(from({ '360p': 'made', '720p': 'made' })).toBe('360p')
  expect(from({ '360p': 'failed', '720p': 'made', '360p-av1': 'made' })).toBe('720p')
  expect(from({ '360p': 'failed', '360p-encoded': 'made', '720p': 'made' })).toBe('360p-encoded')
  expect(from({ '360p': 'failed', '720p': 'making', '360p-av1': 'made' })).toBeUndefined()
})
