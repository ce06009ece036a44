/**
 * Months in the platform's own database: put together from their days once they are over, and read in their place. What comes late
 * for a month opens it again: it is read by its days until it is put together anew.
 */
import { sql } from 'kysely'
import { joinPacked, newSketch, packSketch } from '../../../kit/hyperloglog.ts'
import type { App } from '../../../platform/app.ts'
import { monthAfter, monthOf, type Range } from '../rules.ts'
import { LONG_LISTS, MEASURES, MONTH_HEAD, OTHERS } from './warehouse.ts'

const summed = sql.raw(MEASURES.map((it) => `sum(${it})::bigint as ${it}`).join(', '))
const columns = sql.raw(MEASURES.join(', '))
const SUBJECTS_AT_ONCE = 500

/** A stretch of a period, and what it is read by: `month` names the first moments of months. */
export interface Piece extends Range {
  grain: 'day' | 'month'
}

/** A period of whole days, cut into months that are put together and the days around them. In order, without gaps. */
export async function piecesOf(app: App, range: Range): Promise<Piece[]> {
  const { rows } = await sql<{ month: Date }>`
    select month from analytics_months
    where month >= ${new Date(range.fromMs)} and month < ${new Date(range.toMs)} order by month`.execute(app.db)
  const pieces: Piece[] = []
  let fromMs = range.fromMs
  for (const { month } of rows) {
    const [startMs, endMs] = [month.getTime(), monthAfter(month.getTime())]
    if (endMs > range.toMs) break
    if (startMs > fromMs) pieces.push({ grain: 'day', fromMs, toMs: startMs })
    const last = pieces.at(-1)
    if (last?.grain === 'month' && last.toMs === startMs) last.toMs = endMs
    else pieces.push({ grain: 'month', fromMs: startMs, toMs: endMs })
    fromMs = endMs
  }
  if (fromMs < range.toMs) pieces.push({ grain: 'day', fromMs, toMs: range.toMs })
  return pieces
}

/** Opens the months of these days again, of which something came late. */
export async function reopenMonths(app: App, daysMs: Iterable<number>): Promise<void> {
  const thisMonth = monthOf(app.clock.nowMs())
  const late = new Set([...daysMs].map(monthOf).filter((it) => it < thisMonth))
  if (late.size === 0) return
  const months = [...late].map((it) => new Date(it).toISOString())
  await sql`delete from analytics_months where month = any(${months}::timestamptz[])`.execute(app.db)
}

/** Puts a month together, unless it is. */
export function closeMonth(app: App, monthMs: number): Promise<void> {
  return app.together(async (app) => {
    const at = new Date(monthMs)
    const { numAffectedRows } = await sql`
      insert into analytics_months (month, made_at) values (${at}, ${app.clock.now()}) on conflict do nothing`.execute(
      app.db,
    )
    if (!numAffectedRows) return
    // What is left of a month that was opened again.
    await sql`delete from analytics_sums where grain = 'month' and at = ${at}`.execute(app.db)
    for (const table of ['analytics_month_viewers', 'analytics_month_retention', 'analytics_month_spreads'])
      await sql`delete from ${sql.table(table)} where month = ${at}`.execute(app.db)
    const within = { fromMs: monthMs, toMs: monthAfter(monthMs) }
    await closeSums(app, at, within)
    await closeViewers(app, at, within)
    await closeRest(app, at, within)
  })
}

async function closeSums(app: App, at: Date, { fromMs, toMs }: Range): Promise<void> {
  await sql`
    with ranked as (
      select subject, dimension, member, ${summed},
        row_number() over (partition by subject, dimension order by sum(watched_ms) desc, sum(impressions) desc, member collate "C") as place
      from analytics_sums
      where grain = 'day' and at >= ${new Date(fromMs)} and at < ${new Date(toMs)} and dimension <> 'all'
      group by subject, dimension, member
    )
    insert into analytics_sums (subject, dimension, grain, at, member, ${columns})
    select subject, dimension, 'month', ${at},
      case when place > ${MONTH_HEAD} and dimension = any(${[...LONG_LISTS]}) then ${OTHERS} else member end as joined, ${summed}
    from ranked group by subject, dimension, joined`.execute(app.db)
}

/** Subject by subject, for sketches are joined here. */
async function closeViewers(app: App, at: Date, { fromMs, toMs }: Range): Promise<void> {
  for (let after = ''; ; ) {
    const { rows } = await sql<{ subject: string; sketches: Buffer[] }>`
      select subject, array_agg(sketch) as sketches from analytics_viewers
      where day >= ${new Date(fromMs)} and day < ${new Date(toMs)} and subject > ${after}
      group by subject order by subject limit ${SUBJECTS_AT_ONCE}`.execute(app.db)
    if (rows.length === 0) return
    const joined = rows.map(({ sketches }) => {
      const sketch = newSketch()
      for (const packed of sketches) joinPacked(sketch, packed)
      return Buffer.from(packSketch(sketch))
    })
    await sql`
      insert into analytics_month_viewers (subject, month, sketch)
      select s, ${at}, k from unnest(${rows.map((row) => row.subject)}::text[], ${joined}::bytea[]) as r(s, k)`.execute(
      app.db,
    )
    after = rows.at(-1)!.subject
  }
}

async function closeRest(app: App, at: Date, { fromMs, toMs }: Range): Promise<void> {
  const within = sql`day >= ${new Date(fromMs)} and day < ${new Date(toMs)}`
  await sql`
    insert into analytics_month_spreads (subject, quantity, dimension, month, member, step, count)
    select subject, quantity, dimension, ${at}, member, step, sum(count) from analytics_spreads
    where ${within} group by subject, quantity, dimension, member, step`.execute(app.db)
  await sql`
    insert into analytics_month_retention (video_id, month, first, again)
    select video_id, ${at}, array_agg(f order by part), array_agg(a order by part)
    from (
      select video_id, part, sum(f)::integer as f, sum(a)::integer as a
      from analytics_retention, unnest(first, again) with ordinality as u(f, a, part)
      where ${within} group by video_id, part
    ) as parts group by video_id`.execute(app.db)
}
