/** A server with routes of the test's own on a real platform: for stories about the way in, below any feature. */
import { connect as connectSocket } from 'node:net'
import type { Viewer } from '../../src/platform/http/http.ts'
import { type AnyRoute, type KnowViewer, route, SESSION_COOKIE } from '../../src/platform/http/http.ts'
import { type Served, type ServeOptions, serveHttp } from '../../src/platform/http/serve.ts'
import type { Log } from '../../src/platform/log.ts'
import { type OpenPlatform, openPlatform, type PlatformOptions } from '../support/house.ts'

export { route, SESSION_COOKIE }

export interface TestServer extends AsyncDisposable {
  platform: OpenPlatform
  served: Served
  address: string
  lines: { level: string; message: string; facts: Record<string, unknown> }[]
  get(path: string, init?: RequestInit): Promise<Response>
  send(path: string, body: unknown, init?: RequestInit): Promise<Response>
}

/** The JSON of an answer, as loose as a test wants it. */
// biome-ignore lint/suspicious/noExplicitAny: what is in it is what the test is about
export const told = (answer: Response): Promise<any> => answer.json()

/** Sessions and tokens of these tests: the name of a role, or `role-name` for one of several. */
export const knowByName: KnowViewer = async (_app, { session, token }) => {
  const [role] = (token ?? session ?? '').split('-')
  if (role !== 'member' && role !== 'moderator' && role !== 'admin') return undefined
  return { accountId: (token ?? session)!, role: role as Exclude<Viewer['role'], 'anonymous'> }
}

export async function openServer(
  routes: AnyRoute[],
  options: PlatformOptions & Partial<ServeOptions> = {},
): Promise<TestServer> {
  const lines: TestServer['lines'] = []
  const platform = await openPlatform({ ...options, log: options.log ?? keepingLog(lines) })
  const served = await serveHttp(platform.app, {
    routes,
    knowViewer: knowByName,
    host: '127.0.0.1',
    port: 0,
    checkReplies: true,
    ...options,
  })
  const address = `http://127.0.0.1:${served.port}`
  const get = (path: string, init: RequestInit = {}) => fetch(address + path, init)
  let open = true
  const close = async () => {
    if (open) await served.close()
    open = false
    await platform.close()
  }
  return {
    platform,
    served,
    address,
    lines,
    get,
    send: (path, body, init = {}) =>
      get(path, {
        method: 'POST',
        ...init,
        headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
        body: typeof body === 'string' || body instanceof Uint8Array ? (body as never) : JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: close,
  }
}

function keepingLog(lines: TestServer['lines'], base: Record<string, unknown> = {}): Log {
  const keep = (level: string) => (facts: Record<string, unknown>, message: string) => {
    lines.push({ level, message, facts: { ...base, ...facts } })
  }
  return {
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: (facts) => keepingLog(lines, { ...base, ...facts }),
  }
}

/** Says these bytes on a plain connection and returns all that comes back until it is closed, or until `waitMs` have passed. */
export function sayPlainly(port: number, text: string | Buffer, waitMs = 3000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1')
    let heard = ''
    const timer = setTimeout(() => socket.destroy(), waitMs)
    socket.on('data', (data) => {
      heard += data.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(heard)
    })
    socket.write(text)
  })
}
