/** Makes the stills of a run from the key frames of its lowest rung: they are read and copied; only the few of the sheets are decoded. */
import { createReadStream } from 'node:fs'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MIB } from '../../kit/bytes.ts'
import { inputLimits } from '../../media/allowed.ts'
import { FragmentReader } from '../../media/mp4-read.ts'
import { mediaSegment } from '../../media/mp4-write.ts'
import type { RunPlan } from '../../media/plan.ts'
import { framesForTiles, type Storyboard, sheetArgs, sheetCount, storyboardOf } from '../../media/storyboard.ts'
import { segmentCount, totalTicks } from '../../media/timeline.ts'
import {
  type KeyFrame,
  keyFragment,
  keyFramesOf,
  reorderTicksOf,
  TRICK_ID,
  type TrickPlay,
} from '../../media/trick-play.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { forgetManifests, planOf, runFolder, trickKey } from '../delivery/delivery.ts'
import { lookLimits, runJailed } from '../sources/sources.ts'
import * as videos from '../videos/videos.ts'
import { readChapters } from './chapters.ts'
import { readSketches, SKETCH_HEIGHT, SKETCH_WIDTH } from './rules.ts'
import { proposeStills } from './thumbnails.ts'

const SEGMENT_BYTES = 64 * MIB

/** Makes storyboard, trick play and proposals. May run twice: blobs that are there stay, and the index of each is written last. */
export async function runStills(
  app: App,
  { videoId, runId }: { videoId: string; runId: string },
  context: JobContext,
): Promise<void> {
  const plan = await planOf(app, videoId, runId)
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-stills-'))
  try {
    const init = await app.blobs.read(`${runFolder(videoId, runId)}/${plan.video[0]!.id}/init.mp4`, MIB)
    if (!init) return
    const tiles = await copyKeyFrames(app, { videoId, runId, plan, init, folder, signal: context.signal })
    await makeSheets(app, { videoId, runId, folder, board: storyboardOf(plan), signal: context.signal })
    await forgetManifests(app, runId)
    await proposeStills(
      app,
      { videoId, runId, plan, signal: context.signal },
      await sketch(app, folder, context.signal),
      tiles,
    )
    await readChapters(app, { videoId, runId, plan, signal: context.signal })
    await app.together(async (app) => {
      await context.fence(app)
      await videos.tellChanged(app, videoId)
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Copying {
  videoId: string
  runId: string
  plan: RunPlan
  init: Buffer
  folder: string
  signal: AbortSignal
}

/** Writes every key frame as a fragment of its own for trick play, and those of the tiles into one small file. Returns the times of the tiles, in seconds. */
async function copyKeyFrames(app: App, { videoId, runId, plan, init, folder, signal }: Copying): Promise<number[]> {
  const board = storyboardOf(plan)
  const rung = plan.video[0]!
  const { timescale } = plan.timeline
  const reorder = reorderTicksOf(init)
  const end = totalTicks(plan.timeline)
  const trick: TrickPlay = { codecs: rung.codecs, width: rung.width, height: rung.height, starts: [], sizes: [] }
  const file = await open(join(folder, 'trick'), 'w')
  const kept: KeyFrame[] = []
  let waiting: KeyFrame | undefined
  const write = async (frame: KeyFrame, until: number) => {
    const bytes = keyFragment(trick.starts.length, frame, until, reorder)
    trick.starts.push(frame.start)
    trick.sizes.push(bytes.byteLength)
    await file.write(bytes)
    // Of a long title only the pictures that may be on a sheet are held on to.
    const apart = kept.length === 0 || frame.start - kept.at(-1)!.start >= (board.tileSeconds / 2) * timescale
    if (apart) kept.push({ start: frame.start, data: Uint8Array.from(frame.data) })
  }
  try {
    for (let n = 0; n < segmentCount(plan.timeline); n++) {
      signal.throwIfAborted()
      const bytes = await app.blobs.read(`${runFolder(videoId, runId)}/${rung.id}/${n}.m4s`, SEGMENT_BYTES)
      if (!bytes) throw new Error(`segment ${n} of ${rung.id} is not there yet`)
      const reader = new FragmentReader()
      reader.push(init)
      for (const frame of keyFramesOf(reader.push(bytes), reorder)) {
        if (waiting) await write(waiting, frame.start)
        waiting = frame
      }
    }
    if (waiting) await write(waiting, end)
  } finally {
    await file.close()
  }
  await app.blobs.put(`${runFolder(videoId, runId)}/${TRICK_ID}/init.mp4`, init)
  await app.blobs.put(trickKey(videoId, runId), createReadStream(join(folder, 'trick')))
  await app.blobs.put(`${runFolder(videoId, runId)}/${TRICK_ID}/index.json`, Buffer.from(JSON.stringify(trick)))

  const times = kept.map(({ start }) => start / timescale)
  const chosen = framesForTiles(board, times)
  const fragments = chosen.map((place, n) =>
    mediaSegment(n + 1, n * timescale, timescale, [
      { data: kept[place]!.data, compositionOffset: reorder, isSync: true },
    ]),
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

async function makeSheets(app: App, { videoId, runId, folder, board, signal }: Sheets): Promise<void> {
  const inputPath = join(folder, 'tiles')
  const outputFolder = await mkdtemp(join(folder, 'sheets-'))
  const args = sheetArgs(board, app.jail.inputName(inputPath), app.jail.outputName(outputFolder))
  const limits = { ...lookLimits, wallMs: 180_000 }
  const outcome = await runJailed(app, { program: 'ffmpeg', args, inputPath, outputFolder, pipes: 0, limits }, signal)
  if (!outcome.ok) throw new Error(`the sheets could not be made: ${outcome.stderr.slice(-300)}`)
  const base = `${runFolder(videoId, runId)}/storyboard`
  const sheetBytes: number[] = []
  for (let n = 0; n < sheetCount(board); n++) {
    const sheet = await readFile(join(outputFolder, `${n}.jpg`))
    sheetBytes.push(sheet.byteLength)
    await app.blobs.put(`${base}/${n}.jpg`, sheet)
  }
  await app.blobs.put(`${base}/index.json`, Buffer.from(JSON.stringify({ ...board, sheetBytes })))
}

/** The pictures of the tiles in small and grey. */
async function sketch(app: App, folder: string, signal: AbortSignal) {
  const inputPath = join(folder, 'tiles')
  const args = [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', ...inputLimits(), '-threads', '1'],
    ...['-i', `file:${app.jail.inputName(inputPath)}`, '-map', '0:v:0', '-fps_mode', 'passthrough'],
    ...['-vf', `scale=${SKETCH_WIDTH}:${SKETCH_HEIGHT}:flags=area,format=gray`, '-f', 'rawvideo', 'pipe:3'],
  ]
  const outcome = await runJailed(app, { program: 'ffmpeg', args, inputPath, pipes: 1, limits: lookLimits }, signal)
  if (!outcome.ok) throw new Error(`the pictures could not be looked at: ${outcome.stderr.slice(-300)}`)
  return readSketches(outcome.pipe)
}
