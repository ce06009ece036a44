/** Which renditions a playback keeps to, where there are several codecs and ranges. */
import { expect, test } from 'vitest'
import { hasSurround, keptGroup, keptLevels } from './families.ts'

const level = (height: number, videoCodec: string, videoRange = 'SDR') => ({ height, videoCodec, videoRange })
const avc = [level(360, 'avc1.64001e'), level(720, 'avc1.64001f'), level(1080, 'avc1.640028')]

test('a title in one codec keeps all its renditions', () => {
  expect(keptLevels(avc, true)).toEqual([0, 1, 2])
  expect(keptLevels([level(0, '')], false)).toEqual([0])
  expect(keptLevels([], false)).toEqual([])
})

test('of a codec that is not there in every size nothing is kept', () => {
  expect(keptLevels([avc[0]!, level(360, 'av01.0.01M.08'), avc[1]!, avc[2]!], false)).toEqual([0, 2, 3])
})

test('of whole families the one with the fewest bits is kept', () => {
  const mixed = avc.flatMap((it) => [it, level(it.height, 'vp09.00.31.08'), level(it.height, 'av01.0.05M.08')])
  expect(keptLevels(mixed, false)).toEqual([2, 5, 8])
})

test('high dynamic range, which lacks the lowest size, is kept for a screen that has it', () => {
  const wide = [...avc, level(720, 'hvc1.2.4.L93.90', 'PQ'), level(1080, 'hvc1.2.4.L120.90', 'PQ')]
  expect(keptLevels(wide, true)).toEqual([3, 4])
  expect(keptLevels(wide, false)).toEqual([0, 1, 2])
})

test('sound comes from the group with the most channels that there are loudspeakers for', () => {
  const sounds = [
    { groupId: 'audio', channels: '2' },
    { groupId: 'surround', channels: '6' },
    { groupId: 'surround', channels: '2' },
  ]
  expect(hasSurround(sounds)).toBe(true)
  expect([1, 2, 6, 8].map((speakers) => keptGroup(sounds, speakers))).toEqual([
    'audio',
    'audio',
    'surround',
    'surround',
  ])
  expect(keptGroup(sounds.slice(1), 2)).toBe('surround')
  expect([hasSurround([{ groupId: 'audio' }]), keptGroup([{ groupId: 'audio' }], 2)]).toEqual([false, 'audio'])
  expect(keptGroup([], 2)).toBeUndefined()
})
