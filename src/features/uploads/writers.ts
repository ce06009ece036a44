/**
 * Who may write to an upload: one connection at a time, across all processes. The lease in the row decides; the list in
 * this process only makes it quick to notice that the connection which holds it is dead.
 *
 * A link that breaks without a word (a phone leaves the network) looks alive to the server for minutes. So a newcomer
 * does not ask whether the older connection is open but whether bytes still come: a quiet one is put out, a lively one keeps
 * the upload and the newcomer is told to come back (upload_locked).
 */
import { refuse } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import { sleep } from '../../kit/retry.ts'
import type { App } from '../../platform/app.ts'
import * as store from './store.ts'

/** Without bytes for this long, a writer in this process gives way to a newcomer. */
const QUIET_MS = 1000
/** How long the lease of a writer outlives its last byte: what a newcomer waits after a process was killed. */
const LEASE_MS = 5000
const RENEW_MS = 1500
/** A newcomer gives up on a writer that goes on writing all this time. */
const PATIENCE_MS = 2500
/** Long enough for a quiet writer to be noticed as one. */
const SETTLE_MS = QUIET_MS + 500

export interface Writer {
  readonly id: string
  /** The row as it was when the lease was taken: nobody else moves its offset from then on. */
  readonly row: store.UploadRow
  /** Fires when this writer has to stop. */
  readonly signal: AbortSignal
  /** Says that bytes have come. */
  touch(): void
  release(): Promise<void>
}

interface Held {
  lastByteMs: number
  stop(): void
  released: Promise<void>
}

const held = new Map<string, Held>()

/** Takes the right to write. Refuses upload_locked while somebody lively has it, upload_gone when the upload has ended. */
export async function takeWriter(app: App, row: store.UploadRow, signal?: AbortSignal): Promise<Writer> {
  const id = newId()
  const startedMs = performance.now()
  const givesUp = (patienceMs: number) => performance.now() - startedMs > patienceMs
  for (;;) {
    if (signal?.aborted) refuse('bad_request', 'the connection is closed')
    await putOutQuiet(row.upload_id)
    if (!held.has(row.upload_id)) {
      const taken = await store.takeLease(app, row, id, LEASE_MS)
      if (taken) return openWriter(app, taken, id)
      if (!(await store.findUpload(app, row.account_id, row.upload_id))) refuse('upload_gone')
      if (givesUp(LEASE_MS + RENEW_MS)) refuse('upload_locked', undefined, { 'Retry-After': '2' })
    } else if (givesUp(PATIENCE_MS)) {
      refuse('upload_locked', undefined, { 'Retry-After': '2' })
    }
    await sleep(100)
  }
}

/** Ends the writer of this process, quiet or not, and waits until it has let go. */
export async function endWriter(uploadId: string): Promise<void> {
  const other = held.get(uploadId)
  other?.stop()
  await other?.released
}

/** Ends the writer of this process if no bytes came for a while, so that what it has is saved and its offset final. */
async function putOutQuiet(uploadId: string): Promise<void> {
  const other = held.get(uploadId)
  if (other && performance.now() - other.lastByteMs > QUIET_MS) await endWriter(uploadId)
}

/**
 * Gives the writer of this process a moment to come to its end. Who asks for an offset wants to go on from there, mostly after
 * a link broke; what the broken link brought may still be on its way to the disk, and an older offset would only be refused.
 */
export async function letSettle(uploadId: string): Promise<void> {
  for (const startedMs = performance.now(); held.has(uploadId) && performance.now() - startedMs < SETTLE_MS; ) {
    await putOutQuiet(uploadId)
    if (held.has(uploadId)) await sleep(50)
  }
}

function openWriter(app: App, row: store.UploadRow, id: string): Writer {
  const stopping = new AbortController()
  const { promise: released, resolve } = Promise.withResolvers<void>()
  const self: Held = { lastByteMs: performance.now(), stop: () => stopping.abort(), released }
  held.set(row.upload_id, self)
  // Renewed only while bytes come: the lease of a dead link must run out, for the process next door cannot see that it is dead.
  const renewing = setInterval(() => {
    if (performance.now() - self.lastByteMs > RENEW_MS) return
    store.renewLease(app, row, id, LEASE_MS).then(
      (mine) => mine || stopping.abort(),
      (error) => app.log.warn({ error: String(error), uploadId: row.upload_id }, 'lease of an upload not renewed'),
    )
  }, RENEW_MS)
  return {
    id,
    row,
    signal: stopping.signal,
    touch: () => {
      self.lastByteMs = performance.now()
    },
    release: async () => {
      clearInterval(renewing)
      await store.dropLease(app, row, id).finally(() => {
        held.delete(row.upload_id)
        resolve()
      })
    },
  }
}
