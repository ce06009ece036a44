/** SQL of administration: reads across the platform, and the few changes of jobs that a person makes. */
import { type Selectable, sql } from 'kysely'
import type { Role } from '../../contract/shapes.ts'
import type { App } from '../../platform/app.ts'
import type { AccountsTable, JobsTable } from '../../schema/tables.ts'
import type { VideoRow } from '../videos/videos.ts'

export type AccountFacts = Selectable<AccountsTable> & {
  role: Role
  handle: string | null
  used_bytes: number
  videos: number
}
export type JobFacts = Selectable<JobsTable>

export interface AccountsWanted {
  query?: string | undefined
  state?: string | undefined
  role?: string | undefined
}

export interface VideosWanted {
  state?: string | undefined
  privacy?: string | undefined
}

/** Letters that mean something to LIKE are meant as themselves. */
function containing(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
}

const FACTS = sql`
  a.*,
  (select handle from channels c where c.account_id = a.account_id order by c.created_at, c.channel_id limit 1) as handle,
  (select coalesce(sum(source_bytes), 0)::bigint from videos v where v.account_id = a.account_id) as used_bytes,
  (select count(*) from videos v where v.account_id = a.account_id) as videos
`

/** A page is cut first, and only then are the sums of its accounts made. */
export async function listAccounts(
  app: App,
  wanted: AccountsWanted,
  after: readonly [number, string] | undefined,
  limit: number,
): Promise<AccountFacts[]> {
  // Only what is asked for stands in the statement: a condition that may be none keeps a plan from using an index.
  const like = wanted.query ? sql`and (email || ' ' || lower(name)) like ${containing(wanted.query)}` : sql``
  const state = wanted.state ? sql`and state = ${wanted.state}` : sql``
  const role = wanted.role ? sql`and role = ${wanted.role}` : sql``
  const later = after ? sql`and (created_at, account_id) < (${new Date(after[0])}, ${after[1]})` : sql``
  const { rows } = await sql<AccountFacts>`
    select ${FACTS} from (
      select * from accounts
      where true ${like} ${state} ${role} ${later}
      order by created_at desc, account_id desc limit ${limit}
    ) a order by a.created_at desc, a.account_id desc
  `.execute(app.db)
  return rows
}

export async function loadAccount(app: App, accountId: string): Promise<AccountFacts | undefined> {
  const { rows } = await sql<AccountFacts>`
    select ${FACTS} from accounts a where a.account_id = ${accountId}
  `.execute(app.db)
  return rows[0]
}

export async function listVideos(
  app: App,
  wanted: VideosWanted,
  after: readonly [number, string] | undefined,
  limit: number,
): Promise<VideoRow[]> {
  const state = wanted.state ? sql`and v.state = ${wanted.state}` : sql``
  const privacy = wanted.privacy ? sql`and v.privacy = ${wanted.privacy}` : sql``
  const later = after ? sql`and (v.created_at, v.video_id) < (${new Date(after[0])}, ${after[1]})` : sql``
  const { rows } = await sql<VideoRow>`
    select v.*, c.handle as channel_handle, c.name as channel_name, c.avatar_key as channel_avatar_key,
      c.account_id as channel_account_id, null as team_role
    from videos v join channels c using (channel_id)
    where true ${state} ${privacy} ${later}
    order by v.created_at desc, v.video_id desc limit ${limit}
  `.execute(app.db)
  return rows
}

export async function listJobs(
  app: App,
  wanted: { state: JobFacts['state']; name?: string | undefined },
  after: number | undefined,
  limit: number,
): Promise<JobFacts[]> {
  let query = app.db.selectFrom('jobs').selectAll().where('state', '=', wanted.state)
  if (wanted.name !== undefined) query = query.where('name', '=', wanted.name)
  if (after !== undefined) query = query.where(sql<boolean>`job_id < ${after}`)
  return query.orderBy('job_id', 'desc').limit(limit).execute()
}

/** False for a job that is not parked, and where another with its key is at work already. */
export async function retryJob(app: App, jobId: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update jobs set state = 'waiting', attempts = 0, crashes = 0, worker = null, lease_until = null, run_after = now()
    where job_id = ${jobId}::bigint and state = 'parked' and not exists (
      select 1 from jobs other where other.name = jobs.name and other.key = jobs.key and other.state <> 'parked'
    )
  `.execute(app.db)
  return Number(numAffectedRows ?? 0n) > 0
}

export async function setPriority(app: App, jobId: string, priority: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update jobs set priority = ${priority} where job_id = ${jobId}::bigint and state = 'waiting'
  `.execute(app.db)
  return Number(numAffectedRows ?? 0n) > 0
}

/** Undefined when there was none. */
export async function deleteJob(app: App, jobId: string): Promise<{ name: string; key: string | null } | undefined> {
  const { rows } = await sql<{ name: string; key: string | null }>`
    delete from jobs where job_id = ${jobId}::bigint returning name, key
  `.execute(app.db)
  return rows[0]
}

export async function sumSources(app: App): Promise<number> {
  const { rows } = await sql<{ sum: string }>`
    select coalesce(sum(source_bytes), 0)::bigint as sum from videos
  `.execute(app.db)
  return Number(rows[0]?.sum ?? 0)
}

export async function sumRenditions(app: App) {
  const { rows } = await sql<{ rendition: string; files: string; size: string }>`
    select rendition, count(*) as files, coalesce(sum(size_bytes), 0)::bigint as size
    from video_files group by rendition order by 3 desc limit 100
  `.execute(app.db)
  return rows.map((row) => ({ rendition: row.rendition, files: Number(row.files), sizeBytes: Number(row.size) }))
}

export async function databaseBytes(app: App): Promise<number> {
  const { rows } = await sql<{ size: string }>`select pg_database_size(current_database()) as size`.execute(app.db)
  return Number(rows[0]?.size ?? 0)
}

/** Counts as the planner knows them once a table is large: exact enough for a page that says how it fares. */
export async function aboutDatabase(app: App): Promise<{ version: string; accounts: number; videos: number }> {
  const { rows } = await sql<{ version: string; accounts: string; videos: string }>`
    select current_setting('server_version') as version,
      (select count(*) from (select 1 from accounts limit 100000) counted) as accounts,
      (select count(*) from (select 1 from videos limit 100000) counted) as videos
  `.execute(app.db)
  const [row] = rows
  return { version: row?.version ?? '', accounts: Number(row?.accounts ?? 0), videos: Number(row?.videos ?? 0) }
}

export async function aboutQueue(app: App, now: Date): Promise<{ parked: number; oldestMs: number }> {
  const { rows } = await sql<{ parked: string; oldest: Date | null }>`
    select (select count(*) from jobs where state = 'parked') as parked,
      (select min(run_after) from jobs where state = 'waiting' and run_after <= ${now}) as oldest
  `.execute(app.db)
  const oldest = rows[0]?.oldest
  return { parked: Number(rows[0]?.parked ?? 0), oldestMs: oldest ? Math.max(0, now.getTime() - oldest.getTime()) : 0 }
}
