/** What blobs and staging both do with files: streaming parts of them, listing, making names durable. */
import { type FileHandle, open, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { ByteRange } from '../../kit/range.ts'

const READ_AHEAD_BYTES = 256 * 1024

/** Makes the names in a folder durable (fsync(2): the file's own fsync does not). */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A stream of a file or a part of it, which closes the file when it ends or is destroyed. */
export async function streamOf(file: FileHandle, sizeBytes: number, range?: ByteRange): Promise<Readable> {
  const start = range?.from ?? 0
  const end = Math.min(range?.to ?? sizeBytes - 1, sizeBytes - 1)
  if (end < start) {
    await file.close()
    return Readable.from([])
  }
  return file.createReadStream({ start, end, highWaterMark: READ_AHEAD_BYTES })
}

/** Paths of all files below `folder`, each after `prefix`; none when it is not there. */
export async function* keysBelow(folder: string, prefix: string): AsyncIterable<string> {
  const entries = await opendir(folder).catch(ignoreMissing)
  if (!entries) return
  for await (const entry of entries) {
    if (entry.isDirectory()) yield* keysBelow(join(folder, entry.name), `${prefix}${entry.name}/`)
    else yield prefix + entry.name
  }
}

/** Nothing there, or a blob where a folder would have to be: both mean that there is no such blob. */
export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}
