/** SQL of feeds: what cards do not hold, and what was published when. */
import { sql } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { Mapped } from './rules.ts'

export async function descriptionsOf(app: App, videoIds: string[]): Promise<Map<string, string>> {
  if (videoIds.length === 0) return new Map()
  const rows = await app.db
    .selectFrom('videos')
    .select(['video_id', 'description'])
    .where('video_id', 'in', videoIds)
    .execute()
  return new Map(rows.map((row) => [row.video_id, row.description]))
}

/** When the oldest public video came out. */
export async function firstPublished(app: App): Promise<Date | undefined> {
  const row = await app.db
    .selectFrom('videos')
    .select('published_at')
    .where('privacy', '=', sql.lit('public'))
    .where('state', '=', sql.lit('ready'))
    .orderBy('published_at')
    .orderBy('video_id')
    .limit(1)
    .executeTakeFirst()
  return row?.published_at ?? undefined
}

export async function listPublishedBetween(app: App, from: Date, until: Date, limit: number): Promise<Mapped[]> {
  const rows = await app.db
    .selectFrom('videos')
    .select(['video_id', 'title', 'description', 'thumbnail_key', 'duration_ms', 'published_at'])
    .where('privacy', '=', sql.lit('public'))
    .where('state', '=', sql.lit('ready'))
    .where('published_at', '>=', from)
    .where('published_at', '<', until)
    .orderBy('published_at', 'desc')
    .orderBy('video_id', 'desc')
    .limit(limit)
    .execute()
  return rows as Mapped[]
}
