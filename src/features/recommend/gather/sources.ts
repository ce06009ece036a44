/** What a suggestion follows from: the edges that lead there from what was watched. */

import type { Live, Visit } from '../live.ts'
import { fade, MEMORY } from '../rules.ts'

/** The heaviest edges of a video say why; the others are many and weigh little. */
const MOST_EDGES_TOLD = 100

/**
 * For each of the videos wanted that something watched leads to, the one that leads there most strongly, for the reason that is told.
 * By number; the edges of what was watched are read once.
 */
export function sourcesOf(live: Live, visit: Visit, wanted: Iterable<number>): Map<number, number> {
  const { model, followers } = live
  const best = new Map<number, { source: number; value: number }>()
  for (const video of wanted) best.set(video, { source: 0, value: 0 })
  if (best.size === 0) return new Map()
  const lead = (source: number, video: number, value: number) => {
    const known = best.get(video)
    if (known === undefined || value <= known.value) return
    known.source = source
    known.value = value
  }
  for (const [rank, source] of visit.videos.slice(0, MEMORY).entries()) {
    const share = fade(rank)
    const row = followers.get(source)
    readEdges(model, source, (video, weight) => lead(source, video, share * (weight + (row?.get(video) ?? 0))))
    for (const [video, count] of row ?? []) lead(source, video, share * count)
  }
  return new Map([...best].flatMap(([video, { source }]) => (source > 0 ? [[video, source]] : [])))
}

/** The videos that a video leads to by its heaviest edges in the graph; none where the model does not know it. */
export function ledFrom(model: Live['model'], from: number): number[] {
  const found: number[] = []
  readEdges(model, from, (video) => found.push(video))
  return found
}

/** Each of the heaviest edges, the first one weighing 1. */
function readEdges(model: Live['model'], from: number, read: (video: number, weight: number) => void): void {
  const source = model?.numberOf(from) ?? -1
  if (!model || source < 0) return
  const { offsets, neighbours, weights } = model.graph
  const heaviestEdge = weights[offsets[source]!] ?? 1
  const end = Math.min(offsets[source + 1]!, offsets[source]! + MOST_EDGES_TOLD)
  for (let at = offsets[source]!; at < end; at++) read(model.videoOf[neighbours[at]!]!, weights[at]! / heaviestEdge)
}
