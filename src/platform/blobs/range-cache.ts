/**
 * Parts of remote blobs as files of this machine. A blob is a sparse file of its full length; what has been asked for is fetched into its
 * place, once, and stays until others need the room. Every process has a folder of its own, because what lies in it is known only to its memory.
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rm, stat, truncate, unlink, utimes } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { finished, type Readable } from 'node:stream'
import { MIB } from '../../kit/bytes.ts'
import type { ByteRange } from '../../kit/range.ts'
import { sideBySide } from '../../kit/side-by-side.ts'
import { bytesOf, joined, type Stretch, within, without } from '../../kit/stretches.ts'
import type { LocalPath } from './blobs.ts'
import { ignoreMissing } from './files.ts'

/** What a request takes besides its bytes is about what so many bytes take: gaps below this are fetched along. */
const GAP_BYTES = 128 * 1024
/** Of one request. What breaks off loses no more than this. */
const PIECE_BYTES = 16 * MIB
/** Requests at a time for one caller, who need not wait for those of others. */
const SIDE_BY_SIDE = 4
/** A living process touches its folder this often; one that was not touched for so long has lost its process. */
const TOUCH_MS = 20_000
const DEAD_AFTER_MS = 3 * 60_000
const CLOSED = 'the cache of ranges is closed'

export interface RangeCacheOptions {
  /** Processes may share it. */
  folder: string
  /** Of fetched bytes. What is in use stays, also above it. */
  limitBytes: number
  /** A stream of exactly these bytes of a blob. */
  fetch(key: string, range: ByteRange): Promise<Readable>
}

export interface RangeCache {
  /**
   * A file as long as the blob in which the bytes of `ranges` lie, all of them when left out; other bytes of it are either the blob's or
   * zero. It stays as it is, or gets fuller, until `release`. Rejects as `fetch` does.
   */
  path(key: string, sizeBytes: number, ranges?: readonly ByteRange[]): Promise<LocalPath>
  /** What is here of a file that has become longer stays, also for those who read it. */
  grow(key: string, sizeBytes: number): Promise<void>
  /** Forgets a blob that was removed; who still reads it may do so until released. */
  forget(key: string): Promise<void>
  /** Bytes that are here now. */
  readonly heldBytes: number
  /** Breaks off what is being fetched, and removes the folder of this process. */
  close(): Promise<void>
}

/** One blob, or what is here of it. */
interface Entry {
  key: string
  sizeBytes: number
  path: string
  /** Its file, as long as the blob, is there. */
  made: Promise<void>
  /** In order and apart. */
  here: Stretch[]
  coming: Coming[]
  users: number
  /** It is out of the list, and goes with its last user. */
  isForgotten: boolean
}

interface Coming extends Stretch {
  /** Resolves when it has come, or has not. */
  over: Promise<void>
}

/** Opens a cache below `folder`, and clears away what processes have left there that are gone. */
export async function rangeCache({ folder, limitBytes, fetch }: RangeCacheOptions): Promise<RangeCache> {
  const all = resolve(folder)
  const own = join(all, `${process.pid}-${randomBytes(8).toString('hex')}`)
  await mkdir(own, { recursive: true, mode: 0o755 })
  await clearDead(all)
  /** What was used longest ago comes first. */
  const entries = new Map<string, Entry>()
  const streams = new Set<Readable>()
  let heldBytes = 0
  let count = 0
  let isClosed = false

  // What fails here is tried again soon, and until then only costs room.
  const touching = setInterval(() => void care().catch(() => {}), TOUCH_MS)
  touching.unref()

  async function care(): Promise<void> {
    await touch(own)
    await clearDead(all)
  }

  /** The entry of a blob, with one more user. */
  async function enter(key: string, sizeBytes: number): Promise<Entry> {
    for (let known = entries.get(key); known; known = entries.get(key)) {
      known.users++
      if (known.sizeBytes === sizeBytes && (await isThere(known))) return known
      // Another blob of that name, or the folder of a process that was asleep for long and was taken for dead.
      known.users--
      await drop(known)
    }
    const path = join(own, String(count++))
    const made = makeSparse(path, sizeBytes)
    const entry: Entry = { key, sizeBytes, path, made, here: [], coming: [], users: 1, isForgotten: false }
    entries.set(key, entry)
    return entry
  }

  async function leave(entry: Entry): Promise<void> {
    entry.users--
    if (entry.isForgotten) return drop(entry)
    // The youngest is the last.
    entries.delete(entry.key)
    entries.set(entry.key, entry)
    await makeRoom(0)
  }

  /** Takes it out of the list; its file goes when nobody uses it. */
  async function drop(entry: Entry): Promise<void> {
    entry.isForgotten = true
    if (entries.get(entry.key) === entry) entries.delete(entry.key)
    if (entry.users > 0) return
    heldBytes -= bytesOf(entry.here)
    entry.here = []
    await unlink(entry.path).catch(ignoreMissing)
  }

  async function makeRoom(wantedBytes: number): Promise<void> {
    const idle = [...entries.values()].filter(({ users }) => users === 0)
    for (const entry of idle) {
      if (heldBytes + wantedBytes <= limitBytes) return
      if (entry.users === 0 && !entry.isForgotten) await drop(entry)
    }
  }

  /** Fetches what is not here of a piece, after waiting for what others are fetching of it. */
  async function bring(entry: Entry, piece: Stretch): Promise<void> {
    for (;;) {
      const missing = without([piece], entry.here)
      if (missing.length === 0) return
      const under = entry.coming.find((it) => missing.some(({ from, to }) => it.from < to && it.to > from))
      // Should it fail, that is its caller's to tell; this one then tries for itself.
      if (under) await under.over
      else await fetchInto(entry, { from: missing[0]!.from, to: missing.at(-1)!.to })
    }
  }

  async function fetchInto(entry: Entry, stretch: Stretch): Promise<void> {
    const fetching = fetchPiece(entry, stretch)
    const over = fetching.then(
      () => {},
      () => {},
    )
    const coming = { ...stretch, over }
    entry.coming.push(coming)
    try {
      await fetching
      heldBytes -= bytesOf(entry.here)
      entry.here = joined([...entry.here, stretch])
      heldBytes += bytesOf(entry.here)
    } finally {
      entry.coming.splice(entry.coming.indexOf(coming), 1)
    }
  }

  async function fetchPiece(entry: Entry, { from, to }: Stretch): Promise<void> {
    mustBeOpen()
    await makeRoom(to - from)
    const file = await open(entry.path, 'r+')
    try {
      const stream = await fetch(entry.key, { from, to: to - 1 })
      streams.add(stream)
      finished(stream, () => streams.delete(stream))
      if (isClosed) stream.destroy(new Error(CLOSED))
      await writeStream(file, from, to, stream)
    } finally {
      await file.close()
    }
  }

  function mustBeOpen(): void {
    if (isClosed) throw new Error(CLOSED)
  }

  return {
    async path(key, sizeBytes, ranges) {
      mustBeOpen()
      const asked = ranges?.map((it) => ({ from: Math.max(0, it.from), to: Math.min(it.to + 1, sizeBytes) }))
      const wanted = joined(asked ?? [{ from: 0, to: sizeBytes }])
      const entry = await enter(key, sizeBytes)
      try {
        await entry.made
        const missing = joined(without(wanted, entry.here), GAP_BYTES)
        await sideBySide(cutUp(missing), SIDE_BY_SIDE, (piece) => bring(entry, piece))
        if (!wanted.every(({ from, to }) => within(entry.here, from, to)))
          throw new Error(`bytes of ${key} are missing`)
      } catch (error) {
        await leave(entry)
        throw error
      }
      let isReleased = false
      return {
        path: entry.path,
        async release() {
          if (isReleased) return
          isReleased = true
          await leave(entry)
        },
      }
    },

    async grow(key, sizeBytes) {
      const entry = entries.get(key)
      if (!entry || entry.sizeBytes >= sizeBytes) return
      entry.sizeBytes = sizeBytes
      entry.made = entry.made.then(() => truncate(entry.path, sizeBytes))
      await entry.made
    },

    async forget(key) {
      const entry = entries.get(key)
      if (entry) await drop(entry)
    },

    get heldBytes() {
      return heldBytes
    },

    async close() {
      if (isClosed) return
      isClosed = true
      clearInterval(touching)
      for (const stream of streams) stream.destroy(new Error(CLOSED))
      await Promise.all([...entries.values()].flatMap(({ coming }) => coming.map(({ over }) => over)))
      await rm(own, { recursive: true, force: true })
    },
  }
}

/** Writes the stream to bytes [from, to) of a file. Throws when it brings more or less. */
async function writeStream(file: FileHandle, from: number, to: number, stream: Readable): Promise<void> {
  let at = from
  for await (const piece of stream as AsyncIterable<Uint8Array>) {
    if (at + piece.byteLength > to) throw new RangeError(`more than the ${to - from} bytes from ${from} came`)
    for (let done = 0; done < piece.byteLength; )
      done += (await file.write(piece, done, piece.byteLength - done, at + done)).bytesWritten
    at += piece.byteLength
  }
  if (at !== to) throw new RangeError(`${at - from} of the ${to - from} bytes from ${from} came`)
}

/** A file of nothing but a hole, as long as it is to be. */
async function makeSparse(path: string, sizeBytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  const file = await open(path, 'wx')
  await file.truncate(sizeBytes).finally(() => file.close())
}

/** In pieces of the size of one request. */
function cutUp(stretches: readonly Stretch[]): Stretch[] {
  return stretches.flatMap(({ from, to }) =>
    Array.from({ length: Math.ceil((to - from) / PIECE_BYTES) }, (_, n) => ({
      from: from + n * PIECE_BYTES,
      to: Math.min(to, from + (n + 1) * PIECE_BYTES),
    })),
  )
}

async function touch(folder: string): Promise<void> {
  const now = new Date()
  await utimes(folder, now, now).catch(ignoreMissing)
}

async function clearDead(all: string): Promise<void> {
  for (const name of await readdir(all)) {
    const found = await stat(join(all, name)).catch(ignoreMissing)
    if (found && found.mtimeMs < Date.now() - DEAD_AFTER_MS) await rm(join(all, name), { recursive: true, force: true })
  }
}

async function isThere({ made, path }: Entry): Promise<boolean> {
  await made.catch(() => {})
  return (await stat(path).catch(ignoreMissing)) !== undefined
}
