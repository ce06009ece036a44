/**
 * Home pages of members through HTTP, as a browser asks for them: a session that is looked up, limits, the page, its JSON packed with
 * Brotli, in an open loop from a thread beside it, which takes its share of the other core as the database does.
 */
import { randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Worker } from 'node:worker_threads'
import { hashSecret } from '../../src/features/accounts/rules.ts'
import { routes } from '../../src/features/recommend/routes.ts'
import { newId } from '../../src/kit/ids.ts'
import type { App } from '../../src/platform/app.ts'
import { serveHttp } from '../../src/platform/http/serve.ts'
import { knowViewer } from '../../src/roles/api.ts'

const DAY_MS = 24 * 3_600_000
const WARMING_S = 3

export interface AskedPages {
  /** Milliseconds from when a page was due until its last byte was there. */
  times: number[]
  /** Milliseconds from when the server had read a request until its answer was handed to the system. */
  serverTimes: number[]
  failed: number
  /** Processor time of the thread that answers, for each page. */
  cpuMs: number
  /** Bytes of a page as they are sent, in the mean. */
  bytes: number
}

/** Asks for `perSecond * seconds` home pages, each of the next of these accounts; those of the first three seconds are not counted. */
export async function askPages(
  app: App,
  accountIds: () => string,
  { perSecond, seconds, limit }: { perSecond: number; seconds: number; limit: number },
): Promise<AskedPages> {
  const serverTimes: number[] = []
  const stop = timeAnswers(serverTimes)
  const served = await serveHttp(app, { routes, knowViewer, host: '127.0.0.1', port: 0 })
  try {
    const warming = WARMING_S * perSecond
    const sessions = await signIn(app, Array.from({ length: warming + seconds * perSecond }, accountIds))
    const worker = new Worker(new URL('./open-loop.ts', import.meta.url), {
      workerData: {
        port: served.port,
        path: `/api/recommendations?limit=${limit}`,
        perSecond,
        warming,
        cookies: sessions.map((secret) => `vitascope_session=${secret}`),
      },
    })
    let before = process.threadCpuUsage()
    const asked = await new Promise<Pick<AskedPages, 'times' | 'failed' | 'bytes'>>((resolve, reject) => {
      worker.once('error', reject)
      worker.on('message', (told: 'measuring' | Pick<AskedPages, 'times' | 'failed' | 'bytes'>) => {
        if (told !== 'measuring') return resolve(told)
        serverTimes.length = 0
        before = process.threadCpuUsage()
      })
    })
    const { user, system } = process.threadCpuUsage(before)
    const cpuMs = (user + system) / 1000 / (seconds * perSecond)
    return { ...asked, serverTimes, cpuMs, bytes: asked.bytes / asked.times.length }
  } finally {
    stop()
    await served.close()
  }
}

/** Adds the time of each answer, as Node tells of them, until it is called off. */
function timeAnswers(times: number[]): () => void {
  const begun = new WeakMap<object, number>()
  const start = (told: unknown) => void begun.set((told as { request: object }).request, performance.now())
  const finish = (told: unknown) => {
    const startMs = begun.get((told as { request: object }).request)
    if (startMs !== undefined) times.push(performance.now() - startMs)
  }
  subscribe('http.server.request.start', start)
  subscribe('http.server.response.finish', finish)
  return () => {
    unsubscribe('http.server.request.start', start)
    unsubscribe('http.server.response.finish', finish)
  }
}

/** Sessions of these accounts, as a browser that has signed in has one. */
async function signIn(app: App, accountIds: string[]): Promise<string[]> {
  const now = app.clock.now()
  const secrets = accountIds.map(() => randomBytes(32).toString('base64url'))
  const expires = new Date(now.getTime() + 30 * DAY_MS)
  const rows = accountIds.map((account_id, at) => ({
    account_id,
    secret_hash: hashSecret(secrets[at]!),
    created_at: now,
    expires_at: expires,
    last_seen_at: now,
    user_agent: '',
    session_id: newId(),
  }))
  for (let from = 0; from < rows.length; from += 1000)
    await app.db
      .insertInto('sessions')
      .values(rows.slice(from, from + 1000))
      .execute()
  return secrets
}
