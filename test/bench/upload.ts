/**
 * A file of 10 GiB through the real server, with ten links cut and one SIGKILL of the server on the way: does it arrive,
 * is it the same, how much was sent twice, how much memory did the server take, how fast was it. The yardsticks of the same run: a
 * bare HTTP sink in Node that writes the same body to the same disk and syncs it once, and a copy of the file with a sync.
 *
 *   npm run bench -- upload [sizeInGiB]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../../src/contract/client.ts'
import { encodeMetadata, OFFSET_CONTENT_TYPE, TUS_VERSION, UPLOADS_PATH } from '../../src/contract/tus.ts'
import { GIB, MIB } from '../../src/kit/bytes.ts'
import { freePort, type Server, startServer } from '../support/server.ts'
import type { BenchResult } from './figures.ts'

const CUTS = 10

export async function run(args: string[]): Promise<BenchResult> {
  const sizeBytes = Math.round(Number(args[0] ?? 10) * GIB)
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-bench-'))
  let server: Server | undefined
  try {
    const source = join(folder, 'source.bin')
    await makeSparse(source, sizeBytes)
    const wantedHash = await hashOf(source)
    const port = await freePort()
    const start = () =>
      startServer(port, ['--data', join(folder, 'data')], { VITASCOPE_UPLOADS_MAX_BYTES: String(sizeBytes) })
    server = await start()
    const memory = watchMemory(() => server)
    const token = await signUp(server.address)
    const begun = performance.now()
    const upload = await create(server.address, token, sizeBytes)

    let resentBytes = 0
    let downMs = 0
    const restart = async () => {
      const killedMs = performance.now()
      await server?.kill()
      server = await start()
      downMs = performance.now() - killedMs
    }
    const stops = placesToStop(sizeBytes)
    for (let offset = 0; ; ) {
      const stop = stops.shift()
      const url = server.address + upload.path
      const sentTo = await send(url, token, source, offset, stop?.at ?? sizeBytes, stop?.kill ? restart : undefined)
      if (stop === undefined) break
      offset = await offsetOf(url, token)
      resentBytes += sentTo - offset
    }
    const seconds = (performance.now() - begun - downMs) / 1000
    const peakBytes = memory.stop()

    const arrived = await findSource(join(folder, 'data'), upload.videoId)
    const arrivedHash = await hashOf(arrived)
    await server.stop()
    server = undefined
    await rm(join(folder, 'data'), { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })

    const sinkSeconds = await sendToSink(source, join(folder, 'sink.bin'), sizeBytes)
    const copySeconds = await copy(source, join(folder, 'copy.bin'))
    const mibPerS = sizeBytes / MIB / seconds
    const sinkMibPerS = sizeBytes / MIB / sinkSeconds
    const figures = {
      size_gib: sizeBytes / GIB,
      links_cut: CUTS,
      servers_killed: 1,
      same_sha256: arrivedHash === wantedHash ? 1 : 0,
      resent_percent: (resentBytes / sizeBytes) * 100,
      server_peak_rss_mib: peakBytes / MIB,
      upload_mib_per_s: mibPerS,
      yardstick_bare_sink_mib_per_s: sinkMibPerS,
      yardstick_copy_mib_per_s: sizeBytes / MIB / copySeconds,
      speed_to_bare_sink: mibPerS / sinkMibPerS,
    }
    const summary =
      `${figures.size_gib} GiB at ${mibPerS.toFixed(0)} MiB/s (a bare sink takes ${sinkMibPerS.toFixed(0)}), ` +
      `${CUTS} links cut and one kill -9: ${figures.resent_percent.toFixed(2)} % sent twice, ` +
      `${figures.server_peak_rss_mib.toFixed(0)} MiB resident, SHA-256 ${figures.same_sha256 ? 'equal' : 'DIFFERENT'}`
    return { figures, summary }
  } finally {
    await server?.stop()
    // A database that was left alone by the kill may still be tidying up in there.
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
  }
}

/** A sparse file with a MiB of noise every 256 MiB, so that a stretch in the wrong place changes the hash. */
async function makeSparse(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, 'wx')
  await file.truncate(sizeBytes)
  for (let at = 0; at < sizeBytes; at += 256 * MIB)
    await file.write(randomBytes(Math.min(MIB, sizeBytes - at)), 0, undefined, at)
  await file.close()
}

/** Cuts spread evenly with some chance, and the kill in the middle of them. */
function placesToStop(sizeBytes: number): { at: number; kill: boolean }[] {
  const count = CUTS + 1
  return Array.from({ length: count }, (_, n) => ({
    at: Math.floor(((n + 0.5 + (Math.random() - 0.5) * 0.8) * sizeBytes) / count),
    kill: n === Math.floor(count / 2),
  }))
}

async function signUp(address: string): Promise<string> {
  const body = { email: 'bench@example.org', password: 'a long enough password', name: 'Bench' }
  const answer = await fetch(`${address}/api/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const cookie = answer.headers
    .getSetCookie()
    .map((it) => it.split(';')[0])
    .join('; ')
  const call = connect({ server: address, headers: { cookie, origin: address } })
  return (await call('createToken', { body: { name: 'bench' } })).secret
}

async function create(address: string, token: string, sizeBytes: number): Promise<{ path: string; videoId: string }> {
  const answer = await fetch(address + UPLOADS_PATH, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'tus-resumable': TUS_VERSION,
      'upload-length': String(sizeBytes),
      'upload-metadata': encodeMetadata({ filename: 'sparse.bin' }),
    },
  })
  if (answer.status !== 201) throw new Error(`creation: ${answer.status} ${await answer.text()}`)
  return { path: answer.headers.get('location')!, videoId: answer.headers.get('vitascope-video')! }
}

async function offsetOf(url: string, token: string): Promise<number> {
  const answer = await fetch(url, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${token}`, 'tus-resumable': TUS_VERSION },
  })
  if (answer.status !== 200) throw new Error(`HEAD: ${answer.status}`)
  return Number(answer.headers.get('upload-offset'))
}

/** Sends the file from `from` on; at `to` short of the end the link is cut. Returns how far it had handed bytes to the network. */
async function send(
  url: string,
  token: string,
  path: string,
  from: number,
  to: number,
  beforeCut?: () => Promise<void>,
): Promise<number> {
  const { size } = await stat(path)
  const sent = request(url, {
    method: 'PATCH',
    agent: false,
    headers: {
      authorization: `Bearer ${token}`,
      'tus-resumable': TUS_VERSION,
      'upload-offset': from,
      'content-type': OFFSET_CONTENT_TYPE,
      'content-length': size - from,
    },
  })
  const answered = once(sent, 'response').then(([answer]) => {
    answer.resume()
    return answer.statusCode as number
  })
  answered.catch(() => {})
  sent.on('error', () => {})
  await pump(path, from, to, sent)
  if (to < size) {
    await beforeCut?.()
    sent.destroy()
    return to
  }
  sent.end()
  const status = await answered
  if (status !== 204) throw new Error(`PATCH: ${status}`)
  return size
}

async function pump(path: string, from: number, to: number, sent: ReturnType<typeof request>): Promise<void> {
  for await (const piece of createReadStream(path, { start: from, end: to - 1, highWaterMark: MIB })) {
    if (!sent.write(piece)) await once(sent, 'drain')
  }
}

function watchMemory(server: () => Server | undefined): { stop(): number } {
  let peakBytes = 0
  const timer = setInterval(async () => {
    peakBytes = Math.max(peakBytes, (await server()?.residentBytes()) ?? 0)
  }, 100)
  return {
    stop: () => {
      clearInterval(timer)
      return peakBytes
    },
  }
}

/** The source blob of a video below the data folder. */
async function findSource(dataFolder: string, videoId: string): Promise<string> {
  const entries = await readdir(dataFolder, { recursive: true, withFileTypes: true })
  const found = entries.find((it) => it.isFile() && it.parentPath.endsWith(join('sources', videoId)))
  if (!found) throw new Error('the source did not arrive')
  return join(found.parentPath, found.name)
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: 4 * MIB })) hash.update(piece)
  return hash.digest('hex')
}

/** The bare sink: an HTTP server in a process of its own that does nothing but write what comes, and sync it at the end. */
const SINK = `
import { createServer } from 'node:http'
import { open } from 'node:fs/promises'
createServer(async (request, answer) => {
  const file = await open(process.argv[1], 'w')
  for await (const piece of request) await file.write(piece)
  await file.datasync()
  await file.close()
  answer.end()
}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })
`

async function sendToSink(path: string, target: string, sizeBytes: number): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', SINK, target], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = await once(child.stdout!, 'data')
    const begun = performance.now()
    const sent = request({
      host: '127.0.0.1',
      port: Number(String(line)),
      method: 'PUT',
      agent: false,
      headers: { 'content-length': sizeBytes },
    })
    const answered = once(sent, 'response')
    await pump(path, 0, sizeBytes, sent)
    sent.end()
    await answered
    return (performance.now() - begun) / 1000
  } finally {
    child.kill('SIGKILL')
    await rm(target, { force: true })
  }
}

async function copy(path: string, target: string): Promise<number> {
  const begun = performance.now()
  const child = spawn('dd', [`if=${path}`, `of=${target}`, 'bs=1M', 'conv=fdatasync'], { stdio: 'ignore' })
  await once(child, 'exit')
  const seconds = (performance.now() - begun) / 1000
  await rm(target, { force: true })
  return seconds
}
