// Trick play: a small picture of every second, coded alone and a fragment of its own, for fast winding and for scrubbing. They are made from
// the lowest rung, whose key frames lie two to five seconds apart. One blob holds them all; each has an address, which is a stretch of it.

import { fileUrl, inputLimits } from './allowed.ts'
import { fragments } from './ffmpeg.ts'
import { boxesIn, type Sample, type TrackHead } from './mp4-read.ts'
import { mediaSegment, videoInit } from './mp4-write.ts'
import type { RunPlan, VideoRendition } from './plan.ts'
import { totalSeconds, totalTicks } from './timeline.ts'

/** Rendition id of trick play: the folder its files lie in. */
export const TRICK_ID = 'trick'

const SHORT_SIDE = 240
const CRF = 27
/** Of longer titles only key frames are decoded: a picture a second would be more than anybody winds through, and hours of decoding. */
const LONG_SECONDS = 2 * 3600

/** `starts` and `sizes` have one entry for each key frame: ticks of the timeline, and bytes in the blob, one after another. */
export type TrickPlay = { codecs: string; width: number; height: number; starts: number[]; sizes: number[] }

/** One key frame: when it is shown, in ticks from the title's start. */
export type KeyFrame = { start: number; data: Uint8Array }

/** The size of the pictures: the lowest rung's, or its shape at 240 lines. */
export function trickSize({ width, height }: VideoRendition): { width: number; height: number } {
  const scale = Math.min(1, SHORT_SIDE / Math.min(width, height))
  const even = (side: number) => Math.max(16, 2 * Math.round((side * scale) / 2))
  return { width: even(width), height: even(height) }
}

/** The command that makes the pictures of some consecutive segments of the lowest rung: the first of each second, on descriptor `fd`. */
export function trickArgs(plan: RunPlan, { inputPath, fd }: { inputPath: string; fd: number }): string[] {
  const rung = plan.video[0]!
  const { width, height } = trickSize(rung)
  const { timescale } = plan.timeline
  // A frame that is a rounding of the clock short of its second counts to it.
  const second = (time: string) => `floor(${time}+0.001)`
  const chain = [
    `select='isnan(prev_selected_t)+gt(${second('t')},${second('prev_selected_t')})'`,
    `scale=${width}:${height}:flags=area`,
    'setsar=1',
  ]
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-copyts', ...inputLimits(), '-threads', '1'],
    ...['-skip_frame', totalSeconds(plan.timeline) > LONG_SECONDS ? 'nokey' : 'noref'],
    ...['-i', fileUrl(inputPath), '-map', '0:v:0', '-vf', chain.join(','), '-fps_mode', 'passthrough'],
    ...['-c:v', 'libx264', '-preset', plan.preset, '-profile:v', 'high', '-level:v', (rung.level / 10).toFixed(1)],
    ...['-crf', String(CRF), '-g', '1', '-bf', '0', '-pix_fmt', 'yuv420p', '-threads', '1'],
    ...['-x264-params', 'stitchable=1:8x8dct=1:cabac=1', '-enc_time_base', `1:${timescale}`],
    ...['-video_track_timescale', String(timescale), ...fragments('+frag_keyframe'), `pipe:${fd}`],
  ]
}

/** The pictures among what the command wrote. */
export function keyFramesOf(samples: readonly Sample[]): KeyFrame[] {
  return samples.map(({ decodeTime, compositionOffset, data }) => ({ start: decodeTime + compositionOffset, data }))
}

/** The initialisation segment of the pictures, from what their encoder said of itself. */
export function trickInit(plan: RunPlan, { configuration }: TrackHead): Uint8Array {
  const { timeline } = plan
  const rung = plan.video[0]!
  const color = rung.copied ? rung.copied.color : ([1, 1, 1] as [number, number, number])
  return videoInit({
    ...{ timescale: timeline.timescale, durationTicks: totalTicks(timeline), ...trickSize(rung) },
    ...{ reorderTicks: 0, configuration, format: 'avc1', ...(color ? { color } : {}) },
  })
}

/** RFC 6381 name of the pictures: profile, constraints and level as the encoder wrote them. */
export const trickCodecs = ({ configuration }: TrackHead): string =>
  `avc1.${[...configuration.subarray(9, 12)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`

/** One fragment: key frame `n`, shown from its start until `end`. */
export function keyFragment(n: number, { start, data }: KeyFrame, end: number): Uint8Array {
  return mediaSegment(n + 1, start, end - start, [{ data, compositionOffset: 0, isSync: true }])
}

/** Seconds that key frame `n` is shown for. */
export function trickSeconds(plan: RunPlan, trick: TrickPlay, n: number): number {
  const end = trick.starts[n + 1] ?? totalTicks(plan.timeline)
  return (end - trick.starts[n]!) / plan.timeline.timescale
}

/** Where key frame `n` lies in the blob; `to` is not in it. Undefined beyond the last. */
export function trickRange(trick: TrickPlay, n: number): { from: number; to: number } | undefined {
  const size = trick.sizes[n]
  if (size === undefined) return undefined
  const from = trick.sizes.slice(0, n).reduce((sum, bytes) => sum + bytes, 0)
  return { from, to: from + size }
}

/** Bits per second at normal speed: the densest picture, and the mean. */
export function trickBits(plan: RunPlan, trick: TrickPlay): { peak: number; average: number } {
  const total = trick.sizes.reduce((sum, bytes) => sum + bytes, 0)
  const seconds = totalTicks(plan.timeline) / plan.timeline.timescale
  // A last picture of one frame is no peak, because others are in the buffer by then; in a title of one frame it is all there is.
  const shortest = Math.min(0.1, seconds)
  const peaks = trick.sizes.map((bytes, n) => (bytes * 8) / Math.max(shortest, trickSeconds(plan, trick, n)))
  const average = (total * 8) / seconds
  return { peak: Math.max(1, Math.ceil(Math.max(...peaks))), average: Math.max(1, Math.ceil(average)) }
}

/** Whether bytes are one initialisation segment: `ftyp` and `moov`, nothing else. */
export function isInit(bytes: Uint8Array): boolean {
  const types = boxesIn(bytes).map(({ type }) => type)
  return types.length === 2 && types[0] === 'ftyp' && types[1] === 'moov'
}
