/**
 * What is spoken with an OpenSearch (or another server of the same API): JSON over HTTP, bulk bodies as lines. The address is the
 * operator's own and may hold a name and a password.
 */

const TIME_MS = 10_000
/** An answer of a server that is not what it was taken for must not fill the memory. */
const MOST_CHARACTERS = 64 * 1024 * 1024

export interface ServerAnswer {
  status: number
  body: Record<string, unknown>
}

export interface ServerCall {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD'
  path: string
  body?: unknown
  /** Bodies of bulk calls: an object a line. */
  lines?: readonly unknown[]
  /** Statuses besides success that are answers, not failures. */
  allows?: readonly number[]
}

export type AskServer = (call: ServerCall) => Promise<ServerAnswer>

/** Thrown when the server answers with a failure. The reason is the server's own word. */
export class ServerFailed extends Error {
  constructor(status: number, path: string, reason: string) {
    super(`${path} was answered ${status}: ${reason.slice(0, 300)}`)
    this.name = 'ServerFailed'
  }
}

export function connectServer(address: string): AskServer {
  const url = new URL(address)
  const login =
    url.username === '' ? undefined : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  url.username = ''
  url.password = ''
  const base = url.href.replace(/\/+$/, '')
  return async ({ method, path, body, lines, allows = [] }) => {
    const text = lines ? `${lines.map((line) => JSON.stringify(line)).join('\n')}\n` : body && JSON.stringify(body)
    const answer = await fetch(`${base}/${path}`, {
      method,
      headers: {
        ...(text ? { 'content-type': lines ? 'application/x-ndjson' : 'application/json' } : {}),
        ...(login === undefined ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
      },
      ...(text ? { body: text as string } : {}),
      redirect: 'error',
      signal: AbortSignal.timeout(TIME_MS),
    })
    const said = await answer.text()
    if (said.length > MOST_CHARACTERS) throw new ServerFailed(answer.status, path, 'too long an answer')
    if (!answer.ok && !allows.includes(answer.status)) throw new ServerFailed(answer.status, path, said)
    return { status: answer.status, body: said === '' ? {} : (JSON.parse(said) as Record<string, unknown>) }
  }
}
