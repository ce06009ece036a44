/** SQL of stills: where the source of a run lies. */
import type { App } from '../../platform/app.ts'

export async function loadSourceKey(app: App, videoId: string, runId: string): Promise<string | undefined> {
  const row = await app.db
    .selectFrom('runs')
    .select('source_key')
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .executeTakeFirst()
  return row?.source_key
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
