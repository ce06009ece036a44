/** Raw routes, files of the web, sockets, and how the server stops. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { refuse } from '../../src/contract/refusals.ts'
import type { RawRoute, SocketRoute } from '../../src/platform/http/http.ts'
import { openServer, SESSION_COOKIE, sayPlainly, told } from './server.ts'

function raw(path: string, handle: RawRoute['handle'], more: Partial<RawRoute> = {}): RawRoute {
  return { kind: 'raw', methods: ['GET', 'HEAD'], path, says: 'For this test.', handle, ...more }
}

/** One request without the cleverness of fetch: returns status, headers and the raw bytes. */
function plainGet(
  address: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    httpRequest(address + path, { headers }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece) => pieces.push(piece))
      answer.on('end', () =>
        resolve({ status: answer.statusCode!, headers: answer.headers, bytes: Buffer.concat(pieces) }),
      )
      answer.on('error', reject)
    })
      .on('error', reject)
      .end()
  })
}

test('a raw route is given the address, the parameters and the body of any type as they came', async () => {
  let seen: unknown
  const handle: RawRoute['handle'] = async (_app, asked) => {
    let sizeBytes = 0
    for await (const piece of asked.body) sizeBytes += (piece as Buffer).byteLength
    seen = {
      method: asked.method,
      target: asked.target,
      path: asked.path,
      params: asked.params,
      q: asked.query.get('q'),
      origin: asked.origin,
      sizeBytes,
    }
    return { status: 201, headers: { location: '/x' } }
  }
  await using server = await openServer([raw('/files/:name/*', handle, { methods: ['PUT', 'PATCH'] })])

  const answer = await server.get('/files/a%20b/c/d?q=%C3%A9', {
    method: 'PATCH',
    headers: { 'content-type': 'application/offset+octet-stream' },
    body: Buffer.alloc(3_000_000),
  })

  expect([answer.status, answer.headers.get('location'), answer.headers.get('content-length')]).toEqual([
    201,
    '/x',
    '0',
  ])
  expect(seen).toEqual({
    method: 'PATCH',
    target: '/files/a%20b/c/d?q=%C3%A9',
    path: '/files/a%20b/c/d',
    params: { name: 'a b', '*': 'c/d' },
    q: 'é',
    origin: server.address,
    sizeBytes: 3_000_000,
  })
})

test('bytes of a body reach the handler while the rest is still on its way', async () => {
  const heard: number[] = []
  const handle: RawRoute['handle'] = async (_app, asked) => {
    for await (const piece of asked.body) heard.push((piece as Buffer).byteLength)
    return { status: 204 }
  }
  await using server = await openServer([raw('/slow', handle, { methods: ['POST'] })])
  const sent = new Promise<number>((resolve, reject) => {
    const sending = httpRequest(`${server.address}/slow`, { method: 'POST' }, (answer) => resolve(answer.statusCode!))
    sending.on('error', reject)
    sending.write('first')
    void wait(100).then(() => {
      expect(heard).toEqual([5])
      sending.end('second')
    })
  })

  expect(await sent).toBe(204)
  expect(heard).toEqual([5, 6])
})

test('who sends a large body that nobody wants still reads why', async () => {
  const handle: RawRoute['handle'] = async () => refuse('file_too_large')
  await using server = await openServer([raw('/refused', handle, { methods: ['POST'] })])

  const answer = await server.get('/refused', { method: 'POST', body: Buffer.alloc(8_000_000) })

  expect([answer.status, (await told(answer)).code]).toEqual([413, 'file_too_large'])
})

test('when the client goes away the signal fires and the stream is destroyed', async () => {
  let source: Readable | undefined
  let signal: AbortSignal | undefined
  const handle: RawRoute['handle'] = async (_app, asked) => {
    signal = asked.signal
    source = Readable.from(endless())
    return { status: 200, body: source }
  }
  await using server = await openServer([raw('/endless', handle, { anonymous: true })])
  const gone = new AbortController()

  const answer = await server.get('/endless', { signal: gone.signal })
  await answer.body!.getReader().read()
  gone.abort()

  await expect.poll(() => [source?.destroyed, signal?.aborted]).toEqual([true, true])
  expect(server.lines.filter((line) => line.level === 'error')).toEqual([])
})

async function* endless() {
  for (;;) {
    yield Buffer.alloc(64 * 1024)
    await wait(1)
  }
}

test('a body that breaks half way cuts the connection and is a fault', async () => {
  const handle: RawRoute['handle'] = async () => ({ status: 200, body: Readable.from(breaking()) })
  await using server = await openServer([raw('/breaking', handle, { anonymous: true })])

  const answer = await server.get('/breaking')

  await expect(answer.text()).rejects.toThrow()
  await expect.poll(() => server.lines.filter((line) => line.message === 'fault').length).toBe(1)
})

async function* breaking() {
  yield Buffer.alloc(10)
  await wait(20)
  throw new Error('the disk is gone')
}

test('text is compressed for those who take it', async () => {
  const words = 'many words '.repeat(500)
  const plain = raw('/words', async () => ({
    status: 200,
    headers: { 'content-type': 'text/plain', etag: '"1"' },
    body: words,
    compress: true,
  }))
  const flow = raw('/flow', async () => ({ status: 200, body: Readable.from([Buffer.from(words)]), compress: true }))
  await using server = await openServer([plain, flow])

  const br = await plainGet(server.address, '/words', { 'accept-encoding': 'gzip, br' })
  const gz = await plainGet(server.address, '/flow', { 'accept-encoding': 'gzip, br;q=0' })
  const none = await plainGet(server.address, '/words')

  expect([br.headers['content-encoding'], br.headers.vary, br.headers.etag]).toEqual(['br', 'Accept-Encoding', 'W/"1"'])
  expect(brotliDecompressSync(br.bytes).toString()).toBe(words)
  expect(gunzipSync(gz.bytes).toString()).toBe(words)
  expect([none.headers['content-encoding'], none.headers.etag, none.bytes.toString()]).toEqual([
    undefined,
    '"1"',
    words,
  ])
})

test('files of the web are served for ever by their hashed names, and nothing beside the folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-web-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'assets/app-1a2b.js'), 'let a = 1;'.repeat(300))
  await writeFile(join(folder, 'robots.txt'), 'User-agent: *')
  await writeFile(join(folder, 'index.html'), '<p>')
  await using server = await openServer([], { webFolder: folder })

  const script = await plainGet(server.address, '/assets/app-1a2b.js', { 'accept-encoding': 'br' })
  expect(script.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    'content-encoding': 'br',
  })
  expect(brotliDecompressSync(script.bytes).toString()).toBe('let a = 1;'.repeat(300))
  const again = await plainGet(server.address, '/assets/app-1a2b.js', {
    'accept-encoding': 'br',
    'if-none-match': String(script.headers.etag),
  })
  expect([again.status, again.bytes.length]).toEqual([304, 0])
  expect((await plainGet(server.address, '/robots.txt')).bytes.toString()).toBe('User-agent: *')
  for (const path of [
    '/assets/..%2findex.html',
    '/assets/../index.html',
    '/assets/%2e%2e/robots.txt',
    '/assets/none.js',
    '/assets/',
    '/index.html',
  ]) {
    expect(
      (await sayPlainly(server.served.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).slice(
        0,
        12,
      ),
      path,
    ).toBe('HTTP/1.1 404')
  }
  await rm(folder, { recursive: true })
})

const echo: SocketRoute = {
  kind: 'socket',
  path: '/api/echo',
  says: 'Says everything back.',
  open: async (_app, socket, asked) => {
    await wait(30)
    if (asked.viewer.role === 'moderator') refuse('not_allowed')
    socket.send(`hello ${asked.viewer.role}`)
    socket.onMessage((message) => socket.send(message))
  },
}

/** Opens a socket, says the words, and returns what came and how it ended. */
function talk(
  address: string,
  words: (string | Buffer)[],
  options: WebSocket.ClientOptions = {},
): Promise<{ heard: string[]; code: number; status: number | undefined }> {
  return new Promise((resolve) => {
    const ws = new WebSocket(`${address.replace('http', 'ws')}/api/echo`, options)
    const heard: string[] = []
    ws.on('open', () => {
      for (const word of words) ws.send(word)
    })
    ws.on('message', (data) => {
      heard.push(data.toString())
      if (heard.length === words.length + 1) ws.close()
    })
    ws.on('unexpected-response', (_request, answer) => {
      answer.resume()
      resolve({ heard, code: 0, status: answer.statusCode })
    })
    ws.on('error', () => {})
    ws.on('close', (code) => resolve({ heard, code, status: undefined }))
  })
}

test('a socket knows its viewer and loses no message that came early', async () => {
  await using server = await openServer([echo])

  const { heard } = await talk(server.address, ['a', 'b'], { headers: { cookie: `${SESSION_COOKIE}=member` } })

  expect(heard).toEqual(['hello member', 'a', 'b'])
})

test('sockets refuse foreign pages, bad tokens, unknown addresses, bytes, floods and large messages', async () => {
  await using server = await openServer([echo])

  expect((await talk(server.address, [], { origin: 'http://evil.example' })).status).toBe(403)
  expect((await talk(server.address, [], { headers: { authorization: 'Bearer nonsense' } })).status).toBe(401)
  expect((await talk(server.address.replace(/$/, '/nowhere'), [])).status).toBe(404)
  expect((await talk(server.address, [], { origin: server.address })).heard).toEqual(['hello anonymous'])
  expect((await talk(server.address, [Buffer.from('bytes')])).code).toBe(1003)
  expect((await talk(server.address, ['x'.repeat(65 * 1024)])).code).toBe(1009)
  expect(
    (
      await talk(
        server.address,
        Array.from({ length: 120 }, () => 'again'),
      )
    ).code,
  ).toBe(1008)
  expect((await talk(server.address, [], { headers: { cookie: `${SESSION_COOKIE}=moderator` } })).code).toBe(1008)
})

test('a server that stops lets running answers end, says goodbye to sockets and takes nothing new', async () => {
  const slow = raw('/slow', async () => {
    await wait(400)
    return { status: 200, body: 'done' }
  })
  await using server = await openServer([slow, echo])
  const running = server.get('/slow')
  const talking = talk(server.address, [])
  const waiting = new WebSocket(`${server.address.replace('http', 'ws')}/api/echo`)
  const ended = new Promise<number>((resolve) => waiting.on('close', (code) => resolve(code)))
  await Promise.all([talking, new Promise((resolve) => waiting.on('open', resolve))])
  await wait(50)

  const closing = server.served.close()
  await wait(20)
  await expect(server.get('/healthz')).rejects.toThrow()
  expect(await (await running).text()).toBe('done')
  expect(await ended).toBe(1001)
  await closing
})
