/**
 * Making segments: one FFmpeg in the jail, one decode, all asked renditions; each output is cut into segments by us and
 * stored as soon as it is whole. What is stored already is not made again.
 */
import type { Readable } from 'node:stream'
import { refuse } from '../../contract/refusals.ts'
import { MIB, readAll } from '../../kit/bytes.ts'
import { whenThere } from '../../kit/when-there.ts'
import { SegmentCutter, ShortEncode } from '../../media/cutter.ts'
import { encodeArgs, encodeReads, type Still } from '../../media/ffmpeg.ts'
import type { RunPlan } from '../../media/plan.ts'
import { takesForcedKeys } from '../../media/second-codecs.ts'
import { onGrid } from '../../media/timeline.ts'
import type { Wanted } from '../../media/wanted.ts'
import type { App } from '../../platform/app.ts'
import { metric } from '../../platform/meter.ts'
import { runFolder, tellMade } from '../delivery/delivery.ts'
import { openSource } from '../sources/sources.ts'
import { hasZimg } from './abilities.ts'
import { copySegments } from './copy.ts'
import { type Room, roomOfMachine } from './room.ts'
import * as rules from './rules.ts'
import { copySound } from './sound.ts'

export { hasZimg } from './abilities.ts'
export { cutsAreClean, findPassThrough, mayBeCopied } from './copy.ts'

const segmentsMade = metric({
  kind: 'counter',
  name: 'transcode_segments_total',
  says: 'Segments made, by lane.',
  labels: ['lane'],
})
const encodeSeconds = metric({
  kind: 'counter',
  name: 'transcode_media_seconds',
  says: 'Seconds of the title that were encoded, by lane.',
  labels: ['lane'],
})

/** How far before the wanted place the decoder may have to begin when the source's index sends it too late. */
const SEEK_BACK_SECONDS = [undefined, 10, Number.POSITIVE_INFINITY] as const

/** Largest JPEG of a list's size. */
const STILL_BYTES = 4 * MIB

export interface Work {
  videoId: string
  runId: string
  plan: RunPlan
  sourceKey: string
  renditions: readonly string[]
  from: number
  /** Not included. */
  to: number
  lane: 'now' | 'bulk'
  /** Of bulk work: how many encodes this process is to make at a time now, this one among them. Without it one. */
  beside?(): number
  signal: AbortSignal
  /** A still of one of these frames that is to be stored besides, where anything has to be encoded and it can be taken. */
  still?: (Still & { key: string }) | undefined
  /** Called after each segment that was stored. */
  stored?(rendition: string, n: number): void
}

export function segmentKey(work: { videoId: string; runId: string }, rendition: string, n: number): string {
  return `${runFolder(work.videoId, work.runId)}/${rendition}/${n}.m4s`
}

/**
 * Sees to it that every asked segment exists and returns the sizes by rendition. Refuses `source_undecodable` when the
 * source itself does not yield them however far back the decoder begins; any other failure is a fault, to be retried.
 */
export async function makeSegments(app: App, work: Work): Promise<Map<string, Map<number, number>>> {
  const apart =
    work.to - work.from > 1 &&
    (work.plan.more ?? []).some(({ id, codec }) => work.renditions.includes(id) && !takesForcedKeys(codec))
  if (apart && !onGrid(work.plan.timeline)) return makeOneByOne(app, work)
  const sizes = await storedSizes(app, work)
  for (const rendition of [...work.plan.video, ...(work.plan.more ?? [])]) {
    const known = sizes.get(rendition.id)
    if (rendition.copied && known) await copySegments(app, work, rendition, known)
  }
  for (const rendition of work.plan.audio) {
    const known = sizes.get(rendition.id)
    if (rendition.copied && known) await copySound(app, work, rendition, known)
  }
  let said = ''
  // What goes wrong with a part of a source is tried again with all of it.
  let mayBePart = true
  const tries = SEEK_BACK_SECONDS.values()
  for (let next = tries.next(); !next.done; ) {
    const seekBackSeconds = next.value
    const missing = missingOf(work, sizes)
    if (!missing) return sizes
    // What went wrong once is tried again without `zscale`, which refuses some sources that `scale` takes, and without a still.
    const still = seekBackSeconds === undefined ? work.still : undefined
    const zimg = seekBackSeconds === undefined && (await hasZimg(app))
    const once = { ...work, ...missing, still }
    const wanted = mayBePart
      ? encodeReads(work.plan, { ...once, ...whenThere('seekBackSeconds', seekBackSeconds) })
      : undefined
    const outcome = await encodeOnce(app, once, sizes, { seekBackSeconds, zimg, wanted })
    if (outcome !== 'whole') said = outcome.said
    if (outcome === 'whole' || !outcome.isPart) next = tries.next()
    else mayBePart = false
  }
  if (!missingOf(work, sizes)) return sizes
  refuse('source_undecodable', said.slice(-500))
}

/** Each segment from an encode of its own, for encoders that put key frames on no grid but their own. */
async function makeOneByOne(app: App, work: Work): Promise<Map<string, Map<number, number>>> {
  const all = new Map<string, Map<number, number>>(work.renditions.map((it) => [it, new Map()]))
  for (let n = work.from; n < work.to; n++) {
    const made = await makeSegments(app, { ...work, from: n, to: n + 1 })
    for (const [rendition, known] of made) for (const [at, size] of known) all.get(rendition)!.set(at, size)
  }
  return all
}

/** Which of the asked segments exist, and how large they are. */
async function storedSizes(app: App, work: Work): Promise<Map<string, Map<number, number>>> {
  const sizes = new Map<string, Map<number, number>>()
  for (const rendition of work.renditions) {
    const known = new Map<number, number>()
    for (let n = work.from; n < work.to; n++) {
      const facts = await app.blobs.head(segmentKey(work, rendition, n))
      if (facts) known.set(n, facts.sizeBytes)
    }
    sizes.set(rendition, known)
  }
  return sizes
}

/** The smallest stretch and set of renditions that holds all that is missing; undefined when nothing is. */
function missingOf(
  work: Work,
  sizes: Map<string, Map<number, number>>,
): { renditions: string[]; from: number; to: number } | undefined {
  const renditions: string[] = []
  let from = work.to
  let to = work.from
  for (const rendition of work.renditions) {
    const known = sizes.get(rendition)!
    if (known.size === work.to - work.from) continue
    renditions.push(rendition)
    for (let n = work.from; n < work.to; n++) {
      if (known.has(n)) continue
      from = Math.min(from, n)
      to = Math.max(to, n + 1)
    }
  }
  return renditions.length > 0 ? { renditions, from, to } : undefined
}

/** One run of FFmpeg. 'whole' when it ended well; otherwise what it said. Faults of the machine are thrown. */
async function encodeOnce(
  app: App,
  work: Work,
  sizes: Map<string, Map<number, number>>,
  { seekBackSeconds, zimg, wanted }: { seekBackSeconds: number | undefined; zimg: boolean; wanted: Wanted | undefined },
): Promise<'whole' | { said: string; isPart: boolean }> {
  const source = await openSource(app, work.sourceKey, wanted, work.signal)
  const isPart = !source.isWhole
  const { threads, leave } = await enter(app, work).catch(async (fault) => {
    await source.release()
    throw fault
  })
  const stop = new AbortController()
  try {
    const { args, outputs } = encodeArgs(work.plan, {
      sourcePath: app.jail.inputName(source.path),
      renditions: [...work.renditions],
      from: work.from,
      to: work.to,
      threads,
      zimg,
      ...(work.still ? { still: work.still } : {}),
      ...(seekBackSeconds === undefined ? {} : { seekBackSeconds }),
    })
    const child = app.jail.start({
      program: 'ffmpeg',
      args,
      inputPath: source.path,
      pipes: outputs.length + (work.still ? 1 : 0),
      limits: rules.encodeLimits(work.plan, work.renditions, work.from, work.to, work.lane),
      signal: AbortSignal.any([work.signal, stop.signal]),
    })
    child.stdout.resume()
    const still = work.still && readStill(child.pipes[outputs.length]!)
    const cuts = await Promise.allSettled(
      outputs.map(({ rendition, fd }) =>
        cut(app, work, rendition, child.pipes[fd - 3]!, sizes.get(rendition)!).catch((fault) => {
          if (!(fault instanceof ShortEncode)) stop.abort(fault)
          throw fault
        }),
      ),
    )
    const done = await child.done
    work.signal.throwIfAborted()
    const faults = cuts.flatMap((it) => (it.status === 'rejected' ? [it.reason] : []))
    const hard = faults.find((fault) => !(fault instanceof ShortEncode))
    if (hard && done.why === 'exited' && done.exitCode === 0) throw hard
    if (stop.signal.aborted) throw stop.signal.reason
    if (done.why === 'not_started') throw new Error(`FFmpeg could not be started: ${done.stderr}`)
    if (done.why === 'timeout') return { said: `the encode took longer than its limit. ${done.stderr}`, isPart }
    if (faults.length > 0 || done.exitCode !== 0) return { said: done.stderr || String(faults[0]), isPart }
    const picture = await still
    if (work.still && picture && picture.byteLength > 0) await app.blobs.put(work.still.key, picture)
    app.meter.count(encodeSeconds, { lane: work.lane }, rules.spanSeconds(work.plan, work.from, work.to))
    return 'whole'
  } finally {
    leave()
    await source.release()
  }
}

/** Nothing fails for want of it: what is not taken here is taken later. */
const readStill = (pipe: Readable): Promise<Buffer | undefined> =>
  readAll(pipe, STILL_BYTES).catch(() => {
    pipe.destroy()
    return undefined
  })

const rooms = new WeakMap<object, Room>()

/** Waits until the machine has memory for this encode, and says how many threads it gets. Where somebody waits for the result, nobody waits here. */
async function enter(app: App, work: Work): Promise<{ threads: number; leave(): void }> {
  const most = app.config['worker.threads']
  if (work.lane === 'now') return { threads: most, leave() {} }
  const room = rooms.get(app.blobs) ?? roomOfMachine(app.config['worker.processes'])
  rooms.set(app.blobs, room)
  const made = [...work.plan.video, ...(work.plan.more ?? [])].filter(({ id }) => work.renditions.includes(id))
  const bytes = (threads: number) => rules.encodeBytes(work.plan.source.video, made, threads)
  // Who must wait for room is beside nobody.
  const side = Math.min(work.beside?.() ?? 1, room.places(bytes(1)))
  const threads = rules.bulkThreads(most, side * app.config['worker.processes'])
  return { threads, leave: await room.take(bytes(threads), work.signal) }
}

/** Cuts one rendition's bytes into segments and stores each when it is whole. */
async function cut(app: App, work: Work, rendition: string, pipe: Readable, known: Map<number, number>): Promise<void> {
  const cutter = new SegmentCutter(work.plan, rendition, work.from, work.to)
  let initStored = false
  const store = async (made: { n: number; bytes: Uint8Array }[]) => {
    if (!initStored && cutter.init) {
      initStored = true
      const key = `${runFolder(work.videoId, work.runId)}/${rendition}/init.mp4`
      const first = await app.blobs.put(key, cutter.init)
      if (first) await tellMade(app, key, 'made')
      else await checkInit(app, key, cutter.init)
    }
    for (const { n, bytes } of made) {
      const key = segmentKey(work, rendition, n)
      // What was there before stays, and may have been made otherwise: the first segment, before the ladder was tuned.
      const stored = (await app.blobs.put(key, bytes)) ? undefined : await app.blobs.head(key)
      known.set(n, stored?.sizeBytes ?? bytes.byteLength)
      app.meter.count(segmentsMade, { lane: work.lane })
      await tellMade(app, key, 'made')
      work.stored?.(rendition, n)
    }
  }
  try {
    for await (const chunk of pipe) await store(cutter.push(chunk as Uint8Array))
    await store(cutter.end())
  } finally {
    pipe.destroy()
  }
}

/**
 * All segments of a rendition share one init segment. An encoder that writes another one now (an update of FFmpeg in
 * the middle of a run) would make segments that no player can join to the others: better to stop.
 */
async function checkInit(app: App, key: string, init: Uint8Array): Promise<void> {
  const stored = await app.blobs.read(key, 1024 * 1024)
  if (stored && !stored.equals(init)) throw new Error(`the encoder's parameters differ from those of ${key}`)
}
