/** How well a model foretells what was watched later: held against the served one before a swap, and against simple ways by command. Pure. */
import { type Quality, qualityOf, type Scorer } from '../../../kit/ranking-quality.ts'
import type { SparseRows } from '../../../kit/sparse-rows.ts'
import { fade, MEMORY } from '../rules.ts'
import { type History, watchesOf } from './history.ts'
import { type Mix, type Model, makeModel, USUAL_MIX, withTower } from './model.ts'
import { scoreWith } from './scores.ts'

const DEPTH = 20

/** What was watched before a moment and what came after it, viewer by viewer, in the numbers of the model. */
function cutAt(model: Model, history: History, fromMs: number): { before: number[][]; later: number[][] } {
  const number = new Map(model.videoIds.map((videoId, at) => [videoId, at]))
  const toModel = history.videoIds.map((videoId) => number.get(videoId) ?? -1)
  const before: number[][] = []
  const later: number[][] = []
  for (const { items, atMs } of history.rows) {
    const known = items.map((item) => toModel[item]!)
    const cut = atMs.findIndex((at) => at >= fromMs)
    const end = cut < 0 ? items.length : cut
    before.push(known.slice(0, end).filter((item) => item >= 0))
    later.push(before.at(-1)!.length === 0 ? [] : known.slice(end))
  }
  return { before, later }
}

/** Viewers that models are judged by: more would take long where there are many videos, and hardly change a figure. */
const JUDGED_BY = 5000

/** How well a model foretells what was watched from `fromMs` on, by those who had watched something before. */
export function judge(model: Model, history: History, fromMs: number): Quality {
  const { before, later } = cutAt(model, history, fromMs)
  const held = { itemCount: model.videoIds.length, later: someOf(later, JUDGED_BY), depth: DEPTH }
  return qualityOf(held, scorerOf(model, before))
}

/** What was watched later, of so many viewers spread over all that watched anything. */
function someOf(later: number[][], most: number): number[][] {
  const asked = later.flatMap((items, viewer) => (items.length > 0 ? [viewer] : []))
  const step = Math.max(1, Math.ceil(asked.length / most))
  const some = new Set(asked.filter((_, at) => at % step === 0))
  return later.map((items, viewer) => (some.has(viewer) ? items : []))
}

/** Viewers that a mix is tuned on, at most. */
const TUNED_ON = 1500
const TRIED = {
  vectors: [0, 0.25, 0.5, 1],
  head: [0, 0.5, 1, 2],
  factors: [0, 0.5, 1],
} as const

/** Better by less than this on those few may be chance. */
const CLEARLY = 1.01

/** The mix that foretells best what was watched from `fromMs` on by a model that has not seen it, one part after the other. */
export function tuneMix(model: Model, history: History, fromMs: number): { mix: Mix; ndcg: number } {
  return tuned(model, history, fromMs, USUAL_MIX, ['vectors', 'head', 'factors'])
}

/**
 * Whether a learned tower foretells more than folding in does, each with the weight that its vectors deserve: the mix with the
 * tower if so, and in any case what it reached.
 */
export function tryTower(
  { towered, plain }: { towered: Model; plain: { mix: Mix; ndcg: number } },
  history: History,
  fromMs: number,
): { mix: Mix; ndcg: number; isBetter: boolean } {
  const { mix, ndcg } = tuned(towered, history, fromMs, plain.mix, ['vectors'])
  return { mix, ndcg, isBetter: ndcg > plain.ndcg * CLEARLY }
}

function tuned(model: Model, history: History, fromMs: number, from: Mix, parts: (keyof Mix)[]) {
  const { before, later } = cutAt(model, history, fromMs)
  const held = { itemCount: model.videoIds.length, later: someOf(later, TUNED_ON), depth: DEPTH }
  const ndcgOf = (mix: Mix) => qualityOf(held, scorerOf(model, before, mix)).ndcg
  let mix = from
  let most = ndcgOf(mix)
  for (const part of parts) {
    for (const value of TRIED[part]) {
      if (value === mix[part]) continue
      const other = { ...mix, [part]: value }
      const ndcg = ndcgOf(other)
      if (ndcg <= most * CLEARLY) continue
      mix = other
      most = ndcg
    }
  }
  return { mix, ndcg: most }
}

function scorerOf(model: Model, before: number[][], mix: Mix = model.mix): Scorer {
  const touched = new Uint32Array(model.videoIds.length)
  return (viewer, scores) => {
    // All that was watched is left out, and the last of it is what is gone by.
    const watched = before[viewer]!
    const recent = watched.slice(-MEMORY)
    scoreWith(model, recent, (at) => fade(recent.length - 1 - at), scores, touched, mix)
    for (const item of watched) scores[item] = 0
  }
}

export interface Evaluation {
  watches: number
  videos: number
  viewers: number
  cutMs: number
  trainingSeconds: number
  /** Seconds to learn the tower, beside. */
  towerSeconds: number
  /** By what is suggested from. `coldRecall` is the recall of videos with fewer than five watches before the cut. */
  methods: Record<string, Quality & { coldRecall: number }>
}

const COLD = 5
const EVALUATED_BY = 30_000

/**
 * Replays history: trains on the first nine tenths by time, asks for what the same viewers watched in the last tenth, over the full
 * catalogue, and holds it against popularity and, where tags are known, the newest videos with a tag in common.
 */
export function evaluate(
  history: History,
  facts?: { tags: readonly string[]; publishedMs: number }[],
  words?: SparseRows,
): Evaluation {
  const times = Float64Array.from(history.rows.flatMap((row) => row.atMs)).sort()
  const cutMs = times[Math.floor(times.length * 0.9)] ?? 0
  const startMs = performance.now()
  const watches = watchesOf(history, cutMs)
  const model = makeModel(history.videoIds, watches, words ? { words } : {})
  const trainingSeconds = (performance.now() - startMs) / 1000
  const towered = withTower(model, history.videoIds, watches)
  const towerSeconds = (performance.now() - startMs) / 1000 - trainingSeconds
  const { before, later } = cutAt(model, history, cutMs)
  // The model has numbers of its own.
  const numberOf = new Map(model.videoIds.map((videoId, at) => [videoId, at]))
  const numbers = Uint32Array.from(history.videoIds, (videoId) => numberOf.get(videoId)!)
  const counts = new Float32Array(history.videoIds.length)
  for (const item of watches.items) counts[numbers[item]!]!++
  const ownFacts = facts && model.videoIds.map(() => ({ tags: [] as readonly string[], publishedMs: 0 }))
  if (ownFacts) for (const [item, fact] of facts.entries()) ownFacts[numbers[item]!] = fact
  const scorers: Record<string, Scorer> = {
    model: scorerOf(model, before),
    ...(towered.tower.width > 0 ? { 'with user tower': scorerOf(towered, before) } : {}),
    popularity: (viewer, scores) => {
      scores.set(counts)
      for (const item of before[viewer]!) scores[item] = 0
    },
    ...(ownFacts ? { 'same tag, newest': newestOfTags(ownFacts, before) } : {}),
  }
  const itemCount = history.videoIds.length
  const asked = someOf(later, EVALUATED_BY)
  const cold = asked.map((items) => items.filter((item) => counts[item]! < COLD))
  const methods = Object.fromEntries(
    Object.entries(scorers).map(([name, scorer]) => [
      name,
      {
        ...qualityOf({ itemCount, later: asked, depth: DEPTH }, scorer),
        coldRecall: qualityOf({ itemCount, later: cold, depth: DEPTH }, scorer).recall,
      },
    ]),
  )
  const viewers = history.rows.length
  return { watches: times.length, videos: itemCount, viewers, cutMs, trainingSeconds, towerSeconds, methods }
}

function newestOfTags(facts: { tags: readonly string[]; publishedMs: number }[], before: number[][]): Scorer {
  const byTag = new Map<string, number[]>()
  for (const [item, { tags }] of facts.entries()) {
    for (const tag of tags) {
      const known = byTag.get(tag)
      if (known) known.push(item)
      else byTag.set(tag, [item])
    }
  }
  return (viewer, scores) => {
    const tags = new Set(before[viewer]!.slice(-MEMORY).flatMap((item) => facts[item]!.tags))
    for (const tag of tags) for (const item of byTag.get(tag) ?? []) scores[item] = facts[item]!.publishedMs / 1e6
    for (const item of before[viewer]!) scores[item] = 0
  }
}
