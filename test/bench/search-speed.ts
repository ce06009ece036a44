/**
 * How fast the search is in a large catalogue (a million generated videos, or as many as the first argument says), beside
 * what PostgreSQL's own full text search does with the same videos and questions. From the time each question takes follows
 * what one core answers when 200 of them a second come at random moments.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { SearchDocument, SearchEngine } from '../../src/features/search/engine/engine.ts'
import { memoryEngine } from '../../src/features/search/engine/memory-engine.ts'
import { startEmbedded } from '../../src/platform/db/embedded.ts'
import { openLog } from '../../src/platform/log.ts'
import { type BenchResult, quantile } from './figures.ts'
import { type Catalogue, catalogue } from './generated-videos.ts'
import { asked, seeded } from './search-quality.ts'

const QUESTIONS = 4000
const QUESTIONS_TO_POSTGRES = 150
const PER_SECOND = 200
const PAGE = 5000

export async function run([countText = '1000000', without = '']: string[]): Promise<BenchResult> {
  const count = Number(countText)
  const made = catalogue(count)
  const engine = memoryEngine()
  const before = process.memoryUsage()
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  await engine.rebuild(pages(made, count))
  const builtMs = performance.now() - startMs
  const builtCpuMs = process.cpuUsage(cpu).user / 1000
  globalThis.gc?.()
  const after = process.memoryUsage()
  const { bytes, terms } = await engine.size()

  const random = seeded(3)
  const questions = Array.from({ length: QUESTIONS }, () => made.question(random))
  for (const text of questions.slice(0, 300)) await engine.search(asked(text, { limit: 20 }))
  const searches = await timesOf(questions, (text) => engine.search(asked(text, { limit: 20 })))
  const faceted = await timesOf(questions.slice(0, 1000), (text) =>
    engine.search(asked(text, { limit: 20, facets: true, filters: { minShortSide: 700 } })),
  )
  const typed = questions.slice(0, 1500).map((text) => text.slice(0, 1 + Math.floor(random() * text.trim().length)))
  const suggestions = await timesOf(typed, (text) => engine.suggest(text, 8))
  const writes = await writesOf(engine, made, count)
  let oursNothing = 0
  for (const text of questions.slice(0, QUESTIONS_TO_POSTGRES)) {
    if ((await engine.search(asked(text))).total === 0) oursNothing++
  }
  const waits = answersOfOneCore(searches, PER_SECOND)
  await engine.close()

  const figures: Record<string, number | string> = {
    videos: count,
    terms,
    build_s: builtMs / 1000,
    build_cpu_s: builtCpuMs / 1000,
    index_mib: bytes / 2 ** 20,
    index_bytes_per_video: bytes / count,
    process_grew_mib: (after.rss - before.rss) / 2 ** 20,
    search_p50_ms: quantile(searches, 0.5),
    search_p99_ms: quantile(searches, 0.99),
    search_max_ms: Math.max(...searches),
    at_200_per_s_p50_ms: quantile(waits, 0.5),
    at_200_per_s_p99_ms: quantile(waits, 0.99),
    core_used_percent: (searches.reduce((sum, it) => sum + it, 0) / searches.length / 1000) * PER_SECOND * 100,
    filtered_with_facets_p50_ms: quantile(faceted, 0.5),
    filtered_with_facets_p99_ms: quantile(faceted, 0.99),
    suggest_p50_ms: quantile(suggestions, 0.5),
    suggest_p99_ms: quantile(suggestions, 0.99),
    put_p99_ms: quantile(writes, 0.99),
  }
  let beside = 'PostgreSQL was left out'
  if (without !== 'without-postgres') {
    const postgres = await postgresTimes(made, count, questions.slice(0, QUESTIONS_TO_POSTGRES))
    figures.postgres_build_s = postgres.builtMs / 1000
    figures.postgres_p50_ms = quantile(postgres.times, 0.5)
    figures.postgres_p99_ms = quantile(postgres.times, 0.99)
    figures.postgres_p99_to_ours =
      quantile(postgres.times, 0.99) / quantile(searches.slice(0, QUESTIONS_TO_POSTGRES), 0.99)
    figures.postgres_found_nothing_percent = (postgres.nothing / QUESTIONS_TO_POSTGRES) * 100
    figures.found_nothing_percent = (oursNothing / QUESTIONS_TO_POSTGRES) * 100
    beside = `PostgreSQL ${Number(figures.postgres_p50_ms).toFixed(1)} and ${Number(figures.postgres_p99_ms).toFixed(0)} ms, and nothing at all for ${Number(figures.postgres_found_nothing_percent).toFixed(0)} % of them (we: ${Number(figures.found_nothing_percent).toFixed(0)} %)`
  }
  return {
    figures,
    summary: `${count} videos: p50 ${Number(figures.at_200_per_s_p50_ms).toFixed(2)} ms and p99 ${Number(figures.at_200_per_s_p99_ms).toFixed(1)} ms at ${PER_SECOND} questions/s on one core; ${beside}`,
  }
}

async function* pages(made: Catalogue, count: number): AsyncGenerator<SearchDocument[]> {
  for (let from = 0; from < count; from += PAGE) {
    yield Array.from({ length: Math.min(PAGE, count - from) }, (_, index) => made.video(from + index))
  }
}

/**
 * Milliseconds each question takes: the least of three rounds, in which whatever else the machine does is least. Nothing is
 * remembered from one round to the next but what lies in the processor's caches.
 */
async function timesOf(
  questions: readonly string[],
  ask: (text: string) => Promise<unknown>,
  rounds = 3,
): Promise<number[]> {
  const times = new Array<number>(questions.length).fill(Number.POSITIVE_INFINITY)
  for (let round = 0; round < rounds; round++) {
    for (const [index, text] of questions.entries()) {
      const startMs = performance.now()
      await ask(text)
      times[index] = Math.min(times[index]!, performance.now() - startMs)
    }
  }
  return times
}

/** What each would have waited and taken had they come to one core at random moments, so many a second on average. */
function answersOfOneCore(serviceMs: readonly number[], perSecond: number): number[] {
  const random = seeded(5)
  let clockMs = 0
  let freeMs = 0
  return serviceMs.map((took) => {
    clockMs += (-Math.log(1 - random()) * 1000) / perSecond
    freeMs = Math.max(freeMs, clockMs) + took
    return freeMs - clockMs
  })
}

/** New videos put in, one by one. */
async function writesOf(engine: SearchEngine, made: Catalogue, count: number): Promise<number[]> {
  const numbers = Array.from({ length: 500 }, (_, index) => String(count + index))
  return timesOf(numbers, (number) => engine.put([made.video(Number(number))]), 1)
}

/** The same videos in a table with a GIN index over the weighed words, and the same questions to it over one connection. */
async function postgresTimes(
  made: Catalogue,
  count: number,
  questions: readonly string[],
): Promise<{ builtMs: number; times: number[]; nothing: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-bench-'))
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    shared_buffers: '1GB',
    maintenance_work_mem: '512MB',
    max_wal_size: '8GB',
    max_parallel_workers_per_gather: '0',
  }
  const database = await startEmbedded({ folder, port: 0, log: openLog('silent'), settings })
  const client = new pg.Client({ connectionString: database.url })
  try {
    await client.connect()
    const startMs = performance.now()
    await client.query('create unlogged table bench_videos (id text, words tsvector)')
    for await (const page of pages(made, count)) {
      await client.query(
        `insert into bench_videos select id, setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', tags), 'B') || setweight(to_tsvector('english', about), 'D')
         from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as it (id, title, tags, about)`,
        [
          page.map((it) => it.id),
          page.map((it) => it.title),
          page.map((it) => `${it.tags.join(' ')} ${it.channel}`),
          page.map((it) => it.description),
        ],
      )
    }
    await client.query('create index on bench_videos using gin (words)')
    await client.query('vacuum analyze bench_videos')
    const builtMs = performance.now() - startMs
    let nothing = 0
    const ask = async (text: string) => {
      const { rows } = await client.query(
        `explain (analyze, timing off, format json) select id, ts_rank(words, it) from bench_videos, websearch_to_tsquery('english', $1) as it where words @@ it order by 2 desc limit 20`,
        [text],
      )
      // The time inside the server: without planning, wire and rows.
      const [plan] = rows[0]['QUERY PLAN'] as { 'Execution Time': number; Plan: { 'Actual Rows': number } }[]
      if (plan!.Plan['Actual Rows'] === 0) nothing++
      return plan!['Execution Time']
    }
    for (const text of questions.slice(0, 20)) await ask(text)
    nothing = 0
    const times: number[] = []
    for (const text of questions) times.push(Math.min(await ask(text), await ask(text)))
    return { builtMs, times, nothing: nothing / 2 }
  } finally {
    await client.end().catch(() => {})
    await database.close()
    await rm(folder, { recursive: true, force: true })
  }
}
