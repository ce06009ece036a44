/**
 * The queue in PostgreSQL: one row per job, claimed with SKIP LOCKED. Time is the database's own, so that machines whose
 * clocks differ agree about leases.
 */
import { type RawBuilder, sql } from 'kysely'
import { batched } from '../../kit/batch.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { Db } from '../db/db.ts'
import type { Wire } from '../db/listen.ts'
import type { AddOptions, Claimed, JobKind, Lane, Queue } from './queue.ts'

export interface QueueParts {
  db: Db
  wire: Wire
  /** A clock other than the system's rules instead of the database's time: for tests. */
  clock?: Clock
}

const CHANNEL = 'vitascope_jobs'
/** How often waiters look without being called: for words that were lost, delayed jobs and leases that ran out. */
const LOOK_EVERY_MS = 1000
const ROWS_PER_STATEMENT = 2000
/** More than this ahead is no difference between clocks, it is one that was set wrong. */
const CLOCK_LEAP_MS = 60_000

interface JobRow {
  job_id: number
  name: string
  key: string | null
  input: unknown
  attempts: number
  crashes: number
  fence: number
  priority: number
}

/** The queue over an open database. */
export function postgresQueue(parts: QueueParts): Queue {
  const queue = boundQueue(parts, parts.db, SOON_DURABLE, (lane) => void parts.wire.say(CHANNEL, lane))
  // Jobs that end at the same time share one commit.
  return { ...queue, finish: batched((jobs: Claimed[]) => finishMany(parts.db, jobs)) }
}

/**
 * As a condition that always holds, of a statement that is its own transaction: do not wait for the disk at its commit. For
 * claims, heartbeats and ends of jobs: when the machine loses power such a job runs once more, as any job may, and nothing is
 * lost. Adding a job, and whatever happens in a caller's transaction, always waits.
 */
const SOON_DURABLE = sql`set_config('synchronous_commit', 'off', true) is not null`
const SURELY_DURABLE = sql`true`

async function finishMany(db: Db, jobs: Claimed[]): Promise<boolean[]> {
  const ids = jobs.map((job) => job.jobId)
  const fences = jobs.map((job) => job.fence)
  const { rows } = await sql<{ job_id: number; fence: number }>`
    delete from jobs using unnest(${ids}::bigint[], ${fences}::bigint[]) as done (job_id, fence)
    where jobs.job_id = done.job_id and jobs.fence = done.fence and jobs.state = 'running'
      and ${SOON_DURABLE}
    returning jobs.job_id, jobs.fence`.execute(db)
  const gone = new Set(rows.map((row) => `${row.job_id} ${row.fence}`))
  return jobs.map((job) => gone.delete(`${job.jobId} ${job.fence}`))
}

/** The same queue inside a transaction: `afterCommit` keeps what must wait for its end. */
export function queueInTransaction(parts: QueueParts, transaction: Db, afterCommit: (then: () => void) => void): Queue {
  return boundQueue(parts, transaction, SURELY_DURABLE, (lane) => afterCommit(() => void parts.wire.say(CHANNEL, lane)))
}

function boundQueue(parts: QueueParts, db: Db, durable: RawBuilder<unknown>, wakeLane: (lane: Lane) => void): Queue {
  const { wire, clock = systemClock } = parts
  const now = (): RawBuilder<Date> =>
    clock === systemClock ? sql<Date>`statement_timestamp()` : sql<Date>`${clock.now()}::timestamptz`
  const fromNow = (durationMs: number): RawBuilder<Date> =>
    sql<Date>`${now()} + ${durationMs} * interval '1 millisecond'`

  /** The clock was ahead by more than clocks differ when this job's time was set, and has been put back since. */
  const putBack = () => sql`clock_at > ${fromNow(CLOCK_LEAP_MS)}`

  /** The row of a claim, as long as nobody has taken it over. */
  const ours = (job: Claimed) => sql`job_id = ${job.jobId} and fence = ${job.fence} and state = 'running'`
  const changed = async (statement: RawBuilder<unknown>): Promise<boolean> =>
    ((await statement.execute(db)).numAffectedRows ?? 0n) > 0n

  async function addMany<Input>(kind: JobKind<Input>, jobs: { input: Input; options?: AddOptions }[]): Promise<void> {
    const rows = onePerKey(jobs)
    for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
      const part = JSON.stringify(rows.slice(from, from + ROWS_PER_STATEMENT))
      await sql`
        insert into jobs (name, lane, key, priority, input, state, run_after, clock_at, created_at)
        select ${kind.name}, ${kind.lane}, it.key, it.priority, it.input, 'waiting',
          ${now()} + it.delay_ms * interval '1 millisecond', ${now()}, ${now()}
        from jsonb_to_recordset(${part}::jsonb) as it (key text, priority integer, input jsonb, delay_ms double precision)
        on conflict (name, key) where key is not null and state <> 'parked'
        do update set priority = excluded.priority where jobs.priority < excluded.priority`.execute(db)
    }
    if (rows.length > 0) wakeLane(kind.lane)
  }

  return {
    add: (kind, input, options) => addMany(kind, [options ? { input, options } : { input }]),
    addMany,

    async claim(worker, lane, kinds, count, leaseMs) {
      if (kinds.length === 0 || count <= 0) return []
      const names = kinds.map((kind) => kind.name)
      // First what a dead worker left: its people have waited longest.
      const { rows } = await sql<JobRow>`
        with abandoned as materialized (
          select job_id from jobs
          where state = 'running' and (lease_until < ${now()} or ${putBack()}) and lane = ${lane} and name = any(${names})
          order by lease_until limit ${count} for update skip locked
        ), next as materialized (
          select job_id from jobs
          where state = 'waiting' and lane = ${lane} and name = any(${names})
            and (run_after <= ${now()} or ${putBack()})
          order by priority desc, job_id limit ${count} - (select count(*) from abandoned) for update skip locked
        ), chosen as (select job_id, 1 as crash from abandoned union all select job_id, 0 from next)
        update jobs set state = 'running', worker = ${worker}, lease_until = ${fromNow(leaseMs)}, clock_at = ${now()},
          attempts = attempts + 1,
          crashes = crashes + case when chosen.crash = 1 and not (coalesce(worker, '') = any(crashed_by)) then 1 else 0 end,
          crashed_by = case when chosen.crash = 1 and not (coalesce(worker, '') = any(crashed_by))
            then crashed_by || coalesce(worker, '') else crashed_by end,
          -- Of the time: a claim that a power cut took back must not leave its number to another.
          fence = greatest(fence + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
        from chosen where jobs.job_id = chosen.job_id and ${durable}
        returning jobs.job_id, jobs.name, jobs.key, jobs.input, jobs.attempts, jobs.crashes, jobs.fence, jobs.priority`.execute(
        db,
      )
      return rows.sort((a, b) => b.crashes - a.crashes || b.priority - a.priority || a.job_id - b.job_id).map(toClaimed)
    },

    heartbeat: (job, leaseMs) =>
      changed(
        sql`update jobs set lease_until = ${fromNow(leaseMs)}, clock_at = ${now()} where ${ours(job)} and ${durable}`,
      ),

    async holds(job) {
      const { rows } = await sql`select 1 from jobs where ${ours(job)} for update`.execute(db)
      return rows.length === 1
    },

    finish: (job) => changed(sql`delete from jobs where ${ours(job)}`),

    fail(job, reason, retryMs) {
      const said = reason.slice(0, 4000)
      if (retryMs === undefined) {
        return changed(sql`update jobs set state = 'parked', reason = ${said}, lease_until = null where ${ours(job)}`)
      }
      return changed(sql`
        update jobs set state = 'waiting', reason = ${said}, lease_until = null, worker = null, run_after = ${fromNow(retryMs)},
          clock_at = ${now()}
        where ${ours(job)}`)
    },

    async release(job) {
      const { rows } = await sql<{ lane: Lane }>`
        update jobs set state = 'waiting', attempts = attempts - 1, lease_until = null, worker = null
        where ${ours(job)} returning lane`.execute(db)
      if (rows[0]) wakeLane(rows[0].lane)
    },

    async gotFurther(job) {
      await sql`update jobs set attempts = attempts - crashes, crashes = 0, crashed_by = '{}'
        where ${ours(job)} and crashes > 0`.execute(db)
    },

    async cancel(kind, key) {
      await sql`delete from jobs where name = ${kind.name} and key = ${key} and state = 'waiting'`.execute(db)
    },

    onWork(lane, wake) {
      const stopHearing = wire.hear(CHANNEL, (word) => {
        if (word === lane) wake()
      })
      const stopMended = wire.onMended(wake)
      const look = setInterval(wake, LOOK_EVERY_MS)
      look.unref()
      return () => {
        stopHearing()
        stopMended()
        clearInterval(look)
      }
    },

    async counts() {
      const rows = await db
        .selectFrom('jobs')
        .select(['lane', 'state', (of) => of.fn.countAll<number>().as('count')])
        .groupBy(['lane', 'state'])
        .execute()
      return rows.map(({ lane, state, count }) => ({ lane, state, count }))
    },

    async parked(limit) {
      const rows = await db
        .selectFrom('jobs')
        .selectAll()
        .where('state', '=', 'parked')
        .orderBy('job_id', 'desc')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        jobId: String(row.job_id),
        name: row.name,
        key: row.key ?? undefined,
        input: row.input,
        reason: row.reason ?? '',
      }))
    },

    async close() {},
  }
}

/** One statement must not touch a row twice; of several jobs with one key the highest priority stays, as if added one by one. */
function onePerKey(jobs: { input: unknown; options?: AddOptions }[]) {
  const rows: { key: string | null; priority: number; input: unknown; delay_ms: number }[] = []
  const byKey = new Map<string, (typeof rows)[number]>()
  for (const { input, options = {} } of jobs) {
    const row = {
      key: options.key ?? null,
      priority: options.priority ?? 0,
      input: input ?? null,
      delay_ms: options.delayMs ?? 0,
    }
    const same = row.key === null ? undefined : byKey.get(row.key)
    if (same) {
      same.priority = Math.max(same.priority, row.priority)
      continue
    }
    if (row.key !== null) byKey.set(row.key, row)
    rows.push(row)
  }
  // Everybody takes the locks of keys in one order, so that two callers with the same keys cannot wait for each other.
  return rows.sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : Number((a.key ?? '') > (b.key ?? ''))))
}

function toClaimed(row: JobRow): Claimed {
  return {
    jobId: String(row.job_id),
    name: row.name,
    key: row.key ?? undefined,
    input: row.input,
    attempts: row.attempts,
    crashes: row.crashes,
    fence: row.fence,
  }
}
