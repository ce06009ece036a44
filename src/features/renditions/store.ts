/** SQL of renditions: what there is of each, how much it is watched, and the spans that complete one. */
import { sql } from 'kysely'
import { type AudioRendition, STAND_IN, type Tuning, type Untuned, type VideoRendition } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'
import type { PolicyColumns, StateTotal } from './rules.ts'

interface OneFile {
  videoId: string
  runId: string
  rendition: string
}

export async function listFiles(app: App, videoId: string, runId: string) {
  return app.db
    .selectFrom('video_files as f')
    .leftJoin('rendition_demand as d', (join) =>
      join
        .onRef('d.video_id', '=', 'f.video_id')
        .onRef('d.run_id', '=', 'f.run_id')
        .onRef('d.rendition', '=', 'f.rendition'),
    )
    .innerJoin('runs as r', (join) => join.onRef('r.video_id', '=', 'f.video_id').onRef('r.run_id', '=', 'f.run_id'))
    .select(['f.rendition', 'f.codec', 'f.state', 'f.size_bytes', 'f.reason', 'd.watched_seconds'])
    .select(sql<VideoRendition[]>`r.plan -> 'video'`.as('video'))
    .select(sql<Tuning | undefined>`r.plan -> 'tuning'`.as('tuning'))
    .select(sql<Untuned | undefined>`r.plan ->> 'untuned'`.as('untuned'))
    .select(sql<AudioRendition[]>`r.plan -> 'audio'`.as('audio'))
    .select(sql<VideoRendition[] | null>`r.plan -> 'more'`.as('more'))
    .where('f.video_id', '=', videoId)
    .where('f.run_id', '=', runId)
    .orderBy('f.kind', 'desc')
    .orderBy('f.height')
    .orderBy('f.rendition')
    .execute()
}

/** Lazy renditions of served runs that were watched for at least so long, or as long as was decided for their channel. */
export async function listWanted(app: App, minutes: number, limit: number) {
  return app.db
    .selectFrom('rendition_demand as d')
    .innerJoin('video_files as f', (join) =>
      join
        .onRef('f.video_id', '=', 'd.video_id')
        .onRef('f.run_id', '=', 'd.run_id')
        .onRef('f.rendition', '=', 'd.rendition'),
    )
    .innerJoin('videos as v', (join) => join.onRef('v.video_id', '=', 'd.video_id').onRef('v.run_id', '=', 'd.run_id'))
    .innerJoin('channels as c', 'c.channel_id', 'v.channel_id')
    .select(['d.video_id', 'd.run_id', 'd.rendition'])
    .where('f.state', '=', 'lazy')
    .where(sql<boolean>`d.watched_seconds >= 60.0 * coalesce(c.complete_after_minutes, ${minutes})`)
    .orderBy('d.watched_seconds', 'desc')
    .limit(limit)
    .execute()
}

/** Complete renditions of pictures that were neither made nor watched since `before`. */
export async function listUnwatched(app: App, before: Date, limit: number) {
  return (
    app.db
      .selectFrom('video_files as f')
      .innerJoin('runs as r', (join) => join.onRef('r.video_id', '=', 'f.video_id').onRef('r.run_id', '=', 'f.run_id'))
      .leftJoin('rendition_demand as d', (join) =>
        join
          .onRef('d.video_id', '=', 'f.video_id')
          .onRef('d.run_id', '=', 'f.run_id')
          .onRef('d.rendition', '=', 'f.rendition'),
      )
      .select(['f.video_id', 'f.run_id', 'f.rendition', 'f.size_bytes', 'r.plan'])
      .where('f.state', '=', 'made')
      .where('f.kind', '=', 'video')
      .where('f.made_at', '<', before)
      .where((it) => it.or([it('d.last_watched_at', 'is', null), it('d.last_watched_at', '<', before)]))
      // The lowest rung has nothing below it, and stays.
      .where((it) =>
        it.exists(
          it
            .selectFrom('video_files as lower')
            .select('lower.rendition')
            .whereRef('lower.video_id', '=', 'f.video_id')
            .whereRef('lower.run_id', '=', 'f.run_id')
            .where('lower.kind', '=', 'video')
            .whereRef('lower.height', '<', 'f.height'),
        ),
      )
      .orderBy('f.made_at')
      .limit(limit)
      .execute()
  )
}

/** Locks the run and gives its plan. */
export async function lockRun(app: App, videoId: string, runId: string) {
  return app.db
    .selectFrom('runs')
    .select('plan')
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .forUpdate()
    .executeTakeFirst()
}

/** Notes that a rendition is to be made on request from now on. False when it has been watched in the meantime. */
export async function setLazy(
  app: App,
  file: { video_id: string; run_id: string; rendition: string },
  before: Date,
): Promise<boolean> {
  const changed = await sql`
    update video_files f set state = 'lazy', evicted_bytes = evicted_bytes + size_bytes, size_bytes = 0, made_at = null
    where f.video_id = ${file.video_id} and f.run_id = ${file.run_id} and f.rendition = ${file.rendition} and f.state = 'made'
      and not exists (select from rendition_demand d where d.video_id = f.video_id and d.run_id = f.run_id
                      and d.rendition = f.rendition and d.last_watched_at >= ${before})
  `.execute(app.db)
  if (changed.numAffectedRows !== 1n) return false
  await forgetSpans(app, { videoId: file.video_id, runId: file.run_id, rendition: file.rendition })
  return true
}

/**
 * Runs that are served, whose videos were watched for so long in all, or as long as was decided for their channel, and of whose further
 * codecs nothing is there yet.
 */
export async function listPopular(app: App, minutes: number, limit: number) {
  const { rows } = await sql<{ video_id: string; run_id: string; more: string[] }>`
    select r.video_id, r.run_id, it.more
    from runs r join videos v on v.video_id = r.video_id and v.run_id = r.run_id join channels c on c.channel_id = v.channel_id,
      lateral (select array(select e ->> 'id' from jsonb_array_elements(r.plan -> 'more') e where e ->> 'codec' <> 'avc') as more) it
    where cardinality(it.more) > 0
      and (select sum(watched_seconds) from rendition_demand d where d.video_id = r.video_id and d.run_id = r.run_id)
          >= 60.0 * coalesce(c.second_codecs_after_minutes, ${minutes})
      and not exists (select from video_files f where f.video_id = r.video_id and f.run_id = r.run_id
                      and f.rendition = it.more[1])
    limit ${limit}
  `.execute(app.db)
  return rows
}

/** Sees to it that a rendition has its row: those of further codecs get one when they are first to be made. */
export async function insertFile(app: App, run: { videoId: string; runId: string }, it: VideoRendition): Promise<void> {
  await app.db
    .insertInto('video_files')
    .values({
      ...{ video_id: run.videoId, run_id: run.runId, rendition: it.id, kind: 'video' as const, codec: it.codecs },
      ...{
        width: it.width,
        height: it.height,
        frame_rate: Math.round((it.frameRate.num / it.frameRate.den) * 1000) / 1000,
      },
      ...{ bits_per_second: it.bitsPerSecond, state: 'lazy' as const },
    })
    .onConflict((conflict) => conflict.columns(['video_id', 'run_id', 'rendition']).doNothing())
    .execute()
}

/** Notes that a rendition is being made. False when it is being made or complete already. */
export async function beginMaking(app: App, file: OneFile): Promise<boolean> {
  const { numUpdatedRows } = await app.db
    .updateTable('video_files')
    .set({ state: 'making', reason: null, size_bytes: 0 })
    .where('video_id', '=', file.videoId)
    .where('run_id', '=', file.runId)
    .where('rendition', '=', file.rendition)
    .where('state', 'in', ['lazy', 'failed', 'left_out'])
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) return false
  await forgetSpans(app, file)
  return true
}

/** Takes a rendition out of all spans of its run, so that only spans to come count for it. */
async function forgetSpans(app: App, { videoId, runId, rendition }: OneFile): Promise<void> {
  await sql`
    update spans set renditions = array_remove(renditions, ${rendition}), made = made - ${rendition}
    where video_id = ${videoId} and run_id = ${runId} and ${rendition} = any (renditions)
  `.execute(app.db)
  await sql`delete from spans where video_id = ${videoId} and run_id = ${runId} and renditions = '{}'`.execute(app.db)
}

export async function isMade(app: App, { videoId, runId, rendition }: OneFile): Promise<boolean> {
  const row = await app.db
    .selectFrom('video_files')
    .select('state')
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('rendition', '=', rendition)
    .executeTakeFirst()
  return row?.state === 'made'
}

export async function noteFailed(app: App, { videoId, runId, rendition }: OneFile, reason: string): Promise<void> {
  await app.db
    .updateTable('video_files')
    .set({ state: 'failed', reason: reason.slice(-2000) })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('rendition', '=', rendition)
    .execute()
}

/** Adds spans behind those there are, and gives them their numbers. */
export async function addSpans<Part extends { renditions: string[]; from: number; to: number }>(
  app: App,
  run: { videoId: string; runId: string },
  parts: Part[],
) {
  const { last } = await app.db
    .selectFrom('spans')
    .select((it) => it.fn.max('span_no').as('last'))
    .where('video_id', '=', run.videoId)
    .where('run_id', '=', run.runId)
    .executeTakeFirstOrThrow()
  const spans = parts.map((part, index) => ({ ...part, no: Number(last ?? -1) + 1 + index }))
  await app.db
    .insertInto('spans')
    .values(
      spans.map((span) => ({
        video_id: run.videoId,
        run_id: run.runId,
        span_no: span.no,
        renditions: span.renditions,
        from_segment: span.from,
        to_segment: span.to,
      })),
    )
    .execute()
  return spans
}

/** Renditions by state. */
export async function listTotals(app: App): Promise<StateTotal[]> {
  const { rows } = await sql<{
    state: StateTotal['state']
    count: number
    bytes: string
    full: string
    evicted: string
  }>`
    select f.state, count(*)::int as count, sum(f.size_bytes)::text as bytes, sum(f.evicted_bytes)::text as evicted,
           sum(f.bits_per_second::numeric * 0.6 * coalesce(v.duration_ms, 0) / 8000)::bigint::text as full
    from video_files f join videos v on v.video_id = f.video_id and v.run_id = f.run_id
    -- What stands in for a rung was never meant to be stored.
    where not (f.state = 'lazy' and f.rendition like ${`%${STAND_IN}`})
    group by f.state order by f.state
  `.execute(app.db)
  return rows.map((row) => ({
    state: row.state,
    count: row.count,
    sizeBytes: Number(row.bytes),
    fullBytes: Number(row.full),
    evictedBytes: Number(row.evicted),
  }))
}

/** What trials decided for the run of a video that is served; undefined when there is no such video. */
export async function loadTuning(app: App, videoId: string) {
  return app.db
    .selectFrom('videos as v')
    .innerJoin('runs as r', (join) => join.onRef('r.video_id', '=', 'v.video_id').onRef('r.run_id', '=', 'v.run_id'))
    .select(['v.title', 'r.undecided'])
    .select(sql<Tuning | null>`r.plan -> 'tuning'`.as('tuning'))
    .select(sql<Untuned | null>`r.plan ->> 'untuned'`.as('untuned'))
    .where('v.video_id', '=', videoId)
    .executeTakeFirst()
}

/** The id of the channel; undefined when there is none. */
export async function setPolicy(app: App, handle: string, policy: PolicyColumns): Promise<string | undefined> {
  const row = await app.db
    .updateTable('channels')
    .set({ ...policy })
    .where('handle', '=', handle)
    .returning('channel_id')
    .executeTakeFirst()
  return row?.channel_id
}
