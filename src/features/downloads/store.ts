/** SQL of downloads: who may, and what there is of each rendition. */
import type { App } from '../../platform/app.ts'

export async function setWho(app: App, videoId: string, who: 'nobody' | 'members' | 'anyone'): Promise<void> {
  await app.db.updateTable('videos').set({ downloads: who }).where('video_id', '=', videoId).execute()
}

/** The renditions of a run with their states and sizes. */
export async function listFiles(app: App, videoId: string, runId: string) {
  return app.db
    .selectFrom('video_files')
    .select(['rendition', 'state', 'size_bytes'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .execute()
}
