/** Reading staged files in an object store, piece by piece as they lie, while more comes and pieces are put together. */
import { Readable } from 'node:stream'
import type { ByteRange } from '../../kit/range.ts'
import type { ObjectStore } from './s3-store.ts'
import { cellStart, type Extent, inside, layOut, nameBefore, type Piece, readPiece } from './staged-pieces.ts'

const ZEROS = Buffer.alloc(64 * 1024)
/** A piece that is gone has become part of another, which the next list shows. */
const MOST_LISTS = 5

/** The pieces that hold bytes from the cell of `from` on and begin before `to`. */
export async function listPieces(
  store: ObjectStore,
  folder: string,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): Promise<Piece[]> {
  const pieces: Piece[] = []
  for await (const { key } of store.list(`${folder}~`, folder + nameBefore(cellStart(from)))) {
    const piece = readPiece(key.slice(folder.length))
    if (!piece) continue
    if (piece.from >= to) break
    pieces.push(piece)
  }
  return pieces
}

/** A stream of what is staged of a range, with zeros where nothing is, up to the last byte. Throws when nothing is staged at all. */
export async function openStaged(store: ObjectStore, folder: string, range: ByteRange): Promise<Readable> {
  const pieces = await listPieces(store, folder, range.from, range.to + 1)
  if (pieces.length === 0 && !(await hasAny(store, `${folder}~`))) throw new Error(`Nothing is staged below ${folder}`)
  return Readable.from(readStaged(store, folder, range, pieces), { objectMode: false })
}

async function hasAny(store: ObjectStore, start: string, after?: string): Promise<boolean> {
  return !(await store.list(start, after).next()).done
}

async function* readStaged(
  store: ObjectStore,
  folder: string,
  range: ByteRange,
  known: readonly Piece[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = range.to + 1
  let at = range.from
  let lists = 1
  for (let pieces = known; ; pieces = await listPieces(store, folder, at, end)) {
    let isMissing = false
    for (const extent of inside(layOut(pieces), at, end)) {
      yield* zeros(extent.from - at)
      at = extent.from
      const body = await openExtent(store, folder, extent)
      isMissing = body === undefined
      if (!body) break
      for await (const bytes of body as AsyncIterable<Uint8Array>) {
        at += bytes.byteLength
        yield bytes
      }
    }
    if (!isMissing) {
      if (at < end && (await hasAny(store, `${folder}~`, folder + nameBefore(end)))) yield* zeros(end - at)
      return
    }
    if (++lists > MOST_LISTS) throw new Error(`pieces below ${folder} are missing`)
  }
}

function* zeros(sizeBytes: number): Generator<Uint8Array> {
  for (let left = sizeBytes; left > 0; left -= ZEROS.byteLength)
    yield ZEROS.subarray(0, Math.min(left, ZEROS.byteLength))
}

async function openExtent(store: ObjectStore, folder: string, { from, to, piece }: Extent) {
  const found = await store.get(folder + piece.name, { from: from - piece.from, to: to - piece.from - 1 })
  return typeof found === 'object' ? found.body : undefined
}
