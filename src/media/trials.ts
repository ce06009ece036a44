// Trials: a few short stretches of a title encoded at its sizes and two qualities each, all from one decode, to learn what a bit buys in
// it. How much is lost is SSIM of luma: the encoder says what coding lost, and a filter what the smaller size loses once it is shown as
// large as the largest. The two add up (to within a tenth, on the three clips it was checked on), so no trial need be decoded again.

import { fileUrl, inputLimits, opening } from './allowed.ts'
import { baseChain, decimal, furtherChain, isBeyond, rungChain, waypointOf } from './picture-filters.ts'
import type { RunPlan, Trial, Untuned, VideoRendition } from './plan.ts'
import { fraction, toNumber } from './rational.ts'
import { frameRateOf, gopFrames, segmentStart, totalSeconds } from './timeline.ts'
import type { Wanted } from './wanted.ts'

/** Of a title, tried out: one part in so many, within these bounds. It keeps the trials under a tenth of the work of the ladder. */
const ONE_IN = 24
const FEWEST_FRAMES = 6
const LONGEST_SECONDS = 8
const MOST_WINDOWS = 5
const WINDOW_FRAMES = 16
/** Below this, a trial would cost more than it can save. */
const SHORTEST_SECONDS = 6
/** Of a title, before it is tried out while the rest is still arriving. */
const ENOUGH = 0.5
/** Larger pictures are not tried: what holds for 1080p holds for them. */
const LARGEST_SIDE = 1080
/** A rung this many times smaller than the largest is cheap. */
const CHEAP = 4
/** Every which frame is scaled down and up again to see what that loses. */
const SCALE_STEP = 6

/** The ladder's own quality, and one that looks worse: what lies between follows from the two. */
export const TRIED = { usual: 23, between: 26, spare: 30 } as const

/** Stretches of a title that are tried out: where to begin (the source's key frame before it), and how many frames of each. */
export type Stretches = { startsSeconds: number[]; frames: number }

/** Why a trial is not worth its price; undefined where it is. */
export function whyUntried(plan: RunPlan): Untuned | undefined {
  if (!plan.source.video) return 'sound_alone'
  if (totalSeconds(plan.timeline) < SHORTEST_SECONDS) return 'too_short'
  return tried(plan).length < 2 ? 'one_rung' : undefined
}

/** Stretches spread over a title that is worth trying out. */
export function stretchesOf(plan: RunPlan): Stretches {
  const seconds = totalSeconds(plan.timeline)
  const { windows, frames } = sizeOf(plan)
  const startsSeconds = Array.from({ length: windows }, (_, n) => ((n + 0.5) * seconds) / windows)
  return { startsSeconds: plan.source.seekable === 'index' ? startsSeconds : [0], frames }
}

/**
 * The same, spread over what has arrived of a title; undefined until that is half of it.
 * @param arrived for each segment, whether it could be made now
 * @param asked whether all that is read for a stretch of the title, in seconds, has arrived
 */
export function stretchesArrived(
  plan: RunPlan,
  arrived: readonly boolean[],
  asked: (from: number, to: number) => boolean,
): Stretches | undefined {
  const here = arrived.flatMap((it, n) => (it ? [segmentStart(plan.timeline, n) / plan.timeline.timescale] : []))
  if (here.length < arrived.length * ENOUGH) return undefined
  const { windows, frames } = sizeOf(plan)
  const seconds = frames / toNumber(frameRateOf(plan.timeline))
  const spread = Array.from({ length: windows }, (_, n) => here[Math.floor(((n + 0.5) * here.length) / windows)]!)
  const startsSeconds = spread.filter((from) => asked(from, from + seconds))
  return startsSeconds.length > 0 ? { startsSeconds, frames } : undefined
}

/** How many stretches, and how many frames of each. */
function sizeOf(plan: RunPlan): { windows: number; frames: number } {
  const rate = toNumber(frameRateOf(plan.timeline))
  const seconds = Math.min(totalSeconds(plan.timeline) / ONE_IN, LONGEST_SECONDS)
  const frames = Math.max(FEWEST_FRAMES, Math.round(seconds * rate))
  const windows =
    plan.source.seekable === 'index' ? Math.max(1, Math.min(MOST_WINDOWS, Math.floor(frames / WINDOW_FRAMES))) : 1
  return { windows, frames: Math.floor(frames / windows) }
}

/** What is encoded: the lowest rung, and others while they are cheap beside the largest, at two qualities; what is dear at one. */
function triedAt(plan: RunPlan): { rung: VideoRendition; crf: number }[] {
  const rungs = tried(plan)
  const pixels = ({ width, height }: VideoRendition) => width * height
  return rungs.flatMap((rung, n): { rung: VideoRendition; crf: number }[] => {
    if (n > 0 && pixels(rung) * CHEAP > pixels(rungs.at(-1)!)) return [{ rung, crf: TRIED.between }]
    return [TRIED.usual, TRIED.spare].map((crf) => ({ rung, crf }))
  })
}

const tried = (plan: RunPlan): VideoRendition[] =>
  plan.video.filter(({ copied, width, height }) => !copied && Math.min(width, height) <= LARGEST_SIDE)

/**
 * The command that makes the trials; it keeps nothing, and what came of them it says on standard error. One thread does it all: several small encodes at a
 * time would waste more.
 */
export function trialArgs(
  plan: RunPlan,
  request: { sourcePath: string; stretches: Stretches; zimg?: boolean },
): string[] {
  const { sourcePath, stretches, zimg = false } = request
  const { source, timeline } = plan
  const picture = source.video!
  const rate = frameRateOf(timeline)
  const all = triedAt(plan)
  const rungs = tried(plan)
  const largest = rungs.at(-1)!
  const smaller = rungs.slice(0, -1)
  const fields = { none: [], field: ['bwdif=mode=send_field'], frame: ['bwdif=mode=send_frame'] }[picture.deinterlace]
  const windows = stretches.startsSeconds.map((_, n) => {
    const frames = [...fields, 'setpts=PTS-STARTPTS', `fps=fps=${fraction(rate)}`, `trim=end_frame=${stretches.frames}`]
    return `[${n}:${picture.streamIndex}]${[...frames, ...baseChain(picture, largest)].join(',')}[w${n}]`
  })
  const waypoint = zimg ? waypointOf(picture, plan.video) : undefined
  const further = waypoint ? rungs.filter((rung) => isBeyond(waypoint, rung)) : []
  const near = rungs.filter((rung) => !further.includes(rung))
  const split = (names: string[]) =>
    `${names.length > 1 ? `split=${names.length}` : 'null'}${names.map((name) => `[${name}]`).join('')}`
  const bases = [...(further.length > 0 ? ['waypoint'] : []), ...near.map(({ id }) => `base-${id}`)]
  const joined = `${windows.map((_, n) => `[w${n}]`).join('')}concat=n=${windows.length},${split(bases)}`
  const scaled = rungs.map((rung) => {
    const outputs = all.filter((it) => it.rung === rung).map(({ crf }) => `${rung.id}-${crf}`)
    const seen = rung === largest ? smaller.map(({ id }) => `full-${id}`) : [`small-${rung.id}`]
    const isFurther = waypoint && further.includes(rung)
    const chain = isFurther ? furtherChain(picture, waypoint, rung) : rungChain(picture, rung, zimg)
    return `[base-${rung.id}]${[...chain, split([...outputs, ...seen])].join(',')}`
  })
  if (waypoint && further.length > 0)
    scaled.unshift(
      `[waypoint]${rungChain(picture, waypoint, true).join(',')},${split(further.map(({ id }) => `base-${id}`))}`,
    )
  const losses = smaller.flatMap(({ id }) => [
    `[small-${id}]framestep=${SCALE_STEP},scale=${largest.width}:${largest.height}:flags=bicubic[back-${id}]`,
    `[full-${id}]framestep=${SCALE_STEP}[step-${id}]`,
    `[back-${id}][step-${id}]ssim,nullsink`,
  ])
  const seconds = (frames: number) => decimal((frames * rate.den) / rate.num)
  const starts = windows.map((_, n) => seconds(n * stretches.frames)).join(',')
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'info', '-copyts'],
    ...['-filter_complex_threads', '1'],
    ...stretches.startsSeconds.flatMap((from) => [
      ...[...inputLimits(), ...opening(source), '-threads', '1', '-noautorotate'],
      ...(picture.decoder ? ['-c:v', picture.decoder] : []),
      ...(from > 0 ? ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', decimal(source.startSeconds + from)] : []),
      ...['-i', fileUrl(sourcePath)],
    ]),
    ...['-filter_complex', [...windows, joined, ...scaled, ...losses].join(';')],
    ...all.flatMap(({ rung, crf }) => [
      ...['-map', `[${rung.id}-${crf}]`, '-c:v', 'libx264', '-preset', plan.preset, '-profile:v', 'high'],
      ...['-crf', String(crf), '-g', String(gopFrames(timeline)), '-keyint_min', String(gopFrames(timeline))],
      ...['-sc_threshold', '0', '-bf', '3', '-forced-idr', '1', '-force_key_frames', starts],
      ...['-x264-params', 'open-gop=0:8x8dct=1:cabac=1:b-pyramid=2:ssim=1'],
      ...['-threads', '1'],
      ...['-fps_mode', 'passthrough', '-f', 'null', '-'],
    ]),
  ]
}

/** What that command reads of its source. */
export function trialReads({ source, timeline }: RunPlan, { startsSeconds, frames }: Stretches): Wanted {
  const seconds = frames / toNumber(frameRateOf(timeline))
  const stretches = startsSeconds.map((start) => ({
    from: start > 0 ? source.startSeconds + start : Number.NEGATIVE_INFINITY,
    to: source.startSeconds + start + seconds,
  }))
  return { streams: [source.video!.streamIndex], stretches }
}

/** Reads what the command said; undefined when it does not say all of it. */
export function readTrials(plan: RunPlan, said: string): Trial[] | undefined {
  const all = triedAt(plan)
  const rungs = tried(plan)
  const encoders = new Map<string, string[]>()
  for (const [, address, text] of said.matchAll(/^\[libx264 @ (0x[0-9a-f]+)\] (.*)$/gm))
    if (/^(frame [IPB]:|SSIM Mean)/.test(text!)) encoders.set(address!, [...(encoders.get(address!) ?? []), text!])
  // Encoders are closed in the order of their outputs; filters in none, but they are numbered as the graph has them.
  const scaling = [...said.matchAll(/^\[Parsed_ssim_(\d+) @ 0x[0-9a-f]+\] SSIM Y:([\d.]+)/gm)]
    .toSorted(([, a], [, b]) => Number(a) - Number(b))
    .map(([, , it]) => Number(it))
  if (encoders.size !== all.length || scaling.length !== rungs.length - 1) return undefined
  const found = all.map(({ rung, crf }, n) => {
    const lines = [...encoders.values()][n]!.join('\n')
    const kinds = [...lines.matchAll(/frame ([IPB]):(\d+) +Avg QP: *[\d.]+ +size: *(\d+)/g)].map(
      ([, kind, count, size]) => ({
        isKey: kind === 'I',
        count: Number(count),
        bytes: Number(count) * Number(size),
      }),
    )
    const ssim = Number(/SSIM Mean Y:([\d.]+)/.exec(lines)?.[1])
    const coded = 1 - ssim
    const scaled = rung === rungs.at(-1) ? 0 : 1 - scaling[rungs.indexOf(rung)]!
    return { rendition: rung.id, crf, bitsPerSecond: rateOf(plan, kinds), coded: round(coded), scaled: round(scaled) }
  })
  return found.every(({ bitsPerSecond, coded }) => bitsPerSecond > 0 && Number.isFinite(coded)) ? found : undefined
}

/** The rate that the sizes of frames come to when there is one key frame every two seconds, and not one in each short stretch. */
function rateOf(plan: RunPlan, kinds: { isKey: boolean; count: number; bytes: number }[]): number {
  const mean = (isKey: boolean) => {
    const some = kinds.filter((it) => it.isKey === isKey)
    return (
      some.reduce((sum, it) => sum + it.bytes, 0) /
      Math.max(
        1,
        some.reduce((sum, it) => sum + it.count, 0),
      )
    )
  }
  const gop = gopFrames(plan.timeline)
  return Math.round(((mean(true) + (gop - 1) * mean(false)) / gop) * 8 * toNumber(frameRateOf(plan.timeline)))
}

const round = (value: number): number => Math.max(0, Math.round(value * 1e6) / 1e6)

/** How much of a title the stretches are. */
export function triedSeconds(plan: RunPlan, { startsSeconds, frames }: Stretches): number {
  return Math.round((10 * startsSeconds.length * frames) / toNumber(frameRateOf(plan.timeline))) / 10
}
