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
