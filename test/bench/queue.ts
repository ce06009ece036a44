/**
 * How much the queue carries: jobs added one by one and in bulk, jobs done per second by real worker loops, and how soon a
 * waiting worker has a new job in hand. On an embedded database that really writes to the disk. Beside it stands, as the
 * yardstick, how many round trips and how many durable commits the same database makes over the same connections.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { sleep } from '../../src/kit/retry.ts'
import type { App } from '../../src/platform/app.ts'
import { readConfig } from '../../src/platform/config.ts'
import { openApp } from '../../src/platform/open.ts'
import { jobKind } from '../../src/platform/queue/queue.ts'
import { handler, work } from '../../src/platform/queue/work.ts'
import { type BenchResult, quantile } from './figures.ts'

/** Connections, callers and jobs at a time, the same for yardsticks and queue. */
const AT_ONCE = 8
const MEASURE_MS = 3000
const BULK_JOBS = 20_000
const DONE_JOBS = 10_000
const PICK_UPS = 200

const plainJob = jobKind<number>({ name: 'bench.plain', lane: 'quick', maxAttempts: 1, maxCrashes: 1 })
const timedJob = jobKind<number>({ name: 'bench.timed', lane: 'now', maxAttempts: 1, maxCrashes: 1 })

export async function run(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-bench-'))
  const config = readConfig({ 'data.folder': folder, 'db.pool': AT_ONCE, 'log.level': 'silent' }, {})
  const app = await openApp(config)
  try {
    const selects = await perSecond(() => sql`select 1`.execute(app.db))
    await sql`create table bench_commits (n bigint generated always as identity primary key, body jsonb not null)`.execute(
      app.db,
    )
    const commits = await perSecond(() => sql`insert into bench_commits (body) values ('{"n": 1}')`.execute(app.db))
    const adds = await perSecond(() => app.queue.add(plainJob, 1))
    await empty(app)
    const bulk = await bulkPerSecond(app)
    await empty(app)
    const done = await donePerSecond(app)
    const waited = await pickUps(app)
    const figures = {
      yardstick_selects_per_s: selects,
      yardstick_commits_per_s: commits,
      add_single_per_s: adds,
      add_bulk_per_s: bulk,
      done_per_s: done,
      pick_up_p50_ms: quantile(waited, 0.5),
      pick_up_p99_ms: quantile(waited, 0.99),
      add_single_per_commit: adds / commits,
      add_bulk_per_select: bulk / selects,
      done_per_select: done / selects,
      pick_up_p50_per_select: quantile(waited, 0.5) / ((1000 / selects) * AT_ONCE),
    }
    const summary =
      `${Math.round(adds)} jobs/s added singly, ${Math.round(bulk)} in bulk, ${Math.round(done)} done, ` +
      `picked up in ${figures.pick_up_p50_ms.toFixed(1)} ms (p99 ${figures.pick_up_p99_ms.toFixed(1)}), ` +
      `where the same database makes ${Math.round(commits)} durable commits/s`
    return { figures, ok: (await app.queue.parked(1)).length === 0, summary }
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** How often a second `once` runs when as many callers as there are connections repeat it. */
async function perSecond(once: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  let count = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (; performance.now() - startMs < MEASURE_MS; count++) await once()
    }),
  )
  return (count * 1000) / (performance.now() - startMs)
}

async function bulkPerSecond(app: App): Promise<number> {
  const jobs = Array.from({ length: BULK_JOBS }, (_, input) => ({ input, options: { key: `job ${input}` } }))
  const startMs = performance.now()
  await app.queue.addMany(plainJob, jobs)
  return (BULK_JOBS * 1000) / (performance.now() - startMs)
}

/** Jobs that do nothing: claimed, kept, finished and logged as any other. */
async function donePerSecond(app: App): Promise<number> {
  await app.queue.addMany(
    plainJob,
    Array.from({ length: DONE_JOBS }, (_, input) => ({ input })),
  )
  let done = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const count = handler(plainJob, async () => {
    if (++done === DONE_JOBS) resolve()
  })
  const startMs = performance.now()
  const worker = work(app, { lane: 'quick', slots: AT_ONCE * 2, handlers: [count], worker: 'bench' })
  await promise
  const tookMs = performance.now() - startMs
  await worker.stop()
  return (DONE_JOBS * 1000) / tookMs
}

/** Milliseconds from the call that adds a job to its first line running, on an idle worker. */
async function pickUps(app: App): Promise<number[]> {
  const waited: number[] = []
  let begun = () => {}
  const timed = handler(timedJob, async (_app, addedMs) => {
    waited.push(performance.now() - addedMs)
    begun()
  })
  const worker = work(app, { lane: 'now', slots: 2, handlers: [timed], worker: 'bench' })
  await sleep(500)
  for (let count = 0; count < PICK_UPS; count++) {
    const seen = new Promise<void>((settle) => {
      begun = settle
    })
    await app.queue.add(timedJob, performance.now())
    await seen
    await sleep(5)
  }
  await worker.stop()
  return waited
}

async function empty(app: App): Promise<void> {
  await app.db.deleteFrom('jobs').execute()
  await sql`vacuum analyze jobs`.execute(app.db)
}
