/** Copying: the frames of a fit source become the segments of its top rendition, without a decoder or an encoder. */
import { refuse } from '../../contract/refusals.ts'
import { MIB } from '../../kit/bytes.ts'
import type { SourceFacts } from '../../media/facts.ts'
import { passCopyArgs } from '../../media/ffmpeg.ts'
import type { LadderPolicy } from '../../media/ladder.ts'
import type { SampleTable } from '../../media/mp4-table.ts'
import {
  copiedInit,
  copiedSegment,
  isIdr,
  isWhole,
  judgePassThrough,
  keysToVerify,
  rungToPassThrough,
  stretchesOf,
} from '../../media/pass-through.ts'
import type { PassThrough, RunPlan, VideoRendition } from '../../media/plan.ts'
import type { Timeline } from '../../media/timeline.ts'
import type { App } from '../../platform/app.ts'
import { metric } from '../../platform/meter.ts'
import { runFolder, tellMade } from '../delivery/delivery.ts'
import { type Arrived, readFrames, readTable, remux, sourceBytes, tableOf } from '../sources/sources.ts'

const segmentsCopied = metric({
  kind: 'counter',
  name: 'transcode_segments_copied_total',
  says: 'Segments made by copying frames of the source.',
  labels: [],
})

/** A file whose frames stand in no table is copied into one that has it; above this size that would hold up the start. */
const COPY_BYTES = 512 * MIB
/** Places of a title at which a cut is looked at before it is believed. */
const CUTS_LOOKED_AT = 150
/** Frames that are looked at before anything is made: about a minute, and no more than is read in a moment. */
const FRAMES_LOOKED_AT = 2000
const BYTES_LOOKED_AT = 32 * MIB

interface Run {
  videoId: string
  runId: string
}

/** Where the frames lie that are copied: in the source, or in a copy with a table of them. */
const copyKeyOf = (run: Run) => `${runFolder(run.videoId, run.runId)}/frames.mp4`

/**
 * Whether the source's own frames can be the top rendition, and with which timeline. A copy is made where the container has no table.
 * @param arrived which bytes of a source are there that is still on its way: cuts in the others are taken on trust, and looked at later
 */
export async function findPassThrough(
  app: App,
  run: Run,
  facts: SourceFacts,
  sourceKey: string,
  policy: LadderPolicy,
  signal: AbortSignal,
  arrived?: Arrived,
): Promise<PassThrough | undefined> {
  const rung = rungToPassThrough(facts, policy)
  const { video } = facts
  if (!rung || !video) return undefined
  let key = sourceKey
  let table = facts.container === 'mov' ? await readTable(app, key, video.streamIndex) : undefined
  if (!table) {
    if (arrived || facts.sizeBytes > COPY_BYTES) return undefined
    key = copyKeyOf(run)
    if (
      await remux(
        app,
        sourceKey,
        { key, facts, args: (input, output) => passCopyArgs(input, output, video.streamIndex) },
        signal,
      )
    )
      table = await readTable(app, key, 0)
  }
  const sizeBytes = arrived ? facts.sizeBytes : ((await sourceBytes(app, key)) ?? 0)
  const judged = table ? judgePassThrough({ ...facts, video, sizeBytes }, table, rung) : { why: 'no table of frames' }
  const fit =
    !('why' in judged) && (await tableIsClean(app, key, table!, judged.timeline, arrived)) ? judged : undefined
  app.log.debug(
    {
      ...run,
      why:
        'why' in judged
          ? judged.why
          : fit
            ? 'fit'
            : 'a segment would not begin with an IDR frame, or a frame is damaged',
    },
    'pass-through judged',
  )
  if (!fit && key !== sourceKey) await app.blobs.remove(key)
  return fit
}

/** Whether a file that has no table of frames will be copied into one that has, when it is there, to see whether they can be passed through. */
export function mayBeCopied(app: App, facts: SourceFacts, policy: LadderPolicy): boolean {
  const isSmall = facts.sizeBytes <= COPY_BYTES
  return app.config['transcode.pass_through'] && isSmall && rungToPassThrough(facts, policy) !== undefined
}

/** Looks at the cuts of a plan that was made before its source was all there. */
export async function cutsAreClean(app: App, key: string, plan: RunPlan): Promise<boolean> {
  const table = await readTable(app, key, plan.source.video!.streamIndex)
  return table !== undefined && tableIsClean(app, key, table, plan.timeline)
}

async function tableIsClean(
  app: App,
  key: string,
  table: SampleTable,
  timeline: Timeline,
  arrived: Arrived = () => true,
): Promise<boolean> {
  for (const { at, bytes } of keysToVerify(table, timeline, CUTS_LOOKED_AT)) {
    if (!arrived(at, at + bytes)) continue
    const [frame] = await readFrames(app, key, [{ from: at, to: at + bytes }])
    if (!isIdr(frame!.bytes, table.configuration) || !isWhole(frame!.bytes, table.configuration)) return false
  }
  return framesAreWhole(app, key, table, arrived)
}

/** Looks at the first frames, which are all of a short title; those of a long one are looked at as they are copied. */
async function framesAreWhole(app: App, key: string, table: SampleTable, arrived: Arrived): Promise<boolean> {
  const frames: { at: number; bytes: number }[] = []
  let [from, to] = [Number.POSITIVE_INFINITY, 0]
  for (let n = 0; n < Math.min(table.count, FRAMES_LOOKED_AT); n++) {
    const [at, bytes] = [table.offsets[n]!, table.sizes[n]!]
    const wider = { from: Math.min(from, at), to: Math.max(to, at + bytes) }
    if (wider.to - wider.from > BYTES_LOOKED_AT || !arrived(at, at + bytes)) break
    frames.push({ at, bytes })
    ;[from, to] = [wider.from, wider.to]
  }
  if (frames.length === 0 || !arrived(from, to)) return true
  const [all] = await readFrames(app, key, [{ from, to }])
  return frames.every(({ at, bytes }) =>
    isWhole(all!.bytes.subarray(at - from, at - from + bytes), table.configuration),
  )
}

/** Which segments of a run are copied out of its source. */
export interface CopyWork extends Run {
  plan: RunPlan
  sourceKey: string
  from: number
  to: number
  signal: AbortSignal
  stored?(rendition: string, n: number): void
}

/**
 * Copies segments [from, to) of a rendition and gives their sizes; those in `known` are there already. Cheap enough that a worker
 * which dies in the middle costs nothing worth keeping. Refuses source_undecodable where a frame is damaged.
 */
export async function copySegments(
  app: App,
  work: CopyWork,
  rendition: VideoRendition,
  known: Map<number, number>,
): Promise<void> {
  const own = await app.blobs.head(copyKeyOf(work))
  const key = own ? copyKeyOf(work) : work.sourceKey
  const table = await tableOf(app, key, own ? 0 : work.plan.source.video!.streamIndex)
  if (!table) throw new Error(`the table of frames of ${key} is gone`)
  const folder = `${runFolder(work.videoId, work.runId)}/${rendition.id}`
  if (await app.blobs.put(`${folder}/init.mp4`, copiedInit(work.plan, rendition, table)))
    await tellMade(app, `${folder}/init.mp4`, 'made')
  for (let n = work.from; n < work.to; n++) {
    if (known.has(n)) continue
    work.signal.throwIfAborted()
    const bytes = copiedSegment(
      work.plan,
      rendition,
      table,
      n,
      await readFrames(app, key, stretchesOf(table, work.plan, n)),
    )
    if (!bytes) refuse('source_undecodable', `a frame in segment ${n} is damaged`)
    await app.blobs.put(`${folder}/${n}.m4s`, bytes)
    known.set(n, bytes.byteLength)
    app.meter.count(segmentsCopied, {})
    await tellMade(app, `${folder}/${n}.m4s`, 'made')
    work.stored?.(rendition.id, n)
  }
}
