/**
 * A storm: players report to a real server while it, its worker and its database are killed (`kill -9`) again and again. In
 * the end the sums must be what the players were promised, to the millisecond.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccount } from '../../src/features/accounts/accounts.ts'
import { retention, rollUp, totals } from '../../src/features/analytics/analytics.ts'
import { PARTS } from '../../src/features/analytics/warehouse/warehouse.ts'
import { createDraft } from '../../src/features/videos/videos.ts'
import { sleep } from '../../src/kit/retry.ts'
import type { OpenApp } from '../../src/platform/app.ts'
import { readConfig } from '../../src/platform/config.ts'
import { startEmbedded } from '../../src/platform/db/embedded.ts'
import { openLog } from '../../src/platform/log.ts'
import { openApp } from '../../src/platform/open.ts'
import { beacon, tokenFor } from './watching.ts'

const PLAYERS = 40
const LENGTH_MS = 10 * 3_600_000
const STEP_MS = 10_000
const HOURS_AGO = 6 * 3_600_000

export interface StormOutcome {
  kills: Record<'server' | 'worker' | 'database', number>
  /** Beacons that were acknowledged, and how many more times one was sent that had been acknowledged already, or perhaps. */
  acknowledged: number
  repeated: number
  promised: Sums
  counted: Sums
}

interface Sums {
  playbacks: number
  views: number
  watchedMs: number
  first: number
  again: number
}

/** Kills `rounds` times, about once a second. */
export async function stormOfKills(rounds: number): Promise<StormOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-storm-'))
  const database = await startEmbedded({ folder: join(folder, 'database'), port: 0, log: openLog('silent') })
  const port = await freePort()
  const config = readConfig({ 'data.folder': folder, 'db.url': database.url, 'log.level': 'silent', 'db.pool': 4 }, {})
  const app = await openApp(config)
  let server: ChildProcess | undefined
  try {
    const videoId = await someVideo(app)
    const over = new AbortController()
    // As any supervisor does: one that gave up, because the database was still starting, is started again.
    const keep = () => {
      server = serve(folder, database.url, port)
      server.once('exit', (exitCode) => {
        if (exitCode !== null && !over.signal.aborted) setTimeout(keep, 200)
      })
    }
    keep()
    await untilReady(port)

    const players = Array.from({ length: PLAYERS }, (_, number) => play(app, videoId, port, number, over.signal))
    const kills = { server: 0, worker: 0, database: 0 }
    for (let round = 0; round < rounds; round++) {
      await sleep(300 + Math.random() * 900)
      const victim = (['server', 'worker', 'database'] as const)[round % 3]!
      if (victim === 'server') {
        server!.kill('SIGKILL')
        await new Promise((resolve) => server!.once('exit', resolve))
        keep()
      } else {
        const pid = victim === 'database' ? database.pid : await childOf(server!.pid!)
        if (pid === undefined) {
          round--
          continue
        }
        process.kill(pid, 'SIGKILL')
      }
      kills[victim]++
      await untilReady(port)
    }
    over.abort()
    const told = await Promise.all(players)
    await untilReady(port)
    server!.kill('SIGKILL')
    // A connection of ours may have died with the database without our having noticed: as every worker does, we try again.
    await rollUp(app).catch(() => rollUp(app))
    const sum = (of: (it: Told) => number) => told.reduce((all, it) => all + of(it), 0)
    return {
      kills,
      acknowledged: sum((it) => it.acknowledged),
      repeated: sum((it) => it.repeated),
      promised: {
        playbacks: PLAYERS,
        views: told.filter((it) => it.watchedMs >= 30_000).length,
        watchedMs: sum((it) => it.watchedMs),
        first: sum((it) => partsOf(it.watchedMs)),
        again: 0,
      },
      counted: await countedOf(app, videoId),
    }
  } finally {
    server?.kill('SIGKILL')
    await app.close()
    await database.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function countedOf(app: OpenApp, videoId: string): Promise<Sums> {
  const day = 86_400_000
  const from = new Date(Math.floor(Date.now() / day - 1) * day).toISOString()
  const to = new Date(Math.floor(Date.now() / day + 1) * day).toISOString()
  const { sums } = await totals(app, `v${videoId}`, { from, to })
  const curve = await retention(app, `v${videoId}`, { from, to })
  const all = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0)
  return { ...pick(sums), first: all(curve.first), again: all(curve.again) }
}

const pick = ({ playbacks, views, watchedMs }: Omit<Sums, 'first' | 'again'>) => ({ playbacks, views, watchedMs })

/** Hundredths whose middle lies in what was watched from the beginning. */
const partsOf = (watchedMs: number) => Math.ceil((watchedMs / LENGTH_MS) * PARTS - 0.5)

interface Told {
  watchedMs: number
  acknowledged: number
  repeated: number
}

/** Reports ten seconds at a time, each report until it is acknowledged, and now and then one more time. */
async function play(app: OpenApp, videoId: string, port: number, number: number, over: AbortSignal): Promise<Told> {
  const past = { ...app, clock: { nowMs: () => Date.now() - HOURS_AGO, now: () => new Date(Date.now() - HOURS_AGO) } }
  const token = tokenFor(past, videoId, LENGTH_MS, `viewer ${number}`)
  const told = { watchedMs: 0, acknowledged: 0, repeated: 0 }
  for (let sequence = 0; !over.aborted; sequence++) {
    const toMs = told.watchedMs + STEP_MS
    const body = JSON.stringify(
      beacon(token, `player${number}`, sequence, { watchedMs: toMs, sections: [[told.watchedMs, toMs, 1]] }),
    )
    while (!(await post(port, body))) {
      told.repeated++
      await sleep(50)
    }
    told.acknowledged++
    told.watchedMs = toMs
    if (Math.random() < 0.1 && (await post(port, body))) told.repeated++
    await sleep(20)
  }
  return told
}

async function post(port: number, body: string): Promise<boolean> {
  try {
    const headers = {
      'content-type': 'application/json',
      'x-forwarded-for': `10.0.${Math.floor(Math.random() * 250)}.1`,
    }
    const answer = await fetch(`http://127.0.0.1:${port}/api/beacons`, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(10_000),
    })
    await answer.arrayBuffer()
    if (answer.status !== 204 && answer.status < 500) throw new TypeError(`a beacon was answered with ${answer.status}`)
    return answer.status === 204
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith('a beacon')) throw error
    return false
  }
}

/** A server process on this database and folder. */
export function serve(folder: string, url: string, port: number, roles = 'api,worker'): ChildProcess {
  const environment = {
    PATH: process.env.PATH,
    VITASCOPE_DB_URL: url,
    VITASCOPE_DATA_FOLDER: folder,
    VITASCOPE_HTTP_PORT: String(port),
    VITASCOPE_HTTP_HOST: '127.0.0.1',
    VITASCOPE_HTTP_TRUST_PROXY: 'true',
    VITASCOPE_LOG_LEVEL: 'silent',
  }
  const main = join(import.meta.dirname, '../../src/main.ts')
  return spawn(process.execPath, [main, 'serve', '--roles', roles], { env: environment, stdio: 'ignore' })
}

/** Resolves once the server on this port says that it is ready. */
export async function untilReady(port: number): Promise<void> {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(
      () => undefined,
    )
    await answer?.arrayBuffer().catch(() => {})
    if (answer?.ok) return
    await sleep(50)
  }
  throw new Error('the server did not come back')
}

/** The worker process of this server. */
async function childOf(parent: number): Promise<number | undefined> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const status = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    if (Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]) === parent) return Number(name)
  }
  return undefined
}

async function someVideo(app: OpenApp): Promise<string> {
  const { accountId } = await createAccount(app, {
    email: 'ana@example.org',
    password: 'correct horse ana',
    name: 'Ana',
  })
  const draft = {
    title: 'A long walk',
    description: '',
    tags: [],
    category: 'other',
    licence: 'all_rights_reserved',
    privacy: 'public',
  }
  const { video_id } = await createDraft(app, accountId, draft as never)
  return video_id
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
