/**
 * What a full ladder costs: CPU seconds, wall time and bytes of our engine (spans, one decode for all rungs, our own
 * segments, in the jail), against (a) five FFmpeg processes one after another, one for each rung, and (b) one FFmpeg process with
 * its own HLS muxer, all with the same encoder settings, in one run. Five rungs are the whole ladder, so the source is 4K, as a phone
 * writes it: CABAC, loop filter, 45 Mb/s. Then the same for a 4K source that is fit to be passed through; and for 1080p the wall time with
 * one and with two spans at a time, beside (b). Ours is made as a worker with the default settings makes it on this machine: all lanes at the
 * same time, with as many jobs at a time in each. Storyboards, trick play and proposals for thumbnails, which nobody else makes here, are
 * counted apart. How (b) stands to (a) is what sharing one decode can save at most.
 *
 * What a title costs once (the look at it, its first segment, the start of its trials) weighs the more the shorter it is: a minute by default.
 *
 *   npm run bench -- ladder [SECONDS]       seconds of the 4K sources
 */
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { sleep } from '../../src/kit/retry.ts'
import type { RunPlan } from '../../src/media/plan.ts'
import { frameRateOf, gopFrames } from '../../src/media/timeline.ts'
import { drain, type JobHandler, work } from '../../src/platform/queue/work.ts'
import { slotsOf, workerHandlers } from '../../src/roles/worker.ts'
import { ffmpeg, scratchFolder } from '../support/clips.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'

interface Cost {
  cpuSeconds: number
  wallSeconds: number
  bytes: number
}

/** Tests encode at another preset. */
const usual = { 'transcode.jail': 'limits', 'transcode.preset': 'veryfast' }

/** Two spans of six seconds. */
const HD_SECONDS = 12

/** How often it is asked whether a ladder is made, and how long at most. */
const LOOK_MS = 100
const MOST_MS = 1_800_000

export async function run(args: string[] = []): Promise<{ figures: Record<string, number>; summary: string }> {
  const seconds = Number(args[0] ?? 60)
  await using scratch = await scratchFolder()
  const [clip, fit, small, first] = [
    await makeSource(scratch.path, { name: 'clip', size: '3840x2160', seconds, kilobits: 45_000, gop: 30 }),
    await makeSource(scratch.path, { name: 'fit', size: '3840x2160', seconds, kilobits: 18_000, gop: 60 }),
    await makeSource(scratch.path, {
      name: 'small',
      size: '1920x1080',
      seconds: HD_SECONDS,
      kilobits: 17_000,
      gop: 30,
    }),
    await makeSource(scratch.path, { name: 'first', size: '640x360', seconds: 2, kilobits: 500, gop: 30 }),
  ]
  await using house = await openHouse({ settings: { ...usual, 'transcode.eager_short_side': 2160 } })
  const boss = await house.admin()
  // A worker that has just started compiles itself: it makes something else first.
  await ourLadder(house, boss, first)
  const { cost: ours, plan } = await ourLadder(house, boss, clip)
  say('ours', ours)
  const theirs = await oneEach(plan, clip, scratch.path)
  say('a process each', theirs)
  const one = await oneForAll(plan, clip, `${scratch.path}/hls`)
  say('one for all', one)
  const { cost: passed, plan: passedPlan } = await ourLadder(house, boss, fit)
  say('ours, of a fit source', passed)
  const { cpuSeconds: fitCpu } = await oneEach(passedPlan, fit, scratch.path)
  const one1080 = await (async () => {
    // The CPU seconds of what runs in namespaces of its own never reach us: for a measurement FFmpeg must be our own child.
    await using house = await openHouse({ settings: { ...usual, 'transcode.span_seconds': 6 } })
    const boss = await house.admin()
    const { cost, plan } = await ourLadder(house, boss, small)
    const one = await oneForAll(plan, small, `${scratch.path}/small-hls`)
    return {
      cpu: cost.cpuSeconds / one.cpuSeconds,
      alone: (await wallSeconds(house, boss, small, 1)) / one.wallSeconds,
      paired: (await wallSeconds(house, boss, small, 2)) / one.wallSeconds,
    }
  })()
  const figures = {
    rungs: plan.video.length,
    our_cpu_seconds: round(ours.cpuSeconds),
    our_own_process_cpu_seconds: round(ours.ownCpuSeconds),
    one_each_cpu_seconds: round(theirs.cpuSeconds),
    one_for_all_cpu_seconds: round(one.cpuSeconds),
    cpu_to_one_each: round(ours.cpuSeconds / theirs.cpuSeconds),
    cpu_to_one_for_all: round(ours.cpuSeconds / one.cpuSeconds),
    one_for_all_to_one_each: round(one.cpuSeconds / theirs.cpuSeconds),
    stills_cpu_to_ladder: round(ours.stillsCpuSeconds / ours.cpuSeconds),
    our_wall_seconds: round(ours.wallSeconds),
    one_each_wall_seconds: round(theirs.wallSeconds),
    wall_to_one_each: round(ours.wallSeconds / theirs.wallSeconds),
    bytes_to_one_each: round(ours.bytes / theirs.bytes),
    bytes_to_one_for_all: round(ours.bytes / one.bytes),
    fit_passed_through: passedPlan.video.at(-1)!.copied ? 1 : 0,
    fit_cpu_seconds: round(passed.cpuSeconds),
    fit_cpu_to_one_each: round(passed.cpuSeconds / fitCpu),
    hd_cpu_to_one_for_all: round(one1080.cpu),
    hd_one_worker_wall_to_one_for_all: round(one1080.alone),
    hd_two_workers_wall_to_one_for_all: round(one1080.paired),
  }
  return {
    figures,
    summary: `${seconds} s of 2160p30 to ${plan.video.map(({ id }) => id).join(' ')} and sound: ${figures.cpu_to_one_each} of the CPU of a process each, ${figures.cpu_to_one_for_all} of one for all; ${figures.fit_cpu_to_one_each} for a fit source`,
  }
}

const say = (what: string, { cpuSeconds, wallSeconds }: Cost): void =>
  console.log(`${what}: ${cpuSeconds.toFixed(1)} CPU seconds in ${wallSeconds.toFixed(1)} s`)

interface Wanted {
  name: string
  size: string
  seconds: number
  kilobits: number
  gop: number
}

/** Moving shapes under noise, as hard as a film with grain, written the way encoders of cameras do: hardly any search, but CABAC and the loop filter. */
async function makeSource(folder: string, { name, size, seconds, kilobits, gop }: Wanted): Promise<string> {
  const path = `${folder}/${name}.mp4`
  const rate = `${kilobits}k`
  await ffmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=30:d=${seconds},noise=alls=10:allf=t`],
    ...['-f', 'lavfi', '-i', `sine=f=330:r=48000:d=${seconds}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-x264-params', 'cabac=1:no-deblock=0'],
    ...['-b:v', rate, '-maxrate', rate, '-bufsize', rate, '-g', String(gop), '-keyint_min', String(gop)],
    ...['-sc_threshold', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', path],
  )
  return path
}

const isStills = (it: JobHandler) => it.kind.name.startsWith('stills.')

/** Everything from the source's arrival to the last segment: probe, plan, thumbnail, all eager spans; then the stills. */
async function ourLadder(
  house: House,
  boss: Member,
  clip: string,
): Promise<{ cost: Cost & { stillsCpuSeconds: number; ownCpuSeconds: number }; plan: RunPlan }> {
  const videoId = await uploadFile(house, boss, clip)
  const ladder = await costOf(() => makeLadder(house, videoId, slotsOf(house.app).bulk))
  const stills = await costOf(() => drain(house.app, workerHandlers))
  const { items } = await boss.call('listVideoFiles', { params: { videoId } })
  const bytes = items.reduce((sum, it) => sum + it.sizeBytes, 0)
  const { run_id } = await house.app.db
    .selectFrom('videos')
    .select('run_id')
    .where('video_id', '=', videoId)
    .executeTakeFirstOrThrow()
  const plan = JSON.parse(
    (await house.app.blobs.read(`videos/${videoId}/${run_id}/plan.json`, 2 ** 22))!.toString(),
  ) as RunPlan
  return { cost: { ...ladder, bytes, stillsCpuSeconds: stills.cpuSeconds }, plan }
}

/** What this process and its children spend on something. */
async function costOf(
  what: () => Promise<unknown>,
): Promise<{ cpuSeconds: number; ownCpuSeconds: number; wallSeconds: number }> {
  const before = await childCpuSeconds()
  const own = process.cpuUsage()
  const startMs = performance.now()
  await what()
  const wallSeconds = (performance.now() - startMs) / 1000
  const { user, system } = process.cpuUsage(own)
  const ownCpuSeconds = (user + system) / 1e6
  return { cpuSeconds: (await childCpuSeconds()) - before + ownCpuSeconds, ownCpuSeconds, wallSeconds }
}

/** From the last byte to the last segment with so many spans at a time. */
async function wallSeconds(house: House, boss: Member, clip: string, bulkSlots: number): Promise<number> {
  const videoId = await uploadFile(house, boss, clip)
  const startMs = performance.now()
  await makeLadder(house, videoId, bulkSlots)
  return (performance.now() - startMs) / 1000
}

/** Works as a worker does, with so many spans at a time, until nothing but stills is left to do. */
async function makeLadder(house: House, videoId: string, bulkSlots: number): Promise<void> {
  const { app } = house
  const handlers = workerHandlers.filter((it) => !isStills(it))
  const slots = { ...slotsOf(app), bulk: bulkSlots }
  const works = (['now', 'quick', 'bulk'] as const).map((lane) =>
    work(app, { lane, slots: slots[lane], handlers, worker: `bench ${lane}` }),
  )
  const isMade = () =>
    app.db.selectFrom('videos').select('optimised_at').where('video_id', '=', videoId).executeTakeFirstOrThrow()
  const untilMs = performance.now() + MOST_MS
  while (!(await isMade()).optimised_at) {
    if (performance.now() > untilMs) throw new Error('the ladder is not made')
    await sleep(LOOK_MS)
  }
  await Promise.all(works.map((it) => it.stop(MOST_MS)))
  await drain(app, handlers)
}

/** The encoder settings of our plan, for one picture. */
function coding(plan: RunPlan, rung: RunPlan['video'][number], stream = ''): string[] {
  const option = (name: string, value: string) => [`-${name}${stream}`, value]
  return [
    ...[
      '-c:v',
      'libx264',
      '-preset',
      plan.preset,
      '-profile:v',
      'high',
      ...option('crf', String(rung.crf)),
      ...option('maxrate', String(rung.bitsPerSecond)),
      ...option('bufsize', String(rung.bitsPerSecond * 2)),
    ],
    ...['-g', String(gopFrames(plan.timeline)), '-sc_threshold', '0', '-pix_fmt', 'yuv420p'],
  ]
}

const sound = ['-c:a', 'aac', '-b:a', '128k', '-ac', '2', '-ar', '48000']

/** What is usual: a process for each rung, each decoding the source anew, with the encoder settings of our plan. */
async function oneEach(plan: RunPlan, clip: string, folder: string): Promise<Cost> {
  const rate = frameRateOf(plan.timeline)
  const before = await childCpuSeconds()
  const startMs = performance.now()
  let bytes = 0
  for (const rung of plan.video) {
    const path = `${folder}/${rung.id}.mp4`
    // As many sounds as there are rungs: the usual packaging puts sound beside every picture.
    await ffmpeg(
      '-i',
      clip,
      '-vf',
      `scale=${rung.width}:${rung.height}`,
      '-r',
      `${rate.num}/${rate.den}`,
      ...coding(plan, rung),
      ...sound,
      '-movflags',
      '+faststart',
      path,
    )
    bytes += (await stat(path)).size
  }
  return { cpuSeconds: (await childCpuSeconds()) - before, wallSeconds: (performance.now() - startMs) / 1000, bytes }
}

/** The best that one command does: one decode, all rungs, FFmpeg's own HLS muxer with fragmented segments, one sound. */
async function oneForAll(plan: RunPlan, clip: string, out: string): Promise<Cost> {
  await mkdir(out)
  const before = await childCpuSeconds()
  const startMs = performance.now()
  const split = `[0:v]split=${plan.video.length}${plan.video.map((_, n) => `[s${n}]`).join('')}`
  const scales = plan.video.map((rung, n) => `[s${n}]scale=${rung.width}:${rung.height}[v${n}]`)
  await ffmpeg(
    ...['-i', clip, '-filter_complex', [split, ...scales].join(';')],
    ...plan.video.flatMap((rung, n) => ['-map', `[v${n}]`, ...coding(plan, rung, `:v:${n}`)]),
    ...[
      '-map',
      '0:a',
      ...sound,
      '-f',
      'hls',
      '-hls_time',
      '4',
      '-hls_segment_type',
      'fmp4',
      '-hls_playlist_type',
      'vod',
      '-master_pl_name',
      'main.m3u8',
    ],
    ...[
      '-var_stream_map',
      [...plan.video.map((_, n) => `v:${n},agroup:sound`), 'a:0,agroup:sound'].join(' '),
      `${out}/%v.m3u8`,
    ],
  )
  let bytes = 0
  for (const file of await readdir(out)) bytes += (await stat(`${out}/${file}`)).size
  return { cpuSeconds: (await childCpuSeconds()) - before, wallSeconds: (performance.now() - startMs) / 1000, bytes }
}

let ticksPerSecond: number | undefined

/** CPU seconds of all children that have ended and been waited for: fields 16 and 17 of /proc/self/stat. */
async function childCpuSeconds(): Promise<number> {
  ticksPerSecond ??= Number((await promisify(execFile)('getconf', ['CLK_TCK'])).stdout)
  const text = await readFile('/proc/self/stat', 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}

const round = (value: number): number => Math.round(value * 1000) / 1000
