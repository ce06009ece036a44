/** Sends an MP4 whose index lies behind its frames as two parts, the index first: the server then begins before the rest has come. */
import { open } from 'node:fs/promises'
import { CallFailed } from '../contract/client.ts'
import { concatFinal, encodeMetadata, type Part, partMetadata, UPLOADS_PATH } from '../contract/tus.ts'
import { backoffMs, sleep } from '../kit/retry.ts'
import { topBox } from '../media/mp4-table.ts'
import { ask, PASSING, type Sending, sendFile } from './send-file.ts'

/** Boxes at the top of a file that are looked at. */
const MAX_BOXES = 64
/** The index of a day of video; what is larger is none. */
const MAX_INDEX_BYTES = 256 * 1024 ** 2
/** In a smaller file the rest is there as soon as the index. */
const WORTH_BYTES = 8 * 1024 ** 2
const MAX_JOINS = 25

/** Two parts of one file that were begun: `group` tells the server that they belong together. */
export interface BegunParts {
  group: string
  /** Where the index begins, and with it the second part. */
  indexAt: number
  /** Of the parts, in the order of the file, as far as they were begun. */
  addresses: (string | null)[]
}

/** Where the index of an MP4 begins, when its frames come before it (ISO/IEC 14496-12 8.2); undefined for any other file. */
export async function findLateIndex(path: string, sizeBytes: number): Promise<number | undefined> {
  if (sizeBytes < WORTH_BYTES) return undefined
  const file = await open(path)
  try {
    let hasFrames = false
    for (let at = 0, count = 0; count < MAX_BOXES && at + 8 <= sizeBytes; count++) {
      const head = Buffer.alloc(16)
      const { bytesRead } = await file.read(head, 0, 16, at)
      const box = topBox(head.subarray(0, bytesRead), at, sizeBytes)
      if (!box || (count === 0 && box.type !== 'ftyp')) return undefined
      if (box.type === 'moov') return hasFrames && sizeBytes - at <= MAX_INDEX_BYTES ? at : undefined
      if (box.type === 'mdat') hasFrames = true
      at = box.end
    }
    return undefined
  } finally {
    await file.close()
  }
}

/** Resolves when the server has joined both parts. `begun` is changed as they are begun, and `keep` is told. */
export async function sendParts(
  it: Omit<Sending, 'begun' | 'onBegun' | 'part'>,
  begun: BegunParts,
  keep: (begun: BegunParts) => Promise<void>,
): Promise<void> {
  const parts: Part[] = [
    { offset: 0, sizeBytes: begun.indexAt },
    { offset: begun.indexAt, sizeBytes: it.sizeBytes - begun.indexAt },
  ]
  let sentBefore = 0
  for (const index of [1, 0]) {
    const part = parts[index]!
    await sendFile({
      ...it,
      sizeBytes: part.sizeBytes,
      part,
      metadata: { ...it.metadata, ...partMetadata(begun.group, part, it.sizeBytes) },
      begun: begun.addresses[index] ?? undefined,
      async onBegun(address) {
        begun.addresses[index] = address
        await keep(begun)
      },
      onProgress: (sentBytes) => it.onProgress(sentBefore + sentBytes),
    })
    sentBefore += part.sizeBytes
  }
  await join(it, begun)
}

/** Asking twice gives the same upload, so a lost answer costs nothing. */
async function join(it: Pick<Sending, 'server' | 'token' | 'metadata' | 'signal'>, begun: BegunParts): Promise<void> {
  const headers = {
    'Upload-Concat': concatFinal(begun.addresses.map((address) => new URL(address!).pathname)),
    'Upload-Metadata': encodeMetadata(it.metadata),
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await ask(it, new URL(UPLOADS_PATH, it.server), 'POST', headers)
      return
    } catch (error) {
      it.signal?.throwIfAborted()
      if (!(error instanceof CallFailed) || !PASSING.has(error.status) || attempt > MAX_JOINS) throw error
      await sleep(Math.max(error.retryAfterMs ?? 0, backoffMs(attempt, 250, 30_000)), it.signal)
    }
  }
}
