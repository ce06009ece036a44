// Reading initialisation and media segments for the checker, whoever made them (ISO/IEC 14496-12).

import type { TrackEncryption } from './decrypt.ts'
import { type Box, boxesIn, findBox, u32, u64 } from './mp4-read.ts'

export type InitTrack = {
  id: number
  handler: string
  timescale: number
  format: string
  /** RFC 6381, as exactly as the configuration says it; the type of the sample entry where that is all there is. */
  codecs: string
  width: number
  height: number
  channels: number
  /** Samples of sound in a second, as the sample entry says. */
  sampleRate: number
  colour?: string
  edits: { duration: number; mediaTime: number }[]
  defaultDuration: number
  defaultSize: number
  defaultFlags: number
  protection?: { scheme?: string; original?: string; tenc?: TrackEncryption }
  /** The configuration of H.264, as it stands in `avcC`. */
  avcC?: Uint8Array
}

export type Init = { types: string[]; brands: string[]; tracks: InitTrack[]; hasMvex: boolean; durations: number[] }

export type CheckedSample = { size: number; duration: number; offset: number; isSync: boolean; at: number }

export type Fragment = {
  sequence: number
  trafs: number
  trackId: number
  baseIsMoof: boolean
  decodeTime: number | undefined
  samples: CheckedSample[]
  /** What is wrong with how the samples lie in the `mdat`; empty when they tile it. */
  tiling: string
  encryption: FragmentEncryption
}

/** The three tables of encryption, as they lie in the file: `senc` and `saiz` as the bytes of their bodies. */
export type FragmentEncryption = {
  senc?: Uint8Array
  saiz?: Uint8Array
  /** Where `saio` says that the entries of `senc` begin, and where they do: bytes from the start of the `moof`. */
  saio?: number
  entriesAt?: number
}

const full = (bytes: Uint8Array, box: Box) => ({ version: bytes[box.body]!, flags: u32(bytes, box.body) & 0xffffff })
const typesIn = (boxes: Box[]) => boxes.map(({ type }) => type)

/** Throws on bytes that are no boxes. */
export function readInit(bytes: Uint8Array): Init {
  const top = boxesIn(bytes)
  const ftyp = top.find(({ type }) => type === 'ftyp')
  const brands = ftyp ? words(bytes, ftyp.body, ftyp.end).filter((_, at) => at !== 1) : []
  const moov = top.find(({ type }) => type === 'moov')
  if (!moov) return { types: typesIn(top), brands, tracks: [], hasMvex: false, durations: [] }
  const inside = boxesIn(bytes, moov.body, moov.end)
  const mvex = inside.find(({ type }) => type === 'mvex')
  const trexes = mvex ? boxesIn(bytes, mvex.body, mvex.end).filter(({ type }) => type === 'trex') : []
  const mvhd = inside.find(({ type }) => type === 'mvhd')
  return {
    types: typesIn(top),
    brands,
    hasMvex: trexes.length > 0,
    durations: mvhd ? [u32(bytes, mvhd.body + 16)] : [],
    tracks: inside.filter(({ type }) => type === 'trak').map((trak) => readTrack(bytes, trak, trexes)),
  }
}

function words(bytes: Uint8Array, from: number, to: number): string[] {
  const found: string[] = []
  for (let at = from; at + 4 <= to; at += 4) found.push(String.fromCharCode(...bytes.subarray(at, at + 4)))
  return found
}

function readTrack(bytes: Uint8Array, trak: Box, trexes: Box[]): InitTrack {
  const part = bytes.subarray(trak.body, trak.end)
  const need = (path: string) => {
    const box = findBox(part, path)
    if (!box) throw new Error(`no ${path}`)
    return box
  }
  const tkhd = need('tkhd')
  const id = u32(part, tkhd.body + (full(part, tkhd).version === 1 ? 20 : 12))
  const mdhd = need('mdia/mdhd')
  const timescale = u32(part, mdhd.body + (full(part, mdhd).version === 1 ? 20 : 12))
  const hdlr = need('mdia/hdlr')
  const handler = String.fromCharCode(...part.subarray(hdlr.body + 8, hdlr.body + 12))
  const stsd = need('mdia/minf/stbl/stsd')
  const entry = boxesIn(part, stsd.body + 8, stsd.end)[0]
  if (!entry) throw new Error('no sample entry')
  const isSound = handler === 'soun'
  const inner = handler === 'vide' || isSound ? boxesIn(part, entry.body + (isSound ? 28 : 78), entry.end) : []
  const colr = inner.find(({ type }) => type === 'colr')
  const sinf = inner.find(({ type }) => type === 'sinf')
  const avcC = inner.find(({ type }) => type === 'avcC')
  const elst = findBox(part, 'edts/elst')
  const trex = trexes.find((box) => u32(bytes, box.body + 4) === id)
  const original = sinf && findIn(part, sinf, 'frma')
  const format = original ? words(part, original.body, original.end)[0]! : entry.type
  return {
    ...{ id, handler, timescale, format: entry.type, codecs: codecsOf(part, format, inner) },
    width: isSound ? 0 : (part[entry.body + 24]! << 8) | part[entry.body + 25]!,
    height: isSound ? 0 : (part[entry.body + 26]! << 8) | part[entry.body + 27]!,
    channels: isSound ? (part[entry.body + 16]! << 8) | part[entry.body + 17]! : 0,
    sampleRate: isSound ? (part[entry.body + 24]! << 8) | part[entry.body + 25]! : 0,
    ...(colr ? { colour: part.subarray(colr.body, colr.end).join(' ') } : {}),
    edits: elst ? readEdits(part, elst) : [],
    defaultDuration: trex ? u32(bytes, trex.body + 12) : 0,
    defaultSize: trex ? u32(bytes, trex.body + 16) : 0,
    defaultFlags: trex ? u32(bytes, trex.body + 20) : 0,
    ...(entry.type === 'encv' || entry.type === 'enca' ? { protection: readSinf(part, sinf) } : {}),
    ...(avcC ? { avcC: part.slice(avcC.body, avcC.end) } : {}),
  }
}

function findIn(bytes: Uint8Array, parent: Box, path: string): Box | undefined {
  let inside: Box | undefined = parent
  for (const type of path.split('/')) {
    inside = inside && boxesIn(bytes, inside.body, inside.end).find((box) => box.type === type)
  }
  return inside
}

function readSinf(bytes: Uint8Array, sinf: Box | undefined): NonNullable<InitTrack['protection']> {
  const frma = sinf && findIn(bytes, sinf, 'frma')
  const schm = sinf && findIn(bytes, sinf, 'schm')
  const tenc = sinf && findIn(bytes, sinf, 'schi/tenc')
  return {
    ...(frma ? { original: words(bytes, frma.body, frma.end)[0]! } : {}),
    ...(schm ? { scheme: words(bytes, schm.body + 4, schm.end)[0]! } : {}),
    ...(tenc ? { tenc: readTenc(bytes.subarray(tenc.body, tenc.end)) } : {}),
  }
}

/** ISO/IEC 23001-7 8.2. */
function readTenc(body: Uint8Array): TrackEncryption {
  const version = body[0]!
  const ivBytes = body[7]!
  return {
    version,
    isProtected: body[6] === 1,
    kid: Buffer.from(body.subarray(8, 24)).toString('hex'),
    ivBytes,
    crypt: version === 0 ? 0 : body[5]! >> 4,
    skip: version === 0 ? 0 : body[5]! & 15,
    ...(body[6] === 1 && ivBytes === 0 ? { constantIv: body.slice(25, 25 + (body[24] ?? 0)) } : {}),
  }
}

function readEdits(bytes: Uint8Array, elst: Box): InitTrack['edits'] {
  const wide = full(bytes, elst).version === 1
  return Array.from({ length: u32(bytes, elst.body + 4) }, (_, n) => {
    const at = elst.body + 8 + n * (wide ? 20 : 12)
    return wide
      ? { duration: u64(bytes, at), mediaTime: u64(bytes, at + 8) }
      : { duration: u32(bytes, at), mediaTime: u32(bytes, at + 4) | 0 }
  })
}

function codecsOf(bytes: Uint8Array, format: string, inner: Box[]): string {
  const hex = (value: number) => value.toString(16).padStart(2, '0')
  const avcC = inner.find(({ type }) => type === 'avcC')
  if (avcC) return `${format}.${[1, 2, 3].map((at) => hex(bytes[avcC.body + at]!)).join('')}`
  const esds = inner.find(({ type }) => type === 'esds')
  // The object type of AAC stands in the first five bits of its configuration, after tag 5 (ISO/IEC 14496-1).
  const tag = esds ? bytes.indexOf(0x05, esds.body + 20) : -1
  if (esds && tag > 0 && tag < esds.end) {
    let at = tag + 1
    while (bytes[at]! & 0x80) at++
    return `${format}.40.${bytes[at + 1]! >> 3}`
  }
  return format
}

/** The fragments of a media segment. Throws on bytes that are no boxes. */
export function readFragments(bytes: Uint8Array, tracks: readonly InitTrack[]): Fragment[] {
  const top = boxesIn(bytes)
  return top.flatMap((moof, place) => {
    if (moof.type !== 'moof') return []
    const mdat = top.slice(place + 1).find(({ type }) => type === 'mdat')
    const inside = boxesIn(bytes, moof.body, moof.end)
    const trafs = inside.filter(({ type }) => type === 'traf')
    const mfhd = inside.find(({ type }) => type === 'mfhd')
    return [
      {
        sequence: mfhd ? u32(bytes, mfhd.body + 4) : -1,
        trafs: trafs.length,
        ...readTraf(bytes, moof, trafs[0], mdat, tracks),
      },
    ]
  })
}

function readTraf(
  bytes: Uint8Array,
  moof: Box,
  traf: Box | undefined,
  mdat: Box | undefined,
  tracks: readonly InitTrack[],
): Omit<Fragment, 'sequence' | 'trafs'> {
  const none = {
    trackId: 0,
    baseIsMoof: false,
    decodeTime: undefined,
    samples: [],
    tiling: 'no traf',
    encryption: {},
  }
  if (!traf) return none
  const inside = boxesIn(bytes, traf.body, traf.end)
  const box = (type: string) => inside.find((it) => it.type === type)
  const tfhd = box('tfhd')
  if (!tfhd) return { ...none, tiling: 'no tfhd' }
  const { flags } = full(bytes, tfhd)
  const trackId = u32(bytes, tfhd.body + 4)
  const track = tracks.find(({ id }) => id === trackId)
  let at = tfhd.body + 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0)
  const next = (present: number, otherwise: number) => {
    if (!(flags & present)) return otherwise
    at += 4
    return u32(bytes, at - 4)
  }
  const duration = next(0x8, track?.defaultDuration ?? 0)
  const size = next(0x10, track?.defaultSize ?? 0)
  const sampleFlags = next(0x20, track?.defaultFlags ?? 0)
  const tfdt = box('tfdt')
  const decodeTime = tfdt && (full(bytes, tfdt).version === 1 ? u64(bytes, tfdt.body + 4) : u32(bytes, tfdt.body + 4))
  const samples: CheckedSample[] = []
  let expected = mdat?.body ?? 0
  let tiling = mdat ? '' : 'no mdat'
  for (const trun of inside.filter(({ type }) => type === 'trun')) {
    const run = readTrun(bytes, trun, { duration, size, flags: sampleFlags })
    let from = run.dataOffset === undefined ? expected : moof.start + run.dataOffset
    if (mdat && from !== expected) tiling ||= `data begins at ${from}, expected ${expected}`
    for (const sample of run.samples) {
      samples.push({ ...sample, at: from })
      from += sample.size
    }
    expected = from
  }
  if (mdat && expected !== mdat.end) tiling ||= `samples end at ${expected}, the mdat at ${mdat.end}`
  const [senc, saiz, saio] = [box('senc'), box('saiz'), box('saio')]
  // 14496-12 8.7.8 and 8.7.9: a type of auxiliary data may stand before the counts.
  const after = (it: Box) => it.body + 4 + (full(bytes, it).flags & 1 ? 8 : 0)
  const encryption: FragmentEncryption = {
    ...(senc ? { senc: bytes.subarray(senc.body, senc.end), entriesAt: senc.body + 8 - moof.start } : {}),
    ...(saiz ? { saiz: bytes.subarray(after(saiz), saiz.end) } : {}),
    ...(saio
      ? { saio: full(bytes, saio).version === 0 ? u32(bytes, after(saio) + 4) : u64(bytes, after(saio) + 4) }
      : {}),
  }
  return { trackId, baseIsMoof: (flags & 0x20000) !== 0, decodeTime, samples, tiling, encryption }
}

function readTrun(bytes: Uint8Array, trun: Box, defaults: { duration: number; size: number; flags: number }) {
  const { flags } = full(bytes, trun)
  let at = trun.body + 8
  const word = () => {
    at += 4
    return u32(bytes, at - 4)
  }
  const dataOffset = flags & 1 ? word() | 0 : undefined
  let first = flags & 4 ? word() : undefined
  const samples = Array.from({ length: Math.min(u32(bytes, trun.body + 4), 1_000_000) }, () => {
    const duration = flags & 0x100 ? word() : defaults.duration
    const size = flags & 0x200 ? word() : defaults.size
    const own = flags & 0x400 ? word() : (first ?? defaults.flags)
    const offset = flags & 0x800 ? word() | 0 : 0
    first = undefined
    return { duration, size, offset, isSync: (own & 0x10000) === 0 }
  })
  return { dataOffset, samples }
}
