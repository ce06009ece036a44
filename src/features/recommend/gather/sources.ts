/** What a suggestion follows from: the edges that lead there from what was watched. */

import type { Live, Visit } from '../live.ts'
import { fade, MEMORY } from '../rules.ts'

/** The heaviest edges of a video say why; the others are many and weigh little. */
const MOST_EDGES_TOLD = 100

/** One more than its place among the wanted, by number of the video: a column that is used again. */
let placeOf = new Uint32Array(0)

/**
 * For each of the videos wanted, the one that was watched and leads there most strongly, for the reason that is told: by number, 0 where
 * nothing does. The edges of what was watched are read once.
 */
export function sourcesOf(live: Live, visit: Visit, wanted: readonly number[]): Uint32Array {
  const { model, followers } = live
  const sources = new Uint32Array(wanted.length)
  const values = new Float64Array(wanted.length)
  if (wanted.length === 0) return sources
  if (placeOf.length < live.catalogue.size) placeOf = new Uint32Array(2 * live.catalogue.size)
  for (const [at, video] of wanted.entries()) placeOf[video] = at + 1
  const lead = (source: number, video: number, value: number) => {
    const place = placeOf[video]!
    if (place === 0 || value <= values[place - 1]!) return
    sources[place - 1] = source
    values[place - 1] = value
  }
  for (const [rank, source] of visit.videos.slice(0, MEMORY).entries()) {
    const share = fade(rank)
    const row = followers.get(source)
    readEdges(model, source, (video, weight) => {
      if (placeOf[video] !== 0) lead(source, video, share * (weight + (row?.get(video) ?? 0)))
    })
    if (row) for (const [video, count] of row) lead(source, video, share * count)
  }
  for (const video of wanted) placeOf[video] = 0
  return sources
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
