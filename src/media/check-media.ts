// Rules for HLS media playlists and what they name (H30 to H52): Apple's HLS Authoring Specification and RFC 8216.

import { type Fetched, type Presentation, type Say, textOf } from './check-facts.ts'
import { checkAnyList } from './check-main.ts'
import { hasTag, type Playlist, readPlaylist, tagsNamed, totalOf } from './check-playlist.ts'
import { bytesOf, initAt, samplesIn, type Track, ticksIn, trackOf } from './check-rates.ts'
import { endsInPadding } from './decrypt.ts'

type Kind = 'video' | 'audio' | 'text' | 'iframes' | 'images'
type Listed = { list: Playlist; kind: Kind }

const PLAYLIST_TYPES = /^(application\/vnd\.apple\.mpegurl|audio\/mpegurl|application\/x-mpegurl)$/i

/** The media playlists that a multivariant playlist names, and what each is. */
export function listsOf(presentation: Presentation): Listed[] {
  const file = presentation.files.get(presentation.hls!)
  if (!file) return []
  const main = readPlaylist(file.url, textOf(file))
  if (main.kind === 'media') return [{ list: main, kind: 'video' }]
  const kinds: Record<string, Kind> = {
    'EXT-X-STREAM-INF': 'video',
    'EXT-X-I-FRAME-STREAM-INF': 'iframes',
    'EXT-X-IMAGE-STREAM-INF': 'images',
  }
  const found = new Map<string, Listed>()
  for (const { name, uri, attributes } of main.tags) {
    const kind =
      name === 'EXT-X-MEDIA'
        ? attributes.TYPE === 'AUDIO'
          ? 'audio'
          : attributes.TYPE === 'VIDEO'
            ? 'video'
            : 'text'
        : kinds[name]
    const named = uri === undefined ? undefined : presentation.files.get(uri)
    if (named && kind && !found.has(named.url))
      found.set(named.url, { list: readPlaylist(named.url, textOf(named)), kind })
  }
  return [...found.values()]
}

export function checkMedia(presentation: Presentation, say: Say): void {
  const lists = listsOf(presentation)
  for (const { list, kind } of lists) {
    checkAnyList(presentation, list, say)
    checkTimes(list, say)
    if (kind === 'video' || kind === 'audio') checkTrack(presentation, list, kind, say)
    if (kind === 'iframes') checkIFrames(presentation, list, say)
    if (kind === 'text') checkText(presentation, list, say)
    if (kind === 'images') checkImages(presentation, list, say)
    checkKeys(presentation, list, say)
  }
  checkTogether(presentation, lists, say)
  for (const { url, status } of presentation.refused?.values() ?? [])
    say('H51', 'M', `it was answered with ${status}`, url)
  for (const file of presentation.files.values()) checkAnswer(presentation, file, lists, say)
}

function checkTimes(list: Playlist, say: Say): void {
  const targets = tagsNamed(list, 'EXT-X-TARGETDURATION')
  if (targets.length !== 1) say('H30', 'M', 'EXT-X-TARGETDURATION must be there once', list.url)
  const target = Number(targets[0]?.value)
  for (const { duration, uri } of list.segments) {
    if (Number.isNaN(duration)) say('H30', 'M', 'a segment has no EXTINF', uri)
    else if (Math.round(duration) > target || duration > target + 0.5)
      say('H30', 'M', `EXTINF ${duration} is above the target of ${target}`, uri)
  }
  if (target < 6) say('H31', 'N', `the target is ${target} s: a faster start than Apple's 6 s, for more requests`)
  if (tagsNamed(list, 'EXT-X-PLAYLIST-TYPE')[0]?.value !== 'VOD') say('H32', 'M', 'PLAYLIST-TYPE is not VOD', list.url)
  if (!hasTag(list, 'EXT-X-ENDLIST')) say('H32', 'M', 'ENDLIST is missing', list.url)
}

function checkTrack(presentation: Presentation, list: Playlist, kind: 'video' | 'audio', say: Say): void {
  for (const { map, uri } of list.segments) {
    if (map === undefined && !/\.(ts|aac|mp3)(\?|$)/.test(uri)) say('H36', 'M', 'EXT-X-MAP is missing', list.url)
    const init = map === undefined ? undefined : initAt(presentation, map)
    if (
      map !== undefined &&
      presentation.files.has(map) &&
      (init?.types.join() !== 'ftyp,moov' || init.tracks.length === 0)
    )
      say('H36', 'M', 'the MAP is not ftyp and moov', map)
  }
  const track = trackOf(presentation, list)
  const head = track?.init.tracks[0]
  if (!track || !head) return
  if (track.init.tracks.length > 1 || track.fragments.flat().some(({ trafs }) => trafs > 1))
    say('H41', 'M', 'there is more than one track', list.url)
  if (/^(avc3|hev1|dvhe)$/.test(head.format))
    say('H42', 'S', `${head.format} keeps parameter sets in the stream`, list.url)
  checkClock(list, track, say)
  if (kind === 'video') checkPictures(presentation, list, track, say)
}

/** H34 and H39: what the list says lasts as long as what is there, and times go on without gap or overlap. */
function checkClock(list: Playlist, { init, fragments }: Track, say: Say): void {
  const { timescale } = init.tracks[0]!
  let expected: number | undefined
  let listed = 0
  let real = 0
  for (const [n, segment] of list.segments.entries()) {
    const parts = fragments[n]!
    for (const { decodeTime, samples } of parts) {
      if (decodeTime === undefined) say('H39', 'M', 'a fragment has no decode time', segment.uri)
      else if (expected !== undefined && decodeTime !== expected && !segment.discontinuity)
        say('H39', 'M', `time goes on at ${decodeTime}, expected ${expected}`, segment.uri)
      expected = (decodeTime ?? expected ?? 0) + samples.reduce((sum, { duration }) => sum + duration, 0)
    }
    const seconds = ticksIn(parts) / timescale
    const frame = seconds / Math.max(1, samplesIn(parts))
    listed += segment.duration
    real += seconds
    if (Math.abs(listed - real) > frame + 0.001)
      say('H34', 'M', `the list has come to ${listed.toFixed(3)} s, the media to ${real.toFixed(3)} s`, segment.uri)
    if (Math.abs(segment.duration - seconds) > frame + 0.001)
      say('H51', 'M', `EXTINF is ${segment.duration}, the media lasts ${seconds.toFixed(3)} s`, segment.uri)
  }
}

function checkPictures(presentation: Presentation, list: Playlist, { init, fragments }: Track, say: Say): void {
  const head = init.tracks[0]!
  let sinceKey = 0
  let longest = 0
  for (const [n, segment] of list.segments.entries()) {
    const first = fragments[n]![0]?.samples[0]
    const bytes = bytesOf(presentation, segment)
    const idr = first && (!head.format.startsWith('avc') || hasIdr(bytes.subarray(first.at, first.at + first.size)))
    if (!first?.isSync || !idr) say('H37', 'M', 'the segment does not begin with a key frame', segment.uri)
    for (const { samples } of fragments[n]!)
      for (const sample of samples) {
        if (sample.isSync) sinceKey = 0
        sinceKey += sample.duration
        longest = Math.max(longest, sinceKey)
      }
  }
  if (longest / head.timescale > 2.1)
    say('H38', 'S', `key frames are up to ${(longest / head.timescale).toFixed(1)} s apart`, list.url)
  const all = fragments.flat()
  const rate = (samplesIn(all) * head.timescale) / Math.max(1, ticksIn(all))
  if (rate > 60.5) say('H43', 'M', `${rate.toFixed(2)} frames a second are more than 60`, list.url)
}

/** Whether the NAL units of a picture, each behind its length in four bytes, hold an IDR slice (type 5). */
function hasIdr(data: Uint8Array): boolean {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  for (let at = 0; at + 5 <= data.length; at += 4 + view.getUint32(at)) if ((data[at + 4]! & 0x1f) === 5) return true
  return false
}

function checkIFrames(presentation: Presentation, list: Playlist, say: Say): void {
  if (!hasTag(list, 'EXT-X-I-FRAMES-ONLY')) say('H44', 'M', 'EXT-X-I-FRAMES-ONLY is missing', list.url)
  const track = trackOf(presentation, list)
  if (!track) {
    const isThere = list.segments.every(({ uri, map }) => [uri, map ?? uri].every((url) => presentation.files.has(url)))
    if (isThere) say('H44', 'M', 'the key frames cannot be read', list.url)
    return
  }
  for (const [n, { uri }] of list.segments.entries()) {
    const samples = track.fragments[n]!.flatMap((it) => it.samples)
    const fits = track.fragments[n]!.every(({ tiling }) => tiling === '')
    if (samples.length !== 1 || !samples[0]!.isSync || !fits)
      say('H44', 'M', 'it is not exactly one key frame with its moof', uri)
  }
}

function checkText(presentation: Presentation, list: Playlist, say: Say): void {
  let startMs = 0
  for (const { uri, duration } of list.segments) {
    const file = presentation.files.get(uri)
    const text = file ? textOf(file) : ''
    if (!/^\uFEFF?WEBVTT(?:[ \t\n\r]|$)/.test(text)) say('H45', 'M', 'it does not begin with WEBVTT', uri)
    if (!/^X-TIMESTAMP-MAP=(?=.*MPEGTS:\d+)(?=.*LOCAL:[\d:.]+)/m.test(text.split(/\n\n/, 1)[0]!))
      say('H45', 'M', 'X-TIMESTAMP-MAP is missing', uri)
    let last = 0
    for (const [, from, to] of text.matchAll(/^([\d:.]{9,}) --> ([\d:.]{9,})/gm)) {
      if (ms(from!) < last || ms(to!) <= ms(from!)) say('H45', 'M', `cues are not in order at ${from}`, uri)
      if (ms(from!) < startMs - 1) say('H45', 'M', `a cue at ${from} lies before its segment`, uri)
      last = ms(from!)
    }
    startMs += duration * 1000
  }
}

const ms = (time: string): number =>
  Math.round(time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1000)

function checkImages(presentation: Presentation, list: Playlist, say: Say): void {
  if (!hasTag(list, 'EXT-X-IMAGES-ONLY')) say('H52', 'S', 'EXT-X-IMAGES-ONLY is missing', list.url)
  for (const { uri, tiles, duration } of list.segments) {
    const size = jpegSize(presentation.files.get(uri)?.bytes ?? new Uint8Array())
    if (!tiles) {
      say('H52', 'S', 'EXT-X-TILES is missing', uri)
      continue
    }
    const [width, height] = (tiles.RESOLUTION ?? '').split('x').map(Number) as [number, number]
    const [columns, rows] = (tiles.LAYOUT ?? '').split('x').map(Number) as [number, number]
    if (size && (size.width !== width * columns || size.height !== height * rows))
      say('H52', 'S', `the sheet is ${size.width}x${size.height}, its tiles say otherwise`, uri)
    if (duration > Number(tiles.DURATION) * columns * rows + 0.01)
      say('H52', 'S', 'the tiles do not cover the time of the sheet', uri)
  }
}

/** Size in the frame header of a JPEG; undefined for other pictures. */
export function jpegSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!)) {
    const marker = bytes[at + 1]!
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (frame) return { height: (bytes[at + 5]! << 8) | bytes[at + 6]!, width: (bytes[at + 7]! << 8) | bytes[at + 8]! }
  }
  return undefined
}

function checkKeys(presentation: Presentation, list: Playlist, say: Say): void {
  for (const { attributes, uri } of tagsNamed(list, 'EXT-X-KEY')) {
    const method = attributes.METHOD ?? ''
    if (!['NONE', 'AES-128', 'SAMPLE-AES', 'SAMPLE-AES-CTR'].includes(method))
      say('H46', 'M', `METHOD=${method} is unknown`, list.url)
    if (method !== 'NONE' && attributes.URI === undefined) say('H46', 'M', 'a key has no URI', list.url)
    if (attributes.IV !== undefined && !/^0x[0-9a-f]{32}$/i.test(attributes.IV))
      say('H46', 'M', 'the IV is not 128 bits', list.url)
    if (method === 'AES-128') checkWholeSegments(presentation, list, uri, say)
    if (method === 'SAMPLE-AES-CTR') say('H47', 'M', "SAMPLE-AES-CTR is not for Apple's players", list.url)
    if (method === 'SAMPLE-AES' && attributes.KEYFORMAT === undefined)
      say('H47', 'M', 'SAMPLE-AES without KEYFORMAT', list.url)
  }
}

/** Segments that are encrypted as a whole end in padding that only their key makes sense of (RFC 8216 4.3.2.4, 5.1; RFC 5652 6.3). */
function checkWholeSegments(presentation: Presentation, list: Playlist, keyUrl: string | undefined, say: Say): void {
  const key = keyUrl === undefined ? undefined : presentation.files.get(keyUrl)?.bytes
  if (key && key.length !== 16) say('H46', 'M', `a key of ${key.length} bytes`, keyUrl)
  for (const segment of list.segments) {
    const bytes = bytesOf(presentation, segment)
    if (bytes.length % 16 !== 0) say('H46', 'M', 'an encrypted segment is no whole number of blocks', segment.uri)
    else if (key?.length === 16 && bytes.length >= 32 && !endsInPadding(bytes, key))
      say('H46', 'M', 'an encrypted segment does not end in padding', segment.uri)
  }
}

/** Rules that compare lists: H32, H33, H35, H40, H43. */
function checkTogether(presentation: Presentation, lists: Listed[], say: Say): void {
  const timed = lists.filter(({ kind }) => kind === 'video' || kind === 'audio')
  const first = timed.find(({ kind }) => kind === 'video') ?? timed[0]
  if (!first) return
  const total = totalOf(first.list)
  const target = tagsNamed(first.list, 'EXT-X-TARGETDURATION')[0]?.value
  const breaks = (list: Playlist) =>
    list.segments
      .map(({ discontinuity }, n) => (discontinuity ? n : -1))
      .filter((n) => n >= 0)
      .join()
  for (const { list, kind } of lists) {
    if (Math.abs(totalOf(list) - total) > 0.1)
      say(
        kind === 'video' || kind === 'audio' ? 'H33' : 'H32',
        'M',
        `it lasts ${totalOf(list).toFixed(3)} s, others ${total.toFixed(3)} s`,
        list.url,
      )
  }
  let bounds: number[] | undefined
  for (const { list } of timed) {
    if (tagsNamed(list, 'EXT-X-TARGETDURATION')[0]?.value !== target)
      say('H33', 'M', 'target durations differ', list.url)
    let at = 0
    const own = list.segments.map(({ duration }) => (at += duration))
    if (bounds && (own.length !== bounds.length || own.some((time, n) => Math.abs(time - bounds![n]!) > 0.025)))
      say('H35', 'S', 'segments are cut at other times', list.url)
    bounds ??= own
    if (breaks(list) !== breaks(first.list)) say('H40', 'M', 'discontinuities differ', list.url)
    const maps = list.segments.map(({ map }) => map)
    for (const [n, segment] of list.segments.entries())
      if (n > 0 && maps[n] !== maps[n - 1] && !segment.discontinuity)
        say('H40', 'M', 'the codec changes without a discontinuity', segment.uri)
  }
  const colours = lists
    .filter(({ kind }) => kind === 'video')
    .map(({ list }) => trackOf(presentation, list)?.init.tracks[0]?.colour)
  const sdr = new Set(colours.filter((it) => it !== undefined && ![16, 18].includes(Number(it.split(' ')[7]))))
  if (sdr.size > 1) say('H43', 'M', 'variants differ in colour space')
}

/** What holds for every answer: H48 to H51. */
function checkAnswer(presentation: Presentation, file: Fetched, lists: Listed[], say: Say): void {
  const { url, type, redirected, encoding } = file
  for (const { list } of lists)
    for (const segment of list.segments)
      if (segment.uri === url && segment.range && segment.range.from + segment.range.length > file.bytes.length)
        say('H51', 'M', 'its byte range is beyond its end', url)
  if (!presentation.http) return
  if (redirected) say('H49', 'M', 'it was redirected', url)
  const isList = url === presentation.hls || lists.some(({ list }) => list.url === url)
  if (isList && !PLAYLIST_TYPES.test(type)) say('H48', 'M', `a playlist of type ${type}`, url)
  if (isList && file.bytes.length > 1024 && !/gzip|br|zstd/.test(encoding ?? ''))
    say('H48', 'M', 'a playlist that is not compressed', url)
  const path = URL.parse(url)?.pathname ?? ''
  if (/\.(m4s|mp4)$/.test(path) && !/^(video|audio)\/(mp4|iso\.segment)$/.test(type))
    say('H48', 'M', `a segment of type ${type}`, url)
  if (/\.vtt$/.test(path) && type !== 'text/vtt') say('H48', 'M', `a text of type ${type}`, url)
  const host = URL.parse(url)
  if (host?.protocol === 'http:' && !/^(localhost|127\.|\[::1\])/.test(host.host))
    say('H50', 'S', 'it is served without TLS')
}
