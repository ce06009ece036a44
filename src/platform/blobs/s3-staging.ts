/**
 * Staging in an object store: a staged file is the pieces below its folder, each durable when it is told of and readable at once. Nothing
 * of it lies on this machine, so any process can take the next bytes.
 */

import { readAll } from '../../kit/bytes.ts'
import { Lru } from '../../kit/lru.ts'
import { joined } from '../../kit/stretches.ts'
import { checkBlobKey } from './blob-key.ts'
import type { LocalPath, Staging } from './blobs.ts'
import type { RangeCache } from './range-cache.ts'
import type { ObjectStore, StoredObject } from './s3-store.ts'
import { commitStaged } from './staged-commit.ts'
import { isRewritten, layOut, type Piece } from './staged-pieces.ts'
import { listPieces, openStaged } from './staged-reader.ts'
import { writeStaged } from './staged-writer.ts'
import type { WriteOnce } from './write-once.ts'

export interface StagingParts {
  store: ObjectStore
  once: WriteOnce
  /** Where parts of staged files lie for programs. */
  locals: RangeCache
  /** The name of a blob's object. */
  at(blobKey: string): string
  headOf(blobKey: string): Promise<StoredObject | undefined>
}

const STAGING = 'staging/'
/** Pieces that are remembered of staged files which programs have read lately. */
const MOST_SEEN = 100_000

export function s3Staging({ store, once, locals, at, headOf }: StagingParts): Staging {
  const folderOf = (key: string) => `${STAGING}${checkBlobKey(key)}/`
  const seen = new Lru<{ pieces: Piece[]; sizeBytes: number }>(MOST_SEEN, () => performance.now())

  async function write(
    key: string,
    offset: number,
    stream: AsyncIterable<Uint8Array>,
    limitBytes: number,
    saved: (totalBytes: number) => Promise<void>,
  ): Promise<number> {
    const folder = folderOf(key)
    const there = await listPieces(store, folder, offset, offset + limitBytes)
    const readBack = async (from: number, to: number) =>
      readAll(await openStaged(store, folder, { from, to: to - 1 }), to - from)
    return writeStaged({ store, folder, offset, limitBytes, there, readBack, saved }, stream)
  }

  async function remove(key: string): Promise<void> {
    const folder = folderOf(key)
    await locals.forget(key)
    seen.delete(key)
    const pieces = await listPieces(store, folder)
    await store.remove(pieces.map(({ name }) => folder + name))
  }

  return {
    write,
    remove,

    open: async (key, range) => openStaged(store, folderOf(key), range),

    async localPath(key, ranges) {
      const pieces = await listPieces(store, folderOf(key))
      if (pieces.length === 0) return undefined
      const before = seen.get(key)
      if (!before || isRewritten(before.pieces, pieces)) await locals.forget(key)
      const sizeBytes = pieces.reduce((end, { to }) => Math.max(end, to), before?.sizeBytes ?? 0)
      seen.set(key, { pieces, sizeBytes }, { size: pieces.length })
      await locals.grow(key, sizeBytes)
      // Run by run: what lies between runs has not come yet, and must not be taken for what has.
      const extents = layOut(pieces)
      const wanted = ranges ?? [{ from: 0, to: sizeBytes - 1 }]
      const runs = joined(extents).map((run) =>
        wanted.flatMap(({ from, to }) =>
          from < run.to && to >= run.from ? [{ from: Math.max(from, run.from), to: Math.min(to, run.to - 1) }] : [],
        ),
      )
      const opened: LocalPath[] = []
      const release = async () => {
        for (const it of opened) await it.release()
      }
      try {
        for (const run of [[], ...runs.filter((it) => it.length > 0)])
          opened.push(await locals.path(key, seen.get(key)?.sizeBytes ?? sizeBytes, run))
      } catch (error) {
        await release()
        throw error
      }
      return { path: opened[0]!.path, release }
    },

    async commit(key, blobKey, sizeBytes) {
      const blob = await headOf(blobKey)
      // Committed before: at most the tidying is left.
      if (blob?.sizeBytes === sizeBytes) return remove(key)
      if (blob) throw new Error(`The blob ${blobKey} exists with ${blob.sizeBytes} bytes instead of ${sizeBytes}`)
      const folder = folderOf(key)
      const pieces = await listPieces(store, folder)
      if (pieces.length === 0) throw new Error(`Nothing is staged as ${key}`)
      const isMade = await commitStaged({ store, once, folder, pieces, target: at(blobKey), sizeBytes })
      if (!isMade && (await headOf(blobKey))?.sizeBytes !== sizeBytes)
        throw new Error(`Another blob took the key ${blobKey}`)
      await remove(key)
    },

    async join(key, parts) {
      const totalBytes = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      const writtenBytes = await write(key, 0, inOrder(parts), totalBytes, async () => {})
      if (writtenBytes < totalBytes) throw new RangeError(`the parts of ${key} hold less than they should`)
    },

    async *listOlder(olderThan) {
      let file: { key: string; modifiedMs: number } | undefined
      const isOld = () => file !== undefined && file.modifiedMs < olderThan.getTime()
      for await (const { key, modified } of store.list(STAGING)) {
        const name = key.slice(STAGING.length, key.lastIndexOf('/'))
        if (file?.key !== name) {
          if (isOld()) yield file!.key
          file = { key: name, modifiedMs: 0 }
        }
        file.modifiedMs = Math.max(file.modifiedMs, modified.getTime())
      }
      if (isOld()) yield file!.key
    },
  }

  async function* inOrder(parts: { key: string; sizeBytes: number }[]): AsyncGenerator<Uint8Array> {
    for (const { key, sizeBytes } of parts) {
      if (sizeBytes === 0) continue
      let doneBytes = 0
      for await (const bytes of await openStaged(store, folderOf(key), { from: 0, to: sizeBytes - 1 })) {
        doneBytes += bytes.byteLength
        yield bytes
      }
      if (doneBytes < sizeBytes) throw new RangeError(`${key} ends before ${sizeBytes} bytes`)
    }
  }
}
