/** A source's own frames, read box by box from wherever the blob lies: no program runs, and only the wanted bytes are fetched. */
import { MIB } from '../../kit/bytes.ts'
import { Lru } from '../../kit/lru.ts'
import type { Stretch } from '../../kit/stretches.ts'
import type { SourceFacts } from '../../media/facts.ts'
import { type ChunkTrack, readChunkTracks } from '../../media/mp4-chunks.ts'
import {
  comesInFragments,
  readSampleTable,
  readTrackLayout,
  type SampleTable,
  type TrackLayout,
  topBox,
} from '../../media/mp4-table.ts'
import { readSoundTable, type SoundTable } from '../../media/sound-table.ts'
import type { App } from '../../platform/app.ts'
import { isStaged, readHere, readSource, sourceBytes } from './source.ts'

/** A day of frames is an index of about 100 MiB; more is no index. */
const INDEX_BYTES = 256 * MIB
/** Boxes at the top of a file that are looked at before the search for its index is given up. */
const MAX_TOP_BOXES = 1000
const TABLE_MEMORY_BYTES = 128 * MIB
const FRAME_BYTES = 21

const memories = new WeakMap<object, Lru<SampleTable>>()

/**
 * The table of the track at `index` of an MP4 in the store, remembered; undefined where there is none that can be used. What still arrives
 * is read anew: other bytes may come to lie under the same key.
 */
export async function tableOf(app: App, key: string, index: number): Promise<SampleTable | undefined> {
  const memory = memories.get(app.blobs) ?? new Lru<SampleTable>(TABLE_MEMORY_BYTES, () => app.clock.nowMs())
  memories.set(app.blobs, memory)
  const name = `${key}#${index}`
  const known = memory.get(name)
  if (known) return known
  const table = await readTable(app, key, index)
  if (table && !isStaged(key)) memory.set(name, table, { size: table.count * FRAME_BYTES })
  return table
}

const soundMemories = new WeakMap<object, Lru<SoundTable>>()

/**
 * The same of a sound whose frames can be copied.
 * @param wholeBytes the size the file is going to have, when it has not arrived completely: none of the frames may lie behind that
 */
export async function soundTableOf(
  app: App,
  key: string,
  index: number,
  wholeBytes?: number,
): Promise<SoundTable | undefined> {
  const memory = soundMemories.get(app.blobs) ?? new Lru<SoundTable>(TABLE_MEMORY_BYTES, () => app.clock.nowMs())
  soundMemories.set(app.blobs, memory)
  const name = `${key}#${index}`
  const known = memory.get(name)
  if (known) return known
  // What a plan was made from while it arrived has been looked at, and is looked at again when all of it is here.
  const sizeBytes = wholeBytes ?? (isStaged(key) ? Number.MAX_SAFE_INTEGER : await sourceBytes(app, key))
  if (sizeBytes === undefined) return undefined
  const found = await findIndex(app, key, sizeBytes)
  if (!found || found === 'not here yet') return undefined
  const table = readSoundTable(await readSource(app, key, found.from, found.to), index, sizeBytes)
  if (table && !isStaged(key)) memory.set(name, table, { size: table.count * FRAME_BYTES })
  return table
}

/** Reads the table anew. */
export async function readTable(app: App, key: string, index: number): Promise<SampleTable | undefined> {
  const sizeBytes = await sourceBytes(app, key)
  const found = sizeBytes === undefined ? undefined : await findIndex(app, key, sizeBytes)
  if (!found || found === 'not here yet') return undefined
  return readSampleTable(await readSource(app, key, found.from, found.to), index)
}

/** Whether it is an MP4 whose frames stand in no table but fragment by fragment. */
export async function isInFragments(app: App, key: string, sizeBytes: number): Promise<boolean> {
  const found = await findIndex(app, key, sizeBytes)
  if (!found || found === 'not here yet') return false
  return comesInFragments(await readSource(app, key, found.from, found.to))
}

/** Where the frames of the picture and of each sound lie, in this order; undefined for a track that does not say. */
export async function readLayouts(
  app: App,
  key: string,
  facts: SourceFacts,
  sizeBytes: number,
): Promise<(TrackLayout | undefined)[]> {
  const found = await findIndex(app, key, sizeBytes)
  if (!found || found === 'not here yet') return [undefined]
  const moov = await readSource(app, key, found.from, found.to)
  const tracks = [...(facts.video ? [facts.video] : []), ...facts.audio]
  return tracks.map(({ streamIndex }) => readTrackLayout(moov, streamIndex))
}

/** Says whether bytes from `from` to `to`, the latter not included, are there. */
export type Arrived = (from: number, to: number) => boolean

/**
 * Where the index (`moov`) of an MP4 of `sizeBytes` lies. `not here yet`: it, or a box before it, is among the bytes that have not
 * arrived. Undefined where there is none, or one too large to be one.
 */
export async function findIndex(
  app: App,
  key: string,
  sizeBytes: number,
  arrived: Arrived = () => true,
): Promise<{ from: number; to: number } | 'not here yet' | undefined> {
  let at = 0
  for (let count = 0; at < sizeBytes && count < MAX_TOP_BOXES; count++) {
    const headEnd = Math.min(at + 16, sizeBytes)
    if (!arrived(at, headEnd)) return 'not here yet'
    const box = topBox(await readSource(app, key, at, headEnd), at, sizeBytes)
    if (!box) return undefined
    if (box.type === 'moov') {
      if (box.end - at > INDEX_BYTES) return undefined
      return arrived(at, box.end) ? { from: at, to: box.end } : 'not here yet'
    }
    at = box.end
  }
  return undefined
}

/** Where the parts of an MP4 lie: what is read whenever it is opened, and the chunks of its tracks. */
export type Mp4Map = { frame: Stretch[]; tracks: ChunkTrack[] }

/** With which an MP4 or MOV begins. */
const FIRST = ['ftyp', 'styp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot', 'uuid', 'moof', 'sidx']
/** Boxes that hold frames, or nothing: only how they begin is read. */
const CARRIERS = ['mdat', 'free', 'skip', 'wide']
const CARRIER_HEAD_BYTES = 64
const SIDE_BOX_BYTES = 16 * MIB

/** The map of an MP4; undefined where it is none, `fragments` where it comes in such, `unfit` where it does not say which bytes are which time. */
export async function mapOfMp4(
  app: App,
  key: string,
  sizeBytes: number,
): Promise<Mp4Map | 'fragments' | 'unfit' | undefined> {
  const frame: Stretch[] = []
  let moov: Stretch | undefined
  let at = 0
  for (let count = 0; at + 8 <= sizeBytes; count++) {
    const box = topBox(await readHere(app, key, at, Math.min(at + 16, sizeBytes)), at, sizeBytes)
    if (box?.type === 'moof' || box?.type === 'sidx') return 'fragments'
    if (at === 0 && !(box && FIRST.includes(box.type))) return undefined
    if (!box || count > MAX_TOP_BOXES) return 'unfit'
    const isCarrier = CARRIERS.includes(box.type)
    const most = box.type === 'moov' ? INDEX_BYTES : SIDE_BOX_BYTES
    if (!isCarrier && box.end - at > most) return 'unfit'
    if (box.type === 'moov') moov ??= { from: at, to: box.end }
    frame.push({ from: at, to: isCarrier ? Math.min(box.end, at + CARRIER_HEAD_BYTES) : box.end })
    at = box.end
  }
  if (!moov) return 'unfit'
  frame.push({ from: at, to: sizeBytes })
  const tracks = readChunkTracks(await readHere(app, key, moov.from, moov.to), sizeBytes)
  return tracks ? { frame, tracks } : 'unfit'
}

/** The bytes of each stretch; `to` is not in it. */
export async function readFrames(
  app: App,
  key: string,
  stretches: readonly { from: number; to: number }[],
): Promise<{ from: number; bytes: Buffer }[]> {
  const read: { from: number; bytes: Buffer }[] = []
  for (const { from, to } of stretches) read.push({ from, bytes: await readSource(app, key, from, to) })
  return read
}
