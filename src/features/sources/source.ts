/** A source as bytes: a blob, or what has arrived so far of a file that is still being uploaded. */
import { stat } from 'node:fs/promises'
import { readAll } from '../../kit/bytes.ts'
import type { App } from '../../platform/app.ts'

const STAGED = 'staged:'

/** Names the staged file of an upload where the key of a source is asked for. Its bytes may have holes. */
export const stagedSource = (stagingKey: string): string => `${STAGED}${stagingKey}`

export const isStaged = (key: string): boolean => key.startsWith(STAGED)

/** A path under which a program can read it. Throws when it is gone. */
export async function openSource(app: App, key: string): Promise<{ path: string; release(): Promise<void> }> {
  const opened = isStaged(key)
    ? await app.blobs.staging.localPath(key.slice(STAGED.length))
    : await app.blobs.localPath(key)
  if (!opened) throw new Error(`the source ${key} is gone`)
  return opened
}

/** Its size in bytes; of a staged one, how far its last byte lies from its first. Undefined when it is gone. */
export async function sourceBytes(app: App, key: string): Promise<number | undefined> {
  if (!isStaged(key)) return (await app.blobs.head(key))?.sizeBytes
  const opened = await app.blobs.staging.localPath(key.slice(STAGED.length))
  if (!opened) return undefined
  return stat(opened.path).then(
    ({ size }) => size,
    () => undefined,
  )
}

/** Bytes from `from` to `to`, the latter not included. */
export async function readSource(app: App, key: string, from: number, to: number): Promise<Buffer> {
  if (from >= to) return Buffer.alloc(0)
  const range = { from, to: to - 1 }
  if (isStaged(key)) return readAll(await app.blobs.staging.open(key.slice(STAGED.length), range), to - from)
  const opened = await app.blobs.open(key, range)
  if (!opened) throw new Error(`the blob ${key} is gone`)
  return readAll(opened.body, to - from)
}
