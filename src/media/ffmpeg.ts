// The FFmpeg commands: one process and one decode for all the renditions of a span. FFmpeg encodes, and hands each rendition over as a
// stream of small MP4 fragments on its own pipe; cutting and packaging are ours.

import { fileUrl, inputLimits, opening } from './allowed.ts'
import {
  baseChain,
  decimal,
  furtherChain,
  gridChain,
  isBeyond,
  needsGamutMapping,
  rungChain,
  type Size,
  stillChain,
  waypointOf,
  wideBaseChain,
  wideRungChain,
} from './picture-filters.ts'
import {
  type AudioRendition,
  type RunPlan,
  renditionsOf,
  type SourcePicture,
  type SourcePlan,
  type VideoRendition,
} from './plan.ts'
import { fraction } from './rational.ts'
import { secondCoding, takesForcedKeys } from './second-codecs.ts'
import { resampleStart, sampleRange, silenceChain, soundChain } from './sound-filters.ts'
import {
  AUDIO_RATE,
  audioRange,
  type FrameRange,
  frameRange,
  frameRateOf,
  gopFrames,
  segmentStart,
  totalTicks,
} from './timeline.ts'
import type { Wanted } from './wanted.ts'

export type EncodeRequest = {
  sourcePath: string
  renditions: string[]
  /** Segments [from, to). */
  from: number
  to: number
  threads: number
  /** This FFmpeg has `zscale`. */
  zimg?: boolean
  /** How far before the first frame to begin decoding; raise it when frames were missing. More than the title's length: from its start. */
  seekBackSeconds?: number
  /** A picture of one of these frames besides, on the descriptor after those of the renditions. */
  still?: Still
}

export type EncodeCommand = { args: string[]; outputs: { rendition: string; fd: number }[] }

/** A JPEG of one frame, counted from the title's start. */
export type Still = { frame: number; size: Size }

const FIRST_FD = 3
/** Key frames are shown up to so much after their place in the file (B-frames). More would be decoded in vain: a group of the source, mostly. */
const SEEK_BACK_SECONDS = 0.5
/** Below this a seek saves nothing. */
const WORTH_SEEKING_SECONDS = 2
/** Primaries, transfer and matrix by range, as FFmpeg calls them. */
const COLORS = {
  sdr: ['bt709', 'bt709', 'bt709'],
  pq: ['bt2020', 'smpte2084', 'bt2020nc'],
  hlg: ['bt2020', 'arib-std-b67', 'bt2020nc'],
} as const
const WAVE_COLOUR = '0x8ab4f8'
/** Of a sound, shown in one picture. */
const WAVE_SECONDS = 60

/** The command that encodes segments [from, to) of the asked renditions, each to its own file descriptor. */
export function encodeArgs(plan: RunPlan, request: EncodeRequest): EncodeCommand {
  const { renditions, from, to, threads } = request
  const chosen = renditionsOf(plan).filter((rendition) => renditions.includes(rendition.id))
  if (chosen.length !== renditions.length) throw new RangeError(`unknown rendition among ${renditions.join(', ')}`)
  const frames = framesOf(plan, from, to)
  const samples = sampleRange(audioFramesOf(plan, from, to))
  const seek = seekTo(plan, request, frames, samples)
  const zero = plan.source.startSeconds
  // What went wrong once is tried again by what decoding tells.
  const source = request.seekBackSeconds === undefined ? plan.source : { ...plan.source, told: false }

  const videos = chosen.filter((rendition) => rendition.kind === 'video')
  const sounds = chosen.filter((rendition) => rendition.kind === 'audio')
  const graph = [
    ...(videos.length === 0
      ? []
      : plan.source.video
        ? pictureGraph(plan, videos, frames, zero, !seek, request)
        : waveGraph(plan, videos, frames, zero, !seek)),
    ...sounds.map(({ id }) => `${soundSource(plan, id, samples, zero, !seek).join(',')}[${id}]`),
  ]
  const outputs = chosen.map(({ id }, index) => ({ rendition: id, fd: FIRST_FD + index }))
  const mostPixels = Math.max(...videos.map(({ width, height }) => width * height))
  return {
    args: [
      ...start(threads),
      ...input(source, request.sourcePath, decoderThreads(plan.source, videos, threads), seek),
      ...['-filter_complex', graph.join(';')],
      ...chosen.flatMap((rendition, index) => [
        ...['-map', `[${rendition.id}]`, '-map_metadata', '-1', '-map_chapters', '-1'],
        ...(rendition.kind === 'video'
          ? videoCoding(plan, rendition, from, to, threadsOf(rendition, mostPixels, threads))
          : audioCoding(rendition)),
        `pipe:${FIRST_FD + index}`,
      ]),
      ...(request.still ? stillCoding(FIRST_FD + chosen.length) : []),
    ],
    outputs,
  }
}

/** What that command reads of its source. */
export function encodeReads(
  plan: RunPlan,
  request: Pick<EncodeRequest, 'renditions' | 'from' | 'to' | 'seekBackSeconds'>,
): Wanted {
  const { from, to, renditions } = request
  const samples = sampleRange(audioFramesOf(plan, from, to))
  const seek = seekTo(plan, request, framesOf(plan, from, to), samples)
  const isShown = renditionsOf(plan).some(({ id, kind }) => kind === 'video' && renditions.includes(id))
  const sounds = plan.source.audio.filter(({ rendition }) => renditions.includes(rendition))
  const drawn = plan.source.video ?? plan.source.audio[0]!
  const streams = new Set([...(isShown ? [drawn] : []), ...sounds].map(({ streamIndex }) => streamIndex))
  const end = Math.max(segmentStart(plan.timeline, to) / plan.timeline.timescale, samples.to / AUDIO_RATE)
  const stretch = { from: seek ?? Number.NEGATIVE_INFINITY, to: plan.source.startSeconds + end }
  return { streams: [...streams], stretches: [stretch] }
}

/** Threads cost by themselves: the largest rung has all, and the others as many for each pixel, so that none waits for another. */
function threadsOf({ width, height }: VideoRendition, mostPixels: number, threads: number): number {
  return Math.ceil((threads * width * height) / mostPixels)
}

/** A decoder keeps up with the encoders of a ladder on half as many threads; a small rung alone waits for nothing but the decoder. */
function decoderThreads({ video }: SourcePlan, rungs: readonly Size[], threads: number): number {
  const pixels = rungs.reduce((sum, { width, height }) => sum + width * height, 0)
  const isLadder = video !== undefined && pixels * 3 >= video.width * video.height
  return isLadder ? Math.ceil(threads / 2) : threads
}

/** The command that writes one upright JPEG, `width` wide, of what the title shows at `atSeconds`. */
export function thumbnailArgs(
  plan: RunPlan,
  request: { sourcePath: string; atSeconds: number; width: number; fd: number },
): string[] {
  const { sourcePath, width, fd } = request
  const { source } = plan
  const rate = frameRateOf(plan.timeline)
  const { frame, size } = stillAt(plan, request.atSeconds, width)
  const seek = seekToFrame(plan, frame)
  const chain = source.video
    ? [
        `[0:${source.video.streamIndex}]${gridChain(source.video, source.startSeconds, rate, frame, frame + 1, seek === undefined).join(',')}`,
        ...[...baseChain(source.video, size), ...stillChain(source.video, size)],
      ]
    : [
        `[0:${source.audio[0]!.streamIndex}]atrim=duration=${WAVE_SECONDS}`,
        ...[`showwavespic=s=${size.width}x${size.height}:colors=${WAVE_COLOUR}`, 'format=yuvj420p'],
      ]
  return [
    ...start(2),
    ...input(source, sourcePath, 2, seek),
    ...['-filter_complex', `${chain.join(',')}[still]`, ...stillCoding(fd)],
  ]
}

/** What that command reads of its source. */
export function thumbnailReads(plan: RunPlan, atSeconds: number): Wanted {
  const { source } = plan
  if (!source.video)
    return {
      streams: [source.audio[0]!.streamIndex],
      stretches: [{ from: Number.NEGATIVE_INFINITY, to: source.startSeconds + WAVE_SECONDS }],
    }
  const rate = frameRateOf(plan.timeline)
  const { frame } = stillAt(plan, atSeconds, 2)
  const to = source.startSeconds + ((frame + 1) * rate.den) / rate.num
  const from = seekToFrame(plan, frame) ?? Number.NEGATIVE_INFINITY
  return { streams: [source.video.streamIndex], stretches: [{ from, to }] }
}

function seekToFrame({ source, timeline }: RunPlan, frame: number): number | undefined {
  const rate = frameRateOf(timeline)
  const target = (frame * rate.den) / rate.num - SEEK_BACK_SECONDS
  return source.seekable === 'index' && target > WORTH_SEEKING_SECONDS ? source.startSeconds + target : undefined
}

/** The picture of what the title shows at `atSeconds`, `width` wide. */
export function stillAt(plan: RunPlan, atSeconds: number, width: number): Still {
  const rate = frameRateOf(plan.timeline)
  const last = totalTicks(plan.timeline) / plan.timeline.frameTicks - 1
  const shape = plan.video.at(-1)!
  return {
    frame: Math.max(0, Math.min(last, Math.floor((atSeconds * rate.num) / rate.den))),
    size: { width: even(width), height: even((width * shape.height) / shape.width) },
  }
}

/** Whether a still can be taken along where segment `n` is made: not where the base of that encode is smaller than the source. */
export function isAlong(plan: RunPlan, { frame }: Still, n: number): boolean {
  const { from, to } = frameRange(plan.timeline, n)
  return plan.source.video !== undefined && !needsGamutMapping(plan.source.video) && frame >= from && frame < to
}

const stillCoding = (fd: number): string[] => [
  ...['-map', '[still]', '-map_metadata', '-1', '-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '4'],
  ...['-fps_mode', 'passthrough', '-f', 'mjpeg', `pipe:${fd}`],
]

/** The command that copies a source's streams, undecoded, into a container that seeks: probe the copy, and plan from that. Broken clocks are mended on the way. */
export function remuxArgs(sourcePath: string, outputPath: string): string[] {
  return [
    ...[
      '-nostdin',
      '-hide_banner',
      '-loglevel',
      'error',
      '-y',
      ...inputLimits(sourcePath),
      '-fflags',
      '+genpts',
      '-i',
      fileUrl(sourcePath),
    ],
    ...[
      '-map',
      '0:V?',
      '-map',
      '0:a?',
      '-c',
      'copy',
      '-sn',
      '-dn',
      '-map_chapters',
      '-1',
      '-max_muxing_queue_size',
      '4096',
    ],
    ...['-f', 'matroska', fileUrl(outputPath)],
  ]
}

/** The command that copies the frames of one video stream, undecoded, into an MP4: its table says where each frame lies. */
export function passCopyArgs(sourcePath: string, outputPath: string, streamIndex: number): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...inputLimits(sourcePath), '-i', fileUrl(sourcePath)],
    ...['-map', `0:${streamIndex}`, '-c', 'copy', '-map_metadata', '-1', '-map_chapters', '-1'],
    ...['-video_track_timescale', '90000', '-f', 'mp4', fileUrl(outputPath)],
  ]
}

/** The command that writes one track of timed text as WebVTT to `pipe:3`, on the title's clock. */
export function textArgs(sourcePath: string, streamIndex: number, startSeconds: number): string[] {
  return [
    ...[
      '-nostdin',
      '-hide_banner',
      '-loglevel',
      'error',
      '-copyts',
      ...inputLimits(sourcePath),
      '-i',
      fileUrl(sourcePath),
    ],
    ...[
      '-map',
      `0:${streamIndex}`,
      '-c:s',
      'webvtt',
      '-output_ts_offset',
      decimal(-startSeconds),
      '-map_metadata',
      '-1',
    ],
    ...['-f', 'webvtt', 'pipe:3'],
  ]
}

function start(threads: number): string[] {
  return ['-nostdin', '-hide_banner', '-loglevel', 'error', '-filter_complex_threads', String(threads)]
}

/**
 * The source keeps its own clock (`-copyts`): a frame has one time wherever reading began and whichever streams are asked for (left
 * to itself, FFmpeg takes the first of the *wanted* streams for zero). The orientation is ours to apply, once.
 */
function input(source: SourcePlan, path: string, threads: number, seek: number | undefined): string[] {
  const decoder = source.video?.decoder
  return [
    ...['-copyts', ...inputLimits()],
    ...[...opening(source), '-analyzeduration', '10M', '-threads', String(threads), '-noautorotate'],
    ...(source.seekable === 'index' ? [] : ['-fflags', '+genpts']),
    ...(decoder ? ['-c:v', decoder] : []),
    ...(seek === undefined ? [] : ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', decimal(seek)]),
    ...['-i', fileUrl(path), '-sn', '-dn'],
  ]
}

/** The time to seek to on the source's clock, or nothing when decoding begins with the file. */
function seekTo(
  plan: RunPlan,
  request: Pick<EncodeRequest, 'renditions' | 'seekBackSeconds'>,
  frames: FrameRange,
  samples: { from: number },
): number | undefined {
  if (plan.source.seekable === 'start') return undefined
  const rate = frameRateOf(plan.timeline)
  const sounds = plan.source.audio.filter(
    ({ rendition }) => !plan.source.video || request.renditions.includes(rendition),
  )
  const first = Math.min(
    (frames.from * rate.den) / rate.num,
    ...sounds.map(({ sampleRate }) => resampleStart(sampleRate, samples.from) / sampleRate),
  )
  const target = first - (request.seekBackSeconds ?? SEEK_BACK_SECONDS)
  return target > WORTH_SEEKING_SECONDS ? plan.source.startSeconds + target : undefined
}

function pictureGraph(
  plan: RunPlan,
  videos: VideoRendition[],
  frames: FrameRange,
  zero: number,
  fromStart: boolean,
  { zimg = false, still }: Pick<EncodeRequest, 'zimg' | 'still'>,
): string[] {
  const picture = plan.source.video!
  const largest = videos.at(-1)!
  const wide = largest.range !== undefined
  if (videos.some(({ range }) => (range !== undefined) !== wide)) throw new RangeError('one decode for both ranges')
  const base = [
    ...gridChain(picture, zero, frameRateOf(plan.timeline), frames.from, frames.to, fromStart),
    ...(wide ? wideBaseChain(picture) : baseChain(picture, largest)),
  ]
  const chainOf = (rung: VideoRendition) =>
    rung.range ? wideRungChain(rung, rung.range) : rungChain(picture, rung, zimg)
  const waypoint = zimg && !wide ? waypointOf(picture, plan.video) : undefined
  const further = waypoint ? videos.filter((rung) => isBeyond(waypoint, rung)) : []
  const near = videos.filter((rung) => !further.includes(rung))
  const bases = [...(still ? ['still'] : []), ...(further.length > 0 ? ['waypoint'] : []), ...near.map(({ id }) => id)]
  return [
    `[0:${picture.streamIndex}]${base.join(',')}${split(bases.map((id) => `base-${id}`))}`,
    ...(still ? [`[base-still]${[frameOf(still, frames), ...stillChain(picture, still.size)].join(',')}[still]`] : []),
    ...near.map((rung) => `[base-${rung.id}]${chainOf(rung).join(',')}[${rung.id}]`),
    ...(waypoint && further.length > 0 ? waypointGraph(picture, waypoint, further) : []),
  ]
}

const frameOf = ({ frame }: Still, { from }: FrameRange): string =>
  `trim=start_pts=${frame - from}:end_pts=${frame - from + 1}`

/** The rungs that are scaled from another one, which is made for them if it is not asked for itself. */
function waypointGraph(picture: SourcePicture, waypoint: Size, rungs: VideoRendition[]): string[] {
  const chains = rungs.map(({ id, ...size }) => ({ id, chain: furtherChain(picture, waypoint, size) }))
  const names = chains.map(({ id, chain }) => (chain.length > 0 ? `further-${id}` : id))
  return [
    `[base-waypoint]${rungChain(picture, waypoint, true).join(',')}${split(names)}`,
    ...chains.flatMap(({ id, chain }) => (chain.length > 0 ? [`[further-${id}]${chain.join(',')}[${id}]`] : [])),
  ]
}

/** The wave of the sound, drawn frame by frame: three samples a column, so each frame shows exactly its own samples. */
function waveGraph(
  plan: RunPlan,
  videos: VideoRendition[],
  frames: FrameRange,
  zero: number,
  fromStart: boolean,
): string[] {
  const rate = frameRateOf(plan.timeline)
  const perFrame = (AUDIO_RATE * rate.den) / rate.num
  const sound = plan.source.audio[0]!
  const samples = { from: frames.from * perFrame, to: frames.to * perFrame }
  const { width, height } = videos.at(-1)!
  const chain = [
    ...soundSource(plan, sound.rendition, samples, zero, fromStart),
    `showwaves=s=${width}x${height}:rate=${fraction(rate)}:mode=cline:colors=${WAVE_COLOUR}`,
    `fps=fps=${fraction(rate)}:round=near:start_time=0`,
    'tpad=stop_mode=clone:stop=-1',
    `trim=end_frame=${frames.to - frames.from}`,
  ]
  const tags = 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709'
  return [
    `${chain.join(',')}${split(videos.map(({ id }) => `base-${id}`))}`,
    ...videos.map(
      (rung) =>
        `[base-${rung.id}]scale=${rung.width}:${rung.height}:out_color_matrix=bt709:out_range=tv,format=yuv420p,setsar=1,${tags}[${rung.id}]`,
    ),
  ]
}

/** A stretch of a sound; silence where the source is known to have none, because nothing would arrive to be padded. */
function soundSource(
  plan: RunPlan,
  id: string,
  samples: { from: number; to: number },
  zero: number,
  fromStart: boolean,
): string[] {
  const sound = plan.source.audio.find(({ rendition }) => rendition === id)!
  const begins = (sound.startSeconds - plan.source.startSeconds) * AUDIO_RATE
  const ends =
    sound.endSeconds === undefined
      ? Number.POSITIVE_INFINITY
      : (sound.endSeconds - plan.source.startSeconds) * AUDIO_RATE
  const margin = AUDIO_RATE / 10
  if (!fromStart && (samples.from > ends + margin || samples.to < begins - margin)) return silenceChain(sound, samples)
  const [first, ...rest] = soundChain(sound, zero, samples, fromStart)
  return [`[0:${sound.streamIndex}]${first}`, ...rest]
}

function split(names: string[]): string {
  const labels = names.map((name) => `[${name}]`).join('')
  return names.length > 1 ? `,split=${names.length}${labels}` : labels
}

/**
 * Capped constant quality: cheap scenes stay cheap, hard ones stop at the ceiling. Key frames on the two-second grid only, groups closed, and
 * parameter sets (`stitchable`) that do not depend on what is encoded: every piece of a rendition shares one initialisation segment.
 */
function videoCoding(plan: RunPlan, rung: VideoRendition, from: number, to: number, threads: number): string[] {
  const gop = gopFrames(plan.timeline)
  const cap = String(rung.bitsPerSecond)
  const [primaries, transfer, matrix] = COLORS[rung.range ?? 'sdr']
  const base = () => [
    ...['-c:v', 'libx264', '-preset', plan.preset, '-profile:v', 'high', '-level:v', (rung.level / 10).toFixed(1)],
    ...['-crf', String(rung.crf), '-maxrate', cap, '-bufsize', String(rung.bitsPerSecond * 2)],
    ...['-g', String(gop), '-keyint_min', String(gop), '-sc_threshold', '0', '-bf', '3', '-forced-idr', '1'],
    ...['-x264-params', 'stitchable=1:open-gop=0:8x8dct=1:cabac=1:b-pyramid=2', '-threads', String(threads)],
  ]
  return [
    ...(rung.codec === 'avc' ? base() : secondCoding(rung.codec, rung, gop, threads)),
    ...(takesForcedKeys(rung.codec) ? forcedKeyFrames(plan, from, to, gop) : []),
    ...['-pix_fmt', rung.range ? 'yuv420p10le' : 'yuv420p', '-color_range', 'tv'],
    ...['-color_primaries', primaries, '-color_trc', transfer, '-colorspace', matrix],
    ...['-fps_mode', 'passthrough', '-video_track_timescale', String(plan.timeline.timescale)],
    ...fragments('+frag_keyframe'),
  ]
}

/** Segment boundaries off the encoder's own grid (cuts taken from a source) are forced; on it nothing need be said. */
function forcedKeyFrames(plan: RunPlan, from: number, to: number, gop: number): string[] {
  const first = frameRange(plan.timeline, from).from
  const starts = Array.from({ length: to - from }, (_, index) => frameRange(plan.timeline, from + index).from - first)
  if (starts.every((frame) => frame % gop === 0)) return []
  const rate = frameRateOf(plan.timeline)
  return ['-force_key_frames', starts.map((frame) => decimal((frame * rate.den) / rate.num)).join(',')]
}

function audioCoding({ bitsPerSecond, channels }: AudioRendition): string[] {
  return [
    ...['-c:a', 'aac', '-b:a', String(bitsPerSecond), '-ar', String(AUDIO_RATE), '-ac', String(channels)],
    ...fragments('', '-frag_duration', '1000000'),
  ]
}

function framesOf(plan: RunPlan, from: number, to: number): FrameRange {
  const { timeline } = plan
  return {
    from: segmentStart(timeline, from) / timeline.frameTicks,
    to: segmentStart(timeline, to) / timeline.frameTicks,
  }
}

function audioFramesOf(plan: RunPlan, from: number, to: number): FrameRange {
  return { from: audioRange(plan.timeline, from).from, to: audioRange(plan.timeline, to - 1).to }
}

/** `frag_discont` and untouched time stamps let the cutter see whether the first frame is the one it should be. */
export const fragments = (flags: string, ...more: string[]): string[] => [
  ...['-avoid_negative_ts', 'disabled', '-f', 'mp4', '-movflags', `+empty_moov+default_base_moof+frag_discont${flags}`],
  ...[...more, '-flush_packets', '1'],
]

const even = (side: number): number => Math.max(16, 2 * Math.round(side / 2))
