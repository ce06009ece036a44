/**
 * Writing into a staged file in an object store: bytes are gathered cell by cell, and each cell is saved while the next one comes. What
 * was saved of a cell before it was full is taken into the full one, so that a file which came in however many calls ends up as one
 * piece a cell.
 */
import { newId } from '../../kit/ids.ts'
import { PART_BYTES } from './put-stream.ts'
import type { ObjectStore } from './s3-store.ts'
import { cellOf, cellStart, layOut, type Piece, pieceOf, runBefore } from './staged-pieces.ts'

export interface StagedWrite {
  store: ObjectStore
  /** What the keys of the file's pieces begin with. */
  folder: string
  offset: number
  limitBytes: number
  /** Pieces that are there, from the start of the first cell to the end of what may be written. */
  there: readonly Piece[]
  /** Bytes [from, to) of what is there. */
  readBack(from: number, to: number): Promise<Buffer>
  saved(totalBytes: number): Promise<void>
}

/** The first bytes of a file are saved sooner: what can be begun with them is begun. */
const FIRST_SAVE_BYTES = 1024 ** 2
/** On a slow link a cell takes long; then so many bytes are saved once so much time has passed. */
const SLOW_SAVE_BYTES = 1024 ** 2
const SLOW_SAVE_MS = 10_000
/** A cell in more pieces than this, from calls that brought little each, is put together before it goes on. */
const MOST_PIECES = 32

/** Writes the stream, as `Staging.write` promises. */
export async function writeStaged(write: StagedWrite, stream: AsyncIterable<Uint8Array>): Promise<number> {
  const { store, folder, offset, limitBytes, there, readBack, saved } = write
  // Clocks of machines differ: what is there must be older all the same.
  const generation = there.reduce((highest, it) => Math.max(highest, it.generation + 1), Date.now())
  const end = offset + limitBytes
  const spare: Buffer[] = []

  let position = offset
  /** The cell that is being gathered, and from where on it is. */
  let cell: Buffer = Buffer.alloc(0)
  let heldFrom = offset
  let savedTo = offset
  let savedMs = performance.now()
  /** Pieces of stretches that come once more now. */
  const again = there.filter((piece) => piece.to > offset)
  /** Pieces that a full cell takes in. */
  let older = there.filter((piece) => cellOf(piece.from) === cellOf(offset) && piece.from < offset)

  async function put(from: number, to: number, freshFrom: number, bytes: Uint8Array): Promise<Piece> {
    const piece = pieceOf(from, to, generation, freshFrom, newId(8))
    await store.put(folder + piece.name, bytes)
    return piece
  }
  /** They count no longer, and cost only room. */
  async function forget(pieces: readonly Piece[]): Promise<void> {
    await store.remove(pieces.map(({ name }) => folder + name)).catch(() => {})
  }

  async function putTogether(): Promise<void> {
    const from = runBefore(layOut(older), offset)
    if (older.length <= MOST_PIECES || from === offset) return
    const piece = await put(from, offset, offset, await readBack(from, offset))
    const gone = older.filter((it) => it.from >= from && it.to <= offset)
    await forget(gone)
    older = [...older.filter((it) => !gone.includes(it)), piece]
  }

  let saving: Promise<void> | undefined
  /** Begins to save, once what was begun before is done: saves are told in order. */
  async function saveAlong(work: () => Promise<void>): Promise<void> {
    await saving
    saving = work()
    // Heard by whoever awaits it next; until then it must not count as unhandled.
    saving.catch(() => {})
  }

  /** Saves what was gathered since the last time, as a piece of its own. */
  function savePiece(): () => Promise<void> {
    const [from, to, bytes] = [savedTo, position, cell]
    savedTo = position
    savedMs = performance.now()
    return async () => {
      const start = cellStart(from)
      older.push(await put(from, to, from, bytes.subarray(from - start, to - start)))
      await saved(to - offset)
    }
  }

  /** Saves the cell that is full, with what earlier calls left in it before where this one began. */
  function saveCell(): () => Promise<void> {
    const [from, to, bytes, start] = [heldFrom, position, cell, position - PART_BYTES]
    heldFrom = savedTo = position
    savedMs = performance.now()
    cell = spare.pop() ?? Buffer.alloc(0)
    return async () => {
      const before = runBefore(layOut(older), from)
      if (before < from) (await readBack(before, from)).copy(bytes, before - start)
      await put(before, to, Math.max(before, offset), bytes.subarray(before - start))
      const gone = [...older, ...again].filter((it) => it.from >= before && it.to <= to)
      older = []
      await forget(gone)
      spare.push(bytes)
      await saved(to - offset)
    }
  }

  async function take(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.byteLength > 0; ) {
      const start = cellStart(position)
      const fitting = rest.subarray(0, start + PART_BYTES - position)
      if (cell.byteLength === 0) cell = Buffer.allocUnsafe(Math.min(PART_BYTES, end - start))
      cell.set(fitting, position - start)
      position += fitting.byteLength
      rest = rest.subarray(fitting.byteLength)
      const unsavedBytes = position - savedTo
      if (position === start + PART_BYTES) await saveAlong(saveCell())
      else if (savedTo === 0 && unsavedBytes >= FIRST_SAVE_BYTES) await saveAlong(savePiece())
      else if (unsavedBytes >= SLOW_SAVE_BYTES && performance.now() - savedMs > SLOW_SAVE_MS)
        await saveAlong(savePiece())
    }
  }

  await putTogether()
  let broken: unknown
  try {
    for await (const bytes of stream) {
      const room = end - position
      await take(bytes.byteLength > room ? bytes.subarray(0, room) : bytes)
      if (bytes.byteLength > room) throw new RangeError(`More than ${limitBytes} bytes came`)
    }
  } catch (error) {
    broken = error ?? new Error('The stream broke')
  }
  await saving
  if (position > savedTo) await savePiece()()
  if (broken) throw broken
  return position - offset
}
