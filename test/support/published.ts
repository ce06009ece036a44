/** A video that people can find, without the work of making one: for tests of what people do around videos. */
import * as videos from '../../src/features/videos/videos.ts'
import type { House, Member } from './house.ts'

/** Ready and, unless the draft says otherwise, public; its followers are told when jobs run. */
export async function publishedBy(house: House, owner: Member, draft: Record<string, unknown> = {}): Promise<string> {
  const { id } = await owner.call('createVideo', { body: { title: 'A walk', ...draft } })
  await house.app.db
    .insertInto('runs')
    .values({ video_id: id, run_id: 'run1', plan: '{}', source_key: 'x', created_at: house.app.clock.now() })
    .execute()
  await videos.markReady(house.app, id, { runId: 'run1', durationMs: 60_000, width: 640, height: 360 })
  return id
}
