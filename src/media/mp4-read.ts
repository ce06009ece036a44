// Reading the fragmented MP4 that FFmpeg writes, as it arrives (ISO/IEC 14496-12). Only what our own encodes contain: one track, one
// moov, then pairs of moof and mdat.

/** One coded frame. Times are in ticks of the track; `data` is a view into what was read. */
export type Sample = {
  data: Uint8Array
  decodeTime: number
  duration: number
  compositionOffset: number
  isSync: boolean
}

/** What the track is made with: its clock, its sample entry's type (`avc1`, `mp4a`) and the whole `avcC`, `hvcC`, `av1C`, `vpcC` or `esds` box. */
export type TrackHead = { timescale: number; format: string; configuration: Uint8Array }

export type Box = { type: string; start: number; end: number; body: number }
type Defaults = { duration: number; size: number; flags: number }

/** Boxes in which a sample entry says how its decoder is to be set up. */
const CONFIGURATIONS = ['avcC', 'hvcC', 'av1C', 'vpcC', 'esds']
const NON_SYNC = 0x0001_0000
const MAX_BOX_BYTES = 1 << 30

/** Takes bytes in any pieces and gives back samples as soon as their fragment is whole. Throws on what FFmpeg would not write. */
export class FragmentReader {
  head: TrackHead | undefined
  private pending: Uint8Array[] = []
  private pendingBytes = 0
  private wantedBytes = 8
  private trex: Defaults = { duration: 0, size: 0, flags: 0 }
  private fragment: Uint8Array | undefined

  push(chunk: Uint8Array): Sample[] {
    this.pending.push(chunk)
    this.pendingBytes += chunk.length
    if (this.pendingBytes < this.wantedBytes) return []

    const bytes = join(this.pending)
    const samples: Sample[] = []
    let at = 0
    this.wantedBytes = 8
    while (bytes.length - at >= 8) {
      const size = boxSize(bytes, at)
      if (size === undefined || at + size > bytes.length) {
        this.wantedBytes = size ?? 16
        break
      }
      samples.push(...this.take(bytes.subarray(at, at + size)))
      at += size
    }
    // What is left is copied, so that a finished fragment's memory can go.
    const rest = bytes.slice(at)
    this.pending = rest.length > 0 ? [rest] : []
    this.pendingBytes = rest.length
    return samples
  }

  private take(bytes: Uint8Array): Sample[] {
    const box = readBox(bytes, 0)
    if (box.type === 'moov') {
      this.head = readHead(bytes, box)
      this.trex = readTrex(bytes, box)
    }
    if (box.type === 'moof') this.fragment = bytes
    if (box.type !== 'mdat' || !this.fragment) return []
    const samples = readFragment(this.fragment, bytes, this.trex)
    this.fragment = undefined
    return samples
  }
}

/** The boxes directly inside a stretch of bytes. */
export function boxesIn(bytes: Uint8Array, from = 0, to = bytes.length): Box[] {
  const boxes: Box[] = []
  let at = from
  while (at + 8 <= to) {
    const box = readBox(bytes, at)
    if (box.end > to || box.end <= at) throw new Error(`box ${box.type} runs over its parent`)
    boxes.push(box)
    at = box.end
  }
  return boxes
}

/** The first box down a path such as `moov/trak/mdia`, or undefined. */
export function findBox(bytes: Uint8Array, path: string): Box | undefined {
  let inside: Box | undefined
  for (const type of path.split('/')) {
    inside = boxesIn(bytes, inside?.body ?? 0, inside?.end ?? bytes.length).find((box) => box.type === type)
    if (!inside) return undefined
  }
  return inside
}

export const u32 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)

export const u64 = (bytes: Uint8Array, at: number): number => u32(bytes, at) * 0x1_0000_0000 + u32(bytes, at + 4)

/** FFmpeg writes the time of packets before zero (the encoder's start-up delay) as a negative number. */
const i64 = (bytes: Uint8Array, at: number): number => (u32(bytes, at) | 0) * 0x1_0000_0000 + u32(bytes, at + 4)

function readBox(bytes: Uint8Array, start: number): Box {
  const size = boxSize(bytes, start)
  if (size === undefined) throw new Error('a box is cut off')
  const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8))
  return { type, start, end: start + size, body: start + (u32(bytes, start) === 1 ? 16 : 8) }
}

/** Undefined when a 64-bit size has not arrived yet. */
function boxSize(bytes: Uint8Array, at: number): number | undefined {
  const short = u32(bytes, at)
  if (short === 1 && bytes.length - at < 16) return undefined
  const size = short === 1 ? u64(bytes, at + 8) : short
  if (size < 8 || size > MAX_BOX_BYTES) throw new Error(`a box of ${size} bytes`)
  return size
}

function readHead(bytes: Uint8Array, moov: Box): TrackHead {
  const part = bytes.subarray(0, moov.end)
  const mdhd = findBox(part, 'moov/trak/mdia/mdhd')
  const stsd = findBox(part, 'moov/trak/mdia/minf/stbl/stsd')
  if (!mdhd || !stsd) throw new Error('a moov without a track')
  const timescale = u32(bytes, mdhd.body + (bytes[mdhd.body] === 1 ? 20 : 12))
  const entry = readBox(bytes, stsd.body + 8)
  // Sample entries begin with fixed fields: 78 bytes for pictures, 28 for sound (14496-12 12.1.3, 12.2.3).
  const fixed = entry.type === 'mp4a' ? 28 : 78
  const inner = boxesIn(bytes, entry.body + fixed, entry.end).find(({ type }) => CONFIGURATIONS.includes(type))
  if (!inner) throw new Error(`no decoder configuration in ${entry.type}`)
  return { timescale, format: entry.type, configuration: bytes.slice(inner.start, inner.end) }
}

function readTrex(bytes: Uint8Array, moov: Box): Defaults {
  const trex = findBox(bytes.subarray(0, moov.end), 'moov/mvex/trex')
  if (!trex) return { duration: 0, size: 0, flags: 0 }
  return { duration: u32(bytes, trex.body + 12), size: u32(bytes, trex.body + 16), flags: u32(bytes, trex.body + 20) }
}

/** 14496-12 8.8.7 (tfhd), 8.8.12 (tfdt), 8.8.8 (trun). Data offsets count from the start of the moof, which the mdat follows. */
function readFragment(moof: Uint8Array, mdat: Uint8Array, trex: Defaults): Sample[] {
  const traf = findBox(moof, 'moof/traf')
  if (!traf) throw new Error('a fragment without a track')
  const inside = boxesIn(moof, traf.body, traf.end)
  const tfhd = inside.find(({ type }) => type === 'tfhd')
  const tfdt = inside.find(({ type }) => type === 'tfdt')
  if (!tfhd || !tfdt) throw new Error('a fragment without its head')
  const defaults = readTfhd(moof, tfhd, trex)
  let time = moof[tfdt.body] === 1 ? i64(moof, tfdt.body + 4) : u32(moof, tfdt.body + 4)

  const samples: Sample[] = []
  for (const trun of inside.filter(({ type }) => type === 'trun')) {
    for (const sample of readTrun(moof, trun, mdat, defaults)) {
      samples.push({ ...sample, decodeTime: time })
      time += sample.duration
    }
  }
  return samples
}

function readTfhd(moof: Uint8Array, { body }: Box, trex: Defaults): Defaults {
  const flags = u32(moof, body) & 0xffffff
  const found = { ...trex }
  let at = body + 8 + (flags & 0x1 ? 8 : 0) + (flags & 0x2 ? 4 : 0)
  if (flags & 0x8) {
    found.duration = u32(moof, at)
    at += 4
  }
  if (flags & 0x10) {
    found.size = u32(moof, at)
    at += 4
  }
  if (flags & 0x20) found.flags = u32(moof, at)
  return found
}

function readTrun(moof: Uint8Array, { body }: Box, mdat: Uint8Array, defaults: Defaults): Omit<Sample, 'decodeTime'>[] {
  const flags = u32(moof, body) & 0xffffff
  const samples: Omit<Sample, 'decodeTime'>[] = []
  let at = body + 8
  let from = 8
  if (flags & 0x1) {
    from = u32(moof, at) - moof.length
    at += 4
  }
  let first: number | undefined
  if (flags & 0x4) {
    first = u32(moof, at)
    at += 4
  }
  const next = (present: number, otherwise: number) => {
    if (!(flags & present)) return otherwise
    at += 4
    return u32(moof, at - 4)
  }
  for (let left = u32(moof, body + 4); left > 0; left--) {
    const duration = next(0x100, defaults.duration)
    const size = next(0x200, defaults.size)
    const sampleFlags = next(0x400, first ?? defaults.flags)
    const compositionOffset = next(0x800, 0) | 0
    first = undefined
    if (from < 8 || from + size > mdat.length) throw new Error('a sample lies outside its fragment')
    const data = mdat.subarray(from, from + size)
    samples.push({ data, duration, compositionOffset, isSync: (sampleFlags & NON_SYNC) === 0 })
    from += size
  }
  return samples
}

function join(parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
