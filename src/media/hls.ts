// HLS playlists (RFC 8216), written in full from the plan alone: a title that has been probed has all its playlists, whether or not a
// single segment exists yet. Addresses are relative, so a grant in the path of the first is inherited by the rest.

import { type Extras, NO_EXTRAS, type TextTrack } from './extras.ts'
import { type AudioRendition, gridOf, type RunPlan, renditionsOf, type VideoRendition } from './plan.ts'
import { toNumber } from './rational.ts'
import { storyboardBits } from './storyboard.ts'
import { soundGroups } from './surround.ts'
import { audioRange, sampleOf, segmentCount, segmentStart, totalSeconds } from './timeline.ts'
import { TRICK_ID, type TrickPlay, trickBits, trickSeconds } from './trick-play.ts'

/** Bits per second of a rendition, as its segments turned out: the worst segment, and the mean. */
export type Measured = Record<string, { peakBitsPerSecond: number; averageBitsPerSecond: number }>

/** EXT-X-MAP outside I-frame lists needs version 6 (RFC 8216 7). */
const VERSION = '#EXT-X-VERSION:6'

/** `{run}/main.m3u8`. The lowest rung with two channels of sound stands first: players begin with it. Rates come from `measured` where known, else from the plan's ceilings. */
export function multivariantPlaylist(plan: RunPlan, measured: Measured = {}, extras: Extras = NO_EXTRAS): string {
  const groups = soundGroups(plan.audio)
  // Said of all, once it is said of one (RFC 8216bis 4.4.6.2).
  const isWide = plan.video.some(({ range }) => range !== undefined)
  return lines([
    '#EXTM3U',
    VERSION,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...groups.flatMap(({ id, sounds }) => sounds.map((sound, index) => audioMedia(sound, id, index))),
    ...extras.texts.map(textMedia),
    ...(groups.length > 0 ? groups : [undefined]).flatMap((group) =>
      plan.video.flatMap((rung) => [variant(rung, group, { measured, extras, isWide }), `${rung.id}/index.m3u8`]),
    ),
    ...windingLists(plan, extras),
  ])
}

type SoundGroup = { id: string; sounds: AudioRendition[] }

/** A rung with a group of sounds, at the worst of them. */
function variant(
  rung: VideoRendition,
  group: SoundGroup | undefined,
  { measured, extras, isWide }: { measured: Measured; extras: Extras; isWide: boolean },
): string {
  const { peak, average } = rates(rung, measured)
  const sounds = group?.sounds ?? []
  const heard = sounds.map((sound) => rates(sound, measured))
  const attributes = [
    `BANDWIDTH=${peak + Math.max(0, ...heard.map((it) => it.peak))}`,
    `AVERAGE-BANDWIDTH=${average + Math.max(0, ...heard.map((it) => it.average))}`,
    `CODECS="${[rung.codecs, ...new Set(sounds.map(({ codecs }) => codecs))].join(',')}"`,
    `RESOLUTION=${rung.width}x${rung.height}`,
    `FRAME-RATE=${toNumber(rung.frameRate).toFixed(3)}`,
    ...(isWide ? [`VIDEO-RANGE=${rung.range?.toUpperCase() ?? 'SDR'}`] : []),
    ...(group ? [`AUDIO="${group.id}"`] : []),
    ...(extras.texts.length > 0 ? ['SUBTITLES="text"'] : []),
    'CLOSED-CAPTIONS=NONE',
  ]
  return `#EXT-X-STREAM-INF:${attributes.join(',')}`
}

/** Lists for winding and for pointing at the seek bar: pictures alone, each with its own address. */
function windingLists(plan: RunPlan, { trick, storyboard }: Extras): string[] {
  const found: string[] = []
  if (trick) {
    const { peak, average } = trickBits(plan, trick)
    const what = `CODECS="${trick.codecs}",RESOLUTION=${trick.width}x${trick.height}`
    found.push(
      `#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=${peak},AVERAGE-BANDWIDTH=${average},${what},URI="${TRICK_ID}/index.m3u8"`,
    )
  }
  if (storyboard) {
    const what = `CODECS="jpeg",RESOLUTION=${storyboard.tileWidth}x${storyboard.tileHeight}`
    found.push(
      `#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=${storyboardBits(plan, storyboard)},${what},URI="storyboard/index.m3u8"`,
    )
  }
  return found
}

/** `trick/index.m3u8`: key frames alone. Each is a whole resource that begins with its `moof` (Apple 6.10), so no byte ranges are needed. */
export function trickPlaylist(plan: RunPlan, trick: TrickPlay): string {
  const durations = trick.starts.map((_, n) => trickSeconds(plan, trick, n))
  return lines([
    '#EXTM3U',
    VERSION,
    `#EXT-X-TARGETDURATION:${Math.max(1, ...durations.map((duration) => Math.round(duration)))}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-I-FRAMES-ONLY',
    '#EXT-X-MAP:URI="init.mp4"',
    ...durations.flatMap((duration, n) => [`#EXTINF:${duration.toFixed(6)},`, `${n}.m4s`]),
    '#EXT-X-ENDLIST',
  ])
}

/** `captions/{id}.m3u8`: the whole text is one piece that lasts as long as the title (Apple 5.3). */
export function textPlaylist(plan: RunPlan, textId: string): string {
  const seconds = totalSeconds(plan.timeline)
  return lines([
    '#EXTM3U',
    VERSION,
    `#EXT-X-TARGETDURATION:${Math.max(1, Math.round(seconds))}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    `#EXTINF:${seconds.toFixed(6)},`,
    `${textId}.vtt`,
    '#EXT-X-ENDLIST',
  ])
}

/** `{run}/{rendition}/index.m3u8`, the whole title. Every rendition has as many segments, cut at the same times. */
export function mediaPlaylist(plan: RunPlan, renditionId: string): string {
  const rendition = renditionsOf(plan).find(({ id }) => id === renditionId)
  if (!rendition) throw new RangeError(`no rendition ${renditionId}`)
  const durations = segmentSeconds(plan, rendition)
  return lines([
    '#EXTM3U',
    VERSION,
    `#EXT-X-TARGETDURATION:${targetSeconds(plan)}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-MAP:URI="init.mp4"',
    ...durations.flatMap((duration, n) => [`#EXTINF:${duration},`, `${n}.m4s`]),
    '#EXT-X-ENDLIST',
  ])
}

/** Lengths of a rendition's segments, each the difference of two rounded times, so that rounding never adds up over a long title. */
function segmentSeconds({ timeline }: RunPlan, rendition: VideoRendition | AudioRendition): string[] {
  const count = segmentCount(timeline)
  const ends = Array.from({ length: count }, (_, n) => {
    if (rendition.kind === 'video') return (segmentStart(timeline, n + 1) * 1e6) / timeline.timescale
    const grid = gridOf(rendition)
    return (sampleOf(audioRange(timeline, n, grid).to, grid) * 1e6) / grid.rate
  })
  // All lists of a title begin at its zero, also that of a sound whose first frame comes a fraction of a frame after it.
  const microseconds = [0, ...ends.map(Math.round)]
  return microseconds.slice(1).map((end, n) => ((end - microseconds[n]!) / 1e6).toFixed(6))
}

/** One target for all the lists of a title (Apple 8.2): no segment of any rounds to more. */
function targetSeconds(plan: RunPlan): number {
  let target = 1
  // Pictures are cut alike in all their renditions, sounds each on a grid of its own.
  for (const rendition of [...plan.video.slice(0, 1), ...plan.audio])
    for (const duration of segmentSeconds(plan, rendition)) target = Math.max(target, Math.round(Number(duration)))
  return target
}

/** Until it is measured, the peak is the ceiling and a tenth: constant quality overshoots it a little within one segment. */
export function rates(
  rendition: VideoRendition | AudioRendition,
  measured: Measured,
): { peak: number; average: number } {
  const known = measured[rendition.id]
  if (known) return { peak: Math.ceil(known.peakBitsPerSecond), average: Math.ceil(known.averageBitsPerSecond) }
  const average = rendition.kind === 'video' ? rendition.averageBitsPerSecond : rendition.bitsPerSecond
  return { peak: Math.ceil(rendition.bitsPerSecond * 1.1), average: Math.ceil(average) }
}

function audioMedia(rendition: AudioRendition, group: string, index: number): string {
  const attributes = [
    'TYPE=AUDIO',
    `GROUP-ID="${group}"`,
    `NAME="${quoted(rendition.name)}"`,
    `LANGUAGE="${rendition.language}"`,
    `DEFAULT=${index === 0 ? 'YES' : 'NO'}`,
    'AUTOSELECT=YES',
    `CHANNELS="${rendition.channels}"`,
    `URI="${rendition.id}/index.m3u8"`,
  ]
  return `#EXT-X-MEDIA:${attributes.join(',')}`
}

/** Captions for those who do not hear say so (Apple 4.5); a player may take them by itself, but none is forced on anybody. */
function textMedia({ id, language, name, kind }: TextTrack): string {
  const attributes = [
    'TYPE=SUBTITLES',
    'GROUP-ID="text"',
    `NAME="${quoted(name)}"`,
    `LANGUAGE="${quoted(language)}"`,
    'DEFAULT=NO',
    'AUTOSELECT=YES',
    'FORCED=NO',
    ...(kind === 'captions'
      ? [
          'CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"',
        ]
      : []),
    `URI="captions/${id}.m3u8"`,
  ]
  return `#EXT-X-MEDIA:${attributes.join(',')}`
}

/** Quoted strings hold neither quotes nor line ends (RFC 8216 4.2). */
const quoted = (text: string): string => text.replace(/["\r\n]/g, ' ')

const lines = (rows: string[]): string => `${rows.join('\n')}\n`
