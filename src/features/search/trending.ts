/** Trending: counters that moved become heat, and heat becomes boards. */
import type { VideoCard } from '../../contract/videos.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { cardsOf } from '../videos/videos.ts'
import { primaryOf } from './engine/stem.ts'
import { COLD, HALF_LIVES, type HeatName, heatWith, trendingScore, worthOf } from './rules.ts'
import * as store from './store.ts'

const BATCH = 2000
/** A board is worked out anew after this long. */
const BOARD_LIFE_MS = 10_000
const BOARD = 60
/** At most so many of one channel on a board. */
const OF_ONE_CHANNEL = 3
const SWEEP_EVERY_MS = 3_600_000

/**
 * The clock's task, every ten seconds: what moved since the last time is added to the heats as of now. May run twice, for what
 * was taken is taken together with what it becomes.
 */
export async function absorbMoved(app: App): Promise<void> {
  for (let taken = BATCH; taken === BATCH; ) {
    taken = await app.together(async (app) => {
      const moved = await store.takeMoved(app, BATCH, COLD)
      const at = app.clock.now()
      await store.keepHeats(
        app,
        moved.map((row) => heated(row, at.getTime())),
        at,
      )
      return moved.length
    })
  }
  if (await app.cache.get<boolean>('search:heats-swept')) return
  await app.cache.set('search:heats-swept', true, SWEEP_EVERY_MS)
  await store.sweepHeats(app)
}

function heated(row: store.Moved, atMs: number): store.Moved {
  const counts = {
    views: Number(row.views),
    likes: Number(row.likes),
    dislikes: Number(row.dislikes),
    comments: Number(row.comments),
  }
  const worth = worthOf(counts)
  const heat = (name: HeatName) => heatWith(row[name], HALF_LIVES[name], atMs, worth)
  return {
    ...row,
    ...counts,
    heat_1h: heat('heat_1h'),
    heat_6h: heat('heat_6h'),
    heat_24h: heat('heat_24h'),
    heat_14d: heat('heat_14d'),
  }
}

/** The board of everything, or of one category or language, most trending first. */
export async function listTrending(
  app: App,
  viewer: Viewer,
  asked: { category?: string | undefined; language?: string | undefined; limit: number },
): Promise<{ items: VideoCard[] }> {
  const language = asked.language === undefined ? undefined : primaryOf(asked.language)
  const name = `search:board:${asked.category ?? ''}:${language ?? ''}`
  const known = await app.cache.get<string[]>(name)
  const board = known ?? (await makeBoard(app, { category: asked.category, language }))
  if (!known) await app.cache.set(name, board, BOARD_LIFE_MS)
  // Cards are asked for each time: what was hidden meanwhile is not shown.
  const cards = await cardsOf(app, viewer, board)
  const seen = new Map<string, number>()
  const items = board.flatMap((videoId) => {
    const card = cards.get(videoId)
    if (card?.privacy !== 'public' || card.state !== 'ready') return []
    const count = (seen.get(card.channel.id) ?? 0) + 1
    seen.set(card.channel.id, count)
    return count > OF_ONE_CHANNEL && cards.size > asked.limit ? [] : [card]
  })
  return { items: items.slice(0, asked.limit) }
}

async function makeBoard(
  app: App,
  board: { category?: string | undefined; language?: string | undefined },
): Promise<string[]> {
  const nowMs = app.clock.nowMs()
  const candidates = await store.listCandidates(app, board, COLD)
  return candidates
    .map((row) => ({
      videoId: row.video_id,
      score: trendingScore(
        { ...row, likes: Number(row.likes), dislikes: Number(row.dislikes), publishedMs: row.published_at.getTime() },
        nowMs,
      ),
    }))
    .sort((a, b) => b.score - a.score || (a.videoId < b.videoId ? -1 : 1))
    .slice(0, BOARD)
    .map(({ videoId }) => videoId)
}
