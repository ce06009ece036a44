/**
 * Sends one file by tus: each part is an upload of its own (tus-js-client: offsets, retries), told by metadata where it
 * belongs; at the end the parts are joined by one request. With one part there is nothing to join.
 */
import { type DetailedError, Upload } from 'tus-js-client'
import { concatFinal, encodeMetadata, partMetadata, TUS_VERSION, UPLOADS_PATH } from '../../contract/tus.ts'
import { backoffMs, sleep } from '../../kit/retry.ts'
import type { Remembered } from './upload-memory.ts'

export interface Problem {
  code: string
  sentence: string
}

/** A file that could not be sent, and why, in the words of the server. */
export class SendingFailed extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.sentence)
    this.name = 'SendingFailed'
    this.problem = problem
  }
}

export interface Sending {
  /** Resolves when the server has the whole file; rejects with SendingFailed. Never settles after `stop`. */
  done: Promise<void>
  stop(): void
  /** The network is back: try at once what waits for its next attempt. */
  hurry(): void
}

export interface SendingHearer {
  progress(sentBytes: number): void
  change(state: 'sending' | 'retrying' | 'finishing'): void
  /** An address has become known and stands in the record. */
  remember(): void
}

/** At first at once, then ever slower, for about a day: a laptop that was closed over night goes on in the morning. */
const RETRY_MS = [0, 500, 1000, 2000, 4000, 8000, 15_000, ...Array.from({ length: 3000 }, () => 30_000)]
/** What is worth another attempt; every other 4xx is an answer. */
const PASSING = new Set([0, 408, 409, 423, 425, 429, 460])

/** Sends `file` as `record` plans it, going on where earlier attempts stopped. Writes the addresses of parts into the record. */
export function send(file: File, record: Remembered, hearer: SendingHearer): Sending {
  const stopping = new AbortController()
  const sentBytes = record.parts.map(() => 0)
  const uploads = record.parts.map((_, index) => openPart(index))
  const tellProgress = () => hearer.progress(sentBytes.reduce((sum, bytes) => sum + bytes, 0))

  function openPart(index: number) {
    const part = record.parts[index]!
    const { promise: done, resolve, reject } = Promise.withResolvers<void>()
    const whole = record.parts.length === 1
    const upload = new Upload(file.slice(part.offset, part.offset + part.sizeBytes), {
      endpoint: UPLOADS_PATH,
      uploadUrl: part.url ?? null,
      metadata: {
        ...metadataOf(file, record),
        ...(whole ? {} : partMetadata(record.group, part, file.size)),
      },
      headers: whole ? {} : { 'Upload-Concat': 'partial' },
      retryDelays: RETRY_MS,
      storeFingerprintForResuming: false,
      onShouldRetry: (error) => {
        const again = isPassing(error)
        if (again) hearer.change('retrying')
        return again
      },
      onUploadUrlAvailable: () => {
        if (!upload.url || part.url === upload.url) return
        part.url = upload.url
        hearer.remember()
      },
      onProgress: (bytes) => {
        sentBytes[index] = bytes
        tellProgress()
      },
      onSuccess: () => {
        sentBytes[index] = part.sizeBytes
        tellProgress()
        resolve()
      },
      onError: (error) => reject(new SendingFailed(problemOf(error))),
    })
    return { upload, done }
  }

  async function run(): Promise<void> {
    const isFirst = (index: number) => record.parts[index]!.offset >= (record.indexAt ?? 0)
    try {
      for (const [index, { upload }] of uploads.entries()) if (isFirst(index)) upload.start()
      await Promise.all(uploads.filter((_, index) => isFirst(index)).map(({ done }) => done))
      stopping.signal.throwIfAborted()
      for (const [index, { upload }] of uploads.entries()) if (!isFirst(index)) upload.start()
      await Promise.all(uploads.map(({ done }) => done))
    } catch (error) {
      for (const { upload } of uploads) void upload.abort()
      throw error
    }
    hearer.change('finishing')
    if (record.parts.length > 1) await join(file, record, stopping.signal)
  }

  return {
    done: run(),
    stop() {
      stopping.abort(new Error('stopped'))
      for (const { upload } of uploads) void upload.abort()
    },
    hurry() {
      for (const [index, { upload }] of uploads.entries()) {
        if (sentBytes[index] === record.parts[index]!.sizeBytes) continue
        void upload.abort().then(() => {
          if (!stopping.signal.aborted) upload.start()
        })
      }
    },
  }
}

function metadataOf(file: File, { videoId, replaces }: Remembered): Record<string, string> {
  const { name, type } = file
  return { video: videoId, filename: name.slice(-255), filetype: type, ...(replaces ? { replace: '1' } : {}) }
}

/** Has the server forget what has arrived. Where it cannot be told, it forgets by itself. */
export async function forgetSent({ parts }: Remembered): Promise<void> {
  const headers = { 'Tus-Resumable': TUS_VERSION }
  await Promise.allSettled(parts.map(({ url }) => url && fetch(url, { method: 'DELETE', headers })))
}

/** Joins the finished parts. Asking twice gives the same upload, so a lost answer costs nothing. */
async function join(file: File, record: Remembered, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(UPLOADS_PATH, {
      method: 'POST',
      signal,
      headers: {
        'Tus-Resumable': TUS_VERSION,
        'Upload-Concat': concatFinal(record.parts.map((part) => new URL(part.url!, location.href).pathname)),
        'Upload-Metadata': encodeMetadata(metadataOf(file, record)),
      },
    }).catch((error: unknown) => {
      if (signal.aborted) throw error
      return undefined
    })
    if (answer?.ok) return
    const status = answer?.status ?? 0
    if (status < 500 && !PASSING.has(status)) throw new SendingFailed(readProblem(await answer!.text(), status))
    await sleep(backoffMs(attempt, 500, 30_000), signal)
  }
}

function isPassing(error: DetailedError): boolean {
  const status = error.originalResponse?.getStatus() ?? 0
  return status >= 500 ? status !== 507 : PASSING.has(status)
}

/** What went wrong with an upload, in the words of the server where it has answered. */
function problemOf(error: Error | DetailedError): Problem {
  const answer = 'originalResponse' in error ? error.originalResponse : undefined
  return answer ? readProblem(answer.getBody(), answer.getStatus()) : { code: 'unreachable', sentence: error.message }
}

function readProblem(body: string, status: number): Problem {
  try {
    const { code, title, detail } = JSON.parse(body) as { code?: string; title?: string; detail?: string }
    if (code && title) return { code, sentence: detail ? `${title} (${detail})` : title }
  } catch {
    // Not a problem document: some proxy on the way has answered.
  }
  return { code: 'fault', sentence: `The server answered ${status}.` }
}
