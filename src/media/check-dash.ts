// Rules for DASH manifests (D01 to D22): ISO/IEC 23009-1 and the DASH-IF interoperability points.

import { readFragments } from './check-boxes.ts'
import { checkDrm } from './check-drm.ts'
import { type Presentation, type Say, textOf, unmadeOf } from './check-facts.ts'
import { jpegSize, listsOf } from './check-media.ts'
import { checkGrammar } from './check-mpd.ts'
import { initAt } from './check-rates.ts'
import { type RepresentationPlan, representations, seconds } from './check-timeline.ts'
import { child, elements, readXml, type XmlNode } from './check-xml.ts'

const NAMESPACE = 'urn:mpeg:dash:schema:mpd:2011'
const PROFILES =
  /^(urn:mpeg:dash:profile:(full|isoff-(on-demand|live|main|ext-live|ext-on-demand|broadcast)|cmaf):\d{4}|http:\/\/dashif\.org\/guidelines\/dash264\S*|urn:dvb:\S+)$/
const ROLE = 'urn:mpeg:dash:role:2011'
const ROLES = [
  'main',
  'alternate',
  'supplementary',
  'commentary',
  'dub',
  'caption',
  'subtitle',
  'sign',
  'metadata',
  'enhanced-audio-intelligibility',
  'emergency',
  'easyreader',
  'karaoke',
  'description',
  'forced-subtitle',
  'forced_subtitle',
]
const LANGUAGE = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/
const TILES = 'http://dashif.org/guidelines/thumbnail_tile'
const TRICK = 'http://dashif.org/guidelines/trickmode'
/** RFC 6381's name of AAC-LC. */
const PLAIN_AAC = 'mp4a.40.2'

export function checkDash(presentation: Presentation, say: Say): void {
  const url = presentation.dash!
  const file = presentation.files.get(url)
  if (!file) {
    say('D20', 'M', `it was answered with ${presentation.refused?.get(url)?.status ?? 'nothing'}`, url)
    return
  }
  let mpd: XmlNode
  try {
    mpd = readXml(textOf(file))
  } catch (thrown) {
    say('D01', 'M', `it is not well-formed: ${(thrown as Error).message}`, url)
    return
  }
  if (mpd.name !== 'MPD' || mpd.attributes.xmlns !== NAMESPACE) {
    say('D01', 'M', `the root is not an MPD of ${NAMESPACE}`, url)
    return
  }
  checkGrammar(mpd, url, say)
  checkTop(mpd, url, say)
  const all = representations(url, mpd)
  for (const set of elements(mpd, 'AdaptationSet')) checkSet(mpd, set, url, say)
  const videoSets = elements(mpd, 'AdaptationSet').filter((set) => kindOf(set) === 'video' && !property(set, TRICK))
  if (videoSets.length > 1 && !videoSets.some((set) => rolesOf(set).includes('main')))
    say('D15', 'M', 'none of several video sets has the role main', url)
  for (const representation of all) checkRepresentation(presentation, mpd, representation, say)
  checkDrm(presentation, mpd, url, say)
  checkShared(presentation, all, say)
}

function checkTop(mpd: XmlNode, url: string, say: Say): void {
  const { profiles, minBufferTime, type = 'static', mediaPresentationDuration } = mpd.attributes
  const periods = elements(mpd, 'Period')
  if (!profiles?.split(',').every((it) => PROFILES.test(it.trim())))
    say('D02', 'M', `profiles "${profiles ?? ''}" are unknown`, url)
  if (!(seconds(minBufferTime) >= 0)) say('D02', 'M', 'minBufferTime is missing', url)
  if (
    type === 'static' &&
    !(seconds(mediaPresentationDuration) > 0) &&
    !(seconds(periods.at(-1)?.attributes.duration) > 0)
  )
    say('D02', 'M', 'how long it lasts is not said', url)
  for (const name of [
    'minimumUpdatePeriod',
    'timeShiftBufferDepth',
    'availabilityStartTime',
    'suggestedPresentationDelay',
  ])
    if (type === 'static' && mpd.attributes[name] !== undefined) say('D03', 'M', `${name} is for live only`, url)
  const ids = periods.map(({ attributes }) => attributes.id)
  if (periods.length === 0 || new Set(ids).size < ids.length) say('D04', 'M', 'period ids are not unique', url)
  if (periods[0]?.attributes.start === undefined) say('D04', 'M', 'the first period has no start', url)
  const lengths = periods.map(({ attributes }) => seconds(attributes.duration))
  const sum = lengths.reduce((one, other) => one + other, 0)
  const total = seconds(mediaPresentationDuration)
  if (!Number.isNaN(sum) && !Number.isNaN(total) && Math.abs(sum - total) > 0.1)
    say('D04', 'M', `periods last ${sum} s, the presentation ${total} s`, url)
  for (const period of periods) {
    const named = elements(period, 'Representation').map(({ attributes }) => attributes.id ?? '')
    if (new Set(named).size < named.length || named.some((id) => id === '' || /\s/.test(id)))
      say('D06', 'M', 'representation ids are not unique, or hold blanks', url)
    if (
      period.attributes.bitstreamSwitching === 'true' &&
      elements(period, 'AdaptationSet').some(({ attributes }) => attributes.bitstreamSwitching === 'false')
    )
      say('D22', 'M', 'bitstreamSwitching of a set contradicts its period', url)
  }
}

const kindOf = (set: XmlNode): string =>
  set.attributes.contentType ??
  (set.attributes.mimeType ?? child(set, 'Representation')?.attributes.mimeType ?? '').split('/')[0]!
const rolesOf = (set: XmlNode): string[] =>
  elements(set, 'Role')
    .filter(({ attributes }) => attributes.schemeIdUri === ROLE)
    .map(({ attributes }) => attributes.value ?? '')
const property = (node: XmlNode, scheme: string): XmlNode | undefined =>
  elements(node, 'EssentialProperty').find(({ attributes }) => attributes.schemeIdUri === scheme)

function checkSet(mpd: XmlNode, set: XmlNode, url: string, say: Say): void {
  const inside = elements(set, 'Representation')
  const kind = kindOf(set)
  const about = `set ${set.attributes.id ?? '?'}`
  if (inside.length === 0) say('D05', 'M', `${about} is empty`, url)
  if (kind === '') say('D05', 'M', `${about} says neither contentType nor mimeType`, url)
  if (
    new Set(inside.map(({ attributes }) => (attributes.mimeType ?? set.attributes.mimeType ?? '').split('/')[0])).size >
    1
  )
    say('D05', 'M', `${about} mixes media types`, url)
  if (kind === 'video' && !property(set, TRICK)) checkVideoSet(set, inside, about, url, say)
  for (const role of rolesOf(set)) if (!ROLES.includes(role)) say('D16', 'M', `role ${role} is unknown`, url)
  if ((kind === 'audio' || kind === 'text') && !LANGUAGE.test(set.attributes.lang ?? ''))
    say('D16', 'M', `${about} has no lang`, url)
  const bases = (node: XmlNode) => ['SegmentBase', 'SegmentList', 'SegmentTemplate'].filter((name) => child(node, name))
  for (const node of [set, ...inside]) {
    if (bases(node).length > 1) say('D09', 'M', `${about} has ${bases(node).join(' and ')}`, url)
    if (child(node, 'SegmentList')) say('D09', 'M', `${about} uses SegmentList`, url)
  }
  const live = mpd.attributes.profiles?.includes('isoff-live')
  if (live && kind !== 'text' && inside.some((node) => bases(node).length + bases(set).length === 0))
    say('D09', 'M', `${about} has no SegmentTemplate`, url)
  for (const template of elements(set, 'SegmentTemplate')) checkTemplate(template, about, url, say)
  if (mpd.attributes.profiles?.includes('on-demand')) {
    const indexed = inside.every(
      (node) => (child(node, 'SegmentBase') ?? child(set, 'SegmentBase'))?.attributes.indexRange !== undefined,
    )
    if (
      !indexed ||
      set.attributes.subsegmentAlignment !== 'true' ||
      set.attributes.subsegmentStartsWithSAP === undefined
    )
      say('D14', 'M', `${about} lacks indexRange, subsegmentAlignment or subsegmentStartsWithSAP`, url)
  }
}

function checkVideoSet(set: XmlNode, inside: XmlNode[], about: string, url: string, say: Say): void {
  const { attributes } = set
  if (attributes.par === undefined) say('D07', 'M', `${about} has no par`, url)
  for (const name of ['width', 'height', 'frameRate']) {
    const most = attributes[`max${name[0]!.toUpperCase()}${name.slice(1)}`] ?? attributes[name]
    if (most === undefined) say('D07', 'M', `${about} says neither ${name} nor its maximum`, url)
    for (const node of inside) {
      const own = node.attributes[name] ?? attributes[name]
      if (own === undefined) say('D07', 'M', `${node.attributes.id} has no ${name}`, url)
      else if (most !== undefined && ratio(own) > ratio(most) + 1e-6)
        say('D07', 'M', `${name} of ${node.attributes.id} is above the maximum`, url)
    }
  }
}

const ratio = (text: string): number =>
  text
    .split('/')
    .map(Number)
    .reduce((one, other) => one / other)

function checkTemplate(template: XmlNode, about: string, url: string, say: Say): void {
  const { media = '', initialization = '', duration } = template.attributes
  for (const text of [media, initialization]) {
    const rest = text.replace(/\$(RepresentationID|(Number|Time|Bandwidth)(%0\d+d)?)?\$/g, '')
    if (rest.includes('$')) say('D10', 'M', `${about}: "${text}" has unknown identifiers`, url)
  }
  if (/\$(Number|Time)/.test(initialization))
    say('D10', 'M', `${about}: the initialisation address depends on number or time`, url)
  const timeline = child(template, 'SegmentTimeline')
  if ((duration === undefined) === (timeline === undefined))
    say('D11', 'M', `${about}: either duration or SegmentTimeline`, url)
}

function checkRepresentation(presentation: Presentation, mpd: XmlNode, plan: RepresentationPlan, say: Say): void {
  const { node, set, segments, timescale, offset, init, base, template } = plan
  const { id, bandwidth } = node.attributes
  const kind = kindOf(set)
  const own = (name: string) => node.attributes[name] ?? set.attributes[name]
  if (!(Number(bandwidth) > 0) || own('mimeType') === undefined)
    say('D06', 'M', `${id} lacks bandwidth or mimeType`, presentation.dash)
  if ((kind === 'video' || kind === 'audio') && own('codecs') === undefined)
    say('D06', 'M', `${id} has no codecs`, presentation.dash)
  for (const url of [...(init ? [init] : []), ...segments.map((it) => it.url), ...(template ? [] : [base])]) {
    if (!presentation.files.has(url))
      say('D20', 'M', `it was answered with ${presentation.refused?.get(url)?.status ?? 'nothing'}`, url)
    if (new URL(url).protocol !== new URL(presentation.dash!).protocol)
      say('D20', 'M', 'it has another scheme than the manifest', url)
  }
  checkLength(mpd, plan, say, presentation.dash!)
  if (kind === 'image') checkTiles(presentation, plan, say)
  const track = init === undefined ? undefined : initAt(presentation, init)?.tracks[0]
  if (!track) return
  if (track.timescale % timescale !== 0 && timescale % track.timescale !== 0)
    say('D12', 'M', `the timescale of ${id} does not fit the media's`, presentation.dash)
  const channels = (child(node, 'AudioChannelConfiguration') ?? child(set, 'AudioChannelConfiguration'))?.attributes
    .value
  if (kind === 'audio' && channels !== String(track.channels))
    say('D17', 'M', `${id} says ${channels} channels, the media ${track.channels}`, presentation.dash)
  // Other kinds of AAC may give twice the rate that their entry names.
  const rate = track.codecs === PLAIN_AAC ? own('audioSamplingRate') : undefined
  if (rate !== undefined && rate !== String(track.sampleRate))
    say('D17', 'M', `${id} says ${rate} samples a second, the media ${track.sampleRate}`, presentation.dash)
  let bucket = (Number(bandwidth) / 8) * seconds(mpd.attributes.minBufferTime)
  const room = bucket
  const isGuess = unmadeOf(presentation).includes(id ?? '')
  for (const { url, start, ticks } of segments) {
    const bytes = presentation.files.get(url)?.bytes
    if (!bytes) continue
    let first: ReturnType<typeof readFragments>[number] | undefined
    try {
      first = readFragments(bytes, [track])[0]
    } catch {
      continue
    }
    const time = ((first?.decodeTime ?? -1) / track.timescale) * timescale - offset
    if (Math.abs(time - start) > 0.5) say('D12', 'M', `its media begins at ${time}, the timeline says ${start}`, url)
    if ((own('startWithSAP') ?? '0') !== '0' && first?.samples[0]?.isSync === false)
      say('D13', 'M', 'it does not begin with a stream access point', url)
    // Bytes come in at the named rate while the segment before is shown (5.3.5.4).
    bucket -= bytes.length
    if (bucket < -0.02 * room && !isGuess) say('D08', 'M', `${id} starves at its bandwidth of ${bandwidth}`, url)
    bucket = Math.min(room, bucket + (Number(bandwidth) / 8) * (ticks / timescale))
  }
}

function checkLength(
  mpd: XmlNode,
  { node, segments, timescale, template }: RepresentationPlan,
  say: Say,
  url: string,
): void {
  const period = seconds(elements(mpd, 'Period')[0]?.attributes.duration ?? mpd.attributes.mediaPresentationDuration)
  const most = seconds(mpd.attributes.maxSegmentDuration)
  const last = segments.at(-1)
  if (!template || !last) return
  if (segments.some(({ start }, n) => n > 0 && start < segments[n - 1]!.start + 1))
    say('D11', 'M', `times of ${node.attributes.id} do not rise`, url)
  const timeline = child(template, 'SegmentTimeline')
  if (timeline && !Number.isNaN(most) && segments.some(({ ticks }) => ticks / timescale > most + 0.001))
    say('D11', 'M', `a segment of ${node.attributes.id} is longer than maxSegmentDuration`, url)
  if (Math.abs((last.start + last.ticks) / timescale - period) > last.ticks / timescale)
    say('D11', 'M', `the segments of ${node.attributes.id} do not cover the period`, url)
  const gaps = segments.some(({ start }, n) => n > 0 && start !== segments[n - 1]!.start + segments[n - 1]!.ticks)
  if (gaps) say('D11', 'M', `the timeline of ${node.attributes.id} has gaps`, url)
}

function checkTiles(presentation: Presentation, { node, set, segments }: RepresentationPlan, say: Say): void {
  const tiles = property(node, TILES) ?? property(set, TILES)
  const [columns, rows] = (tiles?.attributes.value ?? '').split('x').map(Number) as [number, number]
  const { width, height, bandwidth } = node.attributes
  const fits = Number(width) % columns === 0 && Number(height) % rows === 0
  if (!tiles || !fits || !(Number(bandwidth) > 0)) {
    say('D19', 'M', 'thumbnail tiles lack a grid that divides their size, or bandwidth', presentation.dash)
    return
  }
  for (const { url } of segments) {
    const size = jpegSize(presentation.files.get(url)?.bytes ?? new Uint8Array())
    if (size && (size.width !== Number(width) || size.height !== Number(height)))
      say('D19', 'M', `the sheet is ${size.width}x${size.height}`, url)
  }
}

/** D13 and D21: sets are cut alike, and HLS plays the same addresses. */
function checkShared(presentation: Presentation, all: RepresentationPlan[], say: Say): void {
  for (const set of new Set(all.map((it) => it.set))) {
    const starts = all
      .filter((it) => it.set === set)
      .map(({ segments, timescale }) => segments.map(({ start }) => (start / timescale).toFixed(4)).join())
    if (set.attributes.segmentAlignment === 'true' && new Set(starts).size > 1)
      say('D13', 'M', `set ${set.attributes.id} is not aligned`, presentation.dash)
  }
  if (presentation.hls === undefined) return
  const listed = new Set(
    listsOf(presentation)
      .filter(({ kind }) => kind !== 'images' && kind !== 'text')
      .flatMap(({ list }) => list.segments.map(({ uri }) => uri)),
  )
  const named = new Set(
    all
      .filter(({ set }) => ['video', 'audio'].includes(kindOf(set)))
      .flatMap(({ segments }) => segments.map(({ url }) => url)),
  )
  if (listed.size !== named.size || [...named].some((url) => !listed.has(url)))
    say('D21', 'S', 'HLS and DASH do not play the same segments', presentation.dash)
}
