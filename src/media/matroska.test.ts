/** Heads of Matroska elements, as they stand in files and as nobody would write them. */
import { expect, test } from 'vitest'
import { CLUSTER, clusterStartOf, EBML, elementAt, timestampScaleOf } from './matroska.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

test('an element says what it is and how long', () => {
  expect(elementAt(bytes(0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42), 0)).toEqual({ id: EBML, body: 5, size: 31 })
  const cluster = bytes(0x1f, 0x43, 0xb6, 0x75, 0x01, 0, 0, 0, 0, 0, 0x10, 0x02)
  expect(elementAt(cluster, 0)).toEqual({ id: CLUSTER, body: 12, size: 0x1002 })
  expect(elementAt(bytes(0xec, 0x01, 0, 0, 0, 0, 0, 0, 0x58), 0)!.size).toBe(88)
  // A live recorder does not know it.
  expect(elementAt(bytes(0x1f, 0x43, 0xb6, 0x75, 0xff), 0)).toEqual({ id: CLUSTER, body: 5, size: undefined })
  expect(elementAt(bytes(0xec, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 0)!.size).toBeUndefined()
  // A buffer is read, and left as it is.
  const buffer = Buffer.from(cluster)
  elementAt(buffer, 0)
  expect([...buffer]).toEqual([...cluster])
  for (const cut of [bytes(), bytes(0), bytes(0x1f, 0x43), cluster.subarray(0, 11)])
    expect(elementAt(cut, 0)).toBeUndefined()
})

test('a cluster says when it begins, also behind a checksum, and the clock how fast it ticks', () => {
  expect(clusterStartOf(bytes(0xe7, 0x82, 0x03, 0xe8, 0xa3))).toBe(1000)
  expect(clusterStartOf(bytes(0xbf, 0x84, 1, 2, 3, 4, 0xe7, 0x81, 7))).toBe(7)
  expect(clusterStartOf(bytes(0xa3, 0x90, 1, 2))).toBeUndefined()
  expect(clusterStartOf(bytes(0xe7, 0x84, 1))).toBeUndefined()
  expect(timestampScaleOf(bytes(0x2a, 0xd7, 0xb1, 0x83, 0x0f, 0x42, 0x40))).toBe(1_000_000)
  expect(timestampScaleOf(bytes())).toBe(1_000_000)
})
