/**
 * Whether the trending board says what will be watched: ten days of a generated site, with videos that rise and fade, waves of the day,
 * and old videos that are suddenly talked about; every six hours the boards are held against who watches in the next six hours
 * (NDCG@50, gains by viewers). Beside ours, through the code that boards are made with: views in seven days, views in
 * the last hour, and the "hot" of PeerTube (logarithms of all likes, views and comments, and half-days of age). Once for a large site and
 * once for a small one, with a twentieth of the views: few events say little, and many say nearly all. How
 * unevenly views fall is fitted to the trending list of a real site (`../shared/data/youtube-trending`, or the
 * folder given) where that is there.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  COLD,
  HALF_LIVES,
  type HeatName,
  type Heats,
  heatWith,
  trendingScore,
  worthOf,
} from '../../src/features/search/rules.ts'
import type { BenchResult } from './figures.ts'
import { seeded } from './search-quality.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const BEGAN_MS = Date.UTC(2026, 0, 1)
const DAYS = 12
const STEP_MS = 10 * 60_000
const NEW_A_DAY = 120
const OLD = 1500
const DEPTH = 50
/** Spread of the logarithm of views where no list is there to fit it to. */
const USUAL_SPREAD = 1.7
/** What is watched on a small site, beside a large one. */
const SMALL = 0.05
const RULES = ['ours', 'views_7d', 'hot', 'views_1h'] as const
type Rule = (typeof RULES)[number]
const HEATS = Object.keys(HALF_LIVES) as HeatName[]

interface Video {
  publishedMs: number
  /** Views an hour at its best. */
  rate: number
  fadeHours: number
  likes: number
  dislikes: number
  comments: number
  views: number
  likedShare: number
  heats: Heats
  /** Sudden interest: from when, how much, and how soon half of it is over. */
  waves: { fromMs: number; rate: number; halfHours: number }[]
}

export async function run(args: string[]): Promise<BenchResult> {
  const folder = resolve(args[0] ?? join(import.meta.dirname, '../../../shared/data/youtube-trending'))
  const spread = await spreadOfViews(join(folder, 'USvideos.csv'))
  const usual = spread ?? USUAL_SPREAD
  const { boards, ...large } = replayed(usual, 1)
  const small = replayed(usual, SMALL)
  const figures = {
    boards,
    ours_ndcg50: large.ours,
    views_7d_ndcg50: large.views_7d,
    hot_ndcg50: large.hot,
    views_1h_ndcg50: large.views_1h,
    over_views_7d: large.ours / large.views_7d,
    over_hot: large.ours / large.hot,
    over_views_1h: large.ours / large.views_1h,
    small_ours_ndcg50: small.ours,
    small_over_views_7d: small.ours / small.views_7d,
    small_over_hot: small.ours / small.hot,
    small_over_views_1h: small.ours / small.views_1h,
    fitted: spread === undefined ? 'no' : `spread of ln views ${spread.toFixed(2)}`,
  }
  const told = (it: Record<Rule, number>) =>
    `NDCG@50 ${it.ours.toFixed(3)}: views in seven days ${it.views_7d.toFixed(3)}, the "hot" of PeerTube ${it.hot.toFixed(3)}, ` +
    `views in the last hour ${it.views_1h.toFixed(3)}`
  return {
    figures,
    summary: `the board of now foretells the next six hours with ${told(large)}; on a small site ${told(small)}`,
  }
}

/** Mean NDCG of the boards of one generated site, on which so much more or less is watched. */
function replayed(spread: number, volume: number): Record<Rule, number> & { boards: number } {
  const random = seeded(17)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const videos = Array.from({ length: OLD + NEW_A_DAY * DAYS }, (_, at) => newVideo(at, spread, random, normal))
  const steps = (DAYS * DAY_MS) / STEP_MS
  // Views by step, for the windows of the boards and for what came later.
  const seen = videos.map(() => new Uint16Array(steps))
  const boards: { step: number; orders: Record<Rule, number[]> }[] = []
  for (let step = 0; step < steps; step++) {
    const nowMs = BEGAN_MS + step * STEP_MS
    for (const [at, video] of videos.entries()) {
      if (video.publishedMs > nowMs) continue
      const views = poisson(volume * rateOf(video, nowMs) * (STEP_MS / HOUR_MS), random)
      if (views === 0) continue
      seen[at]![step] = views
      live(video, views, nowMs, random)
    }
    const isAsked = nowMs - BEGAN_MS >= 7 * DAY_MS && (step + 1) % (6 * 6) === 0 && step + 36 < steps
    if (isAsked) boards.push({ step, orders: ordersAt(videos, seen, step, nowMs + STEP_MS) })
  }
  const sums = { ours: 0, views_7d: 0, hot: 0, views_1h: 0 }
  for (const { step, orders } of boards) {
    const later = seen.map((views) => sumOf(views, step + 1, step + 37))
    for (const name of RULES) sums[name] += ndcg(orders[name], later) / boards.length
  }
  return { ...sums, boards: boards.length }
}

function newVideo(at: number, spread: number, random: () => number, normal: () => number): Video {
  // Old ones were published in the two months before.
  const publishedMs = at < OLD ? BEGAN_MS - random() * 60 * DAY_MS : BEGAN_MS + ((at - OLD) / NEW_A_DAY) * DAY_MS
  const waves =
    random() < 0.06
      ? [
          {
            fromMs: BEGAN_MS + random() * DAYS * DAY_MS,
            rate: 0.3 * Math.exp(spread * normal() + 2),
            halfHours: 2 + 10 * random(),
          },
        ]
      : []
  return {
    publishedMs,
    rate: 0.5 * Math.exp(spread * normal()),
    fadeHours: 12 + 60 * random(),
    likes: 0,
    dislikes: 0,
    comments: 0,
    views: at < OLD ? Math.round(20 * Math.exp(spread * normal())) : 0,
    likedShare: 0.01 + 0.05 * random(),
    heats: { heat_1h: COLD, heat_6h: COLD, heat_24h: COLD, heat_14d: COLD },
    waves,
  }
}

/** Views an hour now: a rise over some hours, a long fade, the wave of the day, and what is suddenly talked about. */
function rateOf(video: Video, nowMs: number): number {
  const hours = (nowMs - video.publishedMs) / HOUR_MS
  let rate = (video.rate * Math.min(1, 0.2 + hours / 6)) / (1 + hours / video.fadeHours) ** 1.4
  for (const wave of video.waves) {
    const since = (nowMs - wave.fromMs) / HOUR_MS
    if (since > 0) rate += wave.rate * Math.min(1, since / 2) * 2 ** (-since / wave.halfHours)
  }
  return rate * (1 + 0.6 * Math.sin(((nowMs % DAY_MS) / DAY_MS) * 2 * Math.PI))
}

function live(video: Video, views: number, nowMs: number, random: () => number): void {
  const moved = { views, likes: 0, dislikes: 0, comments: 0 }
  for (let view = 0; view < views; view++) {
    const toss = random()
    if (toss < video.likedShare) moved.likes++
    else if (toss < video.likedShare + 0.003) moved.dislikes++
    else if (toss < video.likedShare + 0.009) moved.comments++
  }
  video.views += views
  video.likes += moved.likes
  video.dislikes += moved.dislikes
  video.comments += moved.comments
  const worth = worthOf(moved)
  for (const name of HEATS) video.heats[name] = heatWith(video.heats[name], HALF_LIVES[name], nowMs, worth)
}

function ordersAt(videos: Video[], seen: Uint16Array[], step: number, nowMs: number): Record<Rule, number[]> {
  const open = videos.flatMap((video, at) => (video.publishedMs <= nowMs ? [at] : []))
  const byScore = (score: (at: number) => number) => {
    const scores = new Map(open.map((at) => [at, score(at)]))
    return open.toSorted((one, other) => scores.get(other)! - scores.get(one)! || one - other).slice(0, DEPTH)
  }
  const week = (7 * DAY_MS) / STEP_MS
  return {
    ours: byScore((at) =>
      trendingScore(
        {
          ...videos[at]!.heats,
          likes: videos[at]!.likes,
          dislikes: videos[at]!.dislikes,
          publishedMs: videos[at]!.publishedMs,
        },
        nowMs,
      ),
    ),
    views_7d: byScore((at) => sumOf(seen[at]!, step + 1 - week, step + 1)),
    hot: byScore((at) => hotOf(videos[at]!)),
    views_1h: byScore((at) => sumOf(seen[at]!, step - 5, step + 1)),
  }
}

/** As its makers publish it: what is liked, viewed and said, as logarithms with weights, and the age in units of 47,000 s. */
function hotOf({ likes, dislikes, views, comments, publishedMs }: Video): number {
  const log = (count: number) => Math.log10(Math.max(1, count - 1))
  return 150 * log(likes) - 150 * log(dislikes) + 16 * log(views) + 100 * log(comments) + publishedMs / 1000 / 47_000
}

function ndcg(order: number[], gains: number[]): number {
  const total = (values: number[]) => values.reduce((sum, gain, rank) => sum + gain / Math.log2(rank + 2), 0)
  const ideal = gains.toSorted((one, other) => other - one).slice(0, DEPTH)
  return total(order.map((at) => gains[at]!)) / total(ideal)
}

function sumOf(values: Uint16Array, from: number, to: number): number {
  let sum = 0
  for (let at = Math.max(0, from); at < to; at++) sum += values[at]!
  return sum
}

function poisson(mean: number, random: () => number): number {
  if (mean > 50)
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * (random() + random() + random() + random() - 2) * 1.73))
  const least = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > least; product *= random()) count++
  return count
}

/** Standard deviation of the logarithm of views over the videos of a list; undefined where there is none. */
async function spreadOfViews(path: string): Promise<number | undefined> {
  if (!existsSync(path)) return undefined
  const most = new Map<string, number>()
  for (const line of (await readFile(path, 'utf8')).split('\n').slice(1)) {
    // The numbers stand behind the quoted texts: views, likes, dislikes, comments, the picture, the date.
    const [, views] = /,(\d+),\d+,\d+,\d+,https?:[^,]*,[\d.]+\s*$/.exec(line) ?? []
    const videoId = line.split(',', 1)[0]!
    if (views) most.set(videoId, Math.max(most.get(videoId) ?? 0, Number(views)))
  }
  const logs = [...most.values()].map((views) => Math.log(1 + views))
  if (logs.length < 100) return undefined
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length
  return Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length)
}
