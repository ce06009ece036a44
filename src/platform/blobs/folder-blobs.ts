/**
 * Blobs in a folder, key for path. A blob is written aside, made durable, and then linked into its place, which happens
 * whole or not at all and only once; a crash leaves at most a forgotten file aside.
 */
import { randomBytes } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat, statfs, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { blobPath, checkPrefix } from './blob-key.ts'
import type { BlobFacts, Blobs } from './blobs.ts'
import { ignoreMissing, keysBelow, streamOf, syncFolder } from './files.ts'
import { folderStaging } from './folder-staging.ts'

/** Aside files are written in one go; one that is a day old has lost its writer. */
const FORGOTTEN_AFTER_MS = 24 * 3600_000

/** Opens the store below `folder`: `blobs`, `staging` and `aside` in it, which must lie on one file system. */
export async function folderBlobs(folder: string): Promise<Blobs> {
  const root = resolve(folder)
  const blobs = join(root, 'blobs')
  const aside = join(root, 'aside')
  const staging = join(root, 'staging')
  for (const each of [blobs, aside, staging]) await mkdir(each, { recursive: true, mode: 0o755 })
  await forgetAside(aside)

  const pathOf = (key: string) => blobPath(blobs, key)

  return {
    isLocal: true,

    async put(key, bytes) {
      const path = pathOf(key)
      if (await exists(path)) {
        if (bytes instanceof Readable) bytes.destroy()
        return false
      }
      const written = join(aside, randomBytes(12).toString('hex'))
      const file = await open(written, 'wx')
      try {
        if (bytes instanceof Readable) for await (const piece of bytes) await file.appendFile(piece)
        else await file.writeFile(bytes)
        await file.datasync()
      } catch (error) {
        await file.close()
        await unlink(written)
        throw error
      }
      await file.close()
      return moveIntoPlace(written, path, blobs)
    },

    async head(key) {
      const facts = await statOf(pathOf(key))
      return facts && toFacts(facts)
    },

    async open(key, range) {
      const file = await openOf(pathOf(key))
      if (!file) return undefined
      const found = await file.stat({ bigint: true })
      if (!found.isFile()) {
        await file.close()
        return undefined
      }
      const facts = toFacts(found)
      return { facts, body: await streamOf(file, facts.sizeBytes, range) }
    },

    async read(key, limitBytes) {
      const file = await openOf(pathOf(key))
      if (!file) return undefined
      try {
        const found = await file.stat()
        if (!found.isFile()) return undefined
        if (found.size > limitBytes) throw new RangeError(`${key} holds more than ${limitBytes} bytes`)
        return await file.readFile()
      } finally {
        await file.close()
      }
    },

    async remove(key) {
      await unlink(pathOf(key)).catch((error: NodeJS.ErrnoException) => {
        // A folder of other blobs has this name, so no blob does.
        if (error.code !== 'EISDIR') ignoreMissing(error)
      })
    },

    async removeAll(prefix) {
      const path = prefixPath(blobs, prefix)
      // Out of sight in one step; then the work.
      const doomed = join(aside, randomBytes(12).toString('hex'))
      const moved = await rename(path, doomed).then(
        () => true,
        (error) => ignoreMissing(error) ?? false,
      )
      if (moved) await rm(doomed, { recursive: true, force: true })
    },

    list: (prefix) => keysBelow(prefixPath(blobs, prefix), prefix),

    async localPath(key) {
      const path = pathOf(key)
      return (await exists(path)) ? { path, release: async () => {} } : undefined
    },

    async freeBytes() {
      const disk = await statfs(root)
      return disk.bavail * disk.bsize
    },

    staging: folderStaging(staging, (written, key) => moveIntoPlace(written, pathOf(key), blobs), pathOf),

    async close() {},
  }
}

/**
 * Links a durable file to its place, which fails when something is there already, and makes the name durable too.
 * Returns whether this call was the one that did it. The file at `written` is gone afterwards.
 */
async function moveIntoPlace(written: string, path: string, root: string): Promise<boolean> {
  try {
    // A folder may vanish between its making and the link when everything below a prefix is being removed.
    for (let attempt = 1; ; attempt++) {
      await makeFolder(dirname(path), root)
      try {
        await link(written, path)
        break
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'EEXIST') return false
        if (code !== 'ENOENT' || attempt >= 5) throw error
      }
    }
    await syncFolder(dirname(path))
    return true
  } finally {
    await unlink(written).catch(ignoreMissing)
  }
}

/** Makes a folder and those above it up to `root`, each name durable in the folder above. */
async function makeFolder(folder: string, root: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  for (let above = dirname(folder); above.startsWith(root); above = dirname(above)) {
    await syncFolder(above).catch(ignoreMissing)
    if (above === dirname(first)) break
  }
}

/** Size, time of change and the file's own number: a blob is never altered, so these change whenever its bytes do. */
function toFacts(found: BigIntStats): BlobFacts {
  const words = [found.size, found.mtimeNs, found.ino].map((value) => value.toString(36))
  return { sizeBytes: Number(found.size), etag: `"${words.join('-')}"`, modified: found.mtime }
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  const found = await stat(path, { bigint: true }).catch(ignoreMissing)
  return found?.isFile() ? found : undefined
}

async function exists(path: string): Promise<boolean> {
  return (await statOf(path)) !== undefined
}

async function openOf(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch(ignoreMissing)
}

function prefixPath(root: string, prefix: string): string {
  return join(root, checkPrefix(prefix))
}

async function forgetAside(aside: string): Promise<void> {
  const before = Date.now() - FORGOTTEN_AFTER_MS
  for (const name of await readdir(aside)) {
    const path = join(aside, name)
    const found = await stat(path).catch(ignoreMissing)
    if (found && found.mtimeMs < before) await rm(path, { recursive: true, force: true })
  }
}
