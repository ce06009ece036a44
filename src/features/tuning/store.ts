/** SQL of tuning: what is decided of a run, and what follows for its files and spans. */
import { sql } from 'kysely'
import type { RunPlan, Span } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'

interface Run {
  videoId: string
  runId: string
}

export async function loadRun(app: App, { videoId, runId }: Run) {
  return app.db
    .selectFrom('runs')
    .select(['plan', 'source_key', 'undecided', 'begun'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .executeTakeFirst()
}

/** The same, locked until the transaction ends. */
export async function lockRun(app: App, { videoId, runId }: Run) {
  return app.db
    .selectFrom('runs')
    .select(['plan', 'source_key', 'undecided', 'begun'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .forUpdate()
    .executeTakeFirst()
}

/** Under which key the file of a run is still arriving; undefined when it is the run of a file that is there. */
export async function loadArriving(app: App, { videoId, runId }: Run): Promise<string | undefined> {
  const row = await app.db
    .selectFrom('early_runs')
    .select('staging_key')
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .executeTakeFirst()
  return row?.staging_key
}

/** Notes renditions that are begun before anything is decided; undefined when it has been decided meanwhile, or the run is gone. */
export async function noteBegun(app: App, { videoId, runId }: Run, renditions: readonly string[]) {
  return app.db
    .updateTable('runs')
    .set({
      begun: sql<
        string[]
      >`(select coalesce(array_agg(distinct it), '{}') from unnest(begun || ${renditions}::text[]) it)`,
    })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('undecided', '=', true)
    .returning(['plan'])
    .executeTakeFirst()
}

export async function settleRun(app: App, { videoId, runId }: Run, plan: RunPlan): Promise<void> {
  await app.db
    .updateTable('runs')
    .set({ plan: JSON.stringify(plan), undecided: false })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .execute()
}

export async function setCeiling(
  app: App,
  { videoId, runId }: Run,
  rendition: string,
  bitsPerSecond: number,
): Promise<void> {
  await app.db
    .updateTable('video_files')
    .set({ bits_per_second: bitsPerSecond })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('rendition', '=', rendition)
    .where('state', 'in', ['making', 'lazy'])
    .execute()
}

/** Leaves a rendition out of the run: named in no manifest, made only if its owner asks for it. */
export async function leaveOut(app: App, { videoId, runId }: Run, rendition: string): Promise<void> {
  await app.db
    .updateTable('video_files')
    .set({ state: 'left_out' })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('rendition', '=', rendition)
    .where('state', 'in', ['making', 'lazy'])
    .execute()
  await sql`
    update spans set renditions = array_remove(renditions, ${rendition})
    where video_id = ${videoId} and run_id = ${runId} and done_at is null and ${rendition} = any (renditions)
  `.execute(app.db)
  await sql`delete from spans where video_id = ${videoId} and run_id = ${runId} and renditions = '{}'`.execute(app.db)
}

/** The spans that are still to be made, in their order. */
export async function listSpans(app: App, { videoId, runId }: Run): Promise<Pick<Span, 'no' | 'order'>[]> {
  const rows = await app.db
    .selectFrom('spans')
    .select('span_no')
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('done_at', 'is', null)
    .orderBy('span_no')
    .execute()
  return rows.map(({ span_no }) => ({ no: span_no, order: span_no }))
}
