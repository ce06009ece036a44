/** Where the index of an MP4 lies, when it lies at the end: sent first, the server can begin before the rest has come. */
import type { Part } from '../../contract/tus.ts'

/** Boxes at the top of a file that are looked at. */
const MAX_BOXES = 64
/** The index of a day of video; what is larger is none, and what is smaller than this at the start needs no hurry. */
const MAX_INDEX_BYTES = 256 * 1024 ** 2

/** Offset of the box `moov` when more than itself comes before it (ISO/IEC 14496-12 8.2); undefined for any other file. */
export async function findLateIndex(file: Blob): Promise<number | undefined> {
  let at = 0
  let isMp4 = false
  for (let count = 0; count < MAX_BOXES && at + 8 <= file.size; count++) {
    const head = new DataView(await file.slice(at, at + 16).arrayBuffer())
    const short = head.getUint32(0)
    const type = String.fromCharCode(...new Uint8Array(head.buffer, 4, 4))
    if (count === 0 && type !== 'ftyp') return undefined
    const size = short === 1 && head.byteLength === 16 ? Number(head.getBigUint64(8)) : short
    if (type === 'moov') return isMp4 && file.size - at <= MAX_INDEX_BYTES ? at : undefined
    if (size < 8) return undefined
    if (type === 'mdat') isMp4 = true
    at += size
  }
  return undefined
}

/** The parts of a file, cut once more where its index begins. */
export function cutAtIndex(parts: readonly Part[], indexAt: number): Part[] {
  return parts.flatMap(({ offset, sizeBytes }) => {
    const before = indexAt - offset
    if (before <= 0 || before >= sizeBytes) return [{ offset, sizeBytes }]
    return [
      { offset, sizeBytes: before },
      { offset: indexAt, sizeBytes: sizeBytes - before },
    ]
  })
}
