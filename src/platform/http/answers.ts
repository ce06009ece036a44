/** Writing answers: status, headers, body; compressed where asked; nothing left open when the client goes away. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import {
  brotliCompress,
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  gzip,
  gzipSync,
} from 'node:zlib'
import type { RawAnswer } from './http.ts'

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

/** Below this a compressed answer is hardly smaller and costs time all the same. */
export const COMPRESS_FROM_BYTES = 1024
/** 4 of 11: near gzip's speed, clearly smaller. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }
/**
 * Up to this an answer is packed where it was made, with half the effort: thirty kilobytes of cards take 0.1 ms and come to 5.9 kB instead of
 * 5.8. To hand it to another thread costs as much, and it would go out only after everything that is begun meanwhile.
 */
const PACKED_AT_ONCE_BYTES = 64 * 1024
const LITTLE_BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 2, [constants.BROTLI_PARAM_LGWIN]: 16 } }
const LITTLE_GZIP = { level: 3 }
/** How long the rest of a body that nobody wants is still read, so that the client gets to see the answer. */
const LINGER_MS = 5_000

/**
 * Writes the answer and resolves when it is out or the client has gone. Rejects when the body itself breaks; the
 * connection is then cut, since the client can learn of it in no other way.
 */
export async function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: RawAnswer,
): Promise<void> {
  if (response.destroyed || response.headersSent) {
    if (answer.body instanceof Readable) answer.body.destroy()
    return
  }
  response.statusCode = answer.status
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  for (const cookie of answer.cookies ?? []) response.appendHeader('set-cookie', cookie)
  const bodyless = answer.status === 204 || answer.status === 304 || answer.status < 200
  const encoding = answer.compress && !bodyless ? chosenEncoding(request.headers['accept-encoding']) : undefined
  if (answer.compress) response.appendHeader('vary', 'Accept-Encoding')
  lingerFor(request, response)

  if (answer.body instanceof Readable) return writeStream(request, response, answer.body, encoding, bodyless)
  const { body } = answer
  if (!body || bodyless) {
    if (!bodyless && !response.hasHeader('content-length') && request.method !== 'HEAD')
      response.setHeader('content-length', 0)
    response.end()
    return
  }
  const length = Buffer.byteLength(body)
  const packed =
    encoding && length >= COMPRESS_FROM_BYTES
      ? (packAtOnce(body, length, encoding) ?? (await pack(Buffer.from(body), encoding)))
      : undefined
  if (packed) markEncoded(response, encoding!)
  if (!response.hasHeader('content-length') || packed)
    response.setHeader('content-length', packed?.byteLength ?? length)
  // A text goes out in one write with the headers; bytes would take two.
  response.end(request.method === 'HEAD' ? undefined : (packed ?? body))
}

async function writeStream(
  request: IncomingMessage,
  response: ServerResponse,
  body: Readable,
  encoding: 'br' | 'gzip' | undefined,
  bodyless: boolean,
): Promise<void> {
  if (bodyless || request.method === 'HEAD') {
    body.destroy()
    response.end()
    return
  }
  let broken: unknown
  body.once('error', (error) => {
    broken = error
  })
  try {
    if (!encoding) await pipeline(body, response)
    else {
      markEncoded(response, encoding)
      response.removeHeader('content-length')
      await pipeline(body, encoding === 'br' ? createBrotliCompress(BROTLI) : createGzip(), response)
    }
  } catch (error) {
    // A client that goes away ends the pipeline too; that is no fault of ours.
    if (broken !== undefined && (error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw broken
  }
}

function markEncoded(response: ServerResponse, encoding: string): void {
  response.setHeader('content-encoding', encoding)
  const etag = response.getHeader('etag')
  // The packed bytes are another representation: a strong validator would promise what is not so (RFC 9110 8.8.1).
  if (typeof etag === 'string' && etag.startsWith('"')) response.setHeader('etag', `W/${etag}`)
}

/** The same, packed now; undefined where that would keep others waiting. */
function packAtOnce(body: string | Uint8Array, length: number, encoding: 'br' | 'gzip'): Buffer | undefined {
  if (length > PACKED_AT_ONCE_BYTES) return undefined
  return encoding === 'br' ? brotliCompressSync(body, LITTLE_BROTLI) : gzipSync(body, LITTLE_GZIP)
}

/** The bytes, packed as this encoding says. */
export function pack(body: Uint8Array, encoding: 'br' | 'gzip'): Promise<Buffer> {
  return encoding === 'br' ? brotli(body, BROTLI) : zip(body)
}

/** Brotli before gzip among those the client takes; a quality of 0 means it does not (RFC 9110 12.5.3). */
export function chosenEncoding(header: string | string[] | undefined): 'br' | 'gzip' | undefined {
  const taken = String(header ?? '')
    .toLowerCase()
    .split(',')
    .filter((word) => !/;\s*q=0(\.0*)?\s*$/.test(word))
    .map((word) => word.split(';')[0]!.trim())
  if (taken.includes('br')) return 'br'
  return taken.includes('gzip') ? 'gzip' : undefined
}

/**
 * An answer that is given before the whole body has come (a refused upload): what still comes is thrown away for a
 * while, since cutting the connection at once would often lose the answer on its way; then it is cut.
 */
function lingerFor(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete || request.method === 'GET' || request.method === 'HEAD') return
  const timer = setTimeout(() => {
    if (!request.complete && response.writableEnded) request.socket.destroy()
  }, LINGER_MS)
  timer.unref()
}
