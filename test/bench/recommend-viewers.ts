/**
 * What suggestions do for people, with simulated ones: every viewer has a hidden taste that no tag tells in full, every video a hidden
 * quality. They come day after day, look at a page, and watch what appeals to them for as long as it is good. Three ways of making
 * the page live through the same days with the same people: ours, through the code that pages are made with; what is watched most;
 * and the newest with a tag in common. New videos come in every day.
 */
import { featuresOf, type Ranked } from '../../src/features/recommend/gather/asking.ts'
import { orderFor } from '../../src/features/recommend/gather/gather.ts'
import { makeModel } from '../../src/features/recommend/items/model.ts'
import { emptyLive, NOBODY, newVisit, noteShown, takeWatch } from '../../src/features/recommend/live.ts'
import { loadedModel } from '../../src/features/recommend/models.ts'
import { learnRanker, NOTHING_HAPPENED, type ShownPage } from '../../src/features/recommend/ranker/learning.ts'
import { hashOf } from '../../src/features/recommend/ranker/online.ts'
import { closePage } from '../../src/features/recommend/ranker/shown.ts'
import { WEIGHTS } from '../../src/features/recommend/rules.ts'
import { rowsFrom } from '../../src/kit/item-graph.ts'
import type { BenchResult } from './figures.ts'
import { seeded } from './search-quality.ts'

const DAY_MS = 24 * 3_600_000
const BEGAN_MS = Date.UTC(2026, 0, 1)
const VIEWERS = 200
const DAYS = 8
const VISITS_A_DAY = 3
const OLD = 1200
const NEW_A_DAY = 40
const SUBJECTS = 30
const PAGE = 12
/** A new video counts as discovered once so many have watched it for long. */
const DISCOVERED = 3

interface Video {
  id: string
  subject: number
  quality: number
  tags: string[]
  channel: string
  bornDay: number
}

/** Numbers of videos, best first; told of every watch. */
interface Way {
  begin(day: number, born: Video[]): void
  page(viewer: number, nowMs: number): number[]
  watched(viewer: number, video: number, share: number, nowMs: number): void
}

export async function run(): Promise<BenchResult> {
  const videos = world()
  const ours = live(videos, suggested(videos, true))
  const handmade = live(videos, suggested(videos, false))
  const popular = live(videos, mostWatched(videos))
  const newest = live(videos, newestOfTags(videos))
  const figures = {
    ours_minutes: ours.minutes,
    popular_minutes: popular.minutes,
    same_tag_minutes: newest.minutes,
    handmade_minutes: handmade.minutes,
    over_handmade: ours.minutes / handmade.minutes,
    over_popular: ours.minutes / popular.minutes,
    over_same_tag: ours.minutes / newest.minutes,
    handmade_discovered: handmade.discovered,
    ours_discovered: ours.discovered,
    popular_discovered: popular.discovered,
    same_tag_discovered: newest.discovered,
  }
  return {
    figures,
    summary:
      `${VIEWERS} viewers over ${DAYS} days watched ${ours.minutes.toFixed(0)} min each: ${figures.over_popular.toFixed(2)} times what popularity gets, ` +
      `${figures.over_same_tag.toFixed(2)} times the newest of the same tag; ${(100 * ours.discovered).toFixed(0)} % of new videos discovered ` +
      `(${(100 * popular.discovered).toFixed(0)} %, ${(100 * newest.discovered).toFixed(0)} %)`,
  }
}

function world(): Video[] {
  const random = seeded(3)
  return Array.from({ length: OLD + DAYS * NEW_A_DAY }, (_, number): Video => {
    const subject = Math.floor(random() * SUBJECTS)
    // Three in ten say something else than they are about, and all say something that means nothing.
    const told = random() < 0.7 ? subject : Math.floor(random() * SUBJECTS)
    return {
      id: `video${String(number).padStart(6, '0')}`,
      subject,
      quality: random(),
      tags: [`s${told}`, `x${Math.floor(random() * 100)}`],
      channel: `c${Math.floor(number / 6)}`,
      bornDay: number < OLD ? -1 : Math.floor((number - OLD) / NEW_A_DAY),
    }
  })
}

/** The same people, the same days; only what stands on their pages differs. */
function live(videos: Video[], way: Way): { minutes: number; discovered: number } {
  const random = seeded(5)
  const tastes = Array.from({ length: VIEWERS }, () => [0, 1, 2].map(() => Math.floor(random() * SUBJECTS)))
  const seen = tastes.map(() => new Set<number>())
  const long = new Float64Array(videos.length)
  let minutes = 0
  for (let day = 0; day < DAYS; day++) {
    way.begin(
      day,
      videos.filter((video) => video.bornDay === day || (day === 0 && video.bornDay < 0)),
    )
    for (let visit = 0; visit < VISITS_A_DAY * VIEWERS; visit++) {
      const viewer = visit % VIEWERS
      const nowMs = BEGAN_MS + day * DAY_MS + (visit / (VISITS_A_DAY * VIEWERS)) * DAY_MS
      for (const [place, video] of way.page(viewer, nowMs).slice(0, PAGE).entries()) {
        const { subject, quality } = videos[video]!
        const liked = tastes[viewer]!.includes(subject) ? 1 : 0.08
        // Fewer look further down, whoever made the page.
        if (seen[viewer]!.has(video) || random() > (0.55 * liked) / Math.log2(place + 2)) continue
        seen[viewer]!.add(video)
        const share = liked * (0.15 + 0.85 * quality)
        minutes += 10 * share
        if (share > 0.3) long[video]!++
        if (share > 0.1) way.watched(viewer, video, share, nowMs)
      }
    }
  }
  const born = videos.flatMap((video, number) => (video.bornDay >= 0 && video.bornDay < DAYS - 1 ? [number] : []))
  const discovered = born.filter((number) => long[number]! >= DISCOVERED).length / born.length
  return { minutes: minutes / VIEWERS, discovered }
}

function suggested(videos: Video[], learns: boolean): Way {
  let nowMs = BEGAN_MS
  const memory = emptyLive(() => nowMs)
  const random = seeded(9)
  const histories = Array.from({ length: VIEWERS }, (): number[] => [])
  const pages: ShownPage[] = []
  const last: (ShownPage & { order: Ranked[] })[] = []
  return {
    begin(day, born) {
      nowMs = BEGAN_MS + day * DAY_MS
      for (const video of born) {
        const publishedMs = day === 0 && video.bornDay < 0 ? nowMs - 30 * DAY_MS : nowMs
        const number = memory.catalogue.put(
          {
            videoId: video.id,
            channelId: video.channel,
            category: 'other',
            language: '',
            tags: video.tags,
            publishedMs,
            durationMs: 600_000,
            heat: 0,
            likes: 0,
            dislikes: 0,
          },
          nowMs,
        )
        memory.warmed.add(number)
      }
      if (day > 0) {
        const model = makeModel(
          videos.map((video) => video.id),
          rowsFrom(videos.length, histories),
        )
        memory.model = loadedModel(`day ${day}`, nowMs, model, memory.catalogue)
        // What was shown yesterday and before says how to order today.
        memory.ranker = learns ? learnRanker(pages, memory.ranker)?.ranker : undefined
        if (memory.ranker) memory.online = memory.ranker.online
      }
    },
    page(viewer, atMs) {
      nowMs = atMs
      const visit = memory.visits.get(`account:${viewer}`) ?? newVisit(true)
      const hash = hashOf(`account:${viewer}`)
      if (learns) closePage(memory.catalogue, memory.online, visit.open, `account:${viewer}`)
      const variant = { weights: WEIGHTS, isLearned: learns }
      const asking = { nowMs, visit, standing: NOBODY, topics: [], languages: [], viewer: hash, variant }
      const order = orderFor(memory, asking, random).order.slice(0, PAGE)
      const shown = {
        atMs,
        isNext: false,
        firstPlace: 0,
        features: Float32Array.from(order.flatMap((it) => [...featuresOf(it)])),
        facts: order.map(({ video }) => memory.catalogue.factsOf(video, hash)),
        outcomes: order.map(() => NOTHING_HAPPENED),
        order,
      }
      pages.push(shown)
      last[viewer] = shown
      memory.visits.set(`account:${viewer}`, visit)
      noteShown(
        visit,
        order.map(({ video }) => video),
      )
      // Numbers in the catalogue begin at 1, in the order in which videos came.
      return order.map(({ video }) => video - 1)
    },
    watched(viewer, video, share, atMs) {
      histories[viewer]!.push(video)
      const { order, outcomes } = last[viewer]!
      const place = order.findIndex((it) => it.video === video + 1)
      outcomes[place] = { ...NOTHING_HAPPENED, clicked: true, watchedMs: share * 600_000, share }
      takeWatch(memory, `account:${viewer}`, videos[video]!.id, share, atMs)
    },
  }
}

function mostWatched(videos: Video[]): Way {
  const counts = new Float64Array(videos.length)
  const open: number[] = []
  const seen = Array.from({ length: VIEWERS }, () => new Set<number>())
  let order: number[] = []
  let age = 0
  return {
    begin(day) {
      open.splice(0)
      for (const [number, video] of videos.entries()) if (video.bornDay <= day) open.push(number)
      age = 0
    },
    page(viewer) {
      // Sorted anew now and then: between two visits hardly anything changes.
      if (age++ % 20 === 0) order = [...open].sort((one, other) => counts[other]! - counts[one]! || other - one)
      return order.filter((video) => !seen[viewer]!.has(video)).slice(0, PAGE)
    },
    watched(viewer, video) {
      counts[video]!++
      seen[viewer]!.add(video)
    },
  }
}

function newestOfTags(videos: Video[]): Way {
  const seen = Array.from({ length: VIEWERS }, () => new Set<number>())
  const tags = Array.from({ length: VIEWERS }, (): string[] => [])
  let newest: number[] = []
  return {
    begin(day) {
      newest = videos.flatMap((video, number) => (video.bornDay <= day ? [number] : [])).reverse()
    },
    page(viewer) {
      const own = new Set(tags[viewer]!.slice(-20))
      const fresh = newest.filter((video) => !seen[viewer]!.has(video))
      const fitting = fresh.filter((video) => videos[video]!.tags.some((tag) => own.has(tag)))
      return [...fitting.slice(0, PAGE), ...fresh].slice(0, PAGE)
    },
    watched(viewer, video) {
      seen[viewer]!.add(video)
      tags[viewer]!.push(...videos[video]!.tags)
    },
  }
}
