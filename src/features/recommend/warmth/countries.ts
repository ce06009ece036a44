/** What is warm in each country, for a process that begins: without it nobody would be led by their country until enough were watched there anew. */
import type { App } from '../../../platform/app.ts'
import { HEAT_HALF_LIFE_MS } from '../catalogue.ts'
import { type Boards, warmIn } from '../items/boards.ts'
import { listByCountry } from './store.ts'

const DAY_MS = 24 * 3_600_000
/** Of the videos watched most of late so many are asked for, some at once. */
const MOST_VIDEOS = 20_000
const AT_ONCE = 2000

/** A video that was watched of late, by its number, and how often. */
export interface Lately {
  videoId: string
  video: number
  count: number
}

/** Warms the boards of countries as the views of the last days did. The hour of a view is not kept: each is taken for one in the middle of its day. */
export async function warmCountries(app: App, boards: Boards, lately: readonly Lately[]): Promise<void> {
  const nowMs = app.clock.nowMs()
  const since = new Date(nowMs - 3 * HEAT_HALF_LIFE_MS - DAY_MS)
  const most = lately.toSorted((one, other) => other.count - one.count || one.video - other.video).slice(0, MOST_VIDEOS)
  const numbers = new Map(most.map(({ videoId, video }) => [videoId, video]))
  const videoIds = [...numbers.keys()]
  for (let from = 0; from < videoIds.length; from += AT_ONCE) {
    for (const row of await listByCountry(app, videoIds.slice(from, from + AT_ONCE), since)) {
      const dayMs = row.day.getTime()
      const atMs = (dayMs + Math.min(nowMs, dayMs + DAY_MS)) / 2
      warmIn(boards, row.country, numbers.get(row.video_id)!, atMs, row.views)
    }
  }
}
