/**
 * How many searches a second come through HTTP at ten thousand videos, with everything that belongs to it: embedded database,
 * limits, cards, marks and passages, fifteen results to a page. The caller is a thread beside it and takes its share of the machine. The yardstick of the
 * same run is the plainest answer of the same server; what a core gives that is not shared with others follows from the
 * processor time of the server's thread.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { sql } from 'kysely'
import { endpoint } from '../../src/contract/endpoint.ts'
import { routes } from '../../src/features/search/routes.ts'
import { openSearch } from '../../src/features/search/search.ts'
import { editVideo } from '../../src/features/videos/videos.ts'
import type { App } from '../../src/platform/app.ts'
import { readConfig } from '../../src/platform/config.ts'
import { route } from '../../src/platform/http/http.ts'
import { serveHttp } from '../../src/platform/http/serve.ts'
import { openApp } from '../../src/platform/open.ts'
import { type BenchResult, quantile } from './figures.ts'
import { type Catalogue, catalogue } from './generated-videos.ts'
import { seeded } from './search-quality.ts'

const MEASURE_MS = 6000
const CONNECTIONS = 16
const QUESTIONS = 3000
const PAGE = 1000
const EDITS = 100
const EDITOR = { accountId: 'benchaccount', role: 'admin', addressPrefix: '10.0.0.0/24', viewerKey: '' } as const

const plain = endpoint({ says: 'Nothing.', method: 'GET', path: '/plain', who: 'anyone', refuses: [] })

export async function run([countText = '10000']: string[]): Promise<BenchResult> {
  const count = Number(countText)
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-bench-'))
  const config = readConfig({ 'data.folder': folder, 'log.level': 'silent', 'http.trust_proxy': true }, {})
  const app = await openApp(config)
  try {
    const made = catalogue(count)
    await insert(app, made, count)
    openSearch(app)
    const all = [...routes, route(plain, async () => undefined)]
    const served = await serveHttp(app, { routes: all, knowViewer: async () => undefined, host: '127.0.0.1', port: 0 })
    const random = seeded(3)
    const paths = Array.from(
      { length: QUESTIONS },
      () => `/api/search?${new URLSearchParams({ q: made.question(random), limit: '15' })}`,
    )
    const typed = paths.map((path) => path.replace('/search?', '/search/suggestions?'))
    // Every question once, so that what is shown of the videos is in memory, as it is of those that people look at.
    await load(served.port, paths, 120_000, paths.length)
    const before = process.threadCpuUsage()
    const searches = await load(served.port, paths, MEASURE_MS)
    const used = process.threadCpuUsage(before)
    const cpuMs = (used.user + used.system) / 1000 / searches.times.length
    const suggestions = await load(served.port, typed, MEASURE_MS / 2)
    const nothing = await load(served.port, ['/api/plain'], MEASURE_MS / 2)
    const visible = await followed(app, served.port, made)
    await served.close()
    const figures = {
      videos: count,
      searches_per_s: searches.perSecond,
      search_cpu_ms: cpuMs,
      searches_per_core_s: 1000 / cpuMs,
      search_p50_ms: quantile(searches.times, 0.5),
      search_p99_ms: quantile(searches.times, 0.99),
      suggestions_per_s: suggestions.perSecond,
      suggestion_p99_ms: quantile(suggestions.times, 0.99),
      yardstick_plain_per_s: nothing.perSecond,
      searches_per_plain_answer: searches.perSecond / nothing.perSecond,
      edit_visible_p50_ms: quantile(visible, 0.5),
      edit_visible_worst_ms: Math.max(...visible),
      failed: searches.failed + suggestions.failed,
    }
    return {
      figures,
      ok: figures.failed === 0,
      summary: `${Math.round(searches.perSecond)} searches/s (${Math.round(figures.searches_per_core_s)} for each whole core the server has) and ${Math.round(suggestions.perSecond)} suggestions/s at ${count} videos, where the same server gives ${Math.round(nothing.perSecond)} plain answers/s (best open platform: 32 searches/s); a title that changes is found after ${Math.round(quantile(visible, 0.5))} ms, at worst ${Math.round(Math.max(...visible))}`,
    }
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function insert(app: App, made: Catalogue, count: number): Promise<void> {
  const now = new Date()
  await sql`insert into accounts (account_id, email, password_hash, name, role, quota_bytes, created_at) values ('benchaccount', 'bench@example.org', 'x', 'Bench', 'member', 0, ${now})`.execute(
    app.db,
  )
  await sql`insert into channels (account_id, channel_id, handle, name, description, created_at)
    select 'benchaccount', 'benchchannel' || n, 'bench-' || n, 'Bench ' || n, '', ${now} from generate_series(1, 50) n`.execute(
    app.db,
  )
  for (let from = 0; from < count; from += PAGE) {
    const page = Array.from({ length: Math.min(PAGE, count - from) }, (_, index) => made.video(from + index))
    await app.db
      .insertInto('videos')
      .values(
        page.map((it, index) => ({
          video_id: it.id.padStart(12, '0'),
          account_id: 'benchaccount',
          channel_id: `benchchannel${1 + (index % 50)}`,
          title: it.title,
          description: it.description,
          tags: [...it.tags],
          category: it.category ?? 'other',
          language: 'en',
          licence: 'cc-by',
          privacy: 'public' as const,
          state: 'ready' as const,
          duration_ms: it.durationMs,
          width: 1920,
          height: 1080,
          views: it.views,
          created_at: new Date(it.publishedMs),
          published_at: new Date(it.publishedMs),
        })),
      )
      .execute()
  }
}

/** From the commit of a new title to the first answer that has it, in milliseconds, edit by edit. */
async function followed(app: App, port: number, made: Catalogue): Promise<number[]> {
  const times: number[] = []
  let asked = 0
  for (let nth = 0; nth < EDITS; nth++) {
    const word = `zebrafinch${String.fromCharCode(97 + (nth % 26), 97 + Math.floor(nth / 26))}`
    const videoId = made.video(nth).id.padStart(12, '0')
    await editVideo(app, EDITOR, videoId, { title: `The ${word}` })
    const startMs = performance.now()
    for (let found = false; !found; ) {
      // From another place each time: what one may ask in a minute is not what is measured.
      asked++
      const answer = await fetch(`http://127.0.0.1:${port}/api/search?q=${word}`, {
        headers: { 'x-forwarded-for': `10.${(asked >> 8) & 255}.${asked & 255}.1` },
      })
      if (!answer.ok) throw new Error(`a search was answered ${answer.status}`)
      const { items } = (await answer.json()) as { items: { video: { id: string } }[] }
      found = items.some(({ video }) => video.id === videoId)
      if (performance.now() - startMs > 10_000) throw new Error('a new title was not found within ten seconds')
      if (!found) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    times.push(performance.now() - startMs)
  }
  return times
}

async function load(
  port: number,
  paths: string[],
  forMs: number,
  most = Number.MAX_SAFE_INTEGER,
): Promise<{ times: number[]; failed: number; perSecond: number }> {
  const startMs = performance.now()
  const worker = new Worker(new URL('./search-load.ts', import.meta.url), {
    workerData: { port, paths, connections: CONNECTIONS, forMs, most },
  })
  const { times, failed } = await new Promise<{ times: number[]; failed: number }>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  return { times, failed, perSecond: (times.length * 1000) / (performance.now() - startMs) }
}
