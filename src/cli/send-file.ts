/** Sends a file by tus 1.0 from the command line: as one stream, taken up again where the server has it after every break. */
import { createReadStream } from 'node:fs'
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CallFailed, whyUnreachable } from '../contract/client.ts'
import type { Problem } from '../contract/refusals.ts'
import { encodeMetadata, OFFSET_CONTENT_TYPE, type Part, TUS_VERSION, UPLOADS_PATH } from '../contract/tus.ts'
import { backoffMs, sleep } from '../kit/retry.ts'

export interface Sending {
  server: string
  token: string
  path: string
  /** Of the file, or of the part of it that is sent. */
  sizeBytes: number
  /** The stretch of the file that is sent, where that is not all of it: an upload that is joined with others later. */
  part?: Part | undefined
  metadata: Record<string, string>
  /** Address of an upload that was begun earlier. */
  begun?: string | undefined
  /** Told once the server knows the upload, so that a later start can go on with it. */
  onBegun(address: string): Promise<void>
  /** Bytes on their way so far. */
  onProgress(sentBytes: number): void
  signal?: AbortSignal | undefined
}

/** Breaks in a row without a single byte in between, after which it is given up. Nearly ten minutes. */
const MAX_BREAKS = 25
const RETRY_BASE_MS = 250
const RETRY_MAX_MS = 30_000
/** What a busy server, a lock that is still held or a lost offset answer: asking again helps. */
export const PASSING = new Set([0, 408, 409, 423, 429, 460, 500, 502, 503, 504])
const READ_BUFFER_BYTES = 1024 ** 2

/** Resolves when the server has acknowledged the last byte. Throws CallFailed when it refuses or stays away. */
export async function sendFile(it: Sending): Promise<void> {
  let address = it.begun
  let lastOffset = -1
  for (let breaks = 0; ; ) {
    try {
      address ??= await begin(it)
      const offset = await askOffset(it, address)
      if (offset >= it.sizeBytes) return
      if (offset > lastOffset) breaks = 0
      lastOffset = offset
      await sendFrom(it, address, offset)
      return
    } catch (error) {
      it.signal?.throwIfAborted()
      if (!(error instanceof CallFailed)) throw error
      // The server has forgotten what was begun in an earlier life: begin again.
      if ((error.status === 404 || error.status === 410) && address === it.begun && lastOffset === -1) {
        address = undefined
        it = { ...it, begun: undefined }
        continue
      }
      if (!PASSING.has(error.status) || ++breaks > MAX_BREAKS) throw error
      await sleep(Math.max(error.retryAfterMs ?? 0, backoffMs(breaks, RETRY_BASE_MS, RETRY_MAX_MS)), it.signal)
    }
  }
}

async function begin(it: Sending): Promise<string> {
  const headers = {
    'Upload-Length': String(it.sizeBytes),
    'Upload-Metadata': encodeMetadata(it.metadata),
    ...(it.part ? { 'Upload-Concat': 'partial' } : {}),
  }
  const answer = await ask(it, new URL(UPLOADS_PATH, it.server), 'POST', headers)
  const address = new URL(answer.headers.get('location') ?? '', new URL(UPLOADS_PATH, it.server)).href
  await it.onBegun(address)
  return address
}

async function askOffset(it: Sending, address: string): Promise<number> {
  const answer = await ask(it, address, 'HEAD', {})
  return Number(answer.headers.get('upload-offset') ?? 0)
}

export async function ask(
  it: Pick<Sending, 'token' | 'signal'>,
  address: string | URL,
  method: string,
  headers: Record<string, string>,
): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(address, { method, headers: { ...common(it), ...headers }, signal: it.signal ?? null })
  } catch (error) {
    throw new CallFailed(0, 'unreachable', `The server cannot be reached (${whyUnreachable(error)}).`)
  }
  if (answer.ok) return answer
  throw refused(answer.status, await answer.text().catch(() => ''), answer.headers.get('retry-after') ?? undefined)
}

/** One PATCH with everything from `offset` on. */
async function sendFrom(it: Sending, address: string, offset: number): Promise<void> {
  const send = address.startsWith('https:') ? requestSecure : requestPlain
  const headers = {
    ...common(it),
    'Content-Type': OFFSET_CONTENT_TYPE,
    'Content-Length': String(it.sizeBytes - offset),
    'Upload-Offset': String(offset),
  }
  await new Promise<void>((resolve, reject) => {
    const patch = send(address, { method: 'PATCH', headers, signal: it.signal })
    let answered = false
    patch.on('response', (answer) => {
      answered = true
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('error', broken)
      answer.on('end', () => {
        if (answer.statusCode === 204) return resolve()
        reject(refused(answer.statusCode ?? 0, Buffer.concat(pieces).toString('utf8'), answer.headers['retry-after']))
        patch.destroy()
      })
    })
    // A server that says no early closes before it has read everything; its answer counts, not the broken pipe.
    const broken = (error: Error) => {
      if (!answered) reject(new CallFailed(0, 'unreachable', `The connection broke (${error.message}).`))
    }
    let sentBytes = offset
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        sentBytes += chunk.length
        it.onProgress(sentBytes)
        next(null, chunk)
      },
    })
    patch.on('error', broken)
    patch.on('close', () => broken(new Error('closed')))
    const base = it.part?.offset ?? 0
    const stretch = { start: base + offset, end: base + it.sizeBytes - 1 }
    pipeline(createReadStream(it.path, { ...stretch, highWaterMark: READ_BUFFER_BYTES }), counter, patch).catch(broken)
  })
}

function common(it: Pick<Sending, 'token'>): Record<string, string> {
  return { 'Tus-Resumable': TUS_VERSION, authorization: `Bearer ${it.token}` }
}

function refused(status: number, body: string, retryAfter: string | undefined): CallFailed {
  let problem: Problem | undefined
  try {
    problem = JSON.parse(body) as Problem
  } catch {
    // A proxy in between answers in its own words.
  }
  const sentence = problem
    ? problem.detail
      ? `${problem.title} (${problem.detail})`
      : problem.title
    : `The server answered ${status}.`
  const waitMs = Number(retryAfter) * 1000
  return new CallFailed(status, problem?.code ?? 'fault', sentence, problem, waitMs > 0 ? waitMs : undefined)
}
