/** Putting a stream of unknown length: short ones at once, long ones in parts, of which only a few are in memory. */
import type { ObjectStore, UploadPart } from './s3-store.ts'
import type { WriteOnce } from './write-once.ts'

/** Of all parts but the last: some stores want them equal, all want at least 5 MiB. */
export const PART_BYTES = 8 * 1024 ** 2
/** By the protocol. */
export const MOST_PARTS = 10_000
/** Parts on their way while the next is gathered. */
const UNDER_WAY = 2

/** Stores what the stream brings, once it has ended well. False, and nothing is stored, when the key holds a blob already. */
export async function putStream(
  store: ObjectStore,
  once: WriteOnce,
  key: string,
  stream: AsyncIterable<Uint8Array>,
  isThere: () => Promise<boolean>,
): Promise<boolean> {
  const pieces = piecesOf(stream)
  const first = await pieces.next()
  const head = first.done ? Buffer.alloc(0) : first.value
  if (head.byteLength < PART_BYTES) return once.put(key, head)
  // The condition is asked at the end, when all has been sent; mostly it can be known before.
  if (await isThere()) {
    await pieces.return(undefined)
    return false
  }
  const uploadId = await store.beginUpload(key)
  let parts: UploadPart[]
  try {
    parts = await sendAll(store, key, uploadId, head, pieces)
  } catch (error) {
    await store.abort(key, uploadId).catch(() => {})
    throw error
  }
  return once.complete(key, uploadId, parts)
}

async function sendAll(
  store: ObjectStore,
  key: string,
  uploadId: string,
  head: Buffer,
  rest: AsyncIterable<Buffer>,
): Promise<UploadPart[]> {
  const parts: UploadPart[] = []
  const underWay = new Set<Promise<void>>()
  let number = 0
  const send = (bytes: Buffer) => {
    const mine = ++number
    if (mine > MOST_PARTS) throw new RangeError(`${key} is larger than ${MOST_PARTS * PART_BYTES} bytes`)
    const sending = store.sendPart(key, uploadId, mine, bytes).then((part) => {
      parts[mine - 1] = part
      underWay.delete(sending)
    })
    // Heard by whoever awaits it next; until then it must not count as unhandled.
    sending.catch(() => {})
    underWay.add(sending)
  }
  try {
    send(head)
    for await (const bytes of rest) {
      if (underWay.size >= UNDER_WAY) await Promise.race(underWay)
      send(bytes)
    }
    await Promise.all(underWay)
    return parts
  } catch (error) {
    // What is still being sent would come after the upload has been forgotten, and stay.
    await Promise.allSettled(underWay)
    throw error
  }
}

/** The stream in pieces of PART_BYTES, the last one shorter. */
async function* piecesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  for await (const piece of stream) {
    let rest = piece
    while (heldBytes + rest.byteLength >= PART_BYTES) {
      const fitting = rest.subarray(0, PART_BYTES - heldBytes)
      yield Buffer.concat([...held, fitting], PART_BYTES)
      rest = rest.subarray(fitting.byteLength)
      held = []
      heldBytes = 0
    }
    if (rest.byteLength === 0) continue
    held.push(rest)
    heldBytes += rest.byteLength
  }
  if (heldBytes > 0) yield Buffer.concat(held, heldBytes)
}
