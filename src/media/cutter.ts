// Cutting one rendition's stream, as FFmpeg writes it, into finished segments with exact times. The timeline says what must be there; an
// encode that gives fewer frames is told apart from one that gives all.

import { FragmentReader, type Sample } from './mp4-read.ts'
import { audioInit, type CodedFrame, mediaSegment, videoInit } from './mp4-write.ts'
import { type RunPlan, renditionsOf } from './plan.ts'
import { formatOf, isReordered } from './second-codecs.ts'
import { PREROLL_FRAMES } from './sound-filters.ts'
import {
  AUDIO_FRAME_SAMPLES,
  AUDIO_RATE,
  audioRange,
  type FrameRange,
  frameRange,
  segmentStart,
  totalTicks,
} from './timeline.ts'

/** How many frames decoding runs ahead of showing: what B-frames in a pyramid need. The same for every rendition. */
const REORDER_FRAMES = 2

/** Primaries, transfer and matrix (ITU-T H.273): Rec. 709, which every SDR encode is brought to, and Rec. 2020 with PQ or HLG. */
const COLORS: Record<'sdr' | 'pq' | 'hlg', [number, number, number]> = {
  sdr: [1, 1, 1],
  pq: [9, 16, 9],
  hlg: [9, 18, 9],
}

/** Segment `n` of the title, whole. `frames` are coded frames: pictures, or AAC frames. */
export type MadeSegment = { n: number; bytes: Uint8Array; frames: number }

/** The encode gave fewer frames than the timeline has: it began too late. Decoding from further back may give them. */
export class ShortEncode extends Error {
  readonly rendition: string
  readonly expectedFrames: number
  readonly madeFrames: number

  constructor(rendition: string, expectedFrames: number, madeFrames: number) {
    super(`${rendition}: ${madeFrames} of ${expectedFrames} frames were made`)
    this.name = 'ShortEncode'
    this.rendition = rendition
    this.expectedFrames = expectedFrames
    this.madeFrames = madeFrames
  }
}

/** What kind of track it is: where its frames lie on the grid, and how its segments are written. */
type Cut = {
  timescale: number
  frameTicks: number
  /** The grid frame that the encoder's time zero stands for. */
  origin: number
  range: (n: number) => FrameRange
}

/** Holds the frames of at most one unfinished segment; `push` what the pipe gives, `end` when it closes. */
export class SegmentCutter {
  /** The initialisation segment, once the encoder has said how it codes. The same for every encode of a rendition. */
  init: Uint8Array | undefined
  /** Set as soon as frames are known to be missing at the front: nothing more will come out, and `end` will throw. */
  short = false

  private readonly plan: RunPlan
  private readonly rendition: string
  private readonly to: number
  private readonly cut: Cut
  private readonly reader = new FragmentReader()
  private readonly first: number
  private n: number
  private seen = 0
  private waiting: Sample[] = []

  /** Expects segments [from, to) of one rendition, encoded by `encodeArgs` for the same ones. */
  constructor(plan: RunPlan, renditionId: string, from: number, to: number) {
    const rendition = renditionsOf(plan).find(({ id }) => id === renditionId)
    if (!rendition) throw new RangeError(`no rendition ${renditionId}`)
    this.plan = plan
    this.rendition = renditionId
    this.n = from
    this.to = to
    this.cut = rendition.kind === 'video' ? videoCut(plan, from) : audioCut(plan, from)
    this.first = this.cut.range(from).from
  }

  /** Takes bytes of the pipe and gives the segments they finish. */
  push(chunk: Uint8Array): MadeSegment[] {
    const samples = this.reader.push(chunk)
    this.init ??= this.reader.head && this.makeInit()
    const made: MadeSegment[] = []
    for (const sample of samples) {
      const segment = this.take(sample)
      if (segment) made.push(segment)
    }
    return made
  }

  /** To be called when the pipe has closed. Throws ShortEncode when frames are missing. */
  end(): MadeSegment[] {
    if (this.n < this.to) {
      const expected = this.cut.range(this.to - 1).to - this.first
      throw new ShortEncode(this.rendition, expected, this.short ? 0 : this.seen)
    }
    return []
  }

  private take(sample: Sample): MadeSegment | undefined {
    if (this.short || this.n >= this.to) return undefined
    const { frameTicks, origin, range } = this.cut
    if (this.seen === 0) {
      const place = origin + Math.round(sample.decodeTime / frameTicks)
      if (place < this.first) return undefined
      this.short = place > this.first
      if (this.short) return undefined
    }
    this.seen += 1
    this.waiting.push(sample)
    const wanted = range(this.n)
    if (this.waiting.length < wanted.to - wanted.from) return undefined

    const frames = inOrder(this.waiting, frameTicks, this.reader.head!.format)
    const bytes = mediaSegment(this.n + 1, wanted.from * frameTicks, frameTicks, frames)
    this.waiting = []
    this.n += 1
    return { n: this.n - 1, bytes, frames: frames.length }
  }

  private makeInit(): Uint8Array {
    const { configuration, format } = this.reader.head!
    const { timescale, frameTicks } = this.cut
    const seconds = totalTicks(this.plan.timeline) / this.plan.timeline.timescale
    const durationTicks = Math.round(seconds * timescale)
    const video = renditionsOf(this.plan).find(({ id }) => id === this.rendition)!
    if (video.kind === 'audio') {
      const { channels } = video
      return audioInit({ timescale, durationTicks, channels, sampleRate: AUDIO_RATE, esds: configuration })
    }
    const light = video.range === undefined ? undefined : this.plan.source.video?.light
    if (format !== formatOf(video.codec)) throw new Error(`the encoder wrote ${format}`)
    return videoInit({
      timescale,
      durationTicks,
      width: video.width,
      height: video.height,
      reorderTicks: isReordered(format) ? REORDER_FRAMES * frameTicks : 0,
      format: formatOf(video.codec),
      configuration,
      color: COLORS[video.range ?? 'sdr'],
      ...(light ? { light } : {}),
    })
  }
}

function videoCut({ timeline }: RunPlan, from: number): Cut {
  const origin = segmentStart(timeline, from) / timeline.frameTicks
  return {
    timescale: timeline.timescale,
    frameTicks: timeline.frameTicks,
    origin,
    range: (n) => frameRange(timeline, n),
  }
}

/** The encoder begins some frames early; its own start-up delay then puts one more packet before them, at a negative time. */
function audioCut({ timeline }: RunPlan, from: number): Cut {
  const origin = Math.max(0, audioRange(timeline, from).from - PREROLL_FRAMES)
  return { timescale: AUDIO_RATE, frameTicks: AUDIO_FRAME_SAMPLES, origin, range: (n) => audioRange(timeline, n) }
}

/**
 * Frames of one segment with exact times: decoded one after another, shown in the order of the encoder's own times. A segment
 * begins with a closed group, so the order within it says all.
 */
function inOrder(samples: Sample[], frameTicks: number, format: string): CodedFrame[] {
  if (!samples[0]!.isSync) throw new Error('a segment does not begin with a key frame')
  const shown = samples.map((sample, index) => ({ index, time: sample.decodeTime + sample.compositionOffset }))
  shown.sort((a, b) => a.time - b.time)
  const rank = new Array<number>(samples.length)
  shown.forEach(({ index }, place) => {
    rank[index] = place
  })
  const delay = isReordered(format) ? REORDER_FRAMES : 0
  return samples.map((sample, index) => {
    const wait = rank[index]! - index + delay
    if (wait < 0) throw new Error(`a frame is shown ${-wait} frames before it can be`)
    const data = format === 'avc1' ? withoutUserData(sample.data) : sample.data
    return { data, compositionOffset: wait * frameTicks, isSync: sample.isSync }
  })
}

/** H.264 NAL unit type 6 (SEI) with payload type 5 (user data): x264 writes its settings there, which differ by thread count. */
function withoutUserData(data: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = []
  let at = 0
  let dropped = false
  while (at + 6 <= data.length) {
    const length = ((data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!) >>> 0
    const end = Math.min(data.length, at + 4 + length)
    const userData = (data[at + 4]! & 0x1f) === 6 && data[at + 5] === 5
    if (userData) dropped = true
    else kept.push(data.subarray(at, end))
    at = end
  }
  if (!dropped) return data
  const whole = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0))
  let to = 0
  for (const part of kept) {
    whole.set(part, to)
    to += part.length
  }
  return whole
}
