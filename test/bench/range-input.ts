/**
 * What is fetched of a long file in a remote store: for the first segment, for one span, for a picture, and for all spans together, as shares of
 * the file. The store is a folder behind the cache of ranges. Besides, how long it takes to be sure that a part is enough, and one
 * span from a part beside the same from the file itself. Of files without an index, how much goes through as a stream until they are planned, how
 * long that takes beside the same from a folder, and the same shares of their copies.
 *
 *   npm run bench -- range-input [MINUTES]
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeSegments } from '../../src/features/segments/segments.ts'
import { listen, lookAt, openSource } from '../../src/features/sources/sources.ts'
import { planSource } from '../../src/features/transcode/plan.ts'
import { encodeReads, thumbnailReads } from '../../src/media/ffmpeg.ts'
import { DEFAULT_LADDER } from '../../src/media/ladder.ts'
import { planRun, type RunPlan, spansOf } from '../../src/media/plan.ts'
import type { App } from '../../src/platform/app.ts'
import { ffmpeg, scratchFolder } from '../support/clips.ts'
import { type FarBlobs, farBlobs } from '../support/far-blobs.ts'
import { openPlatform } from '../support/house.ts'
import { type BenchResult, quantile } from './figures.ts'

const LOOP_SECONDS = 60
/** Files without an index: the name of their figures, what they are made of, and how. */
const LINEAR: [name: string, from: 'mp4' | 'avi', file: string, ...more: string[]][] = [
  ['ts', 'mp4', 'long.ts'],
  ['avi', 'avi', 'long.avi'],
  ['fragments', 'mp4', 'fragments.mp4', '-movflags', 'frag_keyframe+empty_moov'],
  ['no_cues', 'mp4', 'no-cues.mkv', '-seekable', '0'],
]
const CHECKS = 9

export async function run(args: string[] = []): Promise<BenchResult> {
  const minutes = Number(args[0] ?? 10)
  await using scratch = await scratchFolder()
  await using platform = await openPlatform({
    settings: { 'transcode.preset': 'ultrafast', 'transcode.pass_through': false },
  })
  const loop = join(scratch.path, 'loop.mp4')
  await ffmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=25:d=${LOOP_SECONDS},noise=alls=30:allf=t`],
    ...['-f', 'lavfi', '-i', `aevalsrc=0.3*sin(2*PI*(220+2*t)*t)|0.3*sin(2*PI*330*t):s=44100:d=${LOOP_SECONDS}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '24', '-bf', '2', '-g', '50', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', loop],
  )
  const figures: Record<string, number> = {}
  for (const container of ['mp4', 'mkv'] as const) {
    const path = join(scratch.path, `long.${container}`)
    await ffmpeg('-stream_loop', String(minutes - 1), '-i', loop, '-c', 'copy', path)
    const measured = await measure(platform.app, join(platform.folder, container), path)
    for (const [name, value] of Object.entries(measured)) figures[`${container}_${name}`] = value
  }
  const old = join(scratch.path, 'loop.avi')
  await ffmpeg('-i', loop, '-c:v', 'mpeg4', '-q:v', '4', '-bf', '2', '-g', '50', '-c:a', 'mp3', old)
  for (const [name, from, file, ...more] of LINEAR) {
    const path = join(scratch.path, file)
    const source = from === 'avi' ? old : loop
    await ffmpeg('-stream_loop', String(minutes - 1), '-i', source, '-c', 'copy', ...more, path)
    const measured = await measureLinear(platform.app, join(platform.folder, name), path)
    for (const [figure, value] of Object.entries(measured)) figures[`${name}_${figure}`] = value
  }
  const percent = (name: string) => `${(100 * figures[name]!).toFixed(1)} %`
  return {
    figures,
    summary: `of ${minutes} minutes the first segment takes ${percent('mp4_first_segment')} (MP4) and ${percent('mkv_first_segment')} (Matroska), one span ${percent('mp4_one_span')} and ${percent('mkv_one_span')}; of MPEG-TS ${percent('ts_streamed')} goes through once, and one span takes ${percent('ts_one_span')} of the copy`,
  }
}

const signal = new AbortController().signal

async function measure(app: App, folder: string, path: string) {
  const key = `sources/${path.split('/').at(-1)}`
  await app.blobs.put(key, createReadStream(path))
  const { size } = await stat(path)
  const blobs = await farBlobs(app.blobs, folder)
  const far = { ...app, blobs }
  const facts = await lookAt(far, key, signal)
  const looked = blobs.fetchedBytes() / size
  const heard = await listen(far, planRun(facts, { ...DEFAULT_LADDER, preset: 'ultrafast' }), key, signal)
  const listened = blobs.fetchedBytes() / size
  const spans = await measureSpans(app, blobs, { key, farKey: key, heard, size })
  await blobs.close()
  return { look: looked, look_and_loudness: listened, ...spans }
}

async function measureLinear(app: App, folder: string, path: string) {
  const sourceKey = `sources/${path.split('/').at(-1)}`
  await app.blobs.put(sourceKey, createReadStream(path))
  const { size } = await stat(path)
  const blobs = await farBlobs(app.blobs, folder)
  const planOn = (store: App, videoId: string) =>
    planSource(store, { videoId, runId: sourceKey.split('/')[1]!, sourceKey, eagerShortSide: null }, signal)
  const [planned, farMs] = await timedOf(() => planOn({ ...app, blobs }, 'far'))
  const shares = { streamed: blobs.streamedBytes() / size, plan_fetched: blobs.fetchedBytes() / size }
  const [here, nearMs] = await timedOf(() => planOn(app, 'near'))
  const copy = { key: here.sourceKey, farKey: planned.sourceKey, heard: planned.plan }
  const spans = await measureSpans(app, blobs, { ...copy, size: (await blobs.head(planned.sourceKey))!.sizeBytes })
  await blobs.close()
  return { ...shares, plan_to_local: farMs / nearMs, ...spans }
}

async function measureSpans(
  app: App,
  blobs: FarBlobs,
  { key: nearKey, farKey: key, heard, size }: { key: string; farKey: string; heard: RunPlan; size: number },
) {
  const far = { ...app, blobs }
  const share = () => blobs.fetchedBytes() / size
  const lowest = [heard.video[0]!.id, heard.audio[0]!.id]
  const make = (from: number, to: number, runId: string, store: App = far) =>
    makeSegments(store, {
      ...{ videoId: key, runId, plan: heard, sourceKey: store === app ? nearKey : key, renditions: lowest },
      ...{ from, to, lane: 'now', signal },
    })

  await blobs.startAgain()
  await make(0, 1, 'first')
  const first = share()
  const spans = spansOf(heard, { seconds: app.config['transcode.span_seconds'] }).filter(
    ({ renditions }) => renditions[0] === lowest[0],
  )
  const middle = spans[Math.floor(spans.length / 2)]!
  await blobs.startAgain()
  const span = await timed(() => make(middle.from, middle.to, 'span'))
  const spanShare = share()
  const near = await timed(() => make(middle.from, middle.to, 'near', app))

  await blobs.startAgain()
  await (await openSource(far, key, thumbnailReads(heard, 60), signal)).release()
  const picture = share()
  const wanted = encodeReads(heard, { renditions: lowest, from: middle.from, to: middle.to })
  const checks: number[] = []
  for (let n = 0; n < CHECKS; n++)
    checks.push(await timed(async () => (await openSource(far, key, wanted, signal)).release()))

  await blobs.startAgain()
  for (const { from, to } of spans)
    await (await openSource(far, key, encodeReads(heard, { renditions: lowest, from, to }), signal)).release()
  const all = share()
  return {
    ...{
      first_segment: first,
      one_span: spanShare,
      picture,
      all_spans: all,
    },
    ...{ check_p50_ms: quantile(checks, 0.5), span_to_local: span / near },
  }
}

const timed = async (work: () => Promise<unknown>): Promise<number> => (await timedOf(work))[1]

async function timedOf<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedMs = performance.now()
  const made = await work()
  return [made, performance.now() - startedMs]
}
