/** SQL of what was warm before this process began. */
import { sql } from 'kysely'
import type { App } from '../../../platform/app.ts'

export interface CountryRow {
  video_id: string
  country: string
  day: Date
  views: number
}

/** Views of these videos by day and country since `since`, from the sums of analytics, in no promised order. */
export async function listByCountry(app: App, videoIds: string[], since: Date): Promise<CountryRow[]> {
  const { rows } = await sql<CountryRow>`
    select substr(subject, 2) as video_id, member as country, at as day, views
    from analytics_sums
    where subject = any(${videoIds.map((videoId) => `v${videoId}`)}::text[]) and dimension = 'country' and grain = 'day'
      and at >= ${since} and views > 0`.execute(app.db)
  return rows
}
