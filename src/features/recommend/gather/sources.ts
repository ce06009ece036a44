/** What a suggestion follows from: the edges that lead there from what was watched. */

import type { Live, Visit } from '../live.ts'
import { fade, MEMORY } from '../rules.ts'

/** The heaviest edges of a video say why; the others are many and weigh little. */
const MOST_EDGES_TOLD = 64

/** One more than its place among the wanted, by number of the video and by that in the model: columns that are used again. */
let placeOf = new Uint32Array(0)
let placeInModel = new Uint32Array(0)
/** A bit for each of them: nearly all edges lead to what is not wanted, and this much stays in the processor's cache. */
let isWantedVideo = new Uint32Array(0)
let isWanted = new Uint32Array(0)

/**
 * For each of the videos wanted, the one that was watched and leads there most strongly, for the reason that is told: by number, 0 where
 * nothing does. The edges of what was watched are read once.
 */
export function sourcesOf(live: Live, visit: Visit, wanted: readonly number[]): Uint32Array {
  const { model, followers, catalogue } = live
  const sources = new Uint32Array(wanted.length)
  const values = new Float64Array(wanted.length)
  if (wanted.length === 0) return sources
  if (placeOf.length < catalogue.size) {
    placeOf = new Uint32Array(2 * catalogue.size)
    isWantedVideo = new Uint32Array(1 + (placeOf.length >> 5))
  }
  if (model && placeInModel.length < model.videoIds.length) {
    placeInModel = new Uint32Array(model.videoIds.length)
    isWanted = new Uint32Array(1 + (model.videoIds.length >> 5))
  }
  const numbers = wanted.map((video) => model?.numberOf(video) ?? -1)
  for (const [at, video] of wanted.entries()) {
    placeOf[video] = at + 1
    isWantedVideo[video >> 5]! |= 1 << (video & 31)
    const number = numbers[at]!
    if (number < 0) continue
    placeInModel[number] = at + 1
    isWanted[number >> 5]! |= 1 << (number & 31)
  }
  const lead = (source: number, place: number, value: number) => {
    if (value <= values[place]!) return
    sources[place] = source
    values[place] = value
  }
  for (let rank = 0; rank < Math.min(MEMORY, visit.videos.length); rank++) {
    const source = visit.videos[rank]!
    const share = fade(rank)
    const row = followers.get(source)
    const { from, end } = edgesOf(model, source)
    if (model && end > from) {
      const { neighbours, weights } = model.graph
      const scale = share / weights[from]!
      for (let at = from; at < end; at++) {
        const other = neighbours[at]!
        if ((isWanted[other >> 5]! & (1 << (other & 31))) === 0) continue
        const place = placeInModel[other]!
        const followed = row === undefined ? 0 : (row.get(wanted[place - 1]!) ?? 0)
        lead(source, place - 1, scale * weights[at]! + share * followed)
      }
    }
    if (row === undefined) continue
    row.forEach((count, video) => {
      if ((isWantedVideo[video >> 5]! & (1 << (video & 31))) !== 0) lead(source, placeOf[video]! - 1, share * count)
    })
  }
  for (const video of wanted) isWantedVideo[video >> 5] = 0
  for (const number of numbers) if (number >= 0) isWanted[number >> 5] = 0
  return sources
}

/** The videos that a video leads to by its heaviest edges in the graph; none where the model does not know it. */
export function ledFrom(model: Live['model'], from: number): number[] {
  const edges = edgesOf(model, from)
  const found: number[] = []
  for (let at = edges.from; at < edges.end; at++) found.push(model!.videoOf[model!.graph.neighbours[at]!]!)
  return found
}

/** Where the heaviest edges of a video lie, the heaviest first. */
function edgesOf(model: Live['model'], video: number): { from: number; end: number } {
  const source = model?.numberOf(video) ?? -1
  if (!model || source < 0) return { from: 0, end: 0 }
  const from = model.graph.offsets[source]!
  return { from, end: Math.min(model.graph.offsets[source + 1]!, from + MOST_EDGES_TOLD) }
}
