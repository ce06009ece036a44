/** Pieces of staged files against a plain array of bytes, into which each write is written. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PART_BYTES } from './put-stream.ts'
import {
  cellStart,
  isRewritten,
  layOut,
  nameBefore,
  type Piece,
  pieceOf,
  readPiece,
  runBefore,
} from './staged-pieces.ts'

/** Near the borders of the first cells, where it can go wrong. */
const anyWrite = fc.record({
  cell: fc.nat(2),
  from: fc.nat(30),
  length: fc.integer({ min: 1, max: 12 }),
  fresh: fc.nat(12),
})
const anyPieces = fc.array(anyWrite, { maxLength: 15 }).map((writes) =>
  writes.map(({ cell, from, length, fresh }, generation) => {
    const start = cell * PART_BYTES + from
    return pieceOf(start, start + length, generation, start + Math.min(fresh, length), `w${generation}`)
  }),
)
/** Which generation each byte is of. */
function painted(pieces: readonly Piece[]): Map<number, number> {
  const bytes = new Map<number, number>()
  for (const { from, to, generation } of pieces) for (let n = from; n < to; n++) bytes.set(n, generation)
  return bytes
}

test('of pieces that overlap the younger counts, whatever order they are listed in', () => {
  fc.assert(
    fc.property(anyPieces, fc.nat(), (pieces, turn) => {
      const turned = pieces.map((_, n) => pieces[(n + turn) % pieces.length]!)
      const bytes = new Map<number, number>()
      let end = 0
      for (const { from, to, piece } of layOut(turned)) {
        expect(from).toBeGreaterThanOrEqual(end)
        expect(from >= piece.from && to <= piece.to).toBe(true)
        end = to
        for (let n = from; n < to; n++) bytes.set(n, piece.generation)
      }
      expect(bytes).toEqual(painted(pieces))
    }),
  )
})

test('a run goes back as far as there is no gap', () => {
  fc.assert(
    fc.property(anyPieces, fc.nat(60), (pieces, to) => {
      const bytes = painted(pieces)
      let from = to
      while (bytes.has(from - 1)) from--
      expect(runBefore(layOut(pieces), to)).toBe(from)
    }),
  )
})

test('bytes are others when a later write brings its own, not when it takes along what was there', () => {
  fc.assert(
    fc.property(anyPieces, fc.nat(15), (pieces, count) => {
      const before = pieces.slice(0, count)
      const bytes = painted(before)
      const isOther = pieces
        .slice(count)
        .some(({ to, freshFrom }) =>
          Array.from({ length: to - freshFrom }, (_, n) => freshFrom + n).some((n) => bytes.has(n)),
        )
      expect(isRewritten(before, pieces)).toBe(isOther)
    }),
  )
})

test('names say what a piece is, sort by where it begins, and foreign ones are none', () => {
  fc.assert(
    fc.property(anyPieces, (pieces) => {
      for (const piece of pieces) {
        expect(readPiece(piece.name)).toEqual(piece)
        expect(nameBefore(piece.from) < piece.name && piece.name < nameBefore(piece.from + 1)).toBe(true)
      }
    }),
  )
  const overBorder = pieceOf(PART_BYTES - 1, PART_BYTES + 1, 1, PART_BYTES, 'x').name
  for (const name of ['', '~', '~1-2-3-4-x', overBorder]) expect(readPiece(name)).toBeUndefined()
  expect([cellStart(PART_BYTES - 1), cellStart(PART_BYTES)]).toEqual([0, PART_BYTES])
})
