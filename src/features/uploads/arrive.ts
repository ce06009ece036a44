/**
 * Bytes arrive: from a request body into the staged file, and from there into the row, in that order. What the row says is
 * stored has been through fdatasync; what has not may be lost, and is sent again.
 */
import type { Hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { isRefusal, Refusal, refuse } from '../../contract/refusals.ts'
import type { App } from '../../platform/app.ts'
import { metric } from '../../platform/meter.ts'
import { beginEarly } from '../transcode/transcode.ts'
import * as store from './store.ts'
import { type Checksum, startHash } from './tus.ts'
import type { Writer } from './writers.ts'

export const uploadedBytes = metric({
  kind: 'counter',
  name: 'uploads_received_bytes',
  says: 'Bytes of uploads that were stored.',
  labels: [],
})

/** A body that brings nothing for this long is closed; its client resumes where it stopped. */
const IDLE_MS = 60_000

/**
 * Stores `body` from the writer's offset on and returns the new offset. With a checksum, all or nothing counts. Refuses
 * upload_longer_than_declared (after keeping what fits), checksum_mismatch, disk_full, upload_locked when another took over, and
 * bad_request when the link broke (nobody hears that one).
 */
export async function receive(
  app: App,
  writer: Writer,
  body: Readable,
  checksum: Checksum | undefined,
): Promise<number> {
  const { row } = writer
  const start = row.offset_bytes
  const hash = checksum && startHash(checksum)
  const progress = await watchProgress(app, row)
  let stored = start

  const keep = async (totalBytes: number) => {
    const expiresAt = expiryFrom(app)
    if (!(await store.advanceOffset(app, row, writer.id, start + totalBytes, expiresAt))) {
      refuse((await store.findUpload(app, row.account_id, row.upload_id)) ? 'upload_locked' : 'upload_gone')
    }
    app.meter.count(uploadedBytes, {}, start + totalBytes - stored)
    stored = start + totalBytes
    await tellEarly(app, row, stored)
  }
  const put = (saved: (totalBytes: number) => Promise<void>) =>
    app.blobs.staging.write(
      row.staging_key,
      row.base_offset + start,
      arriving(body, writer, hash, (receivedBytes) => progress.tell(start + receivedBytes)),
      row.length_bytes - start,
      saved,
    )

  try {
    if (!checksum) {
      await put(keep)
      return stored
    }
    const count = await put(async () => {})
    if (!hash!.digest().equals(checksum.digest)) refuse('checksum_mismatch')
    await keep(count)
    return stored
  } catch (error) {
    throw refusalFor(error, writer, body)
  } finally {
    progress.end(stored)
  }
}

/** Often enough that encoders keep up with a fast link. */
const EARLY_EVERY_MS = 500
const MOST_TOLD = 1000
const toldMs = new Map<string, number>()

/** Bytes that other programs may read have arrived: what can be made of them is begun. The last ones have their own job. */
async function tellEarly(app: App, row: store.UploadRow, offsetBytes: number): Promise<void> {
  const { video_id: videoId, staging_key: stagingKey } = row
  const facts = store.factsOf(row)
  const apart = row.kind === 'partial' ? facts.totalBytes === undefined : offsetBytes === row.length_bytes
  if (videoId === null || apart || facts.replace || !app.config['transcode.while_uploading']) return
  const nowMs = performance.now()
  if (nowMs - (toldMs.get(stagingKey) ?? Number.NEGATIVE_INFINITY) < EARLY_EVERY_MS) return
  if (toldMs.size >= MOST_TOLD) toldMs.clear()
  toldMs.set(stagingKey, nowMs)
  await app.queue.add(beginEarly, { videoId, stagingKey }, { key: videoId })
}

/** When an upload ends that gets no more bytes from now on. */
export function expiryFrom(app: App): Date {
  return new Date(app.clock.nowMs() + app.config['uploads.expire_hours'] * 3_600_000)
}

/** The pieces of the body as they come, watched: a writer that has been put out, or a silent link, ends the body. */
async function* arriving(
  body: Readable,
  writer: Writer,
  hash: Hash | undefined,
  seen: (receivedBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let receivedBytes = 0
  let lastByteMs = performance.now()
  const stop = () => body.destroy(new Error('put out'))
  if (writer.signal.aborted) stop()
  writer.signal.addEventListener('abort', stop, { once: true })
  const watching = setInterval(() => {
    if (performance.now() - lastByteMs > IDLE_MS) body.destroy(new Error('nothing came for a minute'))
  }, IDLE_MS / 4)
  try {
    // Ending the loop early must leave the connection open, so that a refusal finds its way back.
    for await (const piece of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      lastByteMs = performance.now()
      writer.touch()
      hash?.update(piece)
      receivedBytes += piece.byteLength
      seen(receivedBytes)
      yield piece
    }
  } finally {
    clearInterval(watching)
    writer.signal.removeEventListener('abort', stop)
    if (!body.readableEnded && !body.destroyed) body.resume()
  }
}

/** What a failure to store means to the one who sends. */
function refusalFor(error: unknown, writer: Writer, body: Readable): unknown {
  if (isRefusal(error)) return error
  const code = (error as NodeJS.ErrnoException)?.code
  if (code === 'ENOSPC' || code === 'EDQUOT') return new Refusal('disk_full')
  if (error instanceof RangeError) return new Refusal('upload_longer_than_declared')
  if (writer.signal.aborted) return new Refusal('upload_locked')
  // The link broke. What came before is stored; there is nobody to answer, and no fault of ours to log.
  if (body.errored || (body.destroyed && !body.readableEnded))
    return new Refusal('bad_request', 'the connection broke off')
  return error
}

// How far a file has come, shouted while its bytes arrive. Parts of one file that arrive in this process are added up here; for
// those that arrive elsewhere the row's offset stands.

/** Channel of the shouts; each word is the JSON of UploadProgress. */
export const UPLOAD_CHANNEL = 'upload'

export interface UploadProgress {
  videoId: string
  offsetBytes: number
  lengthBytes: number
}

const SHOUT_EVERY_MS = 200

interface Arrival {
  writers: number
  offsets: Map<string, number>
  shoutedMs: number
}

const arrivals = new Map<string, Arrival>()

/** Begins to watch one upload of a video; `tell` its offset as often as you like, `end` with what is stored. */
async function watchProgress(
  app: App,
  row: store.UploadRow,
): Promise<{ tell(offsetBytes: number): void; end(offsetBytes: number): void }> {
  const { video_id: videoId, staging_key: key } = row
  if (videoId === null) return { tell: () => {}, end: () => {} }
  const lengthBytes = store.factsOf(row).totalBytes ?? row.length_bytes
  const arrival = arrivals.get(key) ?? { writers: 0, offsets: new Map<string, number>(), shoutedMs: 0 }
  arrivals.set(key, arrival)
  arrival.writers++
  if (row.kind === 'partial') {
    for (const part of await store.listStaged(app, row.account_id, key)) {
      if (!arrival.offsets.has(part.upload_id)) arrival.offsets.set(part.upload_id, part.offset_bytes)
    }
  }
  const shout = () => {
    arrival.shoutedMs = performance.now()
    const offsetBytes = arrival.offsets.values().reduce((sum, offset) => sum + offset, 0)
    const word = JSON.stringify({ videoId, offsetBytes, lengthBytes } satisfies UploadProgress)
    app.bus.shout(UPLOAD_CHANNEL, word).catch((error) => app.log.debug({ error: String(error) }, 'progress not told'))
  }
  return {
    tell: (offsetBytes) => {
      arrival.offsets.set(row.upload_id, offsetBytes)
      if (performance.now() - arrival.shoutedMs >= SHOUT_EVERY_MS) shout()
    },
    end: (offsetBytes) => {
      arrival.offsets.set(row.upload_id, offsetBytes)
      arrival.writers--
      if (arrival.writers === 0) arrivals.delete(key)
      shout()
    },
  }
}
