/** SQL of stills: what a run has to make them from, and what came of it. */
import type { App } from '../../platform/app.ts'

/** Where the source of a run lies, and what has come of its stills. */
export async function loadRun(app: App, videoId: string, runId: string) {
  return app.db
    .selectFrom('runs')
    .select(['source_key', 'stills_made_at', 'stills_failed'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .executeTakeFirst()
}

/** What has come of the renditions of a run. */
export async function listStates(app: App, videoId: string, runId: string) {
  return app.db
    .selectFrom('video_files')
    .select(['rendition', 'state'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .execute()
}

/** Notes that all stills of a run are there, that they could not be made, or, with neither, that they are to be. */
export async function noteStills(
  app: App,
  { videoId, runId }: { videoId: string; runId: string },
  came: { madeAt?: Date; failed?: string },
): Promise<void> {
  await app.db
    .updateTable('runs')
    .set({ stills_made_at: came.madeAt ?? null, stills_failed: came.failed ?? null })
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .execute()
}

/** Keeps the chapters of a source; none take away those of the source before. */
export async function keepChapters(
  app: App,
  videoId: string,
  chapters: { startMs: number; title: string }[],
): Promise<void> {
  await app.db
    .updateTable('videos')
    .set({ source_chapters: chapters.length === 0 ? null : JSON.stringify(chapters) })
    .where('video_id', '=', videoId)
    .execute()
}
