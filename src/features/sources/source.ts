/** A source as bytes: a blob, or what has arrived so far of a file that is still being uploaded. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { readAll } from '../../kit/bytes.ts'
import type { ByteRange } from '../../kit/range.ts'
import type { App } from '../../platform/app.ts'
import type { LocalPath } from '../../platform/blobs/blobs.ts'

const STAGED = 'staged:'

/** Names the staged file of an upload where the key of a source is asked for. Its bytes may have holes. */
export const stagedSource = (stagingKey: string): string => `${STAGED}${stagingKey}`

export const isStaged = (key: string): boolean => key.startsWith(STAGED)

/** What is thrown for one that is not there: a file that was staged goes when it has become a blob. */
export const sourceGone = (key: string): Error =>
  Object.assign(new Error(`the source ${key} is gone`), { code: 'ENOENT' })

/** A path under which a program can read these ranges of it, all of it when left out; undefined when it is gone. */
export async function localPathOf(
  app: App,
  key: string,
  ranges?: readonly ByteRange[],
): Promise<LocalPath | undefined> {
  return isStaged(key)
    ? app.blobs.staging.localPath(key.slice(STAGED.length), ranges)
    : app.blobs.localPath(key, ranges)
}

/** Its size in bytes; of a staged one, how far its last byte lies from its first. Undefined when it is gone. */
export async function sourceBytes(app: App, key: string): Promise<number | undefined> {
  if (!isStaged(key)) return (await app.blobs.head(key))?.sizeBytes
  const opened = await localPathOf(app, key, [])
  if (!opened) return undefined
  try {
    return await stat(opened.path).then(
      ({ size }) => size,
      () => undefined,
    )
  } finally {
    await opened.release()
  }
}

/** Bytes from `from` to `to`, the latter not included, as they come to lie on this machine: a program is about to read them too. */
export async function readHere(app: App, key: string, from: number, to: number): Promise<Buffer> {
  const opened = await localPathOf(app, key, [{ from, to: to - 1 }])
  if (!opened) throw sourceGone(key)
  try {
    return await readAll(createReadStream(opened.path, { start: from, end: to - 1 }), to - from)
  } finally {
    await opened.release()
  }
}

/** Bytes from `from` to `to`, the latter not included. */
export async function readSource(app: App, key: string, from: number, to: number): Promise<Buffer> {
  if (from >= to) return Buffer.alloc(0)
  const range = { from, to: to - 1 }
  if (isStaged(key)) return readAll(await app.blobs.staging.open(key.slice(STAGED.length), range), to - from)
  const opened = await app.blobs.open(key, range)
  if (!opened) throw sourceGone(key)
  return readAll(opened.body, to - from)
}
