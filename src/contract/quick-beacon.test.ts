/** The quick look at beacons says yes only where the full check does, and to what players send. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quickBeacon, quickBeacons } from './quick-beacon.ts'
import { Beacon } from './watch.ts'

const usual = {
  token: 'abc.def',
  session: 'abcdefgh',
  sequence: 3,
  positionMs: 1000,
  watchedMs: 900.5,
  ended: false,
  sections: [[0, 900.5, 1]],
  quality: { startupMs: 300, stalls: 0, stalledMs: 0, switches: 1, errors: 0, height: 720, network: 'wifi' },
  source: { kind: 'search', detail: 'cats' },
}
const wrong = [
  null,
  undefined,
  -1,
  -0.5,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2e9,
  '',
  'x',
  [],
  {},
  [[1]],
  [[0, 1]],
  [[0, 1, 99]],
  [[0, 1, 0]],
]

test('what players send is known at once', () => {
  expect(quickBeacon(usual)).toBe(usual)
  expect(quickBeacons({ beacons: [usual, usual] })?.beacons).toHaveLength(2)
})

test('what the quick look takes, the full check takes, and makes the same of it', () => {
  const paths = [
    ...Object.keys(usual),
    ...Object.keys(usual.quality).map((it) => `quality.${it}`),
    'source.kind',
    'source.detail',
  ]
  let taken = 0
  fc.assert(
    fc.property(
      fc.constantFrom(...paths),
      fc.oneof(fc.constantFrom(...wrong), fc.jsonValue(), fc.nat()),
      (path, value) => {
        const it: Record<string, unknown> = structuredClone(usual)
        const [name = '', inner] = path.split('.')
        if (inner === undefined) it[name] = value
        else (it[name] as Record<string, unknown>)[inner] = value
        const quick = quickBeacon(it)
        if (!quick) return
        taken++
        expect(Beacon.safeParse(it)).toMatchObject({ success: true, data: quick })
      },
    ),
    { numRuns: 2000 },
  )
  expect(taken).toBeGreaterThan(20)
})
