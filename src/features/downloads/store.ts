/** SQL of downloads: who may, and which renditions are complete. */
import type { App } from '../../platform/app.ts'

export async function setWho(app: App, videoId: string, who: 'nobody' | 'members' | 'anyone'): Promise<void> {
  await app.db.updateTable('videos').set({ downloads: who }).where('video_id', '=', videoId).execute()
}

/** The renditions of a run all of whose segments exist. */
export async function listMade(app: App, videoId: string, runId: string) {
  return app.db
    .selectFrom('video_files')
    .select(['rendition', 'kind', 'size_bytes', 'width', 'height'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .where('state', '=', 'made')
    .execute()
}
