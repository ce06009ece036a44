/**
 * Opening a source for a program. Of one in a remote store only those bytes are fetched that the program will read: they are reckoned from the
 * container's own index, and FFmpeg's demuxer is asked whether it needs no others before anything is made of them. Where that can't be told, and
 * where a program fails on a part, all of the source is fetched.
 */
import { Lru } from '../../kit/lru.ts'
import { bytesOf, joined, type Stretch, within } from '../../kit/stretches.ts'
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
  says: 'Sources of a remote store opened for a program, by how much of them was fetched.',
  labels: ['fetched'],
})

/** Where so much of a file is wanted, the rest saves nothing. */
const WORTH_A_PART = 0.8
const MAPS_BYTES = 64 * 1024 ** 2
const CHUNK_BYTES = 40
const CUE_BYTES = 60
/** Listings of a day of packets are read no longer than this. */
const WITNESS_MS = 120_000

export interface OpenedSource extends LocalPath {
  /** All of it can be read, not only what was wanted. */
  isWhole: boolean
}

type SourceMap = { mp4: Mp4Map } | { matroska: MatroskaMap } | 'none'

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
 * @param isGood of an outcome, besides that the program ended well
 */
export async function runOnSource(
  app: App,
  { key, wanted }: { key: string; wanted: Wanted | undefined },
  runWith: (inputName: string) => Omit<JailedRun, 'inputPath' | 'signal'>,
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
  if (map === 'none') return undefined
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
  await readHere(app, key, 0, FIRST_BYTES)
  const mp4 = await mapOfMp4(app, key, sizeBytes)
  const matroska = mp4 ? undefined : await mapOfMatroska(app, key, sizeBytes)
  const map: SourceMap = mp4 ? { mp4 } : matroska ? { matroska } : 'none'
  const chunks = mp4?.tracks.reduce((sum, { count }) => sum + count, 0) ?? 0
  const cues = matroska?.cues.flat().length ?? 0
  // Of what is still arriving the index may come yet.
  if (!isStaged(key)) memory.set(key, map, { size: 1000 + chunks * CHUNK_BYTES + cues * CUE_BYTES })
  return map
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
