/**
 * Staging in a folder: one file per upload, written at offsets. Parts that arrive side by side lie in one sparse file and
 * need no copying; becoming a blob is a link.
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, stat, truncate, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { blobPath } from './blob-key.ts'
import type { Staging } from './blobs.ts'
import { ignoreMissing, keysBelow, streamOf, syncFolder } from './files.ts'

/** While these are made durable the next come in; writing waits only when a second load is ready before the first is safe. */
const SAVE_EVERY_BYTES = 4 * 1024 ** 2
/** The first are made durable sooner: what can be begun with them is begun. */
const FIRST_SAVE_BYTES = 1024 ** 2
/** Small pieces of the network are written together. */
const WRITE_BYTES = 1024 ** 2

/** Staging below `root`. `moveIntoPlace` turns a durable file into a blob and says whether this call did it. */
export function folderStaging(
  root: string,
  moveIntoPlace: (written: string, blobKey: string) => Promise<boolean>,
  blobPathOf: (blobKey: string) => string,
): Staging {
  const pathOf = (key: string) => blobPath(root, key)

  return {
    async write(key, offset, stream, limitBytes, saved) {
      const file = await openStaged(pathOf(key))
      try {
        return await writeStream(file, offset, stream, limitBytes, saved)
      } finally {
        await file.close()
      }
    },

    async open(key, range) {
      const file = await open(pathOf(key), 'r')
      const { size } = await file.stat()
      return streamOf(file, size, range)
    },

    async localPath(key) {
      const path = pathOf(key)
      return (await stat(path).catch(ignoreMissing)) ? { path, release: async () => {} } : undefined
    },

    async commit(key, blobKey, sizeBytes) {
      const path = pathOf(key)
      const staged = await stat(path).catch(ignoreMissing)
      const blob = await stat(blobPathOf(blobKey)).catch(ignoreMissing)
      // Committed before: at most the tidying is left.
      if (blob?.size === sizeBytes) return void (await unlink(path).catch(ignoreMissing))
      if (blob) throw new Error(`The blob ${blobKey} exists with ${blob.size} bytes instead of ${sizeBytes}`)
      if (!staged) throw new Error(`Nothing is staged as ${key}`)
      if (staged.size < sizeBytes) throw new RangeError(`${key} holds ${staged.size} of ${sizeBytes} bytes`)
      if (staged.size > sizeBytes) await truncate(path, sizeBytes)
      const file = await open(path, 'r+')
      await file.sync().finally(() => file.close())
      await moveIntoPlace(path, blobKey)
    },

    async join(key, parts) {
      const aside = `${pathOf(key)}.${randomBytes(6).toString('hex')}`
      await mkdir(dirname(aside), { recursive: true })
      const target = await open(aside, 'wx')
      try {
        const buffer = Buffer.allocUnsafe(WRITE_BYTES)
        for (const part of parts) await append(target, pathOf(part.key), part.sizeBytes, buffer)
        await target.datasync()
      } catch (error) {
        await unlink(aside).catch(ignoreMissing)
        throw error
      } finally {
        await target.close()
      }
      await rename(aside, pathOf(key))
      await syncFolder(dirname(aside))
    },

    async remove(key) {
      await unlink(pathOf(key)).catch(ignoreMissing)
    },

    async *listOlder(olderThan) {
      for await (const key of keysBelow(root, '')) {
        const found = await stat(join(root, key)).catch(ignoreMissing)
        if (found && found.mtimeMs < olderThan.getTime()) yield key
      }
    },
  }
}

/** Opens the file of an upload for writing anywhere in it; a new one gets a durable name before any byte is acknowledged. */
async function openStaged(path: string): Promise<FileHandle> {
  const there = await open(path, 'r+').catch(ignoreMissing)
  if (there) return there
  await mkdir(dirname(path), { recursive: true })
  // Two writers of regions may make the file at once: `a` would force every write to its end, `w+` would empty it.
  const made = await open(path, 'wx+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return open(path, 'r+')
    throw error
  })
  await syncFolder(dirname(path))
  return made
}

async function writeStream(
  file: FileHandle,
  offset: number,
  stream: AsyncIterable<Uint8Array>,
  limitBytes: number,
  saved: (totalBytes: number) => Promise<void>,
): Promise<number> {
  let gathered: Uint8Array[] = []
  let gatheredBytes = 0
  let written = 0
  let savedBytes = 0

  async function flush(): Promise<void> {
    if (gatheredBytes === 0) return
    await writeWhole(file, gathered, gatheredBytes, offset + written)
    written += gatheredBytes
    gathered = []
    gatheredBytes = 0
  }
  let saving: Promise<void> | undefined
  async function save(): Promise<void> {
    const upTo = written
    if (upTo === savedBytes) return
    await file.datasync()
    savedBytes = upTo
    await saved(upTo)
  }
  /** Begins to save what is written, once what was begun before is done: saves are told in order. */
  async function saveAlong(): Promise<void> {
    await saving
    saving = save()
    // Heard by whoever awaits it next; until then it must not count as unhandled.
    saving.catch(() => {})
  }

  let broken: unknown
  let begunBytes = 0
  try {
    for await (const piece of stream) {
      const room = limitBytes - written - gatheredBytes
      const fitting = piece.byteLength > room ? piece.subarray(0, room) : piece
      gathered.push(fitting)
      gatheredBytes += fitting.byteLength
      if (piece.byteLength > room) throw new RangeError(`More than ${limitBytes} bytes came`)
      if (gatheredBytes >= WRITE_BYTES) await flush()
      if (written - begunBytes < (begunBytes === 0 ? FIRST_SAVE_BYTES : SAVE_EVERY_BYTES)) continue
      begunBytes = written
      await saveAlong()
    }
  } catch (error) {
    broken = error ?? new Error('The stream broke')
  }
  await flush()
  await saving
  await save()
  if (broken) throw broken
  return written
}

/** One gathered write; the kernel may take less than all of it, and then the rest follows. */
async function writeWhole(file: FileHandle, pieces: Uint8Array[], totalBytes: number, position: number): Promise<void> {
  const { bytesWritten } = await file.writev(pieces, position)
  if (bytesWritten === totalBytes) return
  const rest = Buffer.concat(pieces).subarray(bytesWritten)
  for (let done = 0; done < rest.byteLength; ) {
    done += (await file.write(rest, done, rest.byteLength - done, position + bytesWritten + done)).bytesWritten
  }
}

async function append(target: FileHandle, path: string, sizeBytes: number, buffer: Buffer): Promise<void> {
  const source = await open(path, 'r')
  try {
    for (let position = 0; position < sizeBytes; ) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.byteLength, sizeBytes - position), position)
      if (bytesRead === 0) throw new RangeError(`${path} ends before ${sizeBytes} bytes`)
      await target.appendFile(buffer.subarray(0, bytesRead))
      position += bytesRead
    }
  } finally {
    await source.close()
  }
}
