/** A source's own frames, read box by box from wherever the blob lies: no program runs, and only the wanted bytes are fetched. */
import { MIB, readAll } from '../../kit/bytes.ts'
import { Lru } from '../../kit/lru.ts'
import { readSampleTable, type SampleTable, topBox } from '../../media/mp4-table.ts'
import type { App } from '../../platform/app.ts'

/** A day of frames is an index of about 100 MiB; more is no index. */
const INDEX_BYTES = 256 * MIB
/** Boxes at the top of a file that are looked at before the search for its index is given up. */
const MAX_TOP_BOXES = 1000
const TABLE_MEMORY_BYTES = 128 * MIB
const FRAME_BYTES = 21

const memories = new WeakMap<object, Lru<SampleTable>>()

/** The table of the track at `index` of an MP4 in the store, remembered; undefined where there is none that can be used. */
export async function tableOf(app: App, key: string, index: number): Promise<SampleTable | undefined> {
  const memory = memories.get(app.blobs) ?? new Lru<SampleTable>(TABLE_MEMORY_BYTES, () => app.clock.nowMs())
  memories.set(app.blobs, memory)
  const name = `${key}#${index}`
  const known = memory.get(name)
  if (known) return known
  const table = await readTable(app, key, index)
  if (table) memory.set(name, table, { size: table.count * FRAME_BYTES })
  return table
}

/** Reads the table anew. */
export async function readTable(app: App, key: string, index: number): Promise<SampleTable | undefined> {
  const facts = await app.blobs.head(key)
  if (!facts) return undefined
  const { sizeBytes } = facts
  let at = 0
  for (let count = 0; at < sizeBytes && count < MAX_TOP_BOXES; count++) {
    const box = topBox(await readBytes(app, key, at, Math.min(at + 16, sizeBytes)), at, sizeBytes)
    if (!box) return undefined
    if (box.type === 'moov') {
      if (box.end - at > INDEX_BYTES) return undefined
      return readSampleTable(await readBytes(app, key, at, box.end), index)
    }
    at = box.end
  }
  return undefined
}

/** The bytes of each stretch; `to` is not in it. */
export async function readFrames(
  app: App,
  key: string,
  stretches: readonly { from: number; to: number }[],
): Promise<{ from: number; bytes: Buffer }[]> {
  const read: { from: number; bytes: Buffer }[] = []
  for (const { from, to } of stretches) read.push({ from, bytes: await readBytes(app, key, from, to) })
  return read
}

async function readBytes(app: App, key: string, from: number, to: number): Promise<Buffer> {
  if (from >= to) return Buffer.alloc(0)
  const opened = await app.blobs.open(key, { from, to: to - 1 })
  if (!opened) throw new Error(`the blob ${key} is gone`)
  return readAll(opened.body, to - from)
}
