/**
 * Opening a source for a program. Of one in a remote store only those bytes are fetched that the program will read: they are reckoned from the
 * container's own index, and FFmpeg's demuxer is asked whether it needs no others before anything is made of them. Where that can't be told, and
 * where a program fails on a part, all of the source is fetched.
 */
import { Readable } from 'node:stream'
import { Lru } from '../../kit/lru.ts'
import { bytesOf, joined, type Stretch, within } from '../../kit/stretches.ts'
import { STREAM } from '../../media/allowed.ts'
import { EBML, elementAt } from '../../media/matroska.ts'
import { clustersFor } from '../../media/matroska-cues.ts'
import { chunksFor } from '../../media/mp4-chunks.ts'
import { FIRST_BYTES, type Wanted } from '../../media/wanted.ts'
import { readWitness, witnessArgs } from '../../media/witness.ts'
import type { App } from '../../platform/app.ts'
import type { LocalPath } from '../../platform/blobs/blobs.ts'
import { metric } from '../../platform/meter.ts'
import type { JailedRun } from '../../platform/process.ts'
import { type Mp4Map, mapOfMp4 } from './frames.ts'
import { type MatroskaMap, mapOfMatroska } from './linear.ts'
import { lookLimits, type Outcome, runJailed } from './run.ts'
import { isStaged, localPathOf, readHere, sourceBytes, sourceGone } from './source.ts'

const opened = metric({
  kind: 'counter',
  name: 'sources_opened_total',
  says: 'Sources of a remote store opened for a program: a part of the file, the whole of it, or as a stream.',
  labels: ['fetched'],
})

/** Where so much of a file is wanted, the rest saves nothing. */
const WORTH_A_PART = 0.8
const MAPS_BYTES = 64 * 1024 ** 2
const CHUNK_BYTES = 40
const CUE_BYTES = 60
const STREAM_AHEAD_BYTES = 256 * 1024
/** Listings of a day of packets are read no longer than this. */
const WITNESS_MS = 120_000

export interface OpenedSource extends LocalPath {
  /** All of it can be read, not only what was wanted. */
  isWhole: boolean
}

/** `matroska` without cues, and what is `linear`, can be read in order only; of `unfit` ones an index stands somewhere, but it can't be used. */
type SourceMap = { mp4: Mp4Map } | { matroska: MatroskaMap } | 'matroska' | 'linear' | 'unfit'

/** A path under which a program can read it, or at least what is wanted of it. Throws when it is gone. */
export async function openSource(
  app: App,
  key: string,
  wanted: Wanted | undefined,
  signal: AbortSignal,
): Promise<OpenedSource> {
  const part = wanted && !app.blobs.isLocal ? await openPart(app, key, wanted, signal) : undefined
  if (!app.blobs.isLocal) app.meter.count(opened, { fetched: part ? 'part' : 'whole' })
  if (part) return { ...part, isWhole: false }
  const whole = await localPathOf(app, key)
  if (!whole) throw sourceGone(key)
  return { ...whole, isWhole: true }
}

/**
 * One run of a program that reads a source, to its end: on what is wanted of it, and on all of it should that come to nothing.
 * @param inOrder the program can do with a stream, and hears so by the name `STREAM`: that is what it gets where no parts can be fetched
 * @param isGood of an outcome, besides that the program ended well
 */
export async function runOnSource(
  app: App,
  { key, wanted, inOrder }: { key: string; wanted: Wanted | undefined; inOrder?: boolean },
  runWith: (inputName: string) => Omit<JailedRun, 'inputPath' | 'input' | 'signal'>,
  signal: AbortSignal,
  isGood: (outcome: Outcome) => boolean = () => true,
): Promise<Outcome> {
  const once = async (wanted: Wanted | undefined) => {
    const source = await openSource(app, key, wanted, signal)
    try {
      const run = { ...runWith(app.jail.inputName(source.path)), inputPath: source.path }
      return { outcome: await runJailed(app, run, signal), isWhole: source.isWhole }
    } finally {
      await source.release()
    }
  }
  if (inOrder && (await orderOf(app, key))) {
    const outcome = await runOnStream(app, key, runWith(STREAM), signal)
    if (outcome.ok && isGood(outcome)) return outcome
  }
  const { outcome, isWhole } = await once(wanted)
  if (isWhole || (outcome.ok && isGood(outcome))) return outcome
  return (await once(undefined)).outcome
}

/** What is wanted of a source, fetched and found to be enough; undefined where it has to be fetched whole. */
async function openPart(app: App, key: string, wanted: Wanted, signal: AbortSignal): Promise<LocalPath | undefined> {
  const found = await stretchesFor(app, key, wanted)
  if (!found) return undefined
  const { stretches } = found
  const part = await localPathOf(
    app,
    key,
    stretches.map(({ from, to }) => ({ from, to: to - 1 })),
  )
  if (!part) return undefined
  let isGood = false
  try {
    isGood = await isEnough(app, part.path, wanted, found, signal)
  } finally {
    if (!isGood) await part.release()
  }
  if (isGood) return part
  app.log.info({ key }, 'more of a source is read than its index says; it is fetched whole')
  return undefined
}

interface Part {
  container: 'mp4' | 'matroska'
  stretches: Stretch[]
}

/** The bytes that a reading needs, in order and apart; undefined where the container does not say. */
async function stretchesFor(app: App, key: string, wanted: Wanted): Promise<Part | undefined> {
  const sizeBytes = await sourceBytes(app, key)
  if (sizeBytes === undefined || sizeBytes <= FIRST_BYTES) return undefined
  const map = await mapOf(app, key, sizeBytes)
  if (typeof map === 'string') return undefined
  const frame = 'mp4' in map ? map.mp4.frame : map.matroska.frame
  const frames = 'mp4' in map ? chunksFor(map.mp4.tracks, wanted) : clustersFor(map.matroska.cues, map.matroska, wanted)
  if (!frames) return undefined
  const first = { from: 0, to: FIRST_BYTES }
  const inside = [first, ...frame, ...frames].map(({ from, to }) => ({ from, to: Math.min(to, sizeBytes) }))
  const stretches = joined(inside)
  const container = 'mp4' in map ? 'mp4' : 'matroska'
  return bytesOf(stretches) < sizeBytes * WORTH_A_PART ? { container, stretches } : undefined
}

const memories = new WeakMap<object, Lru<SourceMap>>()

async function mapOf(app: App, key: string, sizeBytes: number): Promise<SourceMap> {
  const memory = memories.get(app.blobs) ?? new Lru<SourceMap>(MAPS_BYTES, () => app.clock.nowMs())
  memories.set(app.blobs, memory)
  const known = memory.get(key)
  if (known) return known
  // One request instead of one for each of the boxes and elements that stand there.
  const first = await readHere(app, key, 0, FIRST_BYTES)
  const map = await readMap(app, key, sizeBytes, first)
  // Of what is still arriving the index may come yet.
  if (!isStaged(key)) memory.set(key, map, { size: 1000 + bytesOfMap(map) })
  return map
}

async function readMap(app: App, key: string, sizeBytes: number, first: Buffer): Promise<SourceMap> {
  const mp4 = await mapOfMp4(app, key, sizeBytes)
  if (mp4) return mp4 === 'unfit' ? mp4 : mp4 === 'fragments' ? 'linear' : { mp4 }
  if (elementAt(first, 0)?.id !== EBML) return 'linear'
  const matroska = await mapOfMatroska(app, key, sizeBytes)
  return matroska ? { matroska } : 'matroska'
}

function bytesOfMap(map: SourceMap): number {
  if (typeof map === 'string') return 0
  if ('mp4' in map) return map.mp4.tracks.reduce((sum, { count }) => sum + count, 0) * CHUNK_BYTES
  return map.matroska.cues.flat().length * CUE_BYTES
}

/**
 * How a source in a remote store has to be read of which no parts can be fetched: `matroska` without cues, or `linear`, something else that is
 * read in order. Undefined for all others: those in a folder, those with an index, and what is as small as a part.
 */
export async function orderOf(app: App, key: string): Promise<'matroska' | 'linear' | undefined> {
  if (app.blobs.isLocal || isStaged(key)) return undefined
  const sizeBytes = await sourceBytes(app, key)
  if (sizeBytes === undefined || sizeBytes <= FIRST_BYTES) return undefined
  const map = await mapOf(app, key, sizeBytes)
  return map === 'matroska' || map === 'linear' ? map : undefined
}

/**
 * One run of a program that reads a source from its first byte on, as a stream out of the store: nothing of it lies on this machine.
 * Throws when it is gone, or the store breaks off.
 * @param room awaited before each piece, for what is written at the other end to be carried away
 */
export async function runOnStream(
  app: App,
  key: string,
  run: Omit<JailedRun, 'inputPath' | 'input' | 'signal'>,
  signal: AbortSignal,
  room: () => Promise<void> = async () => {},
): Promise<Outcome> {
  const source = await app.blobs.open(key)
  if (!source) throw sourceGone(key)
  app.meter.count(opened, { fetched: 'stream' })
  // Whoever reads it hears of a fault; it must not count as unhandled before.
  source.body.on('error', () => {})
  async function* paced(body: AsyncIterable<Uint8Array>) {
    for await (const piece of body) {
      await room()
      yield piece
    }
  }
  const input = Readable.from(paced(source.body), { objectMode: false, highWaterMark: STREAM_AHEAD_BYTES })
  return runJailed(app, { ...run, input }, signal).finally(() => {
    input.destroy()
    source.body.destroy()
  })
}

/** Whether FFmpeg's own demuxer, on the same way through the file, takes every packet that is used out of these bytes. */
async function isEnough(
  app: App,
  path: string,
  wanted: Wanted,
  { container, stretches }: Part,
  signal: AbortSignal,
): Promise<boolean> {
  const args = witnessArgs(app.jail.inputName(path), wanted, container)
  const limits = { ...lookLimits, wallMs: WITNESS_MS }
  const outcome = await runJailed(app, { program: 'ffprobe', args, inputPath: path, pipes: 0, limits }, signal)
  if (!outcome.ok || outcome.stderr !== '') return false
  return readWitness(outcome.stdout.toString('latin1'), wanted, (from, to) => within(stretches, from, to))
}
