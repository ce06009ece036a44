/**
 * Making a blob of a staged file in an object store: an upload in parts of one cell each. Of a cell that is one piece the store makes the
 * part by itself; others pass through here.
 */
import { readAll } from '../../kit/bytes.ts'
import { sideBySide } from '../../kit/side-by-side.ts'
import { joined } from '../../kit/stretches.ts'
import { MOST_PARTS, PART_BYTES } from './put-stream.ts'
import type { ObjectStore, UploadPart } from './s3-store.ts'
import { cellOf, type Extent, inside, layOut, type Piece } from './staged-pieces.ts'
import { openStaged } from './staged-reader.ts'
import type { WriteOnce } from './write-once.ts'

export interface StagedCommit {
  store: ObjectStore
  once: WriteOnce
  folder: string
  pieces: readonly Piece[]
  /** The object that is to be made. */
  target: string
  sizeBytes: number
}

/** The least of a part that is not the last, by the protocol. */
const LEAST_PART_BYTES = 5 * 1024 ** 2
/** Copies at a time cost this process nothing; cells that pass through it cost their size. */
const COPIES = 64
const SENT = 2

/** Makes the blob. False when its key holds one already. Throws RangeError when bytes are missing. */
export async function commitStaged(commit: StagedCommit): Promise<boolean> {
  const { store, once, folder, pieces, target, sizeBytes } = commit
  const extents = inside(layOut(pieces), 0, sizeBytes)
  const run = joined(extents)[0]
  const thereBytes = run?.from === 0 ? run.to : 0
  if (thereBytes < sizeBytes) throw new RangeError(`${folder} holds ${thereBytes} of ${sizeBytes} bytes in a row`)
  if (sizeBytes > MOST_PARTS * PART_BYTES) throw new RangeError(`${folder} is larger than a blob may be`)

  const read = async (from: number, to: number) =>
    readAll(await openStaged(store, folder, { from, to: to - 1 }), to - from)
  if (sizeBytes <= PART_BYTES) return once.put(target, sizeBytes === 0 ? Buffer.alloc(0) : await read(0, sizeBytes))

  const cells = [...Map.groupBy(extents, ({ from }) => cellOf(from)).values()]
  const uploadId = await store.beginUpload(target)
  const parts: UploadPart[] = []
  const copy = async (cell: Extent[]) => {
    const { from, to, piece } = cell[0]!
    const source = { key: folder + piece.name, range: { from: from - piece.from, to: to - piece.from - 1 } }
    parts[cellOf(from)] = await store.copyPart(target, uploadId, cellOf(from) + 1, source)
  }
  const send = async (cell: Extent[]) => {
    const { from } = cell[0]!
    const bytes = await read(from, cell.at(-1)!.to)
    parts[cellOf(from)] = await store.sendPart(target, uploadId, cellOf(from) + 1, bytes)
  }
  const isCopied = (cell: Extent[]) =>
    cell.length === 1 && (cell[0]!.to === sizeBytes || cell[0]!.to - cell[0]!.from >= LEAST_PART_BYTES)
  try {
    const working = [
      sideBySide(cells.filter(isCopied), COPIES, copy),
      sideBySide(
        cells.filter((cell) => !isCopied(cell)),
        SENT,
        send,
      ),
    ]
    await Promise.all(working).finally(() => Promise.allSettled(working))
  } catch (error) {
    await store.abort(target, uploadId).catch(() => {})
    throw error
  }
  return once.complete(target, uploadId, parts)
}
