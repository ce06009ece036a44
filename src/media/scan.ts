// Measuring a source whose header cannot be believed: every packet's time is read, nothing is decoded.

import { fileUrl, inputLimits } from './allowed.ts'
import type { SourceFacts } from './facts.ts'
import { type ProbeAnswer, titleTimes } from './probe.ts'

/** Per stream: first time shown, end of the last packet, packets, times of key frames. Seconds on the source's clock. */
export type Scan = Record<number, StreamScan>
export type StreamScan = { firstSeconds: number; endSeconds: number; packets: number; keySeconds: number[] }

/** A file that goes on for longer than this many packets is cut off there: three days of 60 frames/s with sound. */
const MAX_LINES = 30_000_000
const MAX_DURATION_MS = 24 * 3_600_000

/** ffprobe's arguments for the packet scan; its standard output (one line a packet) goes to `readScan`. */
export function scanArgs(path: string): string[] {
  return [
    ...[
      '-hide_banner',
      '-v',
      'error',
      ...inputLimits(path),
      '-probesize',
      '20M',
      '-analyzeduration',
      '10M',
      '-fflags',
      '+genpts',
    ],
    ...[
      '-show_entries',
      'packet=stream_index,pts_time,dts_time,duration_time,flags',
      '-of',
      'csv=p=0',
      '-i',
      fileUrl(path),
    ],
  ]
}

/** Reads the scan's lines. Packets without any time are counted and take their place after the one before. */
export function readScan(text: string): Scan {
  const scan: Scan = {}
  let lines = 0
  for (const line of linesOf(text)) {
    if (++lines > MAX_LINES) break
    const [index, pts, dts, duration, flags] = line.split(',')
    const stream = Number(index)
    if (!Number.isInteger(stream) || flags === undefined || flags.includes('D')) continue
    const length = finite(duration) ?? 0
    const known = scan[stream]
    const time = finite(pts) ?? (known ? known.endSeconds : finite(dts)) ?? 0
    const entry = known ?? { firstSeconds: time, endSeconds: time, packets: 0, keySeconds: [] }
    scan[stream] = entry
    entry.packets += 1
    entry.firstSeconds = Math.min(entry.firstSeconds, time)
    entry.endSeconds = Math.max(entry.endSeconds, time + length)
    if (flags.startsWith('K')) entry.keySeconds.push(time)
  }
  return scan
}

/** The facts with measured times in place of declared ones. Refuses sources that turn out to have nothing to show, or too much. */
export function applyScan(facts: SourceFacts, scan: Scan): ProbeAnswer {
  const seen = facts.video && scan[facts.video.streamIndex]
  if (facts.video && !seen) return { refusal: 'source_too_short', detail: 'no frame was found' }
  const video = facts.video && seen && { ...facts.video, ...span(seen, toFrame(facts.video)) }
  const audio = facts.audio.flatMap((sound) => {
    const heard = scan[sound.streamIndex]
    return heard ? [{ ...sound, ...span(heard, 0) }] : []
  })
  if (!video && audio.length === 0) return { refusal: 'source_too_short', detail: 'no sound was found' }

  const times = titleTimes(video, audio, undefined)
  if (times.durationMs > MAX_DURATION_MS)
    return { refusal: 'source_too_long', detail: `${Math.round(times.durationMs / 3_600_000)} hours` }
  const { video: _, ...rest } = facts
  return { facts: { ...rest, ...times, durationTrusted: true, ...(video ? { video } : {}), audio } }
}

const toFrame = (video: { frameRate: { num: number; den: number } }): number =>
  video.frameRate.den / video.frameRate.num

/** A last packet without a duration still lasts a frame. */
function span(stream: StreamScan, leastSeconds: number) {
  const end = Math.max(stream.endSeconds, stream.firstSeconds + leastSeconds)
  return { startSeconds: stream.firstSeconds, endSeconds: end }
}

function* linesOf(text: string): Generator<string> {
  let from = 0
  while (from < text.length) {
    const end = text.indexOf('\n', from)
    yield text.slice(from, end < 0 ? text.length : end)
    if (end < 0) return
    from = end + 1
  }
}

function finite(text: string | undefined): number | undefined {
  const number = text === undefined || text === '' || text === 'N/A' ? Number.NaN : Number(text)
  return Number.isFinite(number) ? number : undefined
}
