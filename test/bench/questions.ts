/**
 * How soon dashboards are answered over a year of a platform with a hundred million events: the questions that their pages ask, of
 * the largest video, the largest channel and the whole site, over a day, four weeks and a year. The history is made as the sums
 * that so many events leave behind (Zipf's law over videos, waves over the week), with its tails joined as they are in service.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { breakdown, retention, series, spread, totals } from '../../src/features/analytics/analytics.ts'
import { postgresWarehouse } from '../../src/features/analytics/warehouse/postgres-warehouse.ts'
import { addHash, newSketch, packSketch } from '../../src/kit/hyperloglog.ts'
import type { App } from '../../src/platform/app.ts'
import { readConfig } from '../../src/platform/config.ts'
import { openApp } from '../../src/platform/open.ts'
import { type BenchResult, quantile } from './figures.ts'

const DAY_MS = 86_400_000
const EVENTS = 100_000_000
/** Sections, start, and what else a playback of a few minutes reports. */
const EVENTS_PER_PLAYBACK = 20
/** Videos of the platform, unless the first argument says otherwise. */
const MANY_VIDEOS = 2000
const CHANNELS = 40
const ASKED = 30

export async function run(args: string[]): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-questions-'))
  const app = await openApp(readConfig({ 'data.folder': folder, 'log.level': 'silent', 'db.pool': 4 }, {}))
  try {
    await fill(app, Number(args[0] ?? MANY_VIDEOS))
    const { rows } = await sql<{ rows: number; playbacks: number; bytes: number }>`
      select count(*)::bigint as rows, sum(playbacks) filter (where subject = 'all' and dimension = 'all' and grain = 'day')::bigint as playbacks,
        pg_total_relation_size('analytics_sums')::bigint as bytes from analytics_sums`.execute(app.db)
    const took = await ask(app)
    const worst = Math.max(...Object.values(took).map((times) => quantile(times, 0.99)))
    const selects = await time(ASKED, () => sql`select 1`.execute(app.db))
    const figures: BenchResult['figures'] = {
      load_average: loadavg()[0]!,
      yardstick_select_p50_ms: quantile(selects, 0.5),
      sum_rows: rows[0]!.rows,
      sum_bytes_per_event: rows[0]!.bytes / (rows[0]!.playbacks * EVENTS_PER_PLAYBACK),
      events: rows[0]!.playbacks * EVENTS_PER_PLAYBACK,
    }
    for (const [question, times] of Object.entries(took)) {
      figures[`${question}_p50_ms`] = quantile(times, 0.5)
      figures[`${question}_p99_ms`] = quantile(times, 0.99)
    }
    figures.worst_p99_ms = worst
    const summary = `every question within ${worst.toFixed(0)} ms at the 99th percentile over ${Math.round(Number(figures.events) / 1e6)} million events`
    return { figures, summary }
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function ask(app: App): Promise<Record<string, number[]>> {
  const took: Record<string, number[]> = {}
  const now = Math.floor(Date.now() / DAY_MS + 1) * DAY_MS
  for (const [range, days] of Object.entries({ day: 1, month: 28, year: 365 })) {
    const period = { from: new Date(now - days * DAY_MS).toISOString(), to: new Date(now).toISOString() }
    for (const [who, subject] of Object.entries({ video: 'vvideo00001', channel: 'cchannel01', site: 'all' })) {
      const of = async (question: string, once: () => Promise<unknown>) => {
        took[`${question}_${range}`] = [...(took[`${question}_${range}`] ?? []), ...(await time(ASKED, once))]
      }
      await of('totals', () => totals(app, subject, period))
      await of('series', () => series(app, subject, { ...period, grain: days === 1 ? 'hour' : 'day' }))
      await of('sources', () => breakdown(app, subject, { ...period, by: 'source', limit: 25, compare: 'before' }))
      await of('countries', () => breakdown(app, subject, { ...period, by: 'country', limit: 25, compare: 'before' }))
      if (who !== 'video')
        await of('top_videos', () => breakdown(app, subject, { ...period, by: 'video', limit: 25, compare: 'before' }))
      await of('spread', () => spread(app, subject, { ...period, of: 'startupMs', by: 'country' }))
      if (days > 300) await of('months', () => series(app, subject, { ...period, grain: 'month' }))
      if (who === 'video') await of('retention', () => retention(app, subject, period))
    }
  }
  return took
}

async function time(count: number, once: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  for (let number = 0; number < count; number++) {
    const startMs = performance.now()
    await once()
    took.push(performance.now() - startMs)
  }
  return took
}

/** A year of sums: of the site, of every channel and every video by day; by hour for what is asked by the hour. */
async function fill(app: App, videos: number): Promise<void> {
  const playbacks = EVENTS / EVENTS_PER_PLAYBACK
  // Zipf over videos; a wave over the week; older videos fade. Each row is one video on one day.
  await sql`
    create table bench_days as
    with weights as (select n, 1.0 / n as weight, sum(1.0 / n) over () as total from generate_series(1, ${videos}::integer) n),
    days as (select d, date_trunc('day', now() at time zone 'utc') at time zone 'utc' - make_interval(days => d) as at from generate_series(0, 364) d)
    select n, 'video' || lpad(n::text, 5, '0') as video, 'channel' || lpad((n % ${CHANNELS})::text, 2, '0') as channel, at,
      greatest(0, round(${playbacks} / 365.0 * weight / total * (1 + 0.3 * sin(d * 0.9)) + random()))::bigint as playbacks
    from weights, days`.execute(app.db)
  const measures = sql`playbacks, views, watched_ms, impressions, clicks, starts, stalls, stalled_ms`
  const made = sql`sum(p), sum(p) * 7 / 10, sum(p) * 140000, sum(p) * 12, sum(p) * 6 / 10, sum(p), sum(p) / 10, sum(p) * 90`
  const put = (subject: unknown, dimension: string, member: unknown, from: unknown) =>
    sql`insert into analytics_sums (subject, dimension, grain, at, member, ${measures})
      select ${subject}, ${dimension}::text, 'day', at, ${member}, ${made} from ${from} group by 1, 4, 5`.execute(
      app.db,
    )
  const plain = sql`(select *, playbacks as p from bench_days) b`
  const subjects = [sql`'v' || video`, sql`'c' || channel`, sql`'all'`]
  for (const subject of subjects) {
    await put(subject, 'all', sql`''`, plain)
    const few = sql`(select b.*, m.member, playbacks / m.part as p from bench_days b,
      (values ('home', 3), ('search', 4), ('suggested', 3), ('external', 10), ('embed', 20), ('direct', 12)) m(member, part) where n <= 50) b`
    await put(subject, 'source', sql`member`, few)
    const countries = sql`(select b.*, 'C' || c as member, playbacks / (c + 1) as p from bench_days b, generate_series(1, 25) c where n <= 20) b`
    await put(subject, 'country', sql`member`, countries)
  }
  await put(sql`'c' || channel`, 'video', sql`video`, plain)
  await put(sql`'all'`, 'video', sql`video`, plain)
  await sql`analyze analytics_sums`.execute(app.db)
  for (let ago = 2; ago < 365; ago++)
    await postgresWarehouse.joinTails(app, Math.floor(Date.now() / DAY_MS - ago) * DAY_MS)
  // Hours of the last days, of the subjects that are asked for.
  await sql`
    insert into analytics_sums (subject, dimension, grain, at, member, ${measures})
    select subject, dimension, 'hour', at + make_interval(hours => h), '', playbacks / 24, views / 24, watched_ms / 24, impressions / 24, clicks / 24, starts / 24, stalls / 24, stalled_ms / 24
    from analytics_sums, generate_series(0, 23) h where dimension = 'all' and grain = 'day' and at > now() - interval '40 days'
      and (subject !~ '^v' or subject < 'vvideo00100')`.execute(app.db)
  await fillSketches(app)
  await sql`
    insert into analytics_spreads (subject, quantity, dimension, day, member, step, count)
    select s, 'startupMs', 'country', date_trunc('day', now() at time zone 'utc') at time zone 'utc' - make_interval(days => d), 'C' || c, 40 + st, 10 + st
    from (values ('vvideo00001'), ('cchannel01'), ('all')) t(s), generate_series(0, 364) d, generate_series(1, 30) c, generate_series(1, 25) st`.execute(
    app.db,
  )
  await sql`
    insert into analytics_retention (video_id, day, first, again)
    select 'video00001', date_trunc('day', now() at time zone 'utc') at time zone 'utc' - make_interval(days => d),
      array(select 1000 - 8 * n from generate_series(1, 100) n), array(select n from generate_series(1, 100) n)
    from generate_series(0, 364) d`.execute(app.db)
  for (let back = 1; back <= 24; back++) {
    const now = new Date()
    await postgresWarehouse.closeMonth(app, Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back))
  }
  await sql`drop table bench_days`.execute(app.db)
  await sql`vacuum analyze analytics_sums`.execute(app.db)
  await sql`vacuum analyze analytics_spreads`.execute(app.db)
}

/** A full sketch for every day: what a large crowd leaves. */
async function fillSketches(app: App): Promise<void> {
  const sketch = newSketch()
  for (let number = 0; number < 30_000; number++) addHash(sketch, Math.floor(Math.random() * 2 ** 52))
  const packed = Buffer.from(packSketch(sketch))
  await sql`
    insert into analytics_viewers (subject, day, sketch)
    select s, date_trunc('day', now() at time zone 'utc') at time zone 'utc' - make_interval(days => d), ${packed}
    from (values ('vvideo00001'), ('cchannel01'), ('all')) t(s), generate_series(0, 729) d`.execute(app.db)
}
