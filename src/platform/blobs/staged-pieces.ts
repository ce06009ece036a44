/**
 * The pieces of which a staged file consists in an object store, as pure data. Objects cannot be written into, so each write leaves
 * pieces; where they overlap the younger one counts. No piece reaches over the border of a cell, and a cell that is full is one piece, as
 * long as a part of an upload may be: so most of a file becomes a blob without its bytes being moved.
 */
import { joined, type Stretch } from '../../kit/stretches.ts'
import { PART_BYTES } from './put-stream.ts'

export interface Piece extends Stretch {
  /** Of the write that made it; a later write has a higher one. */
  generation: number
  /** What lies before was there already, and was taken along; not before `from`, at most `to`. */
  freshFrom: number
  /** After the folder of its file. */
  name: string
}

/** A stretch of a file, and the piece that holds it. */
export interface Extent extends Stretch {
  piece: Piece
}

const DIGITS = 14

/** Names sort by where pieces begin. The word keeps two apart that are alike in all else. */
export function pieceOf(from: number, to: number, generation: number, freshFrom: number, word: string): Piece {
  const name = `~${[from, to, generation, freshFrom].map(digits).join('-')}-${word}`
  return { from, to, generation, freshFrom, name }
}

/** Undefined for a name that is none of ours. */
export function readPiece(name: string): Piece | undefined {
  const match = /^~(\d{14})-(\d{14})-(\d{14})-(\d{14})-[0-9A-Za-z]+$/.exec(name)
  if (!match) return undefined
  const [from, to, generation, freshFrom] = match.slice(1).map(Number) as [number, number, number, number]
  return from < to && cellOf(from) === cellOf(to - 1) ? { from, to, generation, freshFrom, name } : undefined
}

/** Sorts before the names of all pieces that begin at `from` or later, and after those that begin before. */
export const nameBefore = (from: number): string => `~${digits(from)}`

export const cellOf = (position: number): number => Math.floor(position / PART_BYTES)
export const cellStart = (position: number): number => cellOf(position) * PART_BYTES

/** What counts of each piece, in order and apart. */
export function layOut(pieces: readonly Piece[]): Extent[] {
  const cells = Map.groupBy(pieces, ({ from }) => cellOf(from))
  return [...cells.keys()].sort((a, b) => a - b).flatMap((cell) => layOutCell(cells.get(cell)!))
}

function layOutCell(pieces: readonly Piece[]): Extent[] {
  const byAge = pieces.toSorted((a, b) => a.generation - b.generation || (a.name < b.name ? -1 : 1))
  let extents: Extent[] = []
  for (const piece of byAge) {
    const left = extents.flatMap((old) => [
      { ...old, to: Math.min(old.to, piece.from) },
      { ...old, from: Math.max(old.from, piece.to) },
    ])
    extents = [...left.filter(({ from, to }) => from < to), { from: piece.from, to: piece.to, piece }]
  }
  return extents.sort((a, b) => a.from - b.from)
}

/** What of these lies in [from, to). */
export function inside(extents: readonly Extent[], from: number, to: number): Extent[] {
  return extents
    .map((it) => ({ ...it, from: Math.max(it.from, from), to: Math.min(it.to, to) }))
    .filter((it) => it.from < it.to)
}

/** Where the run of bytes begins that ends at `to`; `to` itself when nothing does. */
export function runBefore(extents: readonly Extent[], to: number): number {
  const run = joined(inside(extents, 0, to)).at(-1)
  return run?.to === to ? run.from : to
}

/**
 * Whether bytes that were there have become others: a younger write has put its own where another one's lay. What a write takes along
 * is what was there.
 */
export function isRewritten(before: readonly Piece[], after: readonly Piece[]): boolean {
  const known = new Set(before.map(({ name }) => name))
  const cells = Map.groupBy(layOut(before), ({ from }) => cellOf(from))
  return after.some(
    (piece) =>
      !known.has(piece.name) &&
      inside(cells.get(cellOf(piece.from)) ?? [], Math.max(piece.from, piece.freshFrom), piece.to).some(
        (old) => old.piece.generation !== piece.generation,
      ),
  )
}

const digits = (value: number): string => String(value).padStart(DIGITS, '0')
