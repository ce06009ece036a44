/** SQL of renewal. */
import type { App } from '../../platform/app.ts'

/** Ids of videos that can be watched and whose source is kept, in order, after one. */
export async function listReady(app: App, ids: string[] | 'all', after: string, limit: number): Promise<string[]> {
  let query = app.db
    .selectFrom('videos')
    .select('video_id')
    .where('state', '=', 'ready')
    .where('source_key', 'is not', null)
    .where('video_id', '>', after)
  if (ids !== 'all') {
    if (ids.length === 0) return []
    query = query.where('video_id', 'in', ids)
  }
  const rows = await query.orderBy('video_id').limit(limit).execute()
  return rows.map((row) => row.video_id)
}

export async function countWaiting(app: App): Promise<number> {
  const { count } = await app.db
    .selectFrom('jobs')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('name', '=', 'transcode.probe')
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function countUnfinished(app: App): Promise<number> {
  const { count } = await app.db
    .selectFrom('videos')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('state', '=', 'ready')
    .where('optimised_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** The video of a run, as it stands now, and the sources of its other runs. */
export async function loadForRetiring(app: App, videoId: string, runId: string) {
  const video = await app.db
    .selectFrom('videos')
    .select(['run_id', 'source_key', 'thumbnail_key'])
    .where('video_id', '=', videoId)
    .forUpdate()
    .executeTakeFirst()
  const runs = await app.db
    .selectFrom('runs')
    .select(['run_id', 'source_key'])
    .where('video_id', '=', videoId)
    .execute()
  return { video, run: runs.find((it) => it.run_id === runId), others: runs.filter((it) => it.run_id !== runId) }
}

export async function deleteRun(app: App, videoId: string, runId: string): Promise<void> {
  await app.db.deleteFrom('runs').where('video_id', '=', videoId).where('run_id', '=', runId).execute()
}
