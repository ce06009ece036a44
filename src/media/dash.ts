// The MPD (ISO/IEC 23009-1), written in full from the plan alone like the playlists of HLS, over the very same segments. Live profile: every
// set has one SegmentTemplate with a SegmentTimeline. Addresses are relative, so a grant in the path is inherited.

import { type Extras, NO_EXTRAS } from './extras.ts'
import { type Measured, rates } from './hls.ts'
import { type AudioRendition, gridOf, type RunPlan, type VideoRendition } from './plan.ts'
import { gcd } from './rational.ts'
import { sheetSeconds, storyboardBits } from './storyboard.ts'
import { isSurround } from './surround.ts'
import { audioRange, sampleOf, segmentCount, segmentStart, segmentTicks, totalTicks } from './timeline.ts'
import { TRICK_ID, trickBits } from './trick-play.ts'

const ROLE = 'urn:mpeg:dash:role:2011'
const CHANNELS = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011'
const TILES = 'http://dashif.org/guidelines/thumbnail_tile'
const CICP = 'urn:mpeg:mpegB:cicp:'
const TRICK = 'http://dashif.org/guidelines/trickmode'

/** `{run}/main.mpd`. Rates come from `measured` where known, else from the plan's ceilings. */
export function dashManifest(plan: RunPlan, measured: Measured = {}, extras: Extras = NO_EXTRAS): string {
  const { timeline } = plan
  const longest = longestSeconds(plan)
  const total = totalTicks(timeline) / timeline.timescale
  let id = 0
  const sets = [
    ...families(plan).map((rungs, index) => videoSet(plan, rungs, measured, ++id, index === 0)),
    ...plan.audio.map((sound) => audioSet(plan, sound, measured, ++id)),
    ...textSets(extras, () => ++id),
    ...tileSets(plan, extras, () => ++id),
    ...trickSets(plan, extras, () => ++id),
  ]
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" mediaPresentationDuration="${time(total)}" maxSegmentDuration="${time(longest)}" minBufferTime="${time(longest)}">`,
    ` <Period id="1" start="PT0S" duration="${time(total)}">`,
    ...sets.flat().map((line) => `  ${line}`),
    ' </Period>',
    '</MPD>',
  ].join('\n')}\n`
}

/** Players switch only within a codec family and a range of light, so each has its own set; the one the plan names first is the main one. */
function families(plan: RunPlan): VideoRendition[][] {
  const groups = new Map<string, VideoRendition[]>()
  for (const rung of plan.video) {
    const family = `${rung.codecs.split('.')[0]!} ${rung.range ?? 'sdr'}`
    groups.set(family, [...(groups.get(family) ?? []), rung])
  }
  return [...groups.values()]
}

function videoSet(plan: RunPlan, rungs: VideoRendition[], measured: Measured, id: number, main: boolean): string[] {
  const largest = rungs.reduce((best, rung) => (rung.width * rung.height > best.width * best.height ? rung : best))
  const fastest = rungs.reduce((best, rung) => (rateOf(rung) > rateOf(best) ? rung : best))
  return [
    `<AdaptationSet id="${id}" contentType="video" mimeType="video/mp4" par="${shape(largest)}" maxWidth="${Math.max(...rungs.map(({ width }) => width))}" maxHeight="${Math.max(...rungs.map(({ height }) => height))}" maxFrameRate="${frameRate(fastest)}" segmentAlignment="true" startWithSAP="1">`,
    ...colourProperties(largest),
    ` <Role schemeIdUri="${ROLE}" value="${main ? 'main' : 'alternate'}"/>`,
    ...template(plan.timeline.timescale, videoEntries(plan)),
    ...rungs.map(
      (rung) =>
        ` <Representation id="${rung.id}" codecs="${rung.codecs}" bandwidth="${rates(rung, measured).peak}" width="${rung.width}" height="${rung.height}" frameRate="${frameRate(rung)}" sar="1:1"/>`,
    ),
    '</AdaptationSet>',
  ]
}

/**
 * High dynamic range, in numbers of ITU-T H.273 (ISO/IEC 23001-8). They are essential: a player that does not know them must leave the set
 * alone, for it would show it washed out.
 */
function colourProperties({ range }: VideoRendition): string[] {
  if (range === undefined) return []
  const values = [
    ['ColourPrimaries', 9],
    ['MatrixCoefficients', 9],
    ['TransferCharacteristics', range === 'pq' ? 16 : 18],
  ] as const
  return values.map(([name, value]) => ` <EssentialProperty schemeIdUri="${CICP}${name}" value="${value}"/>`)
}

/** Where a sound is there in 5.1 as well, the one of two channels goes first: some players would take the one with the most bits. */
function audioSet(plan: RunPlan, sound: AudioRendition, measured: Measured, id: number): string[] {
  const first = plan.audio.some(isSurround) && !isSurround(sound) ? ' selectionPriority="2"' : ''
  return [
    `<AdaptationSet id="${id}" contentType="audio" mimeType="audio/mp4" lang="${sound.language}" segmentAlignment="true" startWithSAP="1"${first}>`,
    ` <AudioChannelConfiguration schemeIdUri="${CHANNELS}" value="${sound.channels}"/>`,
    ` <Label>${marked(sound.name)}</Label>`,
    ` <Role schemeIdUri="${ROLE}" value="${soundRole(plan, sound)}"/>`,
    ...template(sound.sampleRate, audioEntries(plan, sound)),
    ` <Representation id="${sound.id}" codecs="${sound.codecs}" bandwidth="${rates(sound, measured).peak}" audioSamplingRate="${sound.sampleRate}"/>`,
    '</AdaptationSet>',
  ]
}

/** The first language is the main one, and what else there is of it an alternative; the others are dubbed. */
function soundRole({ audio }: RunPlan, sound: AudioRendition): string {
  if (sound === audio[0]) return 'main'
  return sound.language === audio[0]!.language ? 'alternate' : 'dub'
}

/** Texts are whole files beside the segments, which every player takes (DASH-IF IOP 4.3 section 6.4.3). */
function textSets(extras: Extras, next: () => number): string[][] {
  return extras.texts.map((text) => [
    `<AdaptationSet id="${next()}" contentType="text" mimeType="text/vtt" lang="${marked(text.language)}">`,
    ` <Label>${marked(text.name)}</Label>`,
    ` <Role schemeIdUri="${ROLE}" value="${text.kind === 'captions' ? 'caption' : 'subtitle'}"/>`,
    ` <Representation id="captions-${text.id}" bandwidth="256">`,
    `  <BaseURL>captions/${text.id}.vtt</BaseURL>`,
    ' </Representation>',
    '</AdaptationSet>',
  ])
}

function tileSets(plan: RunPlan, { storyboard }: Extras, next: () => number): string[][] {
  if (!storyboard) return []
  const { columns, rows, tileWidth, tileHeight } = storyboard
  return [
    [
      `<AdaptationSet id="${next()}" contentType="image" mimeType="image/jpeg">`,
      ` <SegmentTemplate timescale="1" duration="${sheetSeconds(storyboard)}" media="storyboard/$Number$.jpg" startNumber="0"/>`,
      ` <Representation id="storyboard" bandwidth="${storyboardBits(plan, storyboard)}" width="${tileWidth * columns}" height="${tileHeight * rows}">`,
      `  <EssentialProperty schemeIdUri="${TILES}" value="${columns}x${rows}"/>`,
      ' </Representation>',
      '</AdaptationSet>',
    ],
  ]
}

/** For players that wind; the property keeps all others from choosing it (DASH-IF IOP 4.3 section 3.2.9). */
function trickSets(plan: RunPlan, { trick }: Extras, next: () => number): string[][] {
  if (!trick) return []
  const { timescale } = plan.timeline
  const end = totalTicks(plan.timeline)
  const entries = trick.starts.map((start, n): [number, number] => [start, (trick.starts[n + 1] ?? end) - start])
  return [
    [
      `<AdaptationSet id="${next()}" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">`,
      ` <EssentialProperty schemeIdUri="${TRICK}" value="1"/>`,
      ` <Role schemeIdUri="${ROLE}" value="alternate"/>`,
      ...template(timescale, entries),
      ` <Representation id="${TRICK_ID}" codecs="${trick.codecs}" bandwidth="${trickBits(plan, trick).peak}" width="${trick.width}" height="${trick.height}" sar="1:1" maxPlayoutRate="32" codingDependency="false"/>`,
      '</AdaptationSet>',
    ],
  ]
}

/** Start and length of each segment, in ticks. */
type Entry = [start: number, ticks: number]

function videoEntries({ timeline }: RunPlan): Entry[] {
  return Array.from({ length: segmentCount(timeline) }, (_, n) => [
    segmentStart(timeline, n),
    segmentTicks(timeline, n),
  ])
}

function audioEntries({ timeline }: RunPlan, sound: AudioRendition): Entry[] {
  const grid = gridOf(sound)
  return Array.from({ length: segmentCount(timeline) }, (_, n) => {
    const { from, to } = audioRange(timeline, n, grid)
    const start = sampleOf(from, grid)
    return [start, sampleOf(to, grid) - start]
  })
}

/** The longest segment of any rendition: a sound's may be a frame and a half longer than the picture's. */
function longestSeconds(plan: RunPlan): number {
  const { timescale, steps } = plan.timeline
  let longest = Math.max(...steps.map(([, ticks]) => ticks)) / timescale
  for (const sound of plan.audio)
    for (const [, ticks] of audioEntries(plan, sound)) longest = Math.max(longest, ticks / sound.sampleRate)
  return Math.ceil(longest * 1e6) / 1e6
}

/** Neighbours of one length are one `S` with a repeat count (5.3.9.6). */
function template(timescale: number, entries: Entry[]): string[] {
  const runs: { start: number; ticks: number; count: number }[] = []
  for (const [start, ticks] of entries) {
    const last = runs.at(-1)
    if (last && last.ticks === ticks && last.start + last.ticks * last.count === start) last.count++
    else runs.push({ start, ticks, count: 1 })
  }
  return [
    ` <SegmentTemplate timescale="${timescale}" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s" startNumber="0">`,
    '  <SegmentTimeline>',
    ...runs.map(({ start, ticks, count }, index) => {
      const t = index === 0 || runs[index - 1]!.start + runs[index - 1]!.ticks * runs[index - 1]!.count !== start
      return `   <S${t ? ` t="${start}"` : ''} d="${ticks}"${count > 1 ? ` r="${count - 1}"` : ''}/>`
    }),
    '  </SegmentTimeline>',
    ' </SegmentTemplate>',
  ]
}

const rateOf = ({ frameRate: { num, den } }: VideoRendition): number => num / den

function frameRate({ frameRate: { num, den } }: VideoRendition): string {
  const common = gcd(num, den)
  return den === common ? String(num / common) : `${num / common}/${den / common}`
}

/** The shape of the picture in small numbers: 1920x1080 is 16:9, and 854x480 is that too, to within a pixel. */
function shape({ width, height }: VideoRendition): string {
  for (const [across, down] of [
    [16, 9],
    [9, 16],
    [4, 3],
    [3, 4],
    [1, 1],
  ] as const)
    if (Math.abs((height * across) / down - width) <= 2) return `${across}:${down}`
  const common = gcd(width, height)
  return `${width / common}:${height / common}`
}

/** xs:duration, to the microsecond. */
const time = (seconds: number): string => `PT${Number(seconds.toFixed(6))}S`

const marked = (text: string): string =>
  text.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char]!)
