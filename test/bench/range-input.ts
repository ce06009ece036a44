/**
 * What is fetched of a long file in a remote store: for the first segment, for one span, for a picture, and for all spans together, as shares of
 * the file. The store is a folder behind the cache of ranges. Besides, how long it takes to be sure that a part is enough, and one
 * span from a part beside the same from the file itself.
 *
 *   npm run bench -- range-input [MINUTES]
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeSegments } from '../../src/features/segments/segments.ts'
import { listen, lookAt, openSource } from '../../src/features/sources/sources.ts'
import { encodeReads, thumbnailReads } from '../../src/media/ffmpeg.ts'
import { DEFAULT_LADDER } from '../../src/media/ladder.ts'
import { planRun, spansOf } from '../../src/media/plan.ts'
import { ffmpeg, scratchFolder } from '../support/clips.ts'
import { farBlobs } from '../support/far-blobs.ts'
import { openPlatform } from '../support/house.ts'
import { type BenchResult, quantile } from './figures.ts'

const LOOP_SECONDS = 60
const CHECKS = 9

export async function run(args: string[] = []): Promise<BenchResult> {
  const minutes = Number(args[0] ?? 10)
  await using scratch = await scratchFolder()
  await using platform = await openPlatform()
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
  const percent = (name: string) => `${(100 * figures[name]!).toFixed(1)} %`
  return {
    figures,
    summary: `of ${minutes} minutes the first segment takes ${percent('mp4_first_segment')} (MP4) and ${percent('mkv_first_segment')} (Matroska), one span ${percent('mp4_one_span')} and ${percent('mkv_one_span')}`,
  }
}

async function measure(app: Awaited<ReturnType<typeof openPlatform>>['app'], folder: string, path: string) {
  const signal = new AbortController().signal
  const key = `sources/${path.split('/').at(-1)}`
  await app.blobs.put(key, createReadStream(path))
  const { size } = await stat(path)
  const blobs = await farBlobs(app.blobs, folder)
  const far = { ...app, blobs }
  const share = () => blobs.fetchedBytes() / size
  const facts = await lookAt(far, key, signal)
  const looked = share()
  const heard = await listen(far, planRun(facts, { ...DEFAULT_LADDER, preset: 'ultrafast' }), key, signal)
  const listened = share()
  const lowest = [heard.video[0]!.id, heard.audio[0]!.id]
  const make = (from: number, to: number, runId: string, store: typeof app = far) =>
    makeSegments(store, {
      ...{ videoId: 'video', runId: `${runId}-${key.slice(-3)}`, plan: heard, sourceKey: key, renditions: lowest },
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
  await blobs.close()
  return {
    ...{
      look: looked,
      look_and_loudness: listened,
      first_segment: first,
      one_span: spanShare,
      picture,
      all_spans: all,
    },
    ...{ check_p50_ms: quantile(checks, 0.5), span_to_local: span / near },
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}
