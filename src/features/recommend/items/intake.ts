/** Takes videos into this process's memory: all of them at its start, and each of them when something about it has changed. */
import type { App } from '../../../platform/app.ts'
import { hearViews } from '../../analytics/analytics.ts'
import { channelChanged } from '../../channels/channels.ts'
import { videoChanged } from '../../videos/videos.ts'
import type { Catalogue, Known } from '../catalogue.ts'
import type { LoadedModel } from '../models.ts'
import { type Cards, takeCard, takeChannels, takeViews } from '../shelves/cards.ts'
import { readSpoken } from '../spoken/spoken.ts'
import type { Boards } from './boards.ts'
import { follow } from './follow.ts'
import { type Newcomers, takeSaid } from './newcomers.ts'
import { type KnownRow, listKnown, loadKnown } from './store.ts'
import type { Said } from './words.ts'

/** What of the memory is written to. */
interface Taking extends Cards, Pick<Boards, 'warmed'> {
  catalogue: Catalogue
  newcomers: Newcomers
  model: LoadedModel | undefined
  ready: Promise<void>
}

const PAGE = 2000

/** Every video that anybody may see, oldest first. */
export async function* allKnown(app: App, since: Date): AsyncGenerator<KnownRow> {
  for (let after: { at: Date; videoId: string } | undefined; ; ) {
    const rows = await listKnown(app, after, since, PAGE)
    yield* rows
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) return
    after = { at: last.published_at, videoId: last.video_id }
  }
}

/** Takes a video in, or what is new about it; returns its number. */
export function takeIn(live: Taking, row: KnownRow, nowMs: number): number {
  const video = live.catalogue.put(knownOf(row), nowMs)
  live.warmed.add(video)
  takeCard(live, video, row)
  return video
}

export function saidIn(row: KnownRow): Said {
  const { title, description, tags, category, spoken } = row
  return { title, description, tags, category, spoken, channelId: row.channel_id, language: row.language ?? '' }
}

function knownOf(row: KnownRow): Known {
  return {
    videoId: row.video_id,
    channelId: row.channel_id,
    category: row.category,
    language: row.language ?? '',
    tags: row.tags,
    publishedMs: row.published_at.getTime(),
    durationMs: row.duration_ms ?? 0,
    // Old views still say a little where nothing was watched of late.
    heat: row.recent / 2 + 0.1 * Math.log1p(row.views),
    likes: row.likes,
    dislikes: row.dislikes,
  }
}

/** Takes in what changes of videos and channels from now on, and calls `taken` after it; returns how to wait for what was heard so far. */
export function followChanges(app: App, live: Taking, taken: () => void): () => Promise<void> {
  const failed = (error: unknown, isLast: boolean) =>
    app.log[isLast ? 'error' : 'warn']({ error: String(error) }, 'a change was not taken into the suggestions')
  const videos = follow({
    async take(ids) {
      await live.ready
      await takeAnew(app, live, ids)
      taken()
      // Texts take their time, and no page waits for them. What was in them is heard like any change: one taking in follows another.
      void readTexts(app, ids, (id) => videos.hear(id))
    },
    lose: (ids) => {
      for (const id of ids) live.catalogue.close(id)
    },
    failed,
  })
  const channels = follow({
    take: (ids) => live.ready.then(() => takeChannels(app, live, ids)),
    lose: () => {},
    failed,
  })
  app.bus.listen(videoChanged, ({ body }) => videos.hear(body.videoId))
  app.bus.listen(channelChanged, ({ body }) => channels.hear(body.channelId))
  hearViews(app, (videoId, views) => takeViews(live, videoId, views))
  return async () => {
    await videos.settled()
    await channels.settled()
  }
}

/** Reads the texts of these videos that have changed, one after the other, and tells of whom it has read. */
async function readTexts(app: App, videoIds: readonly string[], tell: (videoId: string) => void): Promise<void> {
  try {
    for (const videoId of videoIds) if (await readSpoken(app, videoId)) tell(videoId)
  } catch (error) {
    app.log.warn({ error: String(error) }, 'what is spoken was not taken into the suggestions')
  }
}

async function takeAnew(app: App, live: Taking, videoIds: string[]): Promise<void> {
  const rows = new Map((await loadKnown(app, videoIds)).map((row) => [row.video_id, row]))
  for (const videoId of videoIds) {
    const row = rows.get(videoId)
    if (row) takeSaid(live.newcomers, live.model, takeIn(live, row, app.clock.nowMs()), saidIn(row))
    else live.catalogue.close(videoId)
  }
}
