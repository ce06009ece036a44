// Rules for HLS multivariant playlists (H01 to H23): Apple's HLS Authoring Specification and RFC 8216.

import { folderNameOf, type Presentation, type Say, textOf, unmadeOf } from './check-facts.ts'
import { hasTag, type Playlist, readPlaylist, type Tag, tagsNamed } from './check-playlist.ts'
import { initAt, ratesOf, samplesIn, ticksIn, trackOf } from './check-rates.ts'
import { TRICK_ID } from './trick-play.ts'

const LANGUAGE = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/
const SOUND_CODEC = /^(mp4a|ac-3|ec-3|ac-4|opus|flac|fLaC|Opus)/
const MAIN_ONLY = [
  'EXT-X-STREAM-INF',
  'EXT-X-MEDIA',
  'EXT-X-I-FRAME-STREAM-INF',
  'EXT-X-SESSION-DATA',
  'EXT-X-SESSION-KEY',
  'EXT-X-IMAGE-STREAM-INF',
  'EXT-X-CONTENT-STEERING',
]
const MEDIA_ONLY = [
  'EXTINF',
  'EXT-X-TARGETDURATION',
  'EXT-X-MEDIA-SEQUENCE',
  'EXT-X-ENDLIST',
  'EXT-X-PLAYLIST-TYPE',
  'EXT-X-I-FRAMES-ONLY',
  'EXT-X-MAP',
  'EXT-X-KEY',
  'EXT-X-BYTERANGE',
  'EXT-X-DISCONTINUITY',
  'EXT-X-PROGRAM-DATE-TIME',
  'EXT-X-IMAGES-ONLY',
  'EXT-X-TILES',
]
const TRANSCRIBES = 'public.accessibility.transcribes-spoken-dialog'
const DESCRIBES = 'public.accessibility.describes-music-and-sound'

/** Rules that hold for playlists of either kind (H01 to H03). */
export function checkAnyList(presentation: Presentation, list: Playlist, say: Say): void {
  const bytes = presentation.files.get(list.url)?.bytes ?? new Uint8Array()
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (!/^#EXTM3U\r?\n/.test(text)) say('H01', 'M', 'the first line is not #EXTM3U', list.url)
    if (/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(text))
      say('H01', 'M', 'there are control characters', list.url)
  } catch {
    say('H01', 'M', 'it is not UTF-8', list.url)
  }
  const versions = tagsNamed(list, 'EXT-X-VERSION')
  if (versions.length > 1) say('H02', 'M', 'EXT-X-VERSION is there more than once', list.url)
  const version = Number(versions[0]?.value ?? 1)
  const needed = neededVersion(list)
  if (version < needed) say('H02', 'M', `version ${version} is named, but ${needed} is needed`, list.url)
  const wrong = list.kind === 'multivariant' ? MEDIA_ONLY : MAIN_ONLY
  for (const name of wrong)
    if (hasTag(list, name)) say('H03', 'M', `${name} does not belong into a ${list.kind} playlist`, list.url)
}

/** RFC 8216 7. */
function neededVersion(list: Playlist): number {
  const iFrames = hasTag(list, 'EXT-X-I-FRAMES-ONLY')
  return Math.max(
    1,
    tagsNamed(list, 'EXTINF').some(({ value }) => /^\d*\.\d/.test(value)) ? 3 : 1,
    hasTag(list, 'EXT-X-BYTERANGE') || iFrames ? 4 : 1,
    hasTag(list, 'EXT-X-MAP') ? (iFrames ? 5 : 6) : 1,
  )
}

export function checkMain(presentation: Presentation, say: Say): void {
  const file = presentation.files.get(presentation.hls!)
  if (!file) {
    if (!presentation.refused?.has(presentation.hls!)) say('H51', 'M', 'the playlist was not fetched', presentation.hls)
    return
  }
  const main = readPlaylist(file.url, textOf(file))
  checkAnyList(presentation, main, say)
  if (main.kind === 'media') return
  const variants = tagsNamed(main, 'EXT-X-STREAM-INF')
  const media = tagsNamed(main, 'EXT-X-MEDIA')
  const pictures = variants.filter(
    ({ attributes }) =>
      !/^[^.]+\..*$/.test(attributes.CODECS ?? 'x.') ||
      attributes.CODECS?.split(',').some((it) => !SOUND_CODEC.test(it)),
  )
  if (variants.length === 0) say('H03', 'M', 'there is no variant', main.url)
  for (const variant of variants) checkVariant(presentation, main, media, variant, pictures.includes(variant), say)
  checkChannels(presentation, media, say)

  if (!hasTag(main, 'EXT-X-INDEPENDENT-SEGMENTS')) {
    const own = variants.every(({ uri }) => hasTag(listAt(presentation, uri), 'EXT-X-INDEPENDENT-SEGMENTS'))
    say('H10', own ? 'S' : 'M', 'EXT-X-INDEPENDENT-SEGMENTS is missing', main.url)
  }
  const small = pictures.every(({ attributes }) => shortSide(attributes.RESOLUTION) <= 360)
  if (new Set(pictures.map(({ attributes }) => attributes.BANDWIDTH)).size < 2 && pictures.length > 0)
    say('H11', small ? 'S' : 'M', 'there is only one bit rate of pictures', main.url)
  const iFrames = tagsNamed(main, 'EXT-X-I-FRAME-STREAM-INF')
  const isComing = unmadeOf(presentation).includes(TRICK_ID)
  if (pictures.length > 0 && iFrames.length === 0 && !isComing)
    say('H12', 'M', 'there is no I-frame playlist', main.url)
  for (const { attributes, uri } of iFrames)
    if (!attributes.CODECS || !attributes.RESOLUTION)
      say('H12', 'M', 'an I-frame playlist lacks CODECS or RESOLUTION', uri)
  checkRange(presentation, pictures, main, say)
  checkGroups(media, variants, main, say)
  checkFamilies(pictures, main, say)
}

function checkVariant(
  presentation: Presentation,
  main: Playlist,
  media: Tag[],
  variant: Tag,
  isPicture: boolean,
  say: Say,
): void {
  const { attributes, uri } = variant
  const list = listAt(presentation, uri)
  const track = trackOf(presentation, list)
  const sounds = media.filter(
    (it) => it.attributes.TYPE === 'AUDIO' && it.attributes['GROUP-ID'] === attributes.AUDIO && it.uri !== undefined,
  )
  const soundTracks = sounds.map((it) => ({
    list: listAt(presentation, it.uri),
    track: trackOf(presentation, listAt(presentation, it.uri)),
  }))

  const named = (attributes.CODECS ?? '').split(',').filter(Boolean)
  if (named.length === 0) say('H04', 'M', 'CODECS is missing', uri)
  const found = [track, ...soundTracks.map((it) => it.track)].flatMap(
    (it) => it?.init.tracks.map(({ codecs }) => codecs) ?? [],
  )
  for (const codecs of named.length === 0 ? [] : found) {
    const same = named.some((name) =>
      codecs.includes('.') ? name.toLowerCase() === codecs.toLowerCase() : name.startsWith(codecs),
    )
    if (!same) say('H04', 'M', `CODECS does not name ${codecs}`, uri)
  }
  const picture = track?.init.tracks.find(({ handler }) => handler === 'vide')
  if (isPicture && attributes.RESOLUTION === undefined) say('H05', 'M', 'RESOLUTION is missing', uri)
  else if (picture && attributes.RESOLUTION !== `${picture.width}x${picture.height}`)
    say('H05', 'M', `RESOLUTION is ${attributes.RESOLUTION}, the picture ${picture.width}x${picture.height}`, uri)
  if (isPicture && attributes['FRAME-RATE'] === undefined) say('H06', 'M', 'FRAME-RATE is missing', uri)
  if (picture && track && attributes['FRAME-RATE'] !== undefined) {
    const all = track.fragments.flat()
    const rate = (samplesIn(all) * picture.timescale) / Math.max(1, ticksIn(all))
    if (Math.abs(Number(attributes['FRAME-RATE']) - rate) > rate * 0.001 + 0.0005)
      say('H06', 'M', `FRAME-RATE is ${attributes['FRAME-RATE']}, measured ${rate.toFixed(3)}`, uri)
  }
  // Of what is not made yet the rates are guesses, which its making takes back.
  const unmade = unmadeOf(presentation)
  const isGuess = [list, ...soundTracks.map((it) => it.list)].some(({ url }) => unmade.includes(folderNameOf(url)))
  checkBandwidth(variant, list, isGuess ? undefined : track?.bytes, soundTracks, say)

  const soundCodecs = named.filter((name) => SOUND_CODEC.test(name))
  if (isPicture && soundCodecs.length > 0 && attributes.AUDIO === undefined) {
    const languages = new Set(media.filter((it) => it.attributes.TYPE === 'AUDIO').map((it) => it.attributes.LANGUAGE))
    say('H14', languages.size > 1 ? 'M' : 'S', 'sound is not a group of its own', uri)
  }
  const groups = [
    ['AUDIO', 'AUDIO'],
    ['SUBTITLES', 'SUBTITLES'],
    ['VIDEO', 'VIDEO'],
  ] as const
  for (const [name, type] of groups) {
    const group = attributes[name]
    if (group !== undefined && !media.some((it) => it.attributes.TYPE === type && it.attributes['GROUP-ID'] === group))
      say('H17', 'M', `${name}="${group}" names no group`, main.url)
  }
  const closed = attributes['CLOSED-CAPTIONS']
  if (
    closed !== undefined &&
    closed !== 'NONE' &&
    !media.some((it) => it.attributes.TYPE === 'CLOSED-CAPTIONS' && it.attributes['GROUP-ID'] === closed)
  )
    say('H17', 'M', `CLOSED-CAPTIONS="${closed}" names no group`, main.url)
  if (closed === undefined) say('H19', 'M', 'CLOSED-CAPTIONS is missing', uri)
}

/** H18: how many channels a sound has is said rightly, and said at all where there are two ways to hear the same (RFC 8216 4.3.4.1). */
function checkChannels(presentation: Presentation, media: Tag[], say: Say): void {
  const sounds = media.flatMap(({ attributes, uri }) => {
    if (attributes.TYPE !== 'AUDIO' || uri === undefined) return []
    const track = trackOf(presentation, listAt(presentation, uri))?.init.tracks[0]
    // Entries of other codecs say two, whatever there is.
    const real = track?.codecs === 'mp4a.40.2' ? track.channels : undefined
    return real === undefined ? [] : [{ name: attributes.NAME, named: attributes.CHANNELS?.split('/')[0], real, uri }]
  })
  for (const { name, named, real, uri } of sounds) {
    const isPlain = sounds.every((it) => it.name !== name || it.real === real)
    if (named === undefined ? !isPlain : named !== String(real))
      say('H18', 'M', `CHANNELS is ${named ?? 'missing'}, the media has ${real}`, uri)
  }
}

function checkBandwidth(
  { attributes, uri }: Tag,
  list: Playlist,
  bytes: readonly number[] | undefined,
  sounds: { list: Playlist; track: { bytes: number[] } | undefined }[],
  say: Say,
): void {
  const bandwidth = Number(attributes.BANDWIDTH)
  const average = Number(attributes['AVERAGE-BANDWIDTH'])
  if (!(bandwidth > 0)) say('H07', 'M', 'BANDWIDTH is missing', uri)
  if (!(average > 0)) say('H08', 'M', 'AVERAGE-BANDWIDTH is missing', uri)
  if (!bytes) return
  const target = Number(tagsNamed(list, 'EXT-X-TARGETDURATION')[0]?.value ?? 4)
  const own = ratesOf(list, bytes, target)
  const worst = sounds.map((it) => (it.track ? ratesOf(it.list, it.track.bytes, target) : { peak: 0, average: 0 }))
  const peak = own.peak + Math.max(0, ...worst.map((it) => it.peak))
  const mean = own.average + Math.max(0, ...worst.map((it) => it.average))
  // Too low starves players; too high only makes them careful, and a ceiling is all that is known before the last segment.
  if (peak > bandwidth * 1.1) say('H07', 'M', `BANDWIDTH is ${bandwidth}, measured ${Math.round(peak)}`, uri)
  else if (peak < bandwidth * 0.9) say('H07', 'S', `BANDWIDTH is ${bandwidth}, measured only ${Math.round(peak)}`, uri)
  if (mean > average * 1.1) say('H08', 'M', `AVERAGE-BANDWIDTH is ${average}, measured ${Math.round(mean)}`, uri)
  else if (mean < average * 0.9)
    say('H08', 'S', `AVERAGE-BANDWIDTH is ${average}, measured only ${Math.round(mean)}`, uri)
  if (peak > mean * 2) say('H09', 'S', `the peak is ${(peak / mean).toFixed(1)} times the average`, uri)
}

/** H13: a range is named for all or, where everything is SDR, may be left out; SDR stands beside HDR. */
function checkRange(presentation: Presentation, pictures: Tag[], main: Playlist, say: Say): void {
  const ranges = pictures.map(({ attributes, uri }) => {
    const map = listAt(presentation, uri).segments[0]?.map
    const colour = map === undefined ? undefined : initAt(presentation, map)?.tracks[0]?.colour
    // nclx: transfer 16 is PQ, 18 is HLG (ITU-T H.273).
    const transfer = Number(colour?.split(' ')[7])
    return { named: attributes['VIDEO-RANGE'], real: transfer === 16 ? 'PQ' : transfer === 18 ? 'HLG' : 'SDR', uri }
  })
  const anyHdr = ranges.some(({ named, real }) => real !== 'SDR' || (named !== undefined && named !== 'SDR'))
  for (const { named, real, uri } of ranges)
    if (anyHdr && (named ?? '') !== real)
      say('H13', 'M', `VIDEO-RANGE is ${named ?? 'missing'}, the picture ${real}`, uri)
  if (anyHdr && !ranges.some(({ named }) => named === 'SDR'))
    say('H13', 'M', 'there is no SDR variant beside HDR', main.url)
}

function checkGroups(media: Tag[], variants: Tag[], main: Playlist, say: Say): void {
  for (const { attributes } of media) {
    if (attributes.TYPE !== 'VIDEO' && !LANGUAGE.test(attributes.LANGUAGE ?? ''))
      say('H15', 'M', `${attributes.TYPE} "${attributes.NAME}" has no LANGUAGE`, main.url)
    const characteristics = (attributes.CHARACTERISTICS ?? '').split(',')
    const both = [TRANSCRIBES, DESCRIBES].map((it) => characteristics.includes(it))
    if (both[0] !== both[1] || (both[0] && attributes.AUTOSELECT !== 'YES'))
      say('H20', 'M', `captions "${attributes.NAME}" lack a characteristic or AUTOSELECT=YES`, main.url)
  }
  const ids = new Set(media.map(({ attributes }) => `${attributes.TYPE} ${attributes['GROUP-ID']}`))
  for (const id of ids) {
    const group = media.filter(({ attributes }) => `${attributes.TYPE} ${attributes['GROUP-ID']}` === id)
    const names = group.map(({ attributes }) => attributes.NAME)
    if (names.includes(undefined)) say('H16', 'M', `a member of ${id} has no NAME`, main.url)
    const kinds = group.map(({ attributes }) => `${attributes.NAME} ${attributes.CHARACTERISTICS ?? ''}`)
    if (new Set(kinds).size < kinds.length) say('H16', 'M', `names in ${id} are not unique`, main.url)
    if (group.filter(({ attributes }) => attributes.DEFAULT === 'YES').length > 1)
      say('H16', 'M', `${id} has more than one default`, main.url)
    if (group.some(({ attributes }) => attributes.DEFAULT === 'YES' && attributes.AUTOSELECT === 'NO'))
      say('H16', 'M', `a default of ${id} is not AUTOSELECT`, main.url)
  }
  const sound = media.filter(({ attributes }) => attributes.TYPE === 'AUDIO')
  for (const language of new Set(sound.map(({ attributes }) => attributes.LANGUAGE))) {
    const mine = sound.filter(({ attributes }) => attributes.LANGUAGE === language)
    const groups = new Set(mine.map(({ attributes }) => attributes['GROUP-ID']))
    const aac = variants.some(
      ({ attributes }) => groups.has(attributes.AUDIO) && /mp4a\.40\.(2|5|29)/.test(attributes.CODECS ?? ''),
    )
    const stereo = mine.some(({ attributes }) => /^[12](\/|$)/.test(attributes.CHANNELS ?? '2'))
    if (!aac || !stereo) say('H18', 'M', `there is no stereo AAC in ${language}`, main.url)
  }
  const members = [...new Set(sound.map(({ attributes }) => attributes['GROUP-ID']))].map((id) =>
    sound
      .filter(({ attributes }) => attributes['GROUP-ID'] === id)
      .map(({ attributes }) => `${attributes.NAME} ${attributes.LANGUAGE}`)
      .sort()
      .join(),
  )
  if (new Set(members).size > 1) say('H16', 'M', 'groups of sound do not hold the same languages', main.url)
  const closed = new Set(
    variants.map(({ attributes }) => (attributes['CLOSED-CAPTIONS'] === 'NONE' ? 'none' : 'group')),
  )
  if (closed.size > 1) say('H19', 'M', 'CLOSED-CAPTIONS is NONE on some variants only', main.url)
}

function checkFamilies(pictures: Tag[], main: Playlist, say: Say): void {
  const shapes = pictures.flatMap(({ attributes }) => {
    const [width, height] = (attributes.RESOLUTION ?? '').split('x').map(Number)
    return width && height ? [{ width, height }] : []
  })
  const best = shapes.reduce(
    (one, other) => (other.width > one.width ? other : one),
    shapes[0] ?? { width: 1, height: 1 },
  )
  if (
    shapes.some(
      ({ width, height }) => Math.abs((height * best.width) / best.height - width) > Math.max(2, width / height + 1),
    )
  )
    say('H21', 'S', 'variants differ in shape', main.url)
  const scores = pictures.filter(({ attributes }) => attributes.SCORE !== undefined).length
  if (scores > 0 && scores < pictures.length) say('H21', 'S', 'SCORE is on some variants only', main.url)
  if (Number(pictures[0]?.attributes.BANDWIDTH ?? 0) > 2_300_000)
    say('H22', 'S', 'the first variant is too large to begin with', main.url)
  const avc = pictures.flatMap(
    ({ attributes }) => /avc1\.(\w\w)\w\w(\w\w)/.exec(attributes.CODECS ?? '')?.slice(1) ?? [],
  )
  if (pictures.length > 0 && avc.length === 0) say('H23', 'S', 'there is no H.264 variant', main.url)
  if (avc.some((level, at) => at % 2 === 1 && Number.parseInt(level, 16) > 52))
    say('H23', 'S', 'an H.264 level is above 5.2', main.url)
}

function listAt({ files }: Presentation, url: string | undefined): Playlist {
  const file = url === undefined ? undefined : files.get(url)
  return readPlaylist(url ?? '', file ? textOf(file) : '')
}

function shortSide(resolution: string | undefined): number {
  return Math.min(...(resolution ?? '0x0').split('x').map(Number))
}
