/**
 * The warehouse in ClickHouse (18.16 and younger): for platforms whose sums outgrow one database. Written to through the outbox;
 * answers are as old as the last batch that was carried over, usually a second or two.
 */
import { sleep } from '../../../kit/retry.ts'
import type { App } from '../../../platform/app.ts'
import { type ClickHouse, literal, openClickHouse } from '../../../platform/clickhouse.ts'
import type { Range } from '../rules.ts'
import { makeTables } from './clickhouse-tables.ts'
import { carryOutbox, putInOutbox } from './outbox.ts'
import {
  type Intake,
  LIST_HEAD,
  LONG_LISTS,
  MEASURES,
  type Measures,
  type Member,
  nothing,
  OTHERS,
  PARTS,
  type Subject,
  type Warehouse,
} from './warehouse.ts'

const SECOND_MS = 1000
const ROWS_AT_ONCE = 50_000
const WAIT_MS = 20
const LONGEST_WAIT_MS = 60_000

const columns = MEASURES.join(', ')
const summed = MEASURES.map((it) => `sum(${it})`).join(', ')
const seconds = (ms: number) => Math.floor(ms / SECOND_MS)
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const measuresOf = (row: unknown[]): Measures => row.map(Number)
const memberOf = ([member, ...rest]: unknown[]): Member => ({ member: String(member), measures: measuresOf(rest) })

const within = ({ fromMs, toMs }: Range) =>
  `at >= toDateTime(${seconds(fromMs)}, 'UTC') and at < toDateTime(${seconds(toMs)}, 'UTC')`
const withinDays = ({ fromMs, toMs }: Range) =>
  `day >= toDate(${literal(dayOf(fromMs))}) and day < toDate(${literal(dayOf(toMs))})`

export function clickhouseWarehouse(address: string): Warehouse {
  const server = openClickHouse(address)
  let making: Promise<void> | undefined
  /** The server, once its tables are there. */
  const ready = async (): Promise<ClickHouse> => {
    making ??= makeTables(server)
    await making.catch((error) => {
      making = undefined
      throw error
    })
    return server
  }
  const rows = async (select: string) => (await ready()).rows(select)
  const sums = (subject: Subject, range: Range, dimension: string, grain: string) =>
    `from analytics_sums final where subject = ${literal(subject)} and dimension = ${literal(dimension)}
      and grain = ${literal(grain)} and ${within(range)}`

  async function settle(app: App): Promise<number> {
    const ready_ = await ready()
    return carryOutbox(app, async (batches) => {
      for (const { batch, intake } of batches) await write(ready_, batch, intake)
    })
  }

  return {
    add: putInOutbox,
    settle,

    async totals(_app, subject, range, grain) {
      const [row] = await rows(`select ${summed} ${sums(subject, range, 'all', grain)}`)
      return row ? measuresOf(row) : nothing()
    },

    async series(_app, subject, range, grain) {
      const found = await rows(
        `select toUInt32(at), ${summed} ${sums(subject, range, 'all', grain)} group by at order by at`,
      )
      return found.map(([at, ...rest]) => ({ atMs: Number(at) * SECOND_MS, measures: measuresOf(rest) }))
    },

    async breakdown(_app, subject, range, dimension, limit) {
      const found = await rows(`select member, ${summed} ${sums(subject, range, dimension, 'day')}
        group by member order by sum(watched_ms) desc, sum(impressions) desc, member limit ${Math.floor(limit)}`)
      return found.map(memberOf)
    },

    async members(_app, subject, range, dimension, members) {
      if (members.length === 0) return []
      const found = await rows(`select member, ${summed} ${sums(subject, range, dimension, 'day')}
        and member in ${literal(members)} group by member`)
      return found.map(memberOf)
    },

    async viewers(_app, subject, range) {
      const [row] = await rows(`select uniqCombinedMerge(viewers) from analytics_viewers
        where subject = ${literal(subject)} and ${withinDays(range)}`)
      return Number(row?.[0] ?? 0)
    },

    async retention(_app, videoId, range) {
      const [row] = await rows(`select sumForEach(first), sumForEach(again) from analytics_retention final
        where video_id = ${literal(videoId)} and ${withinDays(range)}`)
      const [first, again] = (row ?? [[], []]) as [number[], number[]]
      const none = new Array<number>(PARTS).fill(0)
      return { first: first.length > 0 ? first : none, again: again.length > 0 ? again : none }
    },

    async spreads(_app, subject, range, quantity, dimension) {
      const found = await rows(`select member, step, sum(count) from analytics_spreads final
        where subject = ${literal(subject)} and quantity = ${literal(quantity)} and dimension = ${literal(dimension)}
          and ${withinDays(range)} group by member, step`)
      const members = new Map<string, Map<number, number>>()
      for (const [member, step, count] of found as [string, number, number][]) {
        const counts = members.get(member) ?? new Map<number, number>()
        members.set(member, counts.set(step, count))
      }
      return members
    },

    /** Puts the day together: one row for each sum, whatever batches it came in, and one for all of a tail. */
    async joinTails(app, dayMs) {
      // What is on its way would come to a day that has forgotten the names of its batches.
      await settle(app)
      const ready_ = await ready()
      const partition = `('day','${dayOf(dayMs)}')`
      const day = `grain = 'day' and ${within({ fromMs: dayMs, toMs: dayMs + SECOND_MS })}`
      const [fresh] = await rows(`select count() from analytics_sums where ${day} and batch <> ''`)
      if (Number(fresh?.[0]) === 0) return
      await ready_.run(`alter table analytics_sums_next drop partition ${partition}`)
      await ready_.run(`insert into analytics_sums_next (subject, dimension, grain, at, member, batch, ${columns})
        select subject, dimension, 'day', toDateTime(${seconds(dayMs)}, 'UTC'),
          if(head = 1 or dimension not in ${literal(LONG_LISTS)}, member, ${literal(OTHERS)}) as kept, '', ${summed}
        from (select * from analytics_sums final where ${day})
        any left join (
          select subject, dimension, member, 1 as head from analytics_sums final
          where ${day} and member <> ${literal(OTHERS)} and dimension in ${literal(LONG_LISTS)}
          group by subject, dimension, member
          order by subject, dimension, sum(watched_ms) desc, sum(impressions) desc, member
          limit ${LIST_HEAD} by subject, dimension
        ) using (subject, dimension, member)
        group by subject, dimension, kept`)
      await ready_.run(`alter table analytics_sums replace partition ${partition} from analytics_sums_next`)
      await ready_.run(`alter table analytics_sums_next drop partition ${partition}`)
    },

    // A year of days is read as fast as it is.
    async closeMonth() {},

    async forgetMinutes(_app, beforeMs) {
      await erase(await ready(), 'analytics_sums', `grain = 'minute' and at < toDateTime(${seconds(beforeMs)}, 'UTC')`)
    },

    async forget(app, subject) {
      await settle(app)
      const ready_ = await ready()
      const ofSubject = `subject = ${literal(subject)}`
      for (const table of ['analytics_sums', 'analytics_viewers', 'analytics_spreads'])
        await erase(ready_, table, ofSubject)
      if (subject.startsWith('v')) await erase(ready_, 'analytics_retention', `video_id = ${literal(subject.slice(1))}`)
    },
  }
}

/** Writes one batch; written again it adds nothing. */
async function write(server: ClickHouse, batch: string, intake: Intake): Promise<void> {
  await insertAll(server, 'analytics_sums', sumRows(batch, intake.sums))
  const viewers = intake.viewers.flatMap(({ subject, dayMs, hashes }) =>
    hashes.map((hash) => ({ subject, day: dayOf(dayMs), hash })),
  )
  await insertAll(server, 'analytics_viewers_in', viewers)
  const retention = intake.retention.map(({ videoId, dayMs, first, again }) => ({
    video_id: videoId,
    day: dayOf(dayMs),
    batch,
    first,
    again,
  }))
  await insertAll(server, 'analytics_retention', retention)
  const spreads = new Map<string, { count: number } & Record<string, unknown>>()
  for (const { dayMs, count, ...rest } of intake.spreads) {
    const key = JSON.stringify([rest, dayMs])
    const known = spreads.get(key)
    if (known) known.count += count
    else spreads.set(key, { ...rest, day: dayOf(dayMs), batch, count })
  }
  await insertAll(server, 'analytics_spreads', [...spreads.values()])
}

/** A row per sum: of two with one key the table would keep only one. */
function sumRows(batch: string, sums: Intake['sums']): object[] {
  const byKey = new Map<string, Record<string, string | number>>()
  for (const { subject, dimension, grain, atMs, member, measures } of sums) {
    const key = JSON.stringify([subject, dimension, grain, atMs, member])
    const row = byKey.get(key) ?? { subject, dimension, grain, at: seconds(atMs), member, batch }
    byKey.set(key, row)
    for (const [index, measure] of MEASURES.entries())
      if (measures[index]) row[measure] = Number(row[measure] ?? 0) + measures[index]!
  }
  return [...byKey.values()]
}

async function insertAll(server: ClickHouse, table: string, rows: readonly object[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE)
    await server.insert(table, rows.slice(from, from + ROWS_AT_ONCE))
}

/** Deletes rows, and waits until they are gone: deleting is work that the server does in its own time. */
async function erase(server: ClickHouse, table: string, where: string): Promise<void> {
  const [found] = await server.rows(`select count() from ${table} where ${where}`)
  if (Number(found?.[0]) === 0) return
  await server.run(`alter table ${table} delete where ${where}`)
  const since = performance.now()
  const undone = `select count() from system.mutations where database = currentDatabase() and table = ${literal(table)} and not is_done`
  while (Number((await server.rows(undone))[0]?.[0]) > 0) {
    if (performance.now() - since > LONGEST_WAIT_MS)
      throw new Error(`ClickHouse does not finish deleting from ${table}`)
    await sleep(WAIT_MS)
  }
}
