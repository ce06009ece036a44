// Cues for a Matroska file that has none (RFC 9559 5.1.5): written by a recorder that was killed, or into a pipe. All its clusters stay as they
// are; a list of places goes before them, and the cues behind. So a demuxer sees the same file, and a seek is one.

import { CLUSTER, EBML, elementAt, INFO, numberAt, SEGMENT, timestampScaleOf } from './matroska.ts'
import { CUES, SEEK_HEAD, seekPositionsOf, seekTracksOf, TRACKS } from './matroska-cues.ts'

const TAGS = 0x1254c367
const CHAPTERS = 0x1043a770
const ATTACHMENTS = 0x1941a469
const VOID = 0xec
const CHECKSUM = 0xbf
const TIMESTAMP = 0xe7
const BLOCK_GROUP = 0xa0
const BLOCK = 0xa1
const SIMPLE_BLOCK = 0xa3
const REFERENCE = 0xfb
const SEEK = 0x4dbb
const SEEK_ID = 0x53ab
const SEEK_POSITION = 0x53ac
const CUE_POINT = 0xbb
const CUE_TIME = 0xb3
const CUE_POSITIONS = 0xb7
const CUE_TRACK = 0xf7
const CUE_CLUSTER = 0xf1
const MOST_SIZE_BYTES = 0x42f3
const CLUSTER_ID_BYTES = 4
const SEGMENT_ID_BYTES = 4
/** Sizes are written as wide as they may be by default: so they are known before what they are sizes of. */
const WIDE = 8
const UNKNOWN = Buffer.from('01ffffffffffffff', 'hex')
const ENDS_CLUSTERS = [SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES, TAGS, CHAPTERS, ATTACHMENTS]
const OF_SEGMENTS = [...ENDS_CLUSTERS, VOID, CHECKSUM]
/** Besides those that are read: Position, PrevSize, SilentTracks, EncryptedBlock. */
const OF_CLUSTERS = [TIMESTAMP, BLOCK_GROUP, SIMPLE_BLOCK, 0xa7, 0xab, 0x5854, 0xaf, VOID, CHECKSUM]
/** Besides: BlockAdditions, BlockDuration, ReferencePriority, CodecState, DiscardPadding, Slices. */
const OF_GROUPS = [BLOCK, REFERENCE, 0x75a1, 0x9b, 0xfa, 0xa4, 0x75a2, 0x8e, VOID, CHECKSUM]
/** Nobody seeks more finely, and a title in which every frame is a key frame gets no index as large as itself. */
const CUE_SECONDS = 0.5
/** Enough to know an element, and a block's track, time and marks. */
const LOOK_BYTES = 64

/** The head of such a file, up to its first cluster. */
export type HeadToIndex = {
  /** What a file begins with whose clusters follow at `bytes` and end at `end`, where its cues are. */
  write(end: number, cuesBytes: number): Buffer
  /** How long that is. */
  bytes: number
  /** Where its segment's body begins, from which places are counted. */
  bodyAt: number
  tracks: number[]
  scaleNs: number
}

/** Reads the bytes before the first cluster; undefined where they are none that can be written anew. */
export function headToIndex(head: Uint8Array): HeadToIndex | undefined {
  const ebml = elementAt(head, 0)
  if (ebml?.id !== EBML || ebml.size === undefined) return undefined
  const segmentAt = ebml.body + ebml.size
  const segment = elementAt(head, segmentAt)
  if (segment?.id !== SEGMENT || mostSizeBytes(head.subarray(ebml.body, segmentAt)) < WIDE) return undefined
  const body = Buffer.from(head.subarray(segment.body))
  let [tracks, scaleNs]: [number[], number] = [[], 1_000_000]
  const places: { id: number; at: number }[] = []
  for (let at = 0; at < body.length; ) {
    const child = elementAt(body, at)
    if (child?.size === undefined || child.body + child.size > body.length) return undefined
    const end = child.body + child.size
    const inside = body.subarray(child.body, end)
    if (!OF_SEGMENTS.includes(child.id) || child.id === CUES) return undefined
    if (child.id === TRACKS) tracks = seekTracksOf(inside)
    if (child.id === INFO) scaleNs = timestampScaleOf(inside)
    if (child.id === SEEK_HEAD)
      places.push(...seekPositionsOf(inside).filter(({ id }) => id !== SEEK_HEAD && id !== CUES))
    // Neither is true any more.
    if (child.id === SEEK_HEAD || child.id === CHECKSUM) fillWithVoid(body.subarray(at, end))
    at = end
  }
  if (tracks.length === 0) return undefined
  const before = Buffer.from(head.subarray(0, segmentAt))
  const listBytes = seekHead([...places, { id: CUES, at: 0 }]).length
  const bodyAt = segmentAt + SEGMENT_ID_BYTES + WIDE
  return {
    bytes: bodyAt + listBytes + body.length,
    ...{ bodyAt, tracks, scaleNs },
    write(end, cuesBytes) {
      const moved = places.map(({ id, at }) => ({ id, at: at + listBytes }))
      const list = seekHead([...moved, { id: CUES, at: end - bodyAt }])
      // Clusters without a size stand only in a segment without one.
      const size = segment.size === undefined ? UNKNOWN : sized(end + cuesBytes - bodyAt, WIDE)
      return Buffer.concat([before, idBytes(SEGMENT), size, list, body])
    },
  }
}

/** How wide sizes may be in a file, as the body of its EBML element says (RFC 8794 11.2.5). */
function mostSizeBytes(ebml: Uint8Array): number {
  for (let at = 0; at < ebml.length; ) {
    const child = elementAt(ebml, at)
    if (child?.size === undefined) return 0
    if (child.id === MOST_SIZE_BYTES && child.size > 0) return numberAt(ebml, child.body, Math.min(child.size, 4))
    at = child.body + child.size
  }
  return WIDE
}

type Key = { track: number; ticks: number }

/** A key frame that can be sought: in which cluster it stands, and where its block does. */
type Place = Key & { cluster: number; at: number }

/** What a walk has found: where the last frame that is all there ends, and the cues that come behind it. */
export type ClustersSeen = {
  end: number
  places: Place[]
  /** A last cluster that is shorter than it says: the bytes of its size as it has to be, and where they stand. */
  mend: { at: number; bytes: Buffer } | undefined
}

type OpenCluster = {
  at: number
  body: number
  /** Not known of one that was written live: it goes on up to whatever follows. */
  end: number | undefined
  ticks: number
}

type OpenGroup = { at: number; end: number; block: Key | undefined; isKey: boolean }

/** Walks over clusters that come piece by piece. All places are counted from the first one. */
export class ClusterWalk {
  /** Something stands there that is no such file: no index is made then. */
  isOdd = false
  #tracks: ReadonlySet<number>
  #leastTicks: number
  #places: Place[] = []
  #lastTicks = new Map<number, number>()
  #held = Buffer.alloc(0)
  #seenBytes = 0
  /** Where the next element begins, and where the one before did. */
  #at = 0
  #before = 0
  #cluster: OpenCluster | undefined
  #group: OpenGroup | undefined

  constructor({ tracks, scaleNs }: { tracks: readonly number[]; scaleNs: number }) {
    this.#tracks = new Set(tracks)
    this.#leastTicks = (CUE_SECONDS * 1e9) / scaleNs
  }

  push(piece: Uint8Array): void {
    const bytes = Buffer.concat([this.#held, piece])
    const from = this.#seenBytes - this.#held.length
    this.#seenBytes += piece.byteLength
    while (!this.isOdd && this.#at - from + LOOK_BYTES <= bytes.length) this.isOdd = !this.#step(bytes, from)
    this.#held = bytes.subarray(Math.min(bytes.length, this.#at - from))
  }

  /** When nothing more comes. Undefined where no index can be made. */
  end(): ClustersSeen | undefined {
    const from = this.#seenBytes - this.#held.length
    // What is no whole element here is the end of a file that was cut off.
    while (!this.isOdd && this.#at < this.#seenBytes && this.#step(this.#held, from));
    this.#leave()
    const end = this.#group?.at ?? (this.#at > this.#seenBytes ? this.#before : this.#at)
    const places = this.#places.filter(({ at }) => at < end)
    if (this.isOdd || places.length === 0) return undefined
    const { at, body, end: said } = this.#cluster ?? { at: 0, body: 0, end: undefined }
    if (said === undefined || said <= end) return { end, places, mend: undefined }
    const sizeAt = at + CLUSTER_ID_BYTES
    return { end, places, mend: { at: sizeAt, bytes: sized(end - body, body - sizeAt) } }
  }

  /** Takes one element. False where none can be told, or it does not belong there. */
  #step(bytes: Buffer, from: number): boolean {
    this.#leave()
    const element = elementAt(bytes, this.#at - from)
    if (!element) return false
    const { id, size } = element
    const body = from + element.body
    this.#before = this.#at
    if (this.#cluster?.end === undefined && ENDS_CLUSTERS.includes(id)) this.#cluster = undefined
    if (id === CLUSTER && !this.#cluster) {
      this.#cluster = { at: this.#at, body, end: size === undefined ? undefined : body + size, ticks: 0 }
      this.#at = body
      return true
    }
    const known = this.#cluster ? OF_CLUSTERS : OF_SEGMENTS
    if (size === undefined || !(this.#group ? OF_GROUPS : known).includes(id)) return false
    if (id === BLOCK_GROUP) {
      this.#group = { at: this.#at, end: body + size, block: undefined, isKey: true }
      this.#at = body
      return true
    }
    this.#look(id, bytes.subarray(element.body, element.body + size))
    this.#at = body + size
    return true
  }

  /** Closes what ends here. */
  #leave(): void {
    const group = this.#group
    if (group && this.#at >= group.end && group.end <= this.#seenBytes) {
      if (group.block && group.isKey) this.#note(group.block, group.at)
      this.#group = undefined
    }
    if (this.#cluster?.end !== undefined && this.#at >= this.#cluster.end && this.#at <= this.#seenBytes)
      this.#cluster = undefined
  }

  /** @param body as much of it as is here */
  #look(id: number, body: Buffer): void {
    const cluster = this.#cluster
    if (!cluster) return
    if (id === TIMESTAMP) cluster.ticks = numberAt(body, 0, Math.min(8, body.length))
    if (id === REFERENCE && this.#group) this.#group.isKey = false
    if (id !== SIMPLE_BLOCK && id !== BLOCK) return
    const head = blockHead(body)
    if (!head) return
    const key = { track: head.track, ticks: cluster.ticks + head.ticks }
    if (this.#group) this.#group.block = key
    else if (head.isKey) this.#note(key, this.#at)
  }

  #note(key: Key, at: number): void {
    const last = this.#lastTicks.get(key.track)
    if (!this.#tracks.has(key.track) || (last !== undefined && key.ticks < last + this.#leastTicks)) return
    this.#lastTicks.set(key.track, key.ticks)
    this.#places.push({ ...key, cluster: this.#cluster!.at, at })
  }
}

/** Cues of these places. @param clustersAt where the first cluster lies, counted from the body of the segment */
export function cuesFor(places: readonly Place[], clustersAt: number): Buffer {
  return element(
    CUES,
    ...places.map(({ track, ticks, cluster }) =>
      element(
        CUE_POINT,
        element(CUE_TIME, whole(Math.max(0, ticks))),
        element(CUE_POSITIONS, element(CUE_TRACK, whole(track)), element(CUE_CLUSTER, whole(clustersAt + cluster))),
      ),
    ),
  )
}

/** A block's track, its time within the cluster, and whether it says that it can be begun with (RFC 9559 10.2). */
function blockHead(body: Buffer): { track: number; ticks: number; isKey: boolean } | undefined {
  const [first] = body
  const bytes = first ? Math.clz32(first) - 23 : 9
  if (bytes > 4 || body.length < bytes + 3) return undefined
  const track = numberAt(body, 0, bytes) - 2 ** (7 * bytes)
  return { track, ticks: body.readInt16BE(bytes), isKey: (body[bytes + 2]! & 0x80) !== 0 }
}

/** A list of places, as long for one as for another. */
const seekHead = (places: readonly { id: number; at: number }[]): Buffer =>
  element(
    SEEK_HEAD,
    ...places.map(({ id, at }) =>
      element(SEEK, element(SEEK_ID, idBytes(id)), element(SEEK_POSITION, fixed(at).subarray(2))),
    ),
  )

/** Makes bytes an element that says nothing. */
function fillWithVoid(bytes: Buffer): void {
  const isWide = bytes.length > 1 + WIDE
  const head = isWide
    ? Buffer.concat([idBytes(VOID), sized(bytes.length - 1 - WIDE, WIDE)])
    : Buffer.concat([idBytes(VOID), sized(bytes.length - 2, 1)])
  bytes.fill(0)
  head.copy(bytes)
}

const element = (id: number, ...bodies: Buffer[]): Buffer => {
  const bytes = bodies.reduce((sum, { length }) => sum + length, 0)
  return Buffer.concat([idBytes(id), sized(bytes, WIDE), ...bodies])
}

/** An identifier carries its own length. */
const idBytes = (id: number): Buffer => whole(id)

/** A size that takes so many bytes. */
function sized(value: number, bytes: number): Buffer {
  const out = Buffer.alloc(bytes)
  let rest = value
  for (let n = bytes - 1; n >= 0; n--) {
    out[n] = rest % 256
    rest = Math.floor(rest / 256)
  }
  out[0]! |= 0x80 >> (bytes - 1)
  return out
}

const fixed = (value: number): Buffer => {
  const out = Buffer.alloc(8)
  out.writeBigUInt64BE(BigInt(value))
  return out
}

/** As few bytes as a number takes. */
function whole(value: number): Buffer {
  const out = fixed(value)
  return out.subarray(Math.min(7, out.findIndex((byte) => byte !== 0) & 7))
}
