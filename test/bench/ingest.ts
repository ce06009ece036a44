/**
 * How many events a second come in durably: a real server with its worker and an embedded database that writes to the disk, and
 * a generator of load in this process, which all share the machine. First with five events a request, as players send them, then
 * in batches, as gateways do. The yardstick is a bare HTTP server that reads the same requests and answers 204.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Beacon } from '../../src/contract/watch.ts'
import { createAccount } from '../../src/features/accounts/accounts.ts'
import { createDraft } from '../../src/features/videos/videos.ts'
import { sleep } from '../../src/kit/retry.ts'
import type { OpenApp } from '../../src/platform/app.ts'
import { readConfig } from '../../src/platform/config.ts'
import { openApp } from '../../src/platform/open.ts'
import { type Cpu, cpuEach, cpuOf } from '../support/cpu-time.ts'
import { beacon, tokenFor } from '../support/watching.ts'
import { type BenchResult, quantile } from './figures.ts'

const VIDEOS = 500
const CONNECTIONS = 64
const AHEAD = 4
const EVENTS = 5
const WARM_UP = 5000
/** Events a second at which the time of an acknowledgement is asked for: at the limit it says how many wait, not how long one takes. */
const PACE = 50_000
const IN_BATCH = 400
/** Videos of ten minutes, reported every 25 s as our player does it: one report of these begins a playback, the others go on with one. */
const LENGTH_MS = 600_000
const REPORT_MS = EVENTS * 5000
const REPORTS = LENGTH_MS / REPORT_MS
/** People who watch when it begins. Each reports again after so many others have: what is one playback's never falls together. */
const PLAYING = 60_000
const HOURS_AGO = 6 * 3_600_000

export async function run(args: string[]): Promise<BenchResult> {
  const seconds = Number(args[0] ?? 8)
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-ingest-'))
  const config = readConfig({ 'data.folder': folder, 'log.level': 'silent', 'db.pool': 4 }, {})
  const app = await openApp(config)
  const bare = await bareServer()
  const port = await freePort()
  const server = serve(folder, app.config['db.url'], port)
  try {
    const videos = await someVideos(app)
    const { begun, singles, first, begunMs } = watching(app, videos, 30_000 * seconds + WARM_UP, port)
    const fresh = requestsOf(app, videos, 8000 * seconds, port)
    await untilReady(port)
    await load(port, begun, 60_000)
    await untilRolled(app)
    const bareRate = await load(bare.port, part(singles, 0, 60_000), 2000)
    const lag = watchLag(app)
    // A program that has just started is slow until what runs often has been compiled.
    const warm = await load(port, part(singles, 0, WARM_UP), 30_000)
    await untilRolled(app)
    const cpuBefore = await cpuOf(server.pid!)
    const single = await load(port, part(singles, WARM_UP), seconds * 1000)
    const drainedMs = await untilRolled(app)
    const cpu = cpuEach(cpuBefore, await cpuOf(server.pid!), single.answered)
    const paced = await load(port, part(singles, WARM_UP + single.answered), seconds * 1000, {
      perSecond: PACE / EVENTS,
    })
    await untilRolled(app)
    const news = await load(port, fresh, seconds * 500)
    await untilRolled(app)
    const lagMs = await lag.stop()
    const before = await logBytes(app)
    const batches = batchesOf(app, videos, 600, port)
    const cpuBeforeBatches = await cpuOf(server.pid!)
    const batched = await load(port, batches, seconds * 1000, { connections: 4, ahead: 1 })
    const { bytes, reports } = await logBytes(app)
    const batchDrainedMs = await untilRolled(app)
    const batchCpu = cpuEach(cpuBeforeBatches, await cpuOf(server.pid!), batched.answered * IN_BATCH)
    const sums = await sql<{ playbacks: number; watched: number }>`
      select sum(playbacks)::bigint as playbacks, sum(watched_ms)::bigint as watched from analytics_sums
      where subject = 'all' and dimension = 'all' and grain = 'day'`.execute(app.db)
    const goneOn = warm.answered + single.answered + paced.answered
    const begunAnew = news.answered + batched.answered * IN_BATCH
    const playbacks = PLAYING + first.slice(0, goneOn).filter(Boolean).length + begunAnew
    const watchedMs = begunMs + (goneOn + begunAnew) * REPORT_MS
    const figures = {
      cores: cpus().length,
      load_average: loadavg()[0]!,
      yardstick_bare_requests_per_s: bareRate.perSecond,
      single_requests_per_s: single.perSecond,
      single_events_per_s: single.perSecond * EVENTS,
      all_new_events_per_s: news.perSecond * EVENTS,
      all_new_ack_p99_ms: quantile(news.tookMs, 0.99),
      single_ack_p50_ms: quantile(single.tookMs, 0.5),
      single_ack_p99_ms: quantile(single.tookMs, 0.99),
      paced_events_per_s: paced.perSecond * EVENTS,
      paced_ack_p50_ms: quantile(paced.tookMs, 0.5),
      paced_ack_p99_ms: quantile(paced.tookMs, 0.99),
      single_events_per_s_of_all_cores: reckoned(cpu),
      single_server_cpu_us_each: cpu.server,
      single_worker_cpu_us_each: cpu.workers,
      single_database_cpu_us_each: cpu.database,
      single_generator_cpu_us_each: cpu.here,
      single_per_bare: single.perSecond / bareRate.perSecond,
      roll_up_lag_max_ms: lagMs,
      roll_up_drained_ms: drainedMs,
      batched_events_per_s: batched.perSecond * IN_BATCH * EVENTS,
      batched_ack_p99_ms: quantile(batched.tookMs, 0.99),
      batched_roll_up_drained_ms: batchDrainedMs,
      batched_events_per_s_of_all_cores: reckoned(batchCpu),
      batched_server_cpu_us_each: batchCpu.server,
      batched_worker_cpu_us_each: batchCpu.workers,
      batched_database_cpu_us_each: batchCpu.database,
      batched_generator_cpu_us_each: batchCpu.here,
      log_bytes_per_event: (bytes - before.bytes) / ((reports - before.reports) * EVENTS),
      acknowledged_reports: PLAYING + goneOn + begunAnew,
      refused: warm.refused + single.refused + paced.refused + news.refused + batched.refused,
      missing_from_sums: playbacks - sums.rows[0]!.playbacks,
      watched_ms_missing_from_sums: watchedMs - sums.rows[0]!.watched,
    }
    const summary =
      `${Math.round(figures.single_events_per_s)} durable events/s at ${EVENTS} a request (at ${PACE} ack p99 ${figures.paced_ack_p99_ms.toFixed(0)} ms; ${Math.round(figures.all_new_events_per_s)} where every report begins a playback), ` +
      `${Math.round(figures.batched_events_per_s)} in batches, sums ${(lagMs / 1000).toFixed(1)} s behind, ${figures.log_bytes_per_event.toFixed(0)} bytes an event, ` +
      `on ${figures.cores} cores with a load of ${figures.load_average.toFixed(1)} at the end`
    return { figures, summary, ok: figures.missing_from_sums === 0 }
  } finally {
    server.kill('SIGKILL')
    await bare.close()
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Events a second if all processor time of the machine went into reports: taking, writing, adding up and making them. Where
 * others are on the machine this says more than what came through beside them.
 */
function reckoned(each: Cpu): number {
  return (cpus().length * 1e6 * EVENTS) / (each.here + each.server + each.workers + each.database)
}

interface Pressure {
  connections?: number
  /** Requests under way on one connection. */
  ahead?: number
  /** Requests a second over all connections; as many as are answered when it is not given. */
  perSecond?: number
}

interface LoadOutcome {
  perSecond: number
  answered: number
  refused: number
  tookMs: number[]
}

/** Requests that lie behind each other in one buffer: a list of a million buffers would keep the collector of this process busy. */
interface Requests {
  bytes: Buffer
  /** Where each begins, and where the last one ends. */
  starts: Float64Array
}

function inOneBuffer(requests: Buffer[]): Requests {
  const starts = new Float64Array(requests.length + 1)
  for (const [at, { length }] of requests.entries()) starts[at + 1] = starts[at]! + length
  return { bytes: Buffer.concat(requests), starts }
}

const countOf = ({ starts }: Requests) => starts.length - 1
const part = ({ bytes, starts }: Requests, from: number, to?: number): Requests => ({
  bytes,
  starts: starts.subarray(from, to === undefined ? undefined : to + 1),
})

/**
 * Sends these requests over some connections, each a few ahead of the answers (as proxies keep them busy), until the time is over.
 * It shares the machine with what it measures, so it looks for ends of heads and little else.
 */
async function load(
  port: number,
  requests: Requests,
  durationMs: number,
  { connections = CONNECTIONS, ahead = AHEAD, perSecond }: Pressure = {},
): Promise<LoadOutcome> {
  const outcome = { next: 0, refused: 0, tookMs: [] as number[] }
  const startMs = performance.now()
  const { bytes, starts } = requests
  const count = countOf(requests)
  const isOver = () => outcome.next >= count || performance.now() - startMs > durationMs
  // At a given rate a request is late from the moment at which it should have been sent, so nothing slow hides itself.
  const dueMs = () => (perSecond === undefined ? performance.now() : startMs + (outcome.next * 1000) / perSecond)
  const isDue = () => perSecond === undefined || dueMs() <= performance.now()
  const fills = new Set<() => void>()
  const fillAll = () => {
    for (const fill of fills) fill()
  }
  const pace = perSecond === undefined ? undefined : setInterval(fillAll, 2)
  const sendAll = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      const sentMs: number[] = []
      let heard = ''
      const fill = () => {
        const first = outcome.next
        while (sentMs.length < ahead && !isOver() && isDue()) {
          sentMs.push(dueMs())
          outcome.next++
        }
        if (outcome.next > first) socket.write(bytes.subarray(starts[first]!, starts[outcome.next]!))
        else if (sentMs.length === 0 && isOver()) {
          fills.delete(fill)
          socket.end()
          resolve()
        }
      }
      socket.setNoDelay(true)
      socket.on('connect', () => {
        fills.add(fill)
        fill()
      })
      socket.on('error', reject)
      socket.on('data', (data) => {
        heard += data.toString('latin1')
        for (;;) {
          const end = endOfAnswer(heard)
          if (end < 0) break
          const took = performance.now() - sentMs.shift()!
          if (heard.startsWith('204', 9) || heard.startsWith('200', 9)) outcome.tookMs.push(took)
          else outcome.refused++
          heard = heard.slice(end)
        }
        if (sentMs.length <= ahead / 2) fill()
      })
    })
  await Promise.all(Array.from({ length: connections }, sendAll))
  clearInterval(pace)
  const { tookMs, refused } = outcome
  return { perSecond: (tookMs.length * 1000) / (performance.now() - startMs), answered: tookMs.length, refused, tookMs }
}

/** Where the first answer in this text ends; -1 while it is not all there. */
function endOfAnswer(text: string): number {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return -1
  if (text.startsWith('204', 9)) return head + 4
  const end = head + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
  return text.length < end ? -1 : end
}

/** How it goes, of somebody who watches from a place on. */
function reportOf(token: string, session: string, nth: number): Beacon {
  const fromMs = nth * REPORT_MS
  const sections = Array.from({ length: EVENTS }, (_, at): [number, number, number] => [
    fromMs + at * 5000,
    fromMs + at * 5000 + 5000,
    1,
  ])
  const quality = { startupMs: 200 + (fromMs % 900), stalls: 0, stalledMs: 0, switches: 1, errors: 0, height: 720 }
  const watchedMs = fromMs + REPORT_MS
  return beacon(token, session, nth, { positionMs: watchedMs, watchedMs, sections, quality, source: { kind: 'home' } })
}

/** Tokens of playbacks that began a while ago. A tenth of the videos gets most of them. */
function tokensOf(app: OpenApp, videos: string[], count: number, label: string): string[] {
  const past = { ...app, clock: { nowMs: () => Date.now() - HOURS_AGO, now: () => new Date(Date.now() - HOURS_AGO) } }
  return Array.from({ length: count }, (_, number) => {
    const video = videos[Math.floor(Math.random() ** 3 * videos.length)]!
    return tokenFor(past, video, LENGTH_MS, `viewer ${label} ${number % 20_000}`)
  })
}

/** The first reports of as many playbacks. */
function beaconsOf(app: OpenApp, videos: string[], count: number, label: string): Beacon[] {
  return tokensOf(app, videos, count, label).map((token, number) => reportOf(token, `${label}${number}`, 0))
}

/**
 * People in the midst of videos, and what they report next, each in turn; one report in `REPORTS` is that of
 * somebody who has just begun.
 */
function watching(app: OpenApp, videos: string[], count: number, port: number) {
  const tokens = tokensOf(app, videos, PLAYING, 'playing')
  const reached = tokens.map(() => Math.floor(Math.random() * (REPORTS - Math.ceil(count / PLAYING) - 1)))
  const begun = tokens.map((token, number) =>
    request('/api/beacons', reportOf(token, `playing${number}`, reached[number]!), number, port),
  )
  const begunMs = reached.reduce((sum, nth) => sum + (nth + 1) * REPORT_MS, 0)
  const newcomers = beaconsOf(app, videos, Math.ceil(count / REPORTS), 'newcomer')
  const first = Array.from({ length: count }, (_, number) => number % REPORTS === 0)
  const singles = first.map((isFirst, number) => {
    const who = number % PLAYING
    const it = isFirst ? newcomers[number / REPORTS]! : reportOf(tokens[who]!, `playing${who}`, ++reached[who]!)
    return request('/api/beacons', it, number, port)
  })
  return { begun: inOneBuffer(begun), begunMs, singles: inOneBuffer(singles), first }
}

function requestsOf(app: OpenApp, videos: string[], count: number, port: number): Requests {
  const all = beaconsOf(app, videos, count, 'single')
  return inOneBuffer(all.map((it, number) => request('/api/beacons', it, number, port)))
}

function batchesOf(app: OpenApp, videos: string[], count: number, port: number): Requests {
  const all = beaconsOf(app, videos, count * IN_BATCH, 'batch')
  const batches = Array.from({ length: count }, (_, number) =>
    request('/api/beacons/batch', { beacons: all.slice(number * IN_BATCH, (number + 1) * IN_BATCH) }, number, port),
  )
  return inOneBuffer(batches)
}

function request(path: string, body: unknown, number: number, port: number): Buffer {
  const json = JSON.stringify(body)
  const from = `10.${number % 200}.${(number >> 8) % 200}.1`
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-forwarded-for: ${from}\r\nuser-agent: Mozilla/5.0 (X11; Linux x86_64)\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  )
}

async function logBytes(app: OpenApp): Promise<{ bytes: number; reports: number }> {
  const { rows } = await sql<{ bytes: number; reports: number }>`
    select coalesce(sum(length(body)), 0)::bigint as bytes, coalesce(sum(reports), 0)::bigint as reports from beacon_log`.execute(
    app.db,
  )
  return rows[0]!
}

async function oldestWaitingMs(app: OpenApp): Promise<number> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from now() - min(at)) * 1000)::bigint as ms from beacon_log where rolled_at is null`.execute(
    app.db,
  )
  return rows[0]!.ms ?? 0
}

function watchLag(app: OpenApp): { stop(): Promise<number> } {
  const over = new AbortController()
  let most = 0
  const watching = (async () => {
    while (!over.signal.aborted) {
      most = Math.max(most, await oldestWaitingMs(app))
      await sleep(500, over.signal).catch(() => {})
    }
  })()
  return {
    async stop() {
      over.abort()
      await watching
      return most
    },
  }
}

async function untilRolled(app: OpenApp): Promise<number> {
  const startMs = performance.now()
  while ((await oldestWaitingMs(app)) > 0 && performance.now() - startMs < 120_000) await sleep(50)
  return performance.now() - startMs
}

async function someVideos(app: OpenApp): Promise<string[]> {
  const { accountId } = await createAccount(app, {
    email: 'ana@example.org',
    password: 'correct horse ana',
    name: 'Ana',
  })
  const draft = {
    title: 'A walk',
    description: '',
    tags: [],
    category: 'other',
    licence: 'all_rights_reserved',
    privacy: 'public',
  }
  const videos: string[] = []
  for (let number = 0; number < VIDEOS; number++)
    videos.push((await createDraft(app, accountId, draft as never)).video_id)
  return videos
}

function serve(folder: string, url: string, port: number): ChildProcess {
  const environment = {
    PATH: process.env.PATH,
    VITASCOPE_DB_URL: url,
    VITASCOPE_DATA_FOLDER: folder,
    VITASCOPE_HTTP_PORT: String(port),
    VITASCOPE_HTTP_HOST: '127.0.0.1',
    VITASCOPE_HTTP_TRUST_PROXY: 'true',
    VITASCOPE_LOG_LEVEL: 'warn',
  }
  const main = join(import.meta.dirname, '../../src/main.ts')
  return spawn(process.execPath, [main, 'serve', '--roles', 'api,worker'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function untilReady(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.ok) return
    await sleep(100)
  }
  throw new Error('the server does not start')
}

/** A server in a process of its own that does nothing but read. */
async function bareServer(): Promise<{ port: number; close(): Promise<void> }> {
  const port = await freePort()
  const program = `require('node:http').createServer((request, response) => {
    request.resume(); request.on('end', () => { response.writeHead(204); response.end() })
  }).listen(${port}, '127.0.0.1')`
  const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' })
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' }).catch(() => undefined)
    if (answer) break
    await sleep(50)
  }
  return { port, close: async () => void child.kill('SIGKILL') }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
