/** Answers where there is no request to answer to: what came was too large, too slow, or no HTTP. */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { Refusal } from '../../contract/refusals.ts'
import type { App } from '../app.ts'
import { nextRequestId } from './exchange.ts'
import type { RawAnswer } from './http.ts'
import { refusalAnswer } from './problems.ts'

/** Says what was wrong and cuts the connection: what follows on it could not be told from the rest of this. */
export function answerUnread(app: App, error: NodeJS.ErrnoException, stream: Duplex): void {
  // The client has left, or part of an answer is out already: nobody would take this for an answer.
  if (error.code === 'ECONNRESET' || !stream.writable || hasSpoken(stream)) {
    stream.destroy()
    return
  }
  app.log.debug({ code: error.code }, 'unreadable request')
  writePlainly(stream, refusalAnswer(refusalOf(error), nextRequestId()))
}

function refusalOf({ code }: NodeJS.ErrnoException): Refusal {
  if (code === 'HPE_HEADER_OVERFLOW') return new Refusal('head_too_large')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Refusal('too_slow')
  return new Refusal('bad_request', 'this is not HTTP/1.1')
}

/** Node hangs the answer that is being written on the socket. */
function hasSpoken(stream: Duplex): boolean {
  return (stream as { _httpMessage?: { headersSent?: boolean } })._httpMessage?.headersSent === true
}

/** Writes an answer by hand, for connections that no server object answers on. */
export function writePlainly(stream: Duplex, answer: RawAnswer): void {
  const body = String(answer.body)
  const headers = { ...answer.headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  stream.end(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? 'No'}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}
