// Is the file all there? A header tells how long a title is even when the rest of the file never arrived.

import { fileUrl, inputLimits, STREAM } from './allowed.ts'
import type { SourceFacts } from './facts.ts'
import type { TrackLayout } from './mp4-table.ts'
import type { Wanted } from './wanted.ts'

/** Where looking for the end begins, before the declared end. */
const TAIL_SECONDS = 4
/** An end that comes this much early, or this share of the title, is how some recorders end. */
const TOLERATED_SECONDS = 3
const TOLERATED_SHARE = 0.03

/** ffprobe's arguments for reading the packets of the last seconds, of a stream all of them; its standard output goes to `readTail`. */
export function tailArgs(path: string, facts: SourceFacts): string[] {
  const from = Math.max(0, endOf(facts) - TAIL_SECONDS)
  return [
    ...['-hide_banner', '-v', 'error', ...inputLimits(path)],
    ...(path === STREAM ? [] : ['-read_intervals', `${from.toFixed(3)}%`]),
    ...['-show_entries', 'packet=pts_time', '-of', 'csv=p=0', '-i', fileUrl(path)],
  ]
}

/** What that command reads of its source. */
export const tailReads = (facts: SourceFacts): Wanted => ({
  stretches: [{ from: Math.max(0, endOf(facts) - TAIL_SECONDS), to: Number.POSITIVE_INFINITY }],
})

/** The latest time any packet of the tail is shown at, in seconds on the source's clock; undefined when there was none. */
export function readTail(text: string): number | undefined {
  let latest: number | undefined
  for (const line of text.split('\n')) {
    const time = Number.parseFloat(line)
    if (Number.isFinite(time) && (latest === undefined || time > latest)) latest = time
  }
  return latest
}

/** Whether the file ends well before its declared end. Only an index can be asked; other files are measured by a scan. */
export function isCutShort(facts: SourceFacts, latestSeconds: number | undefined): boolean {
  if (facts.seekable !== 'index') return false
  const tolerated = Math.max(TOLERATED_SECONDS, (facts.durationMs / 1000) * TOLERATED_SHARE)
  return latestSeconds === undefined || latestSeconds < endOf(facts) - tolerated
}

/**
 * Whether all frames of these tracks lie within the file, and one of them goes on to the declared end: then the tail need not be read.
 */
export function isAllThere(
  facts: SourceFacts,
  layouts: readonly (TrackLayout | undefined)[],
  sizeBytes: number,
): boolean {
  let longestSeconds = 0
  for (const layout of layouts) {
    if (!layout) return false
    for (let n = 0; n < layout.count; n++) if (layout.offsets[n]! + layout.sizes[n]! > sizeBytes) return false
    longestSeconds = Math.max(longestSeconds, layout.decodeAt[layout.count - 1]! / layout.timescale)
  }
  return longestSeconds >= facts.durationMs / 1000 - TOLERATED_SECONDS
}

const endOf = (facts: SourceFacts): number => facts.startSeconds + facts.durationMs / 1000

/**
 * Whether the index of an MP4 names more bytes than the file has: it was longer once. Rates and lengths are those of ffprobe, which
 * reckons the rate from the sizes in the index.
 */
export function namesMoreThanThereIs(json: unknown, sizeBytes: number): boolean {
  const { format, streams } = json as {
    format?: { format_name?: string }
    streams?: { bit_rate?: string; duration?: string }[]
  }
  if (!format?.format_name?.startsWith('mov')) return false
  const named = (streams ?? []).reduce(
    (sum, it) => sum + ((Number(it.bit_rate) || 0) * (Number(it.duration) || 0)) / 8,
    0,
  )
  return named > sizeBytes * 1.02 + 4096
}
