/** SQL of transcode: runs, spans and the files they become. */
import { type Selectable, sql } from 'kysely'
import type { TextFacts } from '../../media/facts.ts'
import type { RunPlan, Span } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'
import type { Tables } from '../../schema/tables.ts'
import type { Made } from './rules.ts'

/** The source of a video, and how it stands; undefined when the video is gone. */
export async function loadSource(app: App, videoId: string) {
  return app.db
    .selectFrom('videos as v')
    .innerJoin('channels as c', 'c.channel_id', 'v.channel_id')
    .select([
      'v.video_id',
      'v.account_id',
      'v.state',
      'v.source_key',
      'v.source_bytes',
      'v.run_id',
      'c.eager_short_side',
    ])
    .where('v.video_id', '=', videoId)
    .executeTakeFirst()
}

/** Keeps a new run with all its spans and files. */
export async function insertRun(
  app: App,
  run: { videoId: string; runId: string; plan: RunPlan; sourceKey: string; spans: Span[]; undecided?: boolean },
): Promise<void> {
  await app.db
    .insertInto('runs')
    .values({
      video_id: run.videoId,
      run_id: run.runId,
      plan: JSON.stringify(run.plan),
      source_key: run.sourceKey,
      undecided: run.undecided ?? false,
      created_at: app.clock.now(),
    })
    .execute()
  const eager = new Set(run.spans.flatMap((span) => span.renditions))
  await app.db
    .insertInto('video_files')
    .values([
      ...[...run.plan.video, ...(run.plan.more ?? []).filter((it) => it.copied)].map((it) => ({
        video_id: run.videoId,
        run_id: run.runId,
        rendition: it.id,
        kind: 'video' as const,
        codec: it.codecs,
        width: it.width,
        height: it.height,
        frame_rate: Math.round((it.frameRate.num / it.frameRate.den) * 1000) / 1000,
        bits_per_second: it.bitsPerSecond,
        state: eager.has(it.id) ? ('making' as const) : ('lazy' as const),
      })),
      ...run.plan.audio.map((it) => ({
        video_id: run.videoId,
        run_id: run.runId,
        rendition: it.id,
        kind: 'audio' as const,
        codec: it.codecs,
        bits_per_second: it.bitsPerSecond,
        state: eager.has(it.id) ? ('making' as const) : ('lazy' as const),
      })),
    ])
    .execute()
  for (let first = 0; first < run.spans.length; first += 1000) {
    await app.db
      .insertInto('spans')
      .values(
        run.spans.slice(first, first + 1000).map((span) => ({
          video_id: run.videoId,
          run_id: run.runId,
          span_no: span.no,
          renditions: span.renditions,
          from_segment: span.from,
          to_segment: span.to,
        })),
      )
      .execute()
  }
}

export async function loadRun(app: App, videoId: string, runId: string) {
  return app.db
    .selectFrom('runs')
    .select(['plan', 'source_key', 'undecided'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .executeTakeFirst()
}

export async function loadSpan(app: App, videoId: string, runId: string, spanNo: number) {
  return app.db
    .selectFrom('spans')
    .select(['renditions', 'from_segment', 'to_segment', 'done_at'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('span_no', '=', spanNo)
    .executeTakeFirst()
}

/** Notes how many segments of a span exist: for people to watch, so it may lag. False when the span is gone or done. */
export async function noteProgress(
  app: App,
  videoId: string,
  runId: string,
  spanNo: number,
  segmentsDone: number,
): Promise<boolean> {
  const { numUpdatedRows } = await app.db
    .updateTable('spans')
    .set({ segments_done: segmentsDone })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('span_no', '=', spanNo)
    .where('done_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Locks the run, so that two spans that end together do not both see one left. Gives it as it stands; undefined when it is gone. */
export async function lockRun(
  app: App,
  videoId: string,
  runId: string,
): Promise<{ plan: RunPlan; undecided: boolean } | undefined> {
  const row = await app.db
    .selectFrom('runs')
    .select(['plan', 'undecided'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .forUpdate()
    .executeTakeFirst()
  return row && { plan: row.plan as unknown as RunPlan, undecided: row.undecided }
}

/** Marks a span as made and says how many are left. */
export async function finishSpan(
  app: App,
  videoId: string,
  runId: string,
  spanNo: number,
  segmentsDone: number,
  made: Record<string, Made>,
): Promise<{ left: number }> {
  await app.db
    .updateTable('spans')
    .set({ done_at: app.clock.now(), made: JSON.stringify(made), segments_done: segmentsDone })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('span_no', '=', spanNo)
    .execute()
  const { left } = await app.db
    .selectFrom('spans')
    .select((it) => it.fn.countAll<number>().as('left'))
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('done_at', 'is', null)
    .executeTakeFirstOrThrow()
  return { left: Number(left) }
}

/**
 * Brings the files of a run up to date: a rendition all of whose spans are made is `made`, with its size, its true
 * average and its peak.
 */
export async function gatherFiles(app: App, videoId: string, runId: string, durationSeconds: number): Promise<void> {
  await sql`
    with parts as (
      select rendition, bool_and(s.done_at is not null) as complete,
             coalesce(sum((s.made -> rendition ->> 'bytes')::bigint), 0) as bytes,
             max((s.made -> rendition ->> 'peakBitsPerSecond')::bigint) as peak
      from spans s, unnest(s.renditions) as rendition
      where s.video_id = ${videoId} and s.run_id = ${runId}
      group by rendition
    )
    update video_files f
    set size_bytes = p.bytes,
        state = case when p.complete then 'made' else f.state end,
        made_at = case when p.complete then ${app.clock.now()} else f.made_at end,
        bits_per_second = case when p.complete then greatest(1, round(p.bytes * 8 / ${durationSeconds}::float8)::bigint) else f.bits_per_second end,
        peak_bits_per_second = case when p.complete then p.peak else f.peak_bits_per_second end
    from parts p
    where f.video_id = ${videoId} and f.run_id = ${runId} and f.rendition = p.rendition and f.state not in ('made', 'failed')
  `.execute(app.db)
}

/** Notes that renditions could not be made, and why. What exists of them stays, and their other spans are still made. */
export async function failRenditions(
  app: App,
  videoId: string,
  runId: string,
  failed: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [rendition, reason] of failed) {
    await app.db
      .updateTable('video_files')
      .set({ state: 'failed', reason: reason.slice(-2000) })
      .where('video_id', '=', videoId)
      .where('run_id', '=', runId)
      .where('rendition', '=', rendition)
      .execute()
  }
}

// Runs that are begun while their file is still arriving.

export type EarlyRow = Selectable<Tables['early_runs']>

/** What of one staged file has arrived for good: stretches by the upload that brought them, and how long the file will be. */
export interface Staged {
  totalBytes: number
  stretches: { uploadId: string; from: number; to: number }[]
}

export async function loadStaged(app: App, videoId: string, stagingKey: string): Promise<Staged | undefined> {
  const rows = await app.db
    .selectFrom('uploads')
    .select(['upload_id', 'kind', 'base_offset', 'offset_bytes', 'length_bytes'])
    .select(sql<number | null>`(metadata->>'totalBytes')::bigint`.as('total_bytes'))
    .where('video_id', '=', videoId)
    .where('staging_key', '=', stagingKey)
    .where('finished_at', 'is', null)
    .execute()
  const first = rows[0]
  const totalBytes = first?.kind === 'whole' ? first.length_bytes : first?.total_bytes
  if (!totalBytes || rows.some((row) => row.kind === 'final')) return undefined
  const stretches = rows.map((row) => ({
    uploadId: row.upload_id,
    from: row.base_offset,
    to: row.base_offset + row.offset_bytes,
  }))
  return { totalBytes, stretches: stretches.filter(({ from, to }) => to > from) }
}

export async function loadEarly(app: App, videoId: string): Promise<EarlyRow | undefined> {
  return app.db.selectFrom('early_runs').selectAll().where('video_id', '=', videoId).executeTakeFirst()
}

/** The same, locked until the transaction ends. */
export async function lockEarly(app: App, videoId: string, runId: string): Promise<EarlyRow | undefined> {
  return app.db
    .selectFrom('early_runs')
    .selectAll()
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .forUpdate()
    .executeTakeFirst()
}

/** Early runs of an account, those of one video not counted. */
export async function countOthers(app: App, videoId: string): Promise<number> {
  const { count } = await app.db
    .selectFrom('early_runs as e')
    .innerJoin('videos as v', 'v.video_id', 'e.video_id')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('e.state', '=', 'planned')
    .where('e.video_id', '<>', videoId)
    .where('v.account_id', '=', (it) => it.selectFrom('videos').select('account_id').where('video_id', '=', videoId))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** False when the video is gone, or has an early run already. */
export async function insertEarly(
  app: App,
  row: { videoId: string; stagingKey: string; runId: string; totalBytes: number },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await app.db
    .insertInto('early_runs')
    .columns(['video_id', 'staging_key', 'run_id', 'total_bytes', 'created_at'])
    .expression((it) =>
      it
        .selectFrom('videos')
        .select([
          'video_id',
          sql<string>`${row.stagingKey}`.as('staging_key'),
          sql<string>`${row.runId}`.as('run_id'),
          sql<number>`${row.totalBytes}::bigint`.as('total_bytes'),
          sql<Date>`${app.clock.now()}::timestamptz`.as('created_at'),
        ])
        .where('video_id', '=', row.videoId),
    )
    .onConflict((it) => it.doNothing())
    .executeTakeFirst()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** Whether a worker is at what has arrived of this video's file. */
export async function isBeginning(app: App, videoId: string): Promise<boolean> {
  const row = await app.db
    .selectFrom('jobs')
    .select('job_id')
    .where('name', '=', 'transcode.early')
    .where('key', '=', videoId)
    .where('state', '=', 'running')
    .where('lease_until', '>', app.clock.now())
    .executeTakeFirst()
  return row !== undefined
}

/** The file is complete: from now on nobody but the probe decides about this run. */
export async function markAdopting(app: App, videoId: string): Promise<EarlyRow | undefined> {
  return app.db
    .updateTable('early_runs')
    .set((it) => ({
      state: it
        .case()
        .when('state', '=', 'planned')
        .then('adopting' as const)
        .else(it.ref('state'))
        .end(),
    }))
    .where('video_id', '=', videoId)
    .returningAll()
    .executeTakeFirst()
}

export async function markUnfit(app: App, videoId: string, runId: string): Promise<void> {
  await app.db
    .updateTable('early_runs')
    .set({ state: 'unfit' })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .execute()
}

export async function markPlanned(
  app: App,
  videoId: string,
  runId: string,
  index: { from: number; to: number; sha256: string },
  texts: TextFacts[],
): Promise<void> {
  await app.db
    .updateTable('early_runs')
    .set({
      state: 'planned',
      index_from: index.from,
      index_to: index.to,
      index_sha256: index.sha256,
      texts: JSON.stringify(texts),
    })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .execute()
}

/** Adds to what is relied on, and to the spans that jobs make. */
export async function noteAsked(
  app: App,
  videoId: string,
  runId: string,
  uploadIds: string[],
  spans: number[],
): Promise<void> {
  await app.db
    .updateTable('early_runs')
    .set({
      relied_on: sql<
        string[]
      >`(select coalesce(array_agg(distinct it), '{}') from unnest(relied_on || ${uploadIds}::text[]) it)`,
      asked_spans: sql<number[]>`asked_spans || ${spans}::integer[]`,
    })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .execute()
}

export async function deleteEarly(app: App, videoId: string): Promise<EarlyRow | undefined> {
  return app.db.deleteFrom('early_runs').where('video_id', '=', videoId).returningAll().executeTakeFirst()
}

export async function setPlan(app: App, videoId: string, runId: string, plan: RunPlan): Promise<void> {
  await app.db
    .updateTable('runs')
    .set({ plan: JSON.stringify(plan) })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .execute()
}

/** The run is made from the complete file from now on. */
export async function setSource(app: App, videoId: string, runId: string, sourceKey: string): Promise<void> {
  await app.db
    .updateTable('runs')
    .set({ source_key: sourceKey })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .execute()
}

export async function listSpans(app: App, videoId: string, runId: string) {
  return app.db
    .selectFrom('spans')
    .select(['span_no', 'renditions', 'from_segment', 'to_segment', 'done_at'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .orderBy('span_no')
    .execute()
}

/** Ids of the uploads that a complete file was made of: its own, or those of its parts. */
export async function listParts(app: App, videoId: string, uploadId: string): Promise<string[]> {
  const row = await app.db
    .selectFrom('uploads')
    .select(sql<string[] | null>`metadata->'parts'`.as('parts'))
    .where('video_id', '=', videoId)
    .where('upload_id', '=', uploadId)
    .executeTakeFirst()
  return row ? [uploadId, ...(row.parts ?? [])] : []
}
