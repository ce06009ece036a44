// Writing CMAF (ISO/IEC 23000-19): an initialisation segment per rendition and media segments of one fragment each. Composition offsets
// are positive and one edit list takes the reordering delay back (23000-19 7.5.13), so that the first frame of a segment is shown at the
// segment's decode time. Signed offsets would do without the list, but FFmpeg and all that is built on it then show the picture late.

import type { LightFacts } from './facts.ts'

/** One coded frame as it goes into a fragment. `compositionOffset` includes the reordering delay that the initialisation segment names. */
export type CodedFrame = { data: Uint8Array; compositionOffset: number; isSync: boolean }

export type PictureFormat = 'avc1' | 'hvc1' | 'av01' | 'vp09'

export type VideoHead = {
  timescale: number
  durationTicks: number
  width: number
  height: number
  reorderTicks: number
  /** Type of the sample entry, which names the codec (RFC 6381). */
  format: PictureFormat
  /** The whole box of the decoder's configuration, as the encoder wrote it: `avcC`, `hvcC`, `av1C`, `vpcC`. */
  configuration: Uint8Array
  /** Primaries, transfer and matrix as numbers of ITU-T H.273, where they are known; limited range always. */
  color?: [primaries: number, transfer: number, matrix: number]
  /** For pictures in high dynamic range. */
  light?: LightFacts
}
export type AudioHead = {
  timescale: number
  durationTicks: number
  channels: number
  sampleRate: number
  esds: Uint8Array
}

const SYNC_SAMPLE = 0x0200_0000
const OTHER_SAMPLE = 0x0101_0000
const UNITY = 0x0001_0000

/** Parameter sets live in the configuration and nowhere else (`avc1`, `hvc1`). */
export function videoInit(head: VideoHead): Uint8Array {
  const pasp = box('pasp', u32(1), u32(1))
  const colr = head.color ? [box('colr', ascii('nclx'), ...head.color.map(u16), u8(0))] : []
  const entry = box(
    head.format,
    ...[zeros(6), u16(1), zeros(16), u16(head.width), u16(head.height), u32(72 * UNITY), u32(72 * UNITY)],
    ...[u32(0), u16(1), zeros(32), u16(24), u16(0xffff), head.configuration, ...colr, ...lightBoxes(head.light), pasp],
  )
  return init({ ...head, handler: 'vide', entry, mediaHead: full('vmhd', 0, 1, zeros(8)) })
}

/** `mdcv` and `clli` (ISO/IEC 14496-12 12.1.6 and 12.1.7). */
function lightBoxes({ mastering, content }: LightFacts = {}): Uint8Array[] {
  return [
    ...(mastering
      ? [box('mdcv', ...mastering.chromaticities.map(u16), u32(mastering.most), u32(mastering.least))]
      : []),
    ...(content ? [box('clli', u16(content.most), u16(content.average))] : []),
  ]
}

/** `esds` is the whole box as the encoder wrote it. */
export function audioInit(head: AudioHead): Uint8Array {
  const entry = box(
    'mp4a',
    ...[zeros(6), u16(1), zeros(8), u16(head.channels), u16(16), zeros(4), u32(head.sampleRate * UNITY)],
    head.esds,
  )
  return init({
    ...head,
    width: 0,
    height: 0,
    reorderTicks: 0,
    handler: 'soun',
    entry,
    mediaHead: full('smhd', 0, 0, zeros(4)),
  })
}

/**
 * One fragment that is one segment: `moof` (one `traf`, 64-bit `tfdt`, one `trun`) and `mdat`.
 * @param sequence counts from 1 @param decodeTime and `frameTicks` in ticks of the track
 */
export function mediaSegment(
  sequence: number,
  decodeTime: number,
  frameTicks: number,
  frames: CodedFrame[],
): Uint8Array {
  const reordered = frames.some((frame) => frame.compositionOffset !== 0)
  const allSync = frames.every((frame) => frame.isSync)
  const rows = frames.flatMap((frame) => [
    u32(frame.data.length),
    ...(allSync ? [] : [u32(frame.isSync ? SYNC_SAMPLE : OTHER_SAMPLE)]),
    ...(reordered ? [u32(frame.compositionOffset)] : []),
  ])
  const fields = 0x201 | (allSync ? 0 : 0x400) | (reordered ? 0x800 : 0)
  const moof = (dataOffset: number) =>
    box(
      'moof',
      full('mfhd', 0, 0, u32(sequence)),
      box(
        'traf',
        full('tfhd', 0, 0x020028, u32(1), u32(frameTicks), u32(allSync ? SYNC_SAMPLE : OTHER_SAMPLE)),
        full('tfdt', 1, 0, u64(decodeTime)),
        full('trun', 0, fields, u32(frames.length), u32(dataOffset), ...rows),
      ),
    )
  const head = moof(moof(0).length + 8)
  return concat([head, box('mdat', ...frames.map((frame) => frame.data))])
}

type Track = {
  timescale: number
  durationTicks: number
  width: number
  height: number
  reorderTicks: number
  handler: 'vide' | 'soun'
  entry: Uint8Array
  mediaHead: Uint8Array
}

function init(track: Track): Uint8Array {
  const { timescale, durationTicks, width, height, reorderTicks, handler } = track
  const matrix = [UNITY, 0, 0, 0, UNITY, 0, 0, 0, 0x4000_0000].map(u32)
  const ftyp = box('ftyp', ascii('cmfc'), u32(0), ...['cmfc', 'iso6', 'mp41'].map(ascii))
  // A duration of nothing: the edit goes on over all fragments to come (ISO/IEC 14496-12 8.6.6).
  const edts = reorderTicks > 0 ? [box('edts', full('elst', 0, 0, u32(1), u32(0), u32(reorderTicks), u32(UNITY)))] : []
  const mvhd = full(
    'mvhd',
    0,
    0,
    zeros(8),
    u32(timescale),
    u32(0),
    u32(UNITY),
    u16(0x100),
    zeros(10),
    ...matrix,
    zeros(24),
    u32(2),
  )
  const tkhd = full(
    ...(['tkhd', 0, 7] as const),
    ...[zeros(8), u32(1), zeros(4), u32(0), zeros(8), u16(0), u16(0), u16(handler === 'soun' ? 0x100 : 0), zeros(2)],
    ...[...matrix, u32(width * UNITY), u32(height * UNITY)],
  )
  const mdhd = full('mdhd', 0, 0, zeros(8), u32(timescale), u32(0), u16(0x55c4), u16(0))
  const hdlr = full('hdlr', 0, 0, zeros(4), ascii(handler), zeros(12), ascii('Vitascope\0'))
  const dinf = box('dinf', full('dref', 0, 0, u32(1), full('url ', 0, 1)))
  const stbl = box(
    'stbl',
    full('stsd', 0, 0, u32(1), track.entry),
    ...[
      full('stts', 0, 0, u32(0)),
      full('stsc', 0, 0, u32(0)),
      full('stsz', 0, 0, zeros(8)),
      full('stco', 0, 0, u32(0)),
    ],
  )
  const trak = box('trak', tkhd, ...edts, box('mdia', mdhd, hdlr, box('minf', track.mediaHead, dinf, stbl)))
  const mvex = box('mvex', full('mehd', 1, 0, u64(durationTicks)), full('trex', 0, 0, u32(1), u32(1), zeros(12)))
  return concat([ftyp, box('moov', mvhd, trak, mvex)])
}

const box = (type: string, ...parts: Uint8Array[]): Uint8Array => {
  const size = 8 + parts.reduce((sum, part) => sum + part.length, 0)
  return concat([u32(size), ascii(type), ...parts])
}

const full = (type: string, version: number, flags: number, ...parts: Uint8Array[]): Uint8Array =>
  box(type, u32(version * 0x100_0000 + flags), ...parts)

const u8 = (value: number): Uint8Array => Uint8Array.of(value)
const u16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value)
const u32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
const u64 = (value: number): Uint8Array => concat([u32(Math.floor(value / 0x1_0000_0000)), u32(value % 0x1_0000_0000)])
const zeros = (count: number): Uint8Array => new Uint8Array(count)
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))

function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
