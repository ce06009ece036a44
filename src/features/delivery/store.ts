/** SQL of delivery: who may see a video now, and what its renditions measured. */
import { sql } from 'kysely'
import type { App } from '../../platform/app.ts'

/** What the origin must know of a video before it gives out bytes. */
export async function loadVisibility(app: App, videoId: string) {
  return app.db.selectFrom('videos').select(['privacy', 'state']).where('video_id', '=', videoId).executeTakeFirst()
}

/** What has come of the renditions of a run, with their bit rates: measured once they are complete, ceilings before. */
export async function loadOutcomes(app: App, videoId: string, runId: string) {
  return app.db
    .selectFrom('video_files')
    .select(['rendition', 'state', 'bits_per_second', 'peak_bits_per_second'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .execute()
}

/** Whether the pictures of a run could not be made, so that nobody need wait for them. */
export async function haveStillsFailed(app: App, videoId: string, runId: string): Promise<boolean> {
  const row = await app.db
    .selectFrom('runs')
    .select('stills_failed')
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .executeTakeFirst()
  return typeof row?.stills_failed === 'string'
}

/** The texts of a video, in a steady order. */
export async function loadTexts(app: App, videoId: string) {
  return app.db
    .selectFrom('captions')
    .select(['text_id as id', 'language', 'name', 'kind'])
    .where('video_id', '=', videoId)
    .orderBy('language')
    .orderBy('kind')
    .execute()
}

/** Adds to what is known of how much a rendition is watched; nothing where the run is gone. */
export async function addDemand(
  app: App,
  it: { videoId: string; runId: string; rendition: string; seconds: number },
): Promise<void> {
  await sql`
    insert into rendition_demand (video_id, run_id, rendition, watched_seconds, last_watched_at)
    select video_id, run_id, ${it.rendition}, ${it.seconds}::float8, ${app.clock.now()} from runs
    where video_id = ${it.videoId} and run_id = ${it.runId}
    on conflict (video_id, run_id, rendition) do update
    set watched_seconds = rendition_demand.watched_seconds + excluded.watched_seconds, last_watched_at = excluded.last_watched_at
  `.execute(app.db)
}
