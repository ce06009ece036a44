// The plan of a run: from what is known about a source to everything that encoders and playlists need. Pure, and stored as JSON.

import type { AudioFacts, ColorFacts, LightFacts, SourceFacts, VideoFacts } from './facts.ts'
import { naturalRate } from './frame-rate.ts'
import { avcCodecs, avcLevel, type LadderPolicy, type Rung, rungsFor } from './ladder.ts'
import { type Rational, rational, toNumber } from './rational.ts'
import { hdrRung, type SecondCodec, secondRung } from './second-codecs.ts'
import { SURROUND } from './surround.ts'
import { AUDIO_RATE, type SoundGrid, segmentCount, segmentStart, type Timeline, timelineOf } from './timeline.ts'

export type { LadderPolicy } from './ladder.ts'

/** What is made from one source under one policy. A new plan is a new run; nothing in a stored one ever changes. */
export type RunPlan = {
  version: 1
  preset: string
  timeline: Timeline
  source: SourcePlan
  /** Lowest first; the first one starts playback. */
  video: VideoRendition[]
  /** One for each language, the first of which is heard unless another is asked for; after them those of them that there are in 5.1. */
  audio: AudioRendition[]
  /**
   * The same rungs in further codecs: never eager, and named in manifests only when they are complete. In H.264 it is the other way to
   * have a rung (see `otherWay`), named in its place.
   */
  more?: VideoRendition[]
  /** What was tried out for this title, and what was decided; without it every rung is as the ladder has it, and `untuned` says why. */
  tuning?: Tuning
  untuned?: Untuned
}

/** Why a title is not tried out: trials would not pay, were switched off, or came to nothing. */
export type Untuned = 'too_short' | 'one_rung' | 'sound_alone' | 'switched_off' | 'trials_failed'

/** What one short encode came to. `coded` and `scaled` are losses of SSIM, luma, 0 to 1: by coding, and by being smaller than the largest rung. */
export type Trial = { rendition: string; crf: number; bitsPerSecond: number; coded: number; scaled: number }

export type Tuning = {
  metric: 'ssim'
  /** How much of the title was tried out. */
  triedSeconds: number
  trials: Trial[]
  decided: Decision[]
}

/** What was decided of one rendition. Figures are expected means: SSIM in decibels as shown at the size of the largest rung. */
export type Decision = {
  rendition: string
  crf: number
  bitsPerSecond: number
  expected?: { bitsPerSecond: number; decibels: number }
  why: 'tuned' | 'begun_before' | 'seen_in_part' | 'not_tried' | 'copied' | 'adds_nothing'
  /** The rendition that makes this one needless. */
  besides?: string
}

export type VideoRendition = {
  id: string
  kind: 'video'
  codec: 'avc' | SecondCodec
  codecs: string
  label: string
  width: number
  height: number
  frameRate: Rational
  /** The ceiling, and a guess at the mean until it has been measured. */
  bitsPerSecond: number
  averageBitsPerSecond: number
  crf: number
  /** As the codec counts levels: for H.264 times ten, 31 for 3.1. */
  level: number
  /** Made in bulk after upload; others are made when somebody watches them. */
  eager: boolean
  /** High dynamic range, in this transfer; without it Rec. 709. */
  range?: 'pq' | 'hlg'
  /** The source's own frames, copied and never decoded. Without `color` the source names none. */
  copied?: { reorderFrames: number; color?: [primaries: number, transfer: number, matrix: number] }
}

export type AudioRendition = {
  id: string
  kind: 'audio'
  codec: 'aac'
  codecs: 'mp4a.40.2'
  language: string
  name: string
  channels: 1 | 2 | 6
  /** Of encoded sound always 48,000; copied sound keeps its own, and is timed by it. */
  sampleRate: number
  bitsPerSecond: number
  eager: true
  /**
   * The source's own frames, copied and never decoded: which of them is the title's first (below 0: silence comes before them), and how
   * many samples after the title's zero that one begins, where it is not at once. `apart`: they are counted in a copy of this sound alone,
   * because the source has no table of them.
   */
  copied?: { first: number; phase?: number; apart?: true }
}

/** What the encoder must know about the source. Times are seconds on the source's own clock. */
export type SourcePlan = {
  container: string
  seekable: 'index' | 'start'
  durationMs: number
  startSeconds: number
  /** See `SourceFacts`. */
  told?: boolean
  /** Absent when there is only sound: a picture is drawn from it. */
  video?: SourcePicture
  /** One for each audio rendition, in the same order. */
  audio: SourceSound[]
}

export type SourcePicture = {
  streamIndex: number
  decoder?: string
  width: number
  height: number
  rotation: 0 | 90 | 180 | 270
  flip: boolean
  /** Sides as coded, both even: what `zscale` asks of 4:2:0. */
  evenSides?: true
  /** `field`: every field becomes a frame (30 interlaced to 60). `frame`: one frame from two fields. */
  deinterlace: 'none' | 'field' | 'frame'
  pixelFormat: string
  color: ColorFacts
  hdr: 'sdr' | 'pq' | 'hlg'
  /** Said again of the renditions that keep the range. */
  light?: LightFacts
  alpha: boolean
}

export type SourceSound = {
  rendition: string
  streamIndex: number
  channels: number
  sampleRate: number
  startSeconds: number
  endSeconds?: number
  lattice?: { samples: number; phase: number }
  coarse: boolean
  /** Its channels are kept, as 5.1; else they are mixed to two. */
  surround?: true
  /** AAC-LC whose frames may be copied, by what was seen of its beginning. */
  plainAac?: true
  /** How loud it was found to be, and the gain it gets for that; without it the sound stays as loud as it is. */
  loudness?: Loudness
}

/** What was measured of one sound, and what was decided: kept in the plan. */
export type Loudness = {
  /** Integrated loudness of what was listened to; absent where nothing was heard. */
  lufs?: number
  /** How much was listened to. */
  heardSeconds: number
  targetLufs: number
  gainDb: number
  why: 'brought to the target' | 'right as it is' | 'too quiet to be raised further' | 'silent' | 'not measured'
}

/** The source's own frames as a rung: what the plan must say about it, and the timeline that all rungs share. */
export type PassThrough = {
  timeline: Timeline
  codecs: string
  level: number
  width: number
  height: number
  /** The densest segment, and the mean. */
  peakBitsPerSecond: number
  averageBitsPerSecond: number
  /** How many frames decoding must run ahead of showing. */
  reorderFrames: number
  /** Name, transfer and matrix as H.273 numbers, where the source names all three. */
  color?: [number, number, number]
  /** Too dense to stay: they stand in for the rung until it is encoded. */
  meanwhile?: true
}

/** A run of segments that one encode task makes, for several renditions, from one decode. `to` is not in it; lower `order` first. */
export type Span = { no: number; renditions: string[]; from: number; to: number; order: number }

/** By channels. */
const AUDIO_BITS_PER_SECOND = { 2: 128_000, 6: 320_000 }
const MAX_LANGUAGES = 8
const FIRST_MINUTE_SECONDS = 60
/**
 * Up to here a title is made in one pass. Beyond, a second decode for the lowest rung, an eighth of the work, buys that all of the title plays, and can be
 * looked through, long before the rest is made.
 */
const ONE_PASS_SECONDS = 900
/** Pixels a second of the usual ladder of 1080p at 30 frames/s, which spans are measured by. */
const USUAL_PIXELS = 110e6
/** What a pixel costs beside H.264, roughly. */
const CODEC_WEIGHT = { avc: 1, hevc: 4, av1: 3, vp9: 4 }
/** Shorter spans spend too much on decoding what comes before them. */
const SHORTEST_SHARE = 0.5

/** Sound alone is shown as its wave at this size and rate: 48,000 samples/s are 1,920 a frame, exactly three for each column. */
const WAVE = { width: 640, height: 360, rate: rational(25) }

/** `pass`: the source's own frames are the top rung, and give the timeline. */
export function planRun(facts: SourceFacts, policy: LadderPolicy, pass?: PassThrough): RunPlan {
  const field = facts.video?.interlaced === true && toNumber(facts.video.frameRate) * 2 <= policy.maxFrameRate + 0.01
  const rate = facts.video ? outputRate(facts.video, field, policy) : WAVE.rate
  const frames = Math.max(1, Math.round((facts.durationMs / 1000) * toNumber(rate)))
  const size = facts.video ?? WAVE
  const rungs = rungsFor(size.width, size.height, policy)
  const video = rungs.map((rung, index): VideoRendition => {
    const level = avcLevel(rung.width, rung.height, rate, rung.bitsPerSecond)
    const shortSide = Number.parseInt(rung.id, 10)
    return {
      id: rung.id,
      kind: 'video',
      codec: 'avc',
      codecs: avcCodecs(level),
      label: rung.label,
      width: rung.width,
      height: rung.height,
      frameRate: rate,
      bitsPerSecond: rung.bitsPerSecond,
      averageBitsPerSecond: Math.round(rung.bitsPerSecond * 0.6),
      crf: rung.crf,
      level,
      eager: index === 0 || shortSide <= policy.eagerShortSide,
    }
  })
  const spare = pass ? { ...video.at(-1)!, eager: false } : undefined
  if (pass && !pass.meanwhile) video.push(copiedRung(video.pop()!, pass))
  const wide = facts.video ? hdrRungs(facts.video, rungs, rate) : []
  const second = policy.secondCodecs.flatMap((codec) =>
    rungs.map((rung): VideoRendition => {
      const named = secondRung(rung, codec, rate)
      const { width, height } = rung
      const averageBitsPerSecond = Math.round(named.bitsPerSecond * 0.6)
      return { ...named, kind: 'video', codec, width, height, frameRate: rate, averageBitsPerSecond, eager: false }
    }),
  )
  const more = [...second, ...wide, ...(spare ? [spareRung(spare, pass!)] : [])]
  const sounds = soundsOf(facts.audio, policy)
  return {
    version: 1,
    preset: policy.preset,
    timeline: pass?.timeline ?? timelineOf(rate, frames),
    source: {
      container: facts.container,
      seekable: facts.seekable,
      durationMs: facts.durationMs,
      startSeconds: facts.startSeconds,
      ...(facts.told ? { told: true } : {}),
      ...(facts.video ? { video: pictureOf(facts.video, field) } : {}),
      audio: sounds.map(sourceSound),
    },
    video,
    audio: sounds.map(({ id, facts: { language }, channels }) => ({
      id,
      kind: 'audio',
      codec: 'aac',
      codecs: 'mp4a.40.2',
      language,
      name: languageName(language),
      channels,
      sampleRate: AUDIO_RATE,
      bitsPerSecond: AUDIO_BITS_PER_SECOND[channels],
      eager: true,
    })),
    ...(more.length > 0 && facts.video ? { more } : {}),
  }
}

/** The other way to have the rung that the source's own frames are fit for: encoded where they are it, their copy where it is encoded. */
function spareRung(rung: VideoRendition, pass: PassThrough): VideoRendition {
  if (!pass.meanwhile) return { ...rung, id: `${rung.id}-encoded` }
  return copiedRung({ ...rung, id: rung.id + STAND_IN }, pass)
}

/** Where the frames of a sound lie. */
export const gridOf = ({ sampleRate, copied }: AudioRendition): SoundGrid => ({
  rate: sampleRate,
  phase: copied?.phase ?? 0,
})

/** Ends the id of what stands in for a rung. */
export const STAND_IN = '-source'

/** The rung that a rendition of `more` is of. */
export const rungOf = (rendition: string): string => rendition.replace(/-[^-]*$/, '')

/**
 * What may be shown in place of a rung: the source's own frames until an encoded one is complete, or an encoded one where frames that
 * were to be copied have turned out damaged.
 */
export const otherWay = (plan: RunPlan, rung: string): VideoRendition | undefined =>
  plan.more?.find(({ id, codec }) => codec === 'avc' && rungOf(id) === rung)

/** The rung that the source's own frames take the place of. */
function copiedRung(rung: VideoRendition, pass: PassThrough): VideoRendition {
  const { codecs, level, width, height, peakBitsPerSecond, averageBitsPerSecond, reorderFrames, color } = pass
  return {
    ...{ ...rung, codecs, level, width, height },
    ...{ bitsPerSecond: peakBitsPerSecond, averageBitsPerSecond },
    copied: { reorderFrames, ...(color ? { color } : {}) },
  }
}

/** The two highest rungs in high dynamic range, where the source has it in the usual primaries. Everybody else sees Rec. 709. */
function hdrRungs(video: VideoFacts, rungs: Rung[], rate: Rational): VideoRendition[] {
  const { hdr, color } = video
  if (hdr === 'sdr' || video.alpha || !['bt2020', 'unknown'].includes(color.primaries) || color.range === 'pc')
    return []
  return rungs.slice(-2).map((rung): VideoRendition => {
    const wide = hdrRung(rung, rate)
    const { width, height } = rung
    const averageBitsPerSecond = Math.round(wide.bitsPerSecond * 0.6)
    const size = { width, height, frameRate: rate, averageBitsPerSecond }
    return { ...wide, ...size, kind: 'video', codec: 'hevc', eager: false, range: hdr }
  })
}

/** Everything that can be made of a run. */
export const renditionsOf = (plan: RunPlan): (VideoRendition | AudioRendition)[] => [
  ...plan.video,
  ...plan.audio,
  ...(plan.more ?? []),
]

/**
 * The plan as manifests show it: of the further codecs those renditions that are complete, and nothing that could not be made or was
 * left out. Where no picture could be made at all, all of them stay: segments that exist still play.
 */
export function offered(
  plan: RunPlan,
  { isMade, isOut }: { isMade(rendition: string): boolean; isOut(rendition: string): boolean },
): RunPlan {
  const whole = plan.video.flatMap((rung) => {
    const other = otherWay(plan, rung.id)
    if (other && !isMade(rung.id) && !isOut(other.id) && (other.copied || isMade(other.id))) return [other]
    return isOut(rung.id) ? [] : [rung]
  })
  const further = (plan.more ?? []).filter(({ id, codec }) => codec !== 'avc' && isMade(id))
  return {
    ...plan,
    video: [...(whole.length > 0 ? whole : plan.video), ...further],
    audio: plan.audio.filter(({ id }) => !isOut(id)),
  }
}

/** The plan with ceilings that were decided later; players go by them until a rendition has been measured. */
export function withCeilings(plan: RunPlan, ceilings: Readonly<Record<string, number>>): RunPlan {
  const video = plan.video.map((rung): VideoRendition => {
    const bitsPerSecond = ceilings[rung.id] ?? rung.bitsPerSecond
    const averageBitsPerSecond = Math.min(rung.averageBitsPerSecond, bitsPerSecond)
    return { ...rung, bitsPerSecond, averageBitsPerSecond }
  })
  return { ...plan, video }
}

/**
 * The bulk work of a run, in the order it is to be done: the first minute of every eager rung, then the lowest rung and the sound
 * to the end (so that the whole title plays), then the other eager rungs. Up to a quarter of an hour all is done in one pass.
 * @param seconds how long a span of the usual ladder is to be; the real length is the next segment boundary
 * @param soundApart spans hold either pictures or sound, because one of them can be made before the other
 */
export function spansOf(
  plan: RunPlan,
  { seconds, soundApart = false }: { seconds: number; soundApart?: boolean },
): Span[] {
  const sound = plan.audio.map((rendition) => rendition.id)
  const eager = plan.video.filter((rendition) => rendition.eager).map((rendition) => rendition.id)
  const count = segmentCount(plan.timeline)
  const startOf = (n: number) => segmentStart(plan.timeline, n) / plan.timeline.timescale
  const short = startOf(count) <= ONE_PASS_SECONDS
  const minute = short
    ? count
    : Array.from({ length: count + 1 }, (_, n) => n).find((n) => startOf(n) >= FIRST_MINUTE_SECONDS)!

  const passes: [renditions: string[], from: number, to: number][] = [[[...eager, ...sound], 0, minute]]
  if (!short) passes.push([[eager[0]!, ...sound], minute, count], [eager.slice(1), minute, count])
  const kinds = [eager, sound]
  const apart = passes.flatMap(([renditions, from, to]) =>
    kinds.map((kind): (typeof passes)[number] => [renditions.filter((it) => kind.includes(it)), from, to]),
  )
  return (soundApart ? apart : passes)
    .filter(([renditions, from, to]) => renditions.length > 0 && from < to)
    .flatMap(([renditions, from, to]) =>
      cut(startOf, from, to, paced(plan, renditions, seconds)).map((part) => ({ renditions, ...part })),
    )
    .map((span, no) => ({ no, ...span, order: no }))
}

/** The spans that make one rendition of a run from beginning to end. */
export function spansOfRendition(
  plan: RunPlan,
  rendition: string,
  { seconds }: { seconds: number },
): Omit<Span, 'no'>[] {
  const startOf = (n: number) => segmentStart(plan.timeline, n) / plan.timeline.timescale
  const parts = cut(startOf, 0, segmentCount(plan.timeline), paced(plan, [rendition], seconds))
  return parts.map((part, order) => ({ renditions: [rendition], ...part, order }))
}

/** Spans of what is dear are shorter, down to half: on a small machine nothing waits much longer for a 4K span than for any other. */
function paced(plan: RunPlan, renditions: string[], seconds: number): number {
  const pixels = [...plan.video, ...(plan.more ?? [])]
    .filter(({ id, copied }) => renditions.includes(id) && !copied)
    .reduce((sum, it) => sum + it.width * it.height * toNumber(it.frameRate) * CODEC_WEIGHT[it.codec], 0)
  return seconds * Math.max(SHORTEST_SHARE, Math.min(1, USUAL_PIXELS / Math.max(1, pixels)))
}

/** Cuts a run of segments into parts of about `seconds`; a remainder under a third of that stays with the part before. */
function cut(
  startOf: (n: number) => number,
  from: number,
  to: number,
  seconds: number,
): { from: number; to: number }[] {
  const parts: { from: number; to: number }[] = []
  let first = from
  for (let n = from + 1; n <= to; n++) {
    const enough = startOf(n) - startOf(first) >= seconds && startOf(to) - startOf(n) >= seconds / 3
    if (n < to && !enough) continue
    parts.push({ from: first, to: n })
    first = n
  }
  return parts
}

function outputRate(video: VideoFacts, field: boolean, policy: LadderPolicy): Rational {
  const rate = field ? rational(video.frameRate.num * 2, video.frameRate.den) : video.frameRate
  return toNumber(rate) > policy.maxFrameRate * 1.001 ? naturalRate(rate, policy.maxFrameRate) : rate
}

function pictureOf(video: VideoFacts, field: boolean): SourcePicture {
  const { streamIndex, decoder, width, height, rotation, flip, pixelFormat, color, hdr, light, alpha } = video
  const isEven = video.codedWidth % 2 === 0 && video.codedHeight % 2 === 0
  const deinterlace = video.interlaced ? (field ? 'field' : 'frame') : 'none'
  return {
    ...{ streamIndex, ...(decoder ? { decoder } : {}), width, height, rotation, flip },
    ...(isEven ? { evenSides: true } : {}),
    ...{ deinterlace, pixelFormat, color, hdr, ...(light ? { light } : {}), alpha },
  }
}

function sourceSound({ id, facts, channels: made }: PickedSound): SourceSound {
  const { streamIndex, channels, sampleRate, startSeconds, endSeconds, lattice, coarse, plainAac } = facts
  return {
    ...{ rendition: id, streamIndex, channels, sampleRate, startSeconds, coarse },
    ...(made === 6 ? { surround: true } : {}),
    ...(endSeconds === undefined ? {} : { endSeconds }),
    ...(lattice ? { lattice } : {}),
    ...(plainAac ? { plainAac } : {}),
  }
}

/** What is to be made of a sound of the source. */
type PickedSound = { id: string; facts: AudioFacts; channels: 2 | 6 }

/** Two channels of every language, then 5.1 of those that have it: the same track, or one beside it that says the same language. */
function soundsOf(audio: AudioFacts[], policy: LadderPolicy): PickedSound[] {
  const plain = pickSounds(audio).map((facts, index): PickedSound => ({ id: audioId(index), facts, channels: 2 }))
  if (!policy.surround) return plain
  const around = plain.flatMap(({ id, facts: own }): PickedSound[] => {
    const named = own.language === 'und' ? [] : audio.filter(({ language }) => language === own.language)
    const facts = [own, ...named].find(({ surround }) => surround)
    return facts ? [{ id: id + SURROUND, facts, channels: 6 }] : []
  })
  return [...plain, ...around]
}

/** One sound for each language, the default one first. */
function pickSounds(audio: AudioFacts[]): AudioFacts[] {
  const first = audio.find((sound) => sound.isDefault) ?? audio[0]
  const byLanguage = new Map<string, AudioFacts>()
  for (const sound of first ? [first, ...audio] : [])
    if (!byLanguage.has(sound.language)) byLanguage.set(sound.language, sound)
  return [...byLanguage.values()].slice(0, MAX_LANGUAGES)
}

const audioId = (index: number): string => (index === 0 ? 'audio' : `audio${index + 1}`)

function languageName(language: string): string {
  if (language === 'und') return 'Audio'
  return new Intl.DisplayNames([language, 'en'], { type: 'language' }).of(language) ?? language
}
