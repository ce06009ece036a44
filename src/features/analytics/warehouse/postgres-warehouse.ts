/**
 * The warehouse in the platform's own database: sums as rows that are added to, in the transaction that marks the reports as
 * rolled up. So a batch is in with all of its sums or with none.
 */
import { type RawBuilder, sql } from 'kysely'
import { addHash, countDifferent, joinPacked, newSketch, packSketch } from '../../../kit/hyperloglog.ts'
import type { App } from '../../../platform/app.ts'
import type { Range } from '../rules.ts'
import { closeMonth, type Piece, piecesOf, reopenMonths } from './postgres-months.ts'
import {
  addMeasures,
  type Intake,
  LIST_HEAD,
  MEASURES,
  type Measures,
  nothing,
  OTHERS,
  PARTS,
  type Warehouse,
} from './warehouse.ts'

const columns = sql.raw(MEASURES.join(', '))
const summed = sql.raw(MEASURES.map((it) => `coalesce(sum(${it}), 0)::bigint as ${it}`).join(', '))
const given = sql.raw(MEASURES.map((it) => `r.${it}`).join(', '))
const added = sql.raw(MEASURES.map((it) => `${it} = s.${it} + excluded.${it}`).join(', '))

type SumsRow = Record<(typeof MEASURES)[number], number>

const measuresOf = (row: SumsRow): Measures => MEASURES.map((measure) => Number(row[measure]))
const timeOf = (ms: number) => new Date(ms)

export const postgresWarehouse: Warehouse = {
  async add(app, _batch, intake) {
    await addSums(app, intake.sums)
    await addViewers(app, intake.viewers)
    await addRetention(app, intake.retention)
    await addSpreads(app, intake.spreads)
    const days = [...intake.sums.map((it) => it.atMs), ...intake.viewers.map((it) => it.dayMs)]
    await reopenMonths(app, days)
  },

  async settle() {
    return 0
  },

  async totals(app, subject, range, grain) {
    const { rows } = await sql<SumsRow>`
      select ${summed} from analytics_sums
      where subject = ${subject} and dimension = 'all' and grain = ${grain} and ${within(range)}`.execute(app.db)
    return rows[0] ? measuresOf(rows[0]) : nothing()
  },

  async series(app, subject, range, grain) {
    const { rows } = await sql<SumsRow & { at: Date }>`
      select at, ${columns} from analytics_sums
      where subject = ${subject} and dimension = 'all' and grain = ${grain} and ${within(range)} order by at`.execute(
      app.db,
    )
    return rows.map((row) => ({ atMs: row.at.getTime(), measures: measuresOf(row) }))
  },

  async breakdown(app, subject, range, dimension, limit) {
    const { rows } = await sql<SumsRow & { member: string }>`
      select member, ${summed} from ${await sumsIn(app, subject, range, dimension)} as s
      group by member order by sum(watched_ms) desc, sum(impressions) desc, member collate "C" limit ${limit}`.execute(
      app.db,
    )
    return rows.map((row) => ({ member: row.member, measures: measuresOf(row) }))
  },

  async members(app, subject, range, dimension, members) {
    if (members.length === 0) return []
    const { rows } = await sql<SumsRow & { member: string }>`
      select member, ${summed} from ${await sumsIn(app, subject, range, dimension)} as s
      where member = any(${[...members]}) group by member`.execute(app.db)
    return rows.map((row) => ({ member: row.member, measures: measuresOf(row) }))
  },

  async viewers(app, subject, range) {
    const { rows } = await sql<{ sketch: Buffer }>`${allOf(await piecesOf(app, range), {
      day: (piece) => sql`select sketch from analytics_viewers where subject = ${subject} and ${within(piece, 'day')}`,
      month: (piece) =>
        sql`select sketch from analytics_month_viewers where subject = ${subject} and ${within(piece, 'month')}`,
    })}`.execute(app.db)
    const sketch = newSketch()
    for (const row of rows) joinPacked(sketch, row.sketch)
    return countDifferent(sketch)
  },

  async retention(app, videoId, range) {
    const { rows } = await sql<{ first: number[]; again: number[] }>`${allOf(await piecesOf(app, range), {
      day: (piece) =>
        sql`select first, again from analytics_retention where video_id = ${videoId} and ${within(piece, 'day')}`,
      month: (piece) =>
        sql`select first, again from analytics_month_retention where video_id = ${videoId} and ${within(piece, 'month')}`,
    })}`.execute(app.db)
    const sum = { first: new Array<number>(PARTS).fill(0), again: new Array<number>(PARTS).fill(0) }
    for (const row of rows) {
      addInto(sum.first, row.first)
      addInto(sum.again, row.again)
    }
    return sum
  },

  async spreads(app, subject, range, quantity, dimension) {
    const asked = sql`subject = ${subject} and quantity = ${quantity} and dimension = ${dimension}`
    const pieces = allOf(await piecesOf(app, range), {
      day: (piece) => sql`select member, step, count from analytics_spreads where ${asked} and ${within(piece, 'day')}`,
      month: (piece) =>
        sql`select member, step, count from analytics_month_spreads where ${asked} and ${within(piece, 'month')}`,
    })
    const { rows } = await sql<{ member: string; step: number; count: number }>`
      select member, step, sum(count)::bigint as count from (${pieces}) as s group by member, step`.execute(app.db)
    const members = new Map<string, Map<number, number>>()
    for (const { member, step, count } of rows) {
      const counts = members.get(member) ?? new Map<number, number>()
      members.set(member, counts.set(step, Number(count)))
    }
    return members
  },

  closeMonth,

  async joinTails(app, dayMs) {
    await sql`
      with ranked as (
        select subject, dimension, grain, at, member,
          row_number() over (partition by subject, dimension order by watched_ms desc, impressions desc, member collate "C") as place
        from analytics_sums
        where grain = 'day' and at = ${timeOf(dayMs)} and dimension in ('video', 'term', 'suggester', 'host', 'embedder')
          and member <> ${OTHERS}
      ), gone as (
        delete from analytics_sums s using ranked r
        where r.place > ${LIST_HEAD} and s.subject = r.subject and s.dimension = r.dimension and s.grain = r.grain
          and s.at = r.at and s.member = r.member
        returning s.*
      )
      insert into analytics_sums as s (subject, dimension, grain, at, member, ${columns})
      select subject, dimension, grain, at, ${OTHERS}, ${summed} from gone group by subject, dimension, grain, at
      on conflict (subject, dimension, grain, at, member) do update set ${added}`.execute(app.db)
  },

  async forgetMinutes(app, beforeMs) {
    await sql`delete from analytics_sums where grain = 'minute' and at < ${timeOf(beforeMs)}`.execute(app.db)
  },

  async forget(app, subject) {
    await sql`delete from analytics_sums where subject = ${subject}`.execute(app.db)
    await sql`delete from analytics_viewers where subject = ${subject}`.execute(app.db)
    await sql`delete from analytics_spreads where subject = ${subject}`.execute(app.db)
    await sql`delete from analytics_month_viewers where subject = ${subject}`.execute(app.db)
    await sql`delete from analytics_month_spreads where subject = ${subject}`.execute(app.db)
    if (!subject.startsWith('v')) return
    const videoId = subject.slice(1)
    await sql`delete from analytics_retention where video_id = ${videoId}`.execute(app.db)
    await sql`delete from analytics_month_retention where video_id = ${videoId}`.execute(app.db)
  },
}

function within(range: Range, column = 'at') {
  return sql`${sql.ref(column)} >= ${timeOf(range.fromMs)} and ${sql.ref(column)} < ${timeOf(range.toMs)}`
}

/** One select over all pieces of a period, each read by what it is kept by. */
function allOf(pieces: Piece[], by: Record<Piece['grain'], (piece: Piece) => RawBuilder<unknown>>) {
  return sql.join(
    pieces.map((piece) => by[piece.grain](piece)),
    sql` union all `,
  )
}

/** Sums of the members of a dimension over a period. */
async function sumsIn(app: App, subject: string, range: Range, dimension: string) {
  const select = (piece: Piece) => sql`
    select member, ${columns} from analytics_sums
    where subject = ${subject} and dimension = ${dimension} and grain = ${piece.grain} and ${within(piece)}`
  return sql`(${allOf(await piecesOf(app, range), { day: select, month: select })})`
}

function addInto(sum: number[], more: number[]): void {
  for (let index = 0; index < sum.length; index++) sum[index]! += more[index] ?? 0
}

async function addSums(app: App, sums: Intake['sums']): Promise<void> {
  if (sums.length === 0) return
  // Two rows of one statement must not meet in one sum, and those that were counted later were not merged yet.
  const byKey = new Map<string, Intake['sums'][number]>()
  for (const it of sums) {
    const key = `${it.subject}\n${it.dimension}\n${it.grain}\n${it.atMs}\n${it.member}`
    const known = byKey.get(key)
    if (known) addMeasures(known.measures, it.measures)
    else byKey.set(key, { ...it, measures: [...it.measures] })
  }
  const rows = [...byKey.values()]
  const texts = (of: (it: Intake['sums'][number]) => string) => sql`${textsIn(rows.map(of))}::text[]`
  // The text of a list of numbers is read in a tenth of the time that rows of JSON take.
  const measures = MEASURES.map((_, index) => sql`${`{${rows.map((it) => it.measures[index]).join(',')}}`}::bigint[]`)
  await sql`
    insert into analytics_sums as s (subject, dimension, grain, at, member, ${columns})
    select r.subject, r.dimension, r.grain, to_timestamp(r.at / 1000.0), r.member, ${given}
    from unnest(${texts((it) => it.subject)}, ${texts((it) => it.dimension)}, ${texts((it) => it.grain)},
      ${`{${rows.map((it) => it.atMs).join(',')}}`}::bigint[], ${texts((it) => it.member)}, ${sql.join(measures)})
      as r(subject, dimension, grain, at, member, ${columns})
    on conflict (subject, dimension, grain, at, member) do update set ${added}
  `.execute(app.db)
}

/** A list of any texts in PostgreSQL's text form of an array. */
function textsIn(values: string[]): string {
  return `{${values.map((it) => `"${SPECIAL.test(it) ? it.replaceAll(SPECIALS, '\\$&') : it}"`).join(',')}}`
}
const SPECIAL = /["\\]/
const SPECIALS = /["\\]/g

/** Sketches are read, added to and written back: only one process rolls up at a time, and what did not change stays. */
async function addViewers(app: App, viewers: Intake['viewers']): Promise<void> {
  if (viewers.length === 0) return
  const { rows } = await sql<{ subject: string; day_ms: number; sketch: Buffer }>`
    select k.subject, k.day as day_ms, v.sketch
    from unnest(${viewers.map((it) => it.subject)}::text[], ${viewers.map((it) => it.dayMs)}::bigint[]) as k(subject, day)
    join analytics_viewers v on v.subject = k.subject and v.day = to_timestamp(k.day / 1000.0)`.execute(app.db)
  const known = new Map(rows.map((row) => [`${row.subject} ${row.day_ms}`, row.sketch]))
  const changed = { subjects: [] as string[], days: [] as number[], sketches: [] as Uint8Array[] }
  for (const { subject, dayMs, hashes } of viewers) {
    const sketch = newSketch()
    const before = known.get(`${subject} ${dayMs}`)
    if (before) joinPacked(sketch, before)
    let grew = false
    for (const hash of hashes) grew = addHash(sketch, hash) || grew
    if (!grew) continue
    changed.subjects.push(subject)
    changed.days.push(dayMs)
    changed.sketches.push(packSketch(sketch))
  }
  await sql`
    insert into analytics_viewers (subject, day, sketch)
    select subject, to_timestamp(day / 1000.0), sketch
    from unnest(${changed.subjects}::text[], ${changed.days}::bigint[], ${changed.sketches.map((it) => Buffer.from(it))}::bytea[]) as r(subject, day, sketch)
    on conflict (subject, day) do update set sketch = excluded.sketch`.execute(app.db)
}

async function addRetention(app: App, retention: Intake['retention']): Promise<void> {
  if (retention.length === 0) return
  const { rows } = await sql<{ video_id: string; day_ms: number; first: number[]; again: number[] }>`
    select k.video_id, k.day as day_ms, r.first, r.again
    from unnest(${retention.map((it) => it.videoId)}::text[], ${retention.map((it) => it.dayMs)}::bigint[]) as k(video_id, day)
    join analytics_retention r on r.video_id = k.video_id and r.day = to_timestamp(k.day / 1000.0)`.execute(app.db)
  const known = new Map(rows.map((row) => [`${row.video_id} ${row.day_ms}`, row]))
  const sums = retention.map(({ videoId, dayMs, first, again }) => {
    const sum = { videoId, dayMs, first: [...first], again: [...again] }
    const before = known.get(`${videoId} ${dayMs}`)
    if (before) {
      addInto(sum.first, before.first)
      addInto(sum.again, before.again)
    }
    return sum
  })
  await sql`
    insert into analytics_retention (video_id, day, first, again)
    select v, to_timestamp(d / 1000.0), f::integer[], a::integer[]
    from unnest(${sums.map((it) => it.videoId)}::text[], ${sums.map((it) => it.dayMs)}::bigint[],
      ${sums.map((it) => `{${it.first.join(',')}}`)}::text[], ${sums.map((it) => `{${it.again.join(',')}}`)}::text[]) as r(v, d, f, a)
    on conflict (video_id, day) do update set first = excluded.first, again = excluded.again`.execute(app.db)
}

async function addSpreads(app: App, spreads: Intake['spreads']): Promise<void> {
  if (spreads.length === 0) return
  const rows = spreads.map((it) => ({
    s: it.subject,
    q: it.quantity,
    i: it.dimension,
    d: it.dayMs,
    m: it.member,
    t: it.step,
    c: it.count,
  }))
  await sql`
    insert into analytics_spreads as a (subject, quantity, dimension, day, member, step, count)
    select s, q, i, to_timestamp(d / 1000.0), m, t, sum(c)
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(s text, q text, i text, d bigint, m text, t integer, c bigint)
    group by s, q, i, d, m, t
    on conflict (subject, quantity, dimension, day, member, step) do update set count = a.count + excluded.count`.execute(
    app.db,
  )
}
