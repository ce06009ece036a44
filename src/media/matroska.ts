// Matroska and WebM as they arrive (RFC 9559, RFC 8794): a head that says what is in them, then clusters, each of which says when it begins.
// So the time up to which a file has come is known without the index at its end.

/** The first bytes of an element. `size` is undefined where the writer did not know it yet. */
export type Element = { id: number; body: number; size: number | undefined }

export const EBML = 0x1a45dfa3
export const SEGMENT = 0x18538067
export const INFO = 0x1549a966
export const CLUSTER = 0x1f43b675
const TIMESTAMP_SCALE = 0x2ad7b1
const TIMESTAMP = 0xe7
const USUAL_SCALE = 1_000_000
/** What is read of an element to know what it is, and of a cluster to know when it begins. */
export const HEAD_BYTES = 64

/** The element that begins at `at`; undefined where none does, or not all of its head is there. */
export function elementAt(bytes: Uint8Array, at: number): Element | undefined {
  const idBytes = lengthOf(bytes[at])
  if (idBytes === undefined || idBytes > 4 || at + idBytes >= bytes.length) return undefined
  const sizeAt = at + idBytes
  const sizeBytes = lengthOf(bytes[sizeAt])
  if (sizeBytes === undefined || sizeAt + sizeBytes > bytes.length) return undefined
  const id = numberAt(bytes, at, idBytes)
  // The length is marked in the first byte; it goes before the sum, which could not hold it exactly.
  const parts = Uint8Array.from(bytes.subarray(sizeAt, sizeAt + sizeBytes))
  const mask = 0xff >> sizeBytes
  parts[0]! &= mask
  const isUnknown = parts.every((byte, n) => byte === (n === 0 ? mask : 0xff))
  return { id, body: sizeAt + sizeBytes, size: isUnknown ? undefined : numberAt(parts, 0, sizeBytes) }
}

/** Nanoseconds of one tick of the clusters' clock, as the body of `Info` says. */
export function timestampScaleOf(info: Uint8Array): number {
  return childOf(info, TIMESTAMP_SCALE) ?? USUAL_SCALE
}

/** When a cluster begins, in ticks, from the first bytes of its body; undefined where they do not say. */
export const clusterStartOf = (body: Uint8Array): number | undefined => childOf(body, TIMESTAMP)

/** The number in a child among the first bytes of a body. */
function childOf(body: Uint8Array, id: number): number | undefined {
  let at = 0
  while (at < body.length) {
    const child = elementAt(body, at)
    if (child?.size === undefined) return undefined
    const end = child.body + child.size
    if (child.id === id)
      return child.size <= 8 && end <= body.length ? numberAt(body, child.body, child.size) : undefined
    at = end
  }
  return undefined
}

/** How many bytes a number of variable length takes, by its first one. */
function lengthOf(first: number | undefined): number | undefined {
  return first ? Math.clz32(first) - 23 : undefined
}

/** An unsigned number of `length` bytes. */
export function numberAt(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let n = 0; n < length; n++) value = value * 256 + bytes[at + n]!
  return value
}
