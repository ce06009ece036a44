/** Videos that are simply there, for tests of what happens around them. */
import { newId } from '../../src/kit/ids.ts'
import type { House, Member } from './house.ts'

const MINUTE_MS = 60_000

export interface Wanted {
  title: string
  tags?: string[]
  category?: string
  language?: string
  privacy?: 'public' | 'private'
  daysOld?: number
}

/** Puts a video on a member's channel as if it had been uploaded and made. */
export async function putVideo(house: House, who: Member, wanted: Wanted): Promise<string> {
  const { app } = house
  const channel = await app.db
    .selectFrom('channels')
    .select('channel_id')
    .where('handle', '=', who.channel.handle)
    .executeTakeFirstOrThrow()
  const videoId = newId()
  const at = new Date(app.clock.nowMs() - (wanted.daysOld ?? 10) * 24 * 60 * MINUTE_MS)
  await app.db
    .insertInto('videos')
    .values({
      video_id: videoId,
      account_id: who.id,
      channel_id: channel.channel_id,
      title: wanted.title,
      description: '',
      tags: wanted.tags ?? [],
      category: wanted.category ?? 'other',
      language: wanted.language ?? 'en',
      licence: 'cc-by',
      privacy: wanted.privacy ?? 'public',
      state: 'ready',
      duration_ms: 10 * MINUTE_MS,
      created_at: at,
      published_at: at,
    })
    .execute()
  return videoId
}
