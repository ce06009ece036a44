/** Joins the segments of a rendition and its sounds into one MP4, as it is read: only their heads are looked at beforehand. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { MIB, readAll } from '../../kit/bytes.ts'
import { headBytes, type JoinedTrack, joinTracks, readSegmentHead, type Stretch } from '../../media/progressive.ts'
import type { App } from '../../platform/app.ts'

/** Heads that are read at a time: a store far away answers each in its own time. */
const AT_ONCE = 16
/** A head is a few kilobytes; this much of a segment nearly always holds it. */
const FIRST_BYTES = 16_384

export interface Joined {
  sizeBytes: number
  etag: string
  /** Bytes `from` to `to`, both included. */
  open(from: number, to: number): Readable
}

/** A folder of segments; of a sound, in its language (BCP 47). */
export interface Part {
  folder: string
  language?: string
}

/** The file of these folders of segments, picture first. Undefined when a segment is not there. */
export async function join(
  app: App,
  parts: readonly Part[],
  segments: number,
  signal: AbortSignal,
): Promise<Joined | undefined> {
  const tracks: JoinedTrack[] = []
  for (const { folder, ...rest } of parts) {
    const init = await app.blobs.read(`${folder}/init.mp4`, MIB)
    const heads = init && (await readHeads(app, folder, init, segments, signal))
    if (!heads) return undefined
    tracks.push({ ...rest, init, segments: heads })
  }
  const { head, stretches, sizeBytes } = joinTracks(tracks)
  const pieces = [
    { bytes: head.length, key: undefined, from: 0 },
    ...stretches.map((it) => ({ ...it, key: keyOf(parts, it) })),
  ]
  return {
    sizeBytes,
    // The head names the size of every frame: files of the same title that differ in anything differ in it.
    etag: `"${createHash('sha256').update(head).digest('base64url').slice(0, 22)}"`,
    open: (from, to) => Readable.from(read(app, head, pieces, from, to), { objectMode: false }),
  }
}

const keyOf = (parts: readonly Part[], { track, n }: Stretch): string => `${parts[track]!.folder}/${n}.m4s`

async function readHeads(app: App, folder: string, init: Buffer, segments: number, signal: AbortSignal) {
  const heads: JoinedTrack['segments'] = []
  for (let from = 0; from < segments; from += AT_ONCE) {
    signal.throwIfAborted()
    const places = Array.from({ length: Math.min(AT_ONCE, segments - from) }, (_, n) => from + n)
    const found = await Promise.all(places.map((n) => readHead(app, `${folder}/${n}.m4s`)))
    for (const bytes of found) {
      if (!bytes) return undefined
      heads.push(readSegmentHead(bytes, init))
    }
  }
  return heads
}

async function readHead(app: App, key: string): Promise<Buffer | undefined> {
  const first = await readRange(app, key, 0, FIRST_BYTES)
  if (!first) return undefined
  const needed = headBytes(first)
  return needed <= first.length ? first : readRange(app, key, 0, needed)
}

async function readRange(app: App, key: string, from: number, bytes: number): Promise<Buffer | undefined> {
  const facts = await app.blobs.head(key)
  if (!facts) return undefined
  const opened = await app.blobs.open(key, { from, to: Math.min(from + bytes, facts.sizeBytes) - 1 })
  return opened && readAll(opened.body, bytes)
}

interface Piece {
  bytes: number
  key: string | undefined
  from: number
}

/** The wanted stretch of the file, piece by piece. */
async function* read(
  app: App,
  head: Uint8Array,
  pieces: Piece[],
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const piece of pieces) {
    const first = Math.max(from, at) - at
    const last = Math.min(to, at + piece.bytes - 1) - at
    at += piece.bytes
    if (first > last) continue
    if (piece.key === undefined) {
      yield head.subarray(first, last + 1)
      continue
    }
    const opened = await app.blobs.open(piece.key, { from: piece.from + first, to: piece.from + last })
    if (!opened) throw new Error(`the segment ${piece.key} is gone`)
    yield* opened.body as AsyncIterable<Uint8Array>
  }
}
