// What the checker measures of segments: times, counts and bit rates of one list.

import { type Fragment, type Init, readFragments, readInit } from './check-boxes.ts'
import type { Presentation } from './check-facts.ts'
import type { ListSegment, Playlist } from './check-playlist.ts'

export type Track = { init: Init; fragments: Fragment[][]; bytes: number[] }

const tracks = new WeakMap<Presentation, Map<string, Track | undefined>>()

/** The segments of a list with their fragments; undefined when there is no initialisation segment, a segment is missing, or nothing can be read. */
export function trackOf(presentation: Presentation, list: Playlist): Track | undefined {
  const all = tracks.get(presentation) ?? new Map<string, Track | undefined>()
  tracks.set(presentation, all)
  if (all.has(list.url)) return all.get(list.url)
  const found = read(presentation, list)
  all.set(list.url, found)
  return found
}

function read(presentation: Presentation, list: Playlist): Track | undefined {
  const map = list.segments[0]?.map
  const init = map === undefined ? undefined : initAt(presentation, map)
  if (!init) return undefined
  if (!list.segments.every(({ uri }) => presentation.files.has(uri))) return undefined
  const parts = list.segments.map((segment) => bytesOf(presentation, segment))
  try {
    return {
      init,
      fragments: parts.map((bytes) => readFragments(bytes, init.tracks)),
      bytes: parts.map(({ length }) => length),
    }
  } catch {
    return undefined
  }
}

export function initAt({ files }: Presentation, url: string): Init | undefined {
  const file = files.get(url)
  try {
    return file && readInit(file.bytes)
  } catch {
    return undefined
  }
}

export function bytesOf({ files }: Presentation, { uri, range }: ListSegment): Uint8Array {
  const bytes = files.get(uri)?.bytes ?? new Uint8Array()
  return range ? bytes.subarray(range.from, range.from + range.length) : bytes
}

/** The peak over all runs of segments that last 0.5 to 1.5 target durations (RFC 8216 4.1), and the mean, in bits per second. */
export function ratesOf(
  list: Playlist,
  bytes: readonly number[],
  targetSeconds: number,
): { peak: number; average: number } {
  const { segments } = list
  let peak = 0
  for (let from = 0; from < segments.length; from++) {
    let seconds = 0
    let sum = 0
    for (let to = from; to < segments.length; to++) {
      seconds += segments[to]!.duration
      sum += bytes[to]!
      if (seconds > targetSeconds * 1.5) break
      if (seconds >= targetSeconds * 0.5) peak = Math.max(peak, (sum * 8) / seconds)
    }
  }
  const total = segments.reduce((sum, { duration }) => sum + duration, 0)
  const average = (bytes.reduce((sum, size) => sum + size, 0) * 8) / Math.max(total, 0.001)
  return { peak: peak || average, average }
}

export const samplesIn = (fragments: readonly Fragment[]): number =>
  fragments.reduce((sum, { samples }) => sum + samples.length, 0)

export const ticksIn = (fragments: readonly Fragment[]): number =>
  fragments.reduce((sum, { samples }) => sum + samples.reduce((ticks, { duration }) => ticks + duration, 0), 0)
