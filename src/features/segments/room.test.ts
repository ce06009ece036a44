/** Encodes wait for room, in order, and one that is too large for all of it goes alone. */
import { expect, test } from 'vitest'
import { openRoom } from './room.ts'
import { bulkThreads, encodeBytes } from './rules.ts'

const never = new AbortController().signal
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('what does not fit waits, first come first served', async () => {
  const room = openRoom(10)
  const entered: string[] = []
  const come = (name: string, bytes: number, signal = never) =>
    room.take(bytes, signal).then((leave) => {
      entered.push(name)
      return leave
    })
  const first = await come('first', 6)
  const second = come('second', 6)
  const third = come('third', 2)
  await settled()
  // The third would fit, but then the second might wait for ever.
  expect(entered).toEqual(['first'])
  expect([1, 5, 6, 11].map((bytes) => room.places(bytes))).toEqual([10, 2, 1, 1])
  first()
  first()
  await Promise.all([second, third])
  expect(entered).toEqual(['first', 'second', 'third'])

  const huge = come('huge', 100)
  ;(await second)()
  await settled()
  expect(entered).not.toContain('huge')
  ;(await third)()
  ;(await huge)()
})

test('who gives up waiting holds nobody up', async () => {
  const room = openRoom(10)
  const leave = await room.take(8, never)
  const tired = new AbortController()
  const gone = room.take(9, tired.signal)
  const small = room.take(2, never)
  tired.abort(new Error('enough'))
  await expect(gone).rejects.toThrow('enough')
  await small
  leave()
  await expect(room.take(1, tired.signal)).rejects.toThrow('enough')
})

test('memory grows with pictures and threads: near what was measured of x264 and its decoder', () => {
  const frame = (width: number, height: number) => ({ width, height })
  const MIB = 1024 ** 2
  const ultra = encodeBytes(frame(3840, 2160), [frame(3840, 2160)], 2) / MIB
  expect(ultra).toBeGreaterThan(700)
  expect(ultra).toBeLessThan(1100)
  const ladder = encodeBytes(
    frame(1920, 1080),
    [frame(640, 360), frame(854, 480), frame(1280, 720), frame(1920, 1080)],
    2,
  )
  expect(ladder / MIB).toBeGreaterThan(350)
  expect(ladder / MIB).toBeLessThan(550)
  expect(encodeBytes(undefined, [], 2) / MIB).toBeLessThan(100)
})

test('who encodes alone has all threads, and those beside one another share them', () => {
  expect([1, 2, 3, 8, 20].map((side) => bulkThreads(8, side))).toEqual([8, 4, 3, 1, 1])
})
