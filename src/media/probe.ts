// Reading what ffprobe says about a file nobody trusts: either facts that a plan can stand on, or a refusal with a reason.

import { fileUrl, inputLimits, MAX_PIXELS, MAX_STREAMS, READABLE_CODECS } from './allowed.ts'
import { findLattice } from './audio-lattice.ts'
import type { AudioFacts, ProbeRefusal, SourceFacts, TextFacts, VideoFacts } from './facts.ts'
import { findRate } from './frame-rate.ts'
import { bitDepthOf, hasAlpha, readColor, readLight, readOrientation, readSar } from './picture.ts'
import { readRational, toNumber } from './rational.ts'

export type { AudioFacts, ColorFacts, ProbeRefusal, SourceFacts, VideoFacts } from './facts.ts'

export type ProbeAnswer = { facts: SourceFacts } | { refusal: ProbeRefusal; detail: string }

const MAX_DURATION_SECONDS = 24 * 3600
const MAX_AUDIO_CHANNELS = 64
const MAX_TEXTS = 16
/** FFmpeg's names of those arrangements of loudspeakers that 5.1 can be made of without leaving anything out. */
const SURROUND = /^[567]\.1(\((side|back|front|wide|wide-side)\))?$/
const TEXT_CODECS = ['subrip', 'ass', 'ssa', 'mov_text', 'webvtt', 'text']
/** Enough packets to see the true frame rate, the audio lattice and false key frame labels. */
export const PEEK_PACKETS = 250
/** Nothing that moves or sounds needs less; a header that claims it (40 hours in 60 kB) is lying. */
const LEAST_BITS_PER_SECOND = 800

/** ffprobe's arguments; what it prints on standard output goes to `readProbe` as parsed JSON. */
export function probeArgs(path: string): string[] {
  return [
    ...['-hide_banner', '-v', 'error', ...inputLimits(path), '-probesize', '20M', '-analyzeduration', '10M'],
    ...['-show_format', '-show_streams', '-show_chapters', '-show_packets', '-read_intervals', `%+#${PEEK_PACKETS}`],
    ...['-of', 'json=compact=1', '-i', fileUrl(path)],
  ]
}

/** Judges ffprobe's answer. `sizeBytes` is the size of the file itself: headers are compared with it. */
export function readProbe(json: unknown, sizeBytes: number): ProbeAnswer {
  if (sizeBytes === 0) return no('source_empty', 'the file has no bytes')
  const answer = asRecord(json)
  const format = asRecord(answer.format)
  const streams = asList(answer.streams)
  const packets = asList(answer.packets)
  const container = String(format.format_name ?? '').split(',')[0]!
  if (container === '') return no('source_not_media', 'no container was recognised')
  if (streams.length > MAX_STREAMS) return no('source_too_many_streams', `${streams.length} streams`)
  if (isEncrypted(streams, packets)) return no('source_encrypted', 'the samples are encrypted')

  const picture = pickVideo(streams)
  const width = count(picture?.width)
  const height = count(picture?.height)
  if (width * height > MAX_PIXELS) return no('source_too_large_picture', `${width}x${height} pixels`)
  if (picture && !isReadable(picture)) return no('source_codec_unsupported', `video codec ${codecName(picture)}`)
  if (picture && isDolbyVisionOnly(picture)) return no('source_codec_unsupported', 'Dolby Vision without a base layer')
  if (picture && (width < 1 || height < 1)) return no('source_unreadable', 'the picture has no size')

  const sounds = streams.filter((stream) => stream.codec_type === 'audio')
  const audio = sounds
    .filter(isAudible)
    .map((stream) => audioFacts(stream, packets))
    .sort((a, b) => Number(b.isDefault) - Number(a.isDefault))
  if (!picture && audio.length === 0) {
    if (sounds.length > 0) return no('source_codec_unsupported', `audio codec ${codecName(sounds[0]!)}`)
    return no('source_no_video', 'neither picture nor sound was found')
  }

  const video = picture && videoFacts(picture, packets)
  const facts = settle({ container, sizeBytes, format, streams, picture, packets }, video, audio)
  if (facts.durationTrusted && facts.durationMs > MAX_DURATION_SECONDS * 1000)
    return no('source_too_long', `${Math.round(facts.durationMs / 3_600_000)} hours`)
  return { facts }
}

/** What ffprobe's complaints mean when it could not open the file at all. */
export function explainProbeFailure(stderr: string): ProbeRefusal {
  if (/exceeds specified max pixel count|Picture size .* is invalid/.test(stderr)) return 'source_too_large_picture'
  if (/encrypt|sub-sample|decryption|\bsenc\b|\bDRM\b/i.test(stderr)) return 'source_encrypted'
  if (/max_streams|too many streams/i.test(stderr)) return 'source_too_many_streams'
  // An MP4 whose index was never written or never arrived.
  if (/moov atom not found/.test(stderr)) return 'source_unreadable'
  if (/not in whitelist|not on whitelist|Invalid data found|could not find codec parameters/i.test(stderr))
    return 'source_not_media'
  return 'source_unreadable'
}

/** The last rung of times: where the title begins and ends. Shared with the packet scan, which knows better. */
export function titleTimes(video: VideoFacts | undefined, audio: AudioFacts[], containerEnd: number | undefined) {
  const sound = audio[0]
  const videoStart = video?.startSeconds
  const audioStart = sound?.startSeconds
  // The picture sets the zero, so that its frames keep their grid; sound that begins long before it is kept by a still first frame.
  const early = videoStart !== undefined && audioStart !== undefined && videoStart - audioStart > 1
  const zero = early ? audioStart : (videoStart ?? audioStart ?? 0)
  const videoEnd = video && (video.endSeconds ?? containerEnd)
  const audioEnd = sound && (sound.endSeconds ?? (video ? undefined : containerEnd))
  // Half a second of sound past the last frame is how encoders end, not something to see a frozen picture for.
  const end = videoEnd === undefined || (audioEnd ?? 0) - videoEnd > 0.5 ? (audioEnd ?? videoEnd) : videoEnd
  return { startSeconds: zero, durationMs: end === undefined ? 0 : Math.max(0, Math.round((end - zero) * 1000)) }
}

/** Containers whose clocks wrap, jump and start anywhere: a copy mends that, however short the title. */
const BROKEN_CLOCKS = ['mpegts', 'mpeg', 'flv', 'asf']

type Read = Record<string, unknown>
type Sight = { container: string; sizeBytes: number; format: Read; streams: Read[]; picture?: Read; packets: Read[] }

function settle(sight: Sight, video: VideoFacts | undefined, audio: AudioFacts[]): SourceFacts {
  const { container, sizeBytes, format } = sight
  const containerStart = seconds(format.start_time) ?? 0
  const declared = seconds(format.duration)
  const times = titleTimes(video, audio, declared === undefined ? undefined : containerStart + declared)
  const indexed = (container === 'mov' || container === 'matroska') && !isFragmented(sight) && !hasFalseKeyFrames(sight)
  const long = times.durationMs > 60_000
  const texts = textsOf(sight.streams)
  return {
    container,
    sizeBytes,
    ...times,
    durationTrusted: isPlausible(sight, times.durationMs / 1000),
    seekable: indexed ? 'index' : 'start',
    remux: !indexed && (long || BROKEN_CLOCKS.includes(container)) && !['gif', 'yuv4mpegpipe'].includes(container),
    ...(indexed && isTold(sight) ? { told: true } : {}),
    ...(video ? { video } : {}),
    audio,
    ...(texts.length > 0 ? { texts } : {}),
  }
}

/**
 * H.264 in MP4 whose frames are stored as they are shown, with plain AAC: FFmpeg would decode seven pictures, each time it opens the file,
 * to find that none is out of order.
 */
function isTold({ container, streams, picture }: Sight): boolean {
  const sounds = streams.filter((stream) => stream.codec_type === 'audio')
  const isPlain = (sound: Read) => sound.codec_name === 'aac' && sound.profile === 'LC' && count(sound.channels) <= 2
  const isInOrder = picture?.codec_name === 'h264' && picture.has_b_frames === 0
  return container === 'mov' && isInOrder && sounds.every(isPlain)
}

function videoFacts(stream: Read, packets: Read[]): VideoFacts {
  const sar = readSar(stream.sample_aspect_ratio)
  const { rotation, flip } = readOrientation(stream)
  const codedWidth = count(stream.width)
  const codedHeight = count(stream.height)
  const shownWidth = Math.max(1, Math.round(codedWidth * toNumber(sar)))
  const sideways = rotation === 90 || rotation === 270
  const pixelFormat = String(stream.pix_fmt ?? 'yuv420p')
  const color = readColor(stream)
  const light = readLight(stream)
  const rate = findRate(stream.r_frame_rate, stream.avg_frame_rate, steadyTimes(packets, stream))
  const interlaced = ['tt', 'bb', 'tb', 'bt'].includes(String(stream.field_order))
  const codec = codecName(stream)
  const tags = asRecord(stream.tags)
  const alpha = hasAlpha(pixelFormat) || (tags.alpha_mode ?? tags.ALPHA_MODE) === '1'
  const start = seconds(stream.start_time) ?? timesOf(packets, stream)[0] ?? 0
  return {
    streamIndex: count(stream.index),
    codec,
    ...(alpha && (codec === 'vp8' || codec === 'vp9') ? { decoder: codec === 'vp9' ? 'libvpx-vp9' : 'libvpx' } : {}),
    ...(stream.profile === undefined ? {} : { profile: String(stream.profile) }),
    pixelFormat,
    width: sideways ? codedHeight : shownWidth,
    height: sideways ? shownWidth : codedHeight,
    codedWidth,
    codedHeight,
    sar,
    rotation,
    flip,
    nominalRate: rate.nominal,
    frameRate: rate.frameRate,
    variableRate: rate.variable,
    interlaced,
    bitDepth: bitDepthOf(pixelFormat),
    color,
    hdr: color.transfer === 'smpte2084' ? 'pq' : color.transfer === 'arib-std-b67' ? 'hlg' : 'sdr',
    ...(light ? { light } : {}),
    startSeconds: start,
    ...endOf(stream, start),
    alpha,
  }
}

function audioFacts(stream: Read, packets: Read[]): AudioFacts {
  const tags = asRecord(stream.tags)
  const times = timesOf(packets, stream)
  const codec = codecName(stream)
  const sampleRate = count(stream.sample_rate)
  const channels = count(stream.channels)
  const plainAac = codec === 'aac' && stream.profile === 'LC' && channels <= 2
  const tick = readRational(stream.time_base)
  const lattice = tick && findLattice(codec, sampleRate, times, toNumber(tick))
  const start = seconds(stream.start_time) ?? times[0] ?? 0
  return {
    streamIndex: count(stream.index),
    codec,
    channels,
    sampleRate,
    language: readLanguage(tags.language),
    ...(typeof tags.title === 'string' && tags.title.trim() !== '' ? { title: tags.title.trim().slice(0, 80) } : {}),
    isDefault: asRecord(stream.disposition).default === 1,
    startSeconds: start,
    ...endOf(stream, start),
    ...(lattice ? { lattice } : {}),
    coarse: !tick || toNumber(tick) * sampleRate > 1.01,
    ...(SURROUND.test(String(stream.channel_layout)) && !isAside(stream) ? { surround: true } : {}),
    ...(plainAac ? { plainAac } : {}),
  }
}

/** A sound that is not the title's own: somebody talks about it, or says what is seen. */
function isAside(stream: Read): boolean {
  const role = asRecord(stream.disposition)
  return [role.comment, role.visual_impaired, role.hearing_impaired].includes(1)
}

/** One track for each language and purpose; tracks that only translate signs (`forced`) are no subtitles of the title. */
function textsOf(streams: Read[]): TextFacts[] {
  const found = new Map<string, TextFacts>()
  for (const stream of streams) {
    const role = asRecord(stream.disposition)
    if (stream.codec_type !== 'subtitle' || !TEXT_CODECS.includes(codecName(stream)) || role.forced === 1) continue
    const tags = asRecord(stream.tags)
    const language = readLanguage(tags.language)
    const forDeaf = role.hearing_impaired === 1
    const title = typeof tags.title === 'string' ? tags.title.trim().slice(0, 60) : ''
    const key = `${language} ${forDeaf}`
    if (!found.has(key) && found.size < MAX_TEXTS)
      found.set(key, { streamIndex: count(stream.index), language, forDeaf, ...(title === '' ? {} : { title }) })
  }
  return [...found.values()]
}

/** The picture to show: never cover art, the default one first, then the largest; tracks without frames last. */
function pickVideo(streams: Read[]): Read | undefined {
  const moving = streams.filter((stream) => {
    const role = asRecord(stream.disposition)
    return stream.codec_type === 'video' && !role.attached_pic && !role.still_image && !role.timed_thumbnails
  })
  const worth = (stream: Read) => {
    const role = asRecord(stream.disposition)
    const frames = stream.nb_frames !== '0' && stream.avg_frame_rate !== '0/0'
    return (
      (frames ? 1e12 : 0) +
      (role.dependent ? 0 : 1e11) +
      (role.default ? 1e10 : 0) +
      count(stream.width) * count(stream.height)
    )
  }
  return moving.reduce<Read | undefined>(
    (best, stream) => (!best || worth(stream) > worth(best) ? stream : best),
    undefined,
  )
}

const isReadable = (stream: Read): boolean => READABLE_CODECS.has(codecName(stream)) || /^pcm_/.test(codecName(stream))

function isAudible(stream: Read): boolean {
  const channels = count(stream.channels)
  const rate = count(stream.sample_rate)
  return isReadable(stream) && channels >= 1 && channels <= MAX_AUDIO_CHANNELS && rate >= 4000 && rate <= 384_000
}

function isEncrypted(streams: Read[], packets: Read[]): boolean {
  const marks = (owner: Read) => asList(owner.side_data_list).map((data) => String(data.side_data_type))
  return (
    streams.some((stream) => ['encv', 'enca', 'drms', 'drmi'].includes(String(stream.codec_tag_string))) ||
    [...streams, ...packets].some((owner) => marks(owner).some((mark) => mark.startsWith('Encryption')))
  )
}

/** Dolby Vision profile 5 has no base layer that an ordinary decoder shows in its right colours. */
function isDolbyVisionOnly(stream: Read): boolean {
  return asList(stream.side_data_list).some((data) => data.dv_profile === 5 && data.dv_bl_signal_compatibility_id === 0)
}

/** A fragmented MP4 has an index of its first fragment only. */
function isFragmented({ container, picture }: Sight): boolean {
  if (container !== 'mov' || !picture) return false
  const frames = count(picture.nb_frames)
  const expected =
    (seconds(picture.duration) ?? 0) * toNumber(readRational(picture.avg_frame_rate) ?? { num: 0, den: 1 })
  return frames === 0 || (expected > 8 && frames < expected * 0.5)
}

/**
 * Every packet labelled a key frame, yet the first far larger than the rest: a file without a table of key frames. A seek
 * would land where decoding cannot begin.
 */
function hasFalseKeyFrames({ picture, packets }: Sight): boolean {
  const own = packets.filter((packet) => packet.stream_index === picture?.index && packet.codec_type === 'video')
  if (own.length < 8 || !own.every((packet) => String(packet.flags).startsWith('K'))) return false
  const sizes = own.map((packet) => count(packet.size)).sort((a, b) => a - b)
  return count(own[0]!.size) > 1.8 * sizes[Math.floor(sizes.length / 2)]!
}

/** Whether the declared duration agrees with the size of the file, the streams' own durations and the way this container knows it. */
function isPlausible(sight: Sight, durationSeconds: number): boolean {
  const { container, sizeBytes, format, streams } = sight
  const guessed = [
    'h264',
    'hevc',
    'm4v',
    'mpegvideo',
    'mpeg',
    'mp3',
    'aac',
    'ac3',
    'eac3',
    'obu',
    'ivf',
    'amr',
    'dv',
    'flac',
  ]
  if (guessed.includes(container) || isFragmented(sight)) return false
  const declared = seconds(format.duration)
  if (declared === undefined || !(durationSeconds > 0)) return false
  if (sizeBytes * 8 < durationSeconds * LEAST_BITS_PER_SECOND) return false

  const promised = streams.reduce((sum, s) => sum + (count(s.bit_rate) * (seconds(s.duration) ?? 0)) / 8, 0)
  if (['mov', 'wav', 'avi'].includes(container) && promised > sizeBytes * 1.02 + 4096) return false
  const frames = streams.reduce((sum, stream) => sum + count(stream.nb_frames), 0)
  return frames <= sizeBytes && Math.abs(declared - durationSeconds) < 60 + 0.5 * durationSeconds
}

function endOf(stream: Read, start: number): { endSeconds?: number } {
  const duration = seconds(stream.duration)
  if (duration !== undefined && duration > 0) return { endSeconds: start + duration }
  const tags = asRecord(stream.tags)
  const match = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(String(tags.DURATION ?? ''))
  if (!match) return {}
  const end = Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])
  return end > start ? { endSeconds: end } : {}
}

function readLanguage(tag: unknown): string {
  const text = String(tag ?? 'und').trim()
  if (!/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(text)) return 'und'
  return Intl.getCanonicalLocales(text)[0] ?? 'und'
}

/** Presentation times of a stream's first packets, rising. */
function timesOf(packets: Read[], stream: Read): number[] {
  return packets
    .filter((packet) => packet.stream_index === stream.index && !String(packet.flags ?? '').includes('D'))
    .flatMap((packet) => seconds(packet.pts_time) ?? [])
    .sort((a, b) => a - b)
}

/**
 * Times to judge the frame rate by: none when many packets have no time of their own, and without the last ones when reading stopped
 * in mid-file, where frames shown earlier are still to come.
 */
function steadyTimes(packets: Read[], stream: Read): number[] {
  const own = packets.filter((packet) => packet.stream_index === stream.index)
  const times = timesOf(packets, stream)
  if (times.length < own.length * 0.8) return []
  return times.length > 24 ? times.slice(0, -16) : times
}

const no = (refusal: ProbeRefusal, detail: string): ProbeAnswer => ({ refusal, detail })
const codecName = (stream: Read): string => String(stream.codec_name ?? 'unknown')
const asRecord = (value: unknown): Read => (typeof value === 'object' && value !== null ? (value as Read) : {})
const asList = (value: unknown): Read[] => (Array.isArray(value) ? value.map(asRecord) : [])

/** A whole number that is not negative; anything else counts as nothing. */
function count(value: unknown): number {
  const number = Number(value)
  return Number.isSafeInteger(number) && number > 0 ? number : 0
}

/** Seconds as ffprobe prints them; `N/A`, infinities and absurdities (beyond a thousand years) give undefined. */
function seconds(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const number = Number(value)
  return Number.isFinite(number) && Math.abs(number) < 3e10 ? number : undefined
}
