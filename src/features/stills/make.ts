/** Makes the stills of a run from its lowest rung: a small picture of every second, and from those the sheets and the proposals. */
import { createReadStream } from 'node:fs'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { refuse } from '../../contract/refusals.ts'
import { MIB } from '../../kit/bytes.ts'
import { FragmentReader, type TrackHead } from '../../media/mp4-read.ts'
import type { RunPlan } from '../../media/plan.ts'
import { framesForTiles, type Storyboard, sheetArgs, sheetCount, storyboardOf } from '../../media/storyboard.ts'
import { segmentCount, segmentStart, totalTicks } from '../../media/timeline.ts'
import {
  type KeyFrame,
  keyFragment,
  keyFramesOf,
  TRICK_ID,
  type TrickPlay,
  trickArgs,
  trickCodecs,
  trickInit,
  trickSize,
} from '../../media/trick-play.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { forgetManifests, planOf, runFolder, trickKey } from '../delivery/delivery.ts'
import { lookLimits, runJailed } from '../sources/sources.ts'
import * as videos from '../videos/videos.ts'
import { readChapters } from './chapters.ts'
import { readSketches, rungOf, SKETCH_HEIGHT, SKETCH_WIDTH, type Sketch } from './rules.ts'
import * as store from './store.ts'
import { proposeStills } from './thumbnails.ts'

const SEGMENT_BYTES = 64 * MIB

/**
 * Makes storyboard, trick play and proposals, once for each run. May run twice: blobs that are there stay, and the index of each is
 * written last. Refuses media_not_found where no rung is complete that they could be made from.
 */
export async function runStills(
  app: App,
  { videoId, runId }: { videoId: string; runId: string },
  context: JobContext,
): Promise<void> {
  const run = await store.loadRun(app, videoId, runId)
  if (!run || run.stills_made_at !== null) return
  const plan = await planOf(app, videoId, runId)
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-stills-'))
  try {
    const rung = rungOf(plan, await store.listStates(app, videoId, runId))
    const init = rung && (await app.blobs.read(`${runFolder(videoId, runId)}/${rung.id}/init.mp4`, MIB))
    if (!rung || !init) return refuse('media_not_found', 'no quality is complete that pictures could be taken from')
    const small = { ...plan, video: [rung] }
    await forgetHalf(app, { videoId, runId })
    const tiles = await makeTrickPlay(app, { videoId, runId, plan: small, init, folder, signal: context.signal })
    const board = storyboardOf(small)
    const sketches = await makeSheets(app, { videoId, runId, folder, board, signal: context.signal })
    await forgetManifests(app, runId)
    await proposeStills(app, { videoId, runId, plan, signal: context.signal }, sketches, tiles)
    await readChapters(app, { videoId, runId, plan, signal: context.signal })
    await app.together(async (app) => {
      await context.fence(app)
      await store.noteStills(app, { videoId, runId }, { madeAt: app.clock.now() })
      await videos.tellChanged(app, videoId)
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** They could not be made: their owner is told why, and manifests do not wait for them any more. */
export async function giveUpStills(
  app: App,
  { videoId, runId }: { videoId: string; runId: string },
  reason: string,
): Promise<void> {
  await store.noteStills(app, { videoId, runId }, { failed: reason.slice(0, 2000) })
  await forgetManifests(app, runId)
  await videos.tellChanged(app, videoId)
}

/** What an attempt that died left of trick play may be of another rung than is complete now, and blobs are never altered. */
async function forgetHalf(app: App, { videoId, runId }: { videoId: string; runId: string }): Promise<void> {
  const folder = `${runFolder(videoId, runId)}/${TRICK_ID}/`
  if (!(await app.blobs.head(`${folder}index.json`))) await app.blobs.removeAll(folder)
}

interface Making {
  videoId: string
  runId: string
  plan: RunPlan
  init: Buffer
  folder: string
  signal: AbortSignal
}

/** How much of the lowest rung is decoded at a time. */
const PIECE_BYTES = 24 * MIB
const PIECE_SECONDS = 600

/** A small picture of every second, each coded alone, from the lowest rung piece by piece; and what their encoder said of itself. */
async function* smallPictures(
  app: App,
  { videoId, runId, plan, init, folder, signal }: Making,
): AsyncGenerator<{ head: TrackHead; frame: KeyFrame }> {
  const rung = plan.video[0]!
  const inputPath = join(folder, 'piece')
  const args = trickArgs(plan, { inputPath: app.jail.inputName(inputPath), fd: 3 })
  const limits = { ...lookLimits, wallMs: 180_000, nice: 10 }
  const count = segmentCount(plan.timeline)
  let head: TrackHead | undefined
  let piece: Buffer[] = []
  let from = 0
  for (let n = 0; n < count; n++) {
    signal.throwIfAborted()
    const bytes = await app.blobs.read(`${runFolder(videoId, runId)}/${rung.id}/${n}.m4s`, SEGMENT_BYTES)
    if (!bytes) throw new Error(`segment ${n} of ${rung.id} is not there yet`)
    piece.push(bytes)
    const seconds = (segmentStart(plan.timeline, n + 1) - segmentStart(plan.timeline, from)) / plan.timeline.timescale
    const isFull = seconds >= PIECE_SECONDS || piece.reduce((sum, it) => sum + it.byteLength, 0) >= PIECE_BYTES
    if (n + 1 < count && !isFull) continue
    await writeFile(inputPath, Buffer.concat([init, ...piece]))
    piece = []
    from = n + 1
    const outcome = await runJailed(app, { program: 'ffmpeg', args, inputPath, pipes: 1, limits }, signal)
    if (!outcome.ok) throw new Error(`the pictures of trick play could not be made: ${outcome.stderr.slice(-300)}`)
    const reader = new FragmentReader()
    const frames = keyFramesOf(reader.push(outcome.pipe))
    if (!reader.head || frames.length === 0) continue
    head ??= reader.head
    if (!Buffer.from(head.configuration).equals(reader.head.configuration))
      throw new Error('the pictures of trick play differ in their parameters')
    for (const frame of frames) yield { head, frame }
  }
}

/** Writes every picture as a fragment of its own for trick play, and those of the tiles into one small file. Returns the times of the tiles, in seconds. */
async function makeTrickPlay(app: App, making: Making): Promise<number[]> {
  const { videoId, runId, plan, folder } = making
  const board = storyboardOf(plan)
  const { timescale } = plan.timeline
  const trick: TrickPlay = { codecs: '', ...trickSize(plan.video[0]!), starts: [], sizes: [] }
  const file = await open(join(folder, 'trick'), 'w')
  const kept: KeyFrame[] = []
  let init: Uint8Array | undefined
  let waiting: KeyFrame | undefined
  const write = async (frame: KeyFrame, until: number) => {
    const bytes = keyFragment(trick.starts.length, frame, until)
    trick.starts.push(frame.start)
    trick.sizes.push(bytes.byteLength)
    await file.write(bytes)
    // Of a long title only the pictures that may be on a sheet are held on to.
    const apart = kept.length === 0 || frame.start - kept.at(-1)!.start >= (board.tileSeconds / 2) * timescale
    if (apart) kept.push({ start: frame.start, data: Uint8Array.from(frame.data) })
  }
  try {
    for await (const { head, frame } of smallPictures(app, making)) {
      trick.codecs = trickCodecs(head)
      init ??= trickInit(plan, head)
      if (waiting) await write(waiting, frame.start)
      waiting = frame
    }
    if (waiting) await write(waiting, totalTicks(plan.timeline))
  } finally {
    await file.close()
  }
  if (!init) throw new Error('no picture of the lowest rung could be decoded')
  await app.blobs.put(`${runFolder(videoId, runId)}/${TRICK_ID}/init.mp4`, init)
  await app.blobs.put(trickKey(videoId, runId), createReadStream(join(folder, 'trick')))
  await app.blobs.put(`${runFolder(videoId, runId)}/${TRICK_ID}/index.json`, Buffer.from(JSON.stringify(trick)))

  const times = kept.map(({ start }) => start / timescale)
  const chosen = framesForTiles(board, times)
  const fragments = chosen.map((place, n) =>
    keyFragment(n, { start: n * timescale, data: kept[place]!.data }, (n + 1) * timescale),
  )
  await writeFile(join(folder, 'tiles'), Buffer.concat([init, ...fragments]))
  return chosen.map((place) => times[place]!)
}

interface Sheets {
  videoId: string
  runId: string
  folder: string
  board: Storyboard
  signal: AbortSignal
}

/** The pictures of the tiles once more, in small and grey, written by the program that lays them out. */
const SKETCHES = [
  ...['-map', '0:v:0', '-vf', `scale=${SKETCH_WIDTH}:${SKETCH_HEIGHT}:flags=area,format=gray`],
  ...['-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:3'],
]

/** Lays the pictures of the tiles out on sheets; returns them in small. */
async function makeSheets(app: App, { videoId, runId, folder, board, signal }: Sheets): Promise<Sketch[]> {
  const inputPath = join(folder, 'tiles')
  const outputFolder = await mkdtemp(join(folder, 'sheets-'))
  const args = [...sheetArgs(board, app.jail.inputName(inputPath), app.jail.outputName(outputFolder)), ...SKETCHES]
  const limits = { ...lookLimits, wallMs: 180_000 }
  const outcome = await runJailed(app, { program: 'ffmpeg', args, inputPath, outputFolder, pipes: 1, limits }, signal)
  if (!outcome.ok) throw new Error(`the sheets could not be made: ${outcome.stderr.slice(-300)}`)
  const base = `${runFolder(videoId, runId)}/storyboard`
  const sheetBytes: number[] = []
  for (let n = 0; n < sheetCount(board); n++) {
    const sheet = await readFile(join(outputFolder, `${n}.jpg`))
    sheetBytes.push(sheet.byteLength)
    await app.blobs.put(`${base}/${n}.jpg`, sheet)
  }
  await app.blobs.put(`${base}/index.json`, Buffer.from(JSON.stringify({ ...board, sheetBytes })))
  return readSketches(outcome.pipe)
}
