/**
 * A tus client that misbehaves on command: breaks off at any byte, dawdles, lies about lengths. Tests say
 * with it what a well-behaved library never would.
 */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeMetadata, OFFSET_CONTENT_TYPE, TUS_VERSION, UPLOADS_PATH } from '../../src/contract/tus.ts'

export interface TusAnswer {
  status: number
  headers: Record<string, string | undefined>
  /** Code of the problem document, where the answer is one. */
  code: string | undefined
  text: string
}

export interface TusAsk {
  headers?: Record<string, string | number>
  body?: Buffer
  /** Sends only so many bytes of the body, then cuts the connection. */
  cutAfter?: number
  /** Sends only so many bytes, then holds the connection open without a word until the signal fires. */
  hangAfter?: { bytes: number; until: AbortSignal }
  /** Pieces of this size with this pause between them. */
  drip?: { bytes: number; pauseMs: number }
}

export interface TusClient {
  ask(method: string, path: string, ask?: TusAsk): Promise<TusAnswer>
  create(lengthBytes: number | string, metadata?: Record<string, string>, ask?: TusAsk): Promise<TusAnswer>
  /** PATCH with what of `file` follows `offset`. */
  append(path: string, offset: number, body: Buffer, ask?: TusAsk): Promise<TusAnswer>
  head(path: string): Promise<TusAnswer>
  /** HEAD's offset, as a number. */
  offset(path: string): Promise<number>
}

/** A client at `address` (`http://host:port`) that says who it is by these headers. */
export function tusClient(address: string, who: Record<string, string>): TusClient {
  const ask = async (method: string, path: string, it: TusAsk = {}): Promise<TusAnswer> => {
    const { promise, resolve, reject } = Promise.withResolvers<TusAnswer>()
    const length = it.body ? { 'content-length': it.body.byteLength } : {}
    const sent = request(address + path, {
      method,
      agent: false,
      headers: { 'tus-resumable': TUS_VERSION, 'sec-fetch-site': 'same-origin', ...who, ...length, ...it.headers },
    })
    sent.on('error', reject)
    sent.on('response', (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(pieces).toString()
        // The answer to a HEAD names a problem's type without a body.
        const isProblem = answer.headers['content-type']?.startsWith('application/problem+json') && text !== ''
        const problem = isProblem ? JSON.parse(text) : undefined
        resolve({
          status: answer.statusCode!,
          headers: answer.headers as Record<string, string>,
          code: problem?.code,
          text,
        })
      })
    })
    void sendBody(sent, it)
    return promise
  }
  const head = (path: string) => ask('HEAD', path)
  return {
    ask,
    create: (lengthBytes, metadata = {}, it = {}) =>
      ask('POST', UPLOADS_PATH, {
        ...it,
        headers: {
          'upload-length': String(lengthBytes),
          ...(Object.keys(metadata).length ? { 'upload-metadata': encodeMetadata(metadata) } : {}),
          ...it.headers,
        },
      }),
    append: (path, offset, body, it = {}) =>
      ask('PATCH', path, {
        ...it,
        body,
        headers: { 'upload-offset': offset, 'content-type': OFFSET_CONTENT_TYPE, ...it.headers },
      }),
    head,
    offset: async (path) => {
      const answer = await head(path)
      if (answer.status !== 200) throw new Error(`HEAD ${path}: ${answer.status}`)
      return Number(answer.headers['upload-offset'])
    },
  }
}

async function sendBody(sent: ReturnType<typeof request>, it: TusAsk): Promise<void> {
  if (!it.body) return void sent.end()
  const closed = new Promise<void>((go) => sent.once('close', () => go()))
  const end = it.cutAfter ?? it.hangAfter?.bytes ?? it.body.byteLength
  const step = it.drip?.bytes ?? 64 * 1024
  for (let at = 0; at < end; at += step) {
    if (sent.destroyed) return
    const piece = it.body.subarray(at, Math.min(end, at + step))
    if (!sent.write(piece)) await Promise.race([once(sent, 'drain').catch(() => {}), closed])
    if (it.drip) await sleep(it.drip.pauseMs)
  }
  if (it.hangAfter) {
    const { until } = it.hangAfter
    if (!until.aborted) await new Promise((go) => until.addEventListener('abort', go, { once: true }))
    return void sent.destroy(new Error('cut'))
  }
  if (it.cutAfter === undefined) return void sent.end()
  // What is written has to leave before the line is cut.
  await sleep(20)
  sent.destroy(new Error('cut'))
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Random bytes of which no two stretches are alike, so that a misplaced one shows. */
export const someBytes = (sizeBytes: number) => randomBytes(sizeBytes)
