/**
 * What a full ladder costs: CPU seconds, wall time and bytes of our engine (spans, one decode for all rungs, our own
 * segments, in the jail), against five FFmpeg processes one after another with the same encoder settings, in one run.
 *
 *   npm run bench -- ladder [SECONDS]
 */
import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { RunPlan } from '../../src/media/plan.ts'
import { frameRateOf, gopFrames } from '../../src/media/timeline.ts'
import { ffmpeg, scratchFolder } from '../support/clips.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'

interface Cost {
  cpuSeconds: number
  wallSeconds: number
  bytes: number
}

export async function run(args: string[] = []): Promise<{ figures: Record<string, number>; summary: string }> {
  const seconds = Number(args[0] ?? 60)
  await using scratch = await scratchFolder()
  const clip = `${scratch.path}/clip.mp4`
  await ffmpeg(
    ...[
      '-f',
      'lavfi',
      '-i',
      `mandelbrot=s=1920x1080:r=30,noise=alls=8:allf=t,trim=duration=${seconds}`,
      '-f',
      'lavfi',
      '-i',
      `sine=f=330:r=48000:d=${seconds}`,
    ],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-b:v',
      '9000k',
      '-maxrate',
      '12000k',
      '-bufsize',
      '24000k',
      '-g',
      '250',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      '-ac',
      '2',
      clip,
    ],
  )
  await using house = await openHouse()
  const boss = await house.admin()
  const { cost: ours, plan } = await ourLadder(house, boss, clip)
  const theirs = await fiveProcesses(plan, clip, scratch.path)
  const figures = {
    our_cpu_seconds: round(ours.cpuSeconds),
    five_processes_cpu_seconds: round(theirs.cpuSeconds),
    cpu_to_five_processes: round(ours.cpuSeconds / theirs.cpuSeconds),
    our_wall_seconds: round(ours.wallSeconds),
    five_processes_wall_seconds: round(theirs.wallSeconds),
    wall_to_five_processes: round(ours.wallSeconds / theirs.wallSeconds),
    bytes_to_five_processes: round(ours.bytes / theirs.bytes),
  }
  return {
    figures,
    summary: `${seconds} s of 1080p30 to ${plan.video.map(({ id }) => id).join(' ')} and sound: ${figures.cpu_to_five_processes} of the CPU and ${figures.wall_to_five_processes} of the time of five processes one after another`,
  }
}

/** Everything from the source's arrival to the last segment: probe, plan, thumbnail, all eager spans. */
async function ourLadder(house: House, boss: Member, clip: string): Promise<{ cost: Cost; plan: RunPlan }> {
  const videoId = await uploadFile(house, boss, clip)
  const before = await childCpuSeconds()
  const own = process.cpuUsage()
  const startMs = performance.now()
  await house.runJobs()
  const wallSeconds = (performance.now() - startMs) / 1000
  const ownUsed = process.cpuUsage(own)
  const cpuSeconds = (await childCpuSeconds()) - before + (ownUsed.user + ownUsed.system) / 1e6
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
  return { cost: { cpuSeconds, wallSeconds, bytes }, plan }
}

/** What is usual: a process for each rung, each decoding the source anew, with the encoder settings of our plan. */
async function fiveProcesses(plan: RunPlan, clip: string, folder: string): Promise<Cost> {
  const rate = frameRateOf(plan.timeline)
  const before = await childCpuSeconds()
  const startMs = performance.now()
  let bytes = 0
  for (const rung of plan.video) {
    const path = `${folder}/${rung.id}.mp4`
    await ffmpeg(
      ...['-i', clip, '-vf', `scale=${rung.width}:${rung.height}`, '-r', `${rate.num}/${rate.den}`],
      ...[
        '-c:v',
        'libx264',
        '-preset',
        plan.preset,
        '-profile:v',
        'high',
        '-crf',
        String(rung.crf),
        '-maxrate',
        String(rung.bitsPerSecond),
        '-bufsize',
        String(rung.bitsPerSecond * 2),
      ],
      ...['-g', String(gopFrames(plan.timeline)), '-sc_threshold', '0', '-pix_fmt', 'yuv420p'],
      // As many as there are rungs: the usual packaging puts sound beside every picture.
      ...['-c:a', 'aac', '-b:a', '128k', '-ac', '2', '-ar', '48000', '-movflags', '+faststart', path],
    )
    bytes += (await stat(path)).size
  }
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
