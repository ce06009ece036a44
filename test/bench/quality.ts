/**
 * Picture per bit: what a ladder that is tuned for its title saves against the fixed ladder, at equal quality and with the same preset.
 * The fixed one has the ladder's sizes and, as ladders had, its rates as targets and ceilings. Both are H.264; AV1 is held against
 * the fixed ladder in H.264 as well. Quality is SSIM in decibels as seen at the size of the source, and VMAF where the FFmpeg that
 * measures has it; what is compared are the ladders as players meet them, one point for each rung.
 *
 *   npm run bench -- quality [SECONDS] [FFMPEG THAT MEASURES] [KIND OF CONTENT]
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DEFAULT_LADDER } from '../../src/media/ladder.ts'
import { rungChain } from '../../src/media/picture-filters.ts'
import { planRun, type RunPlan, type VideoRendition } from '../../src/media/plan.ts'
import { frameRateOf, gopFrames, segmentCount, totalSeconds } from '../../src/media/timeline.ts'
import { readTrials, stretchesOf, trialArgs, triedSeconds, whyUntried } from '../../src/media/trials.ts'
import { decideTuning, needless, withTuning } from '../../src/media/tuning.ts'
import { make, openFolder, openSource, type Source } from '../media/engine.ts'
import { bdRate } from './bd-rate.ts'
import { kindsOfContent, writeContent } from './kinds-of-content.ts'

const run_ = promisify(execFile)
const TEXT = { maxBuffer: 64 << 20 }

interface Rung {
  id: string
  bitsPerSecond: number
  ssim: number
  vmaf?: number
}
interface Ladder {
  rungs: Rung[]
  cpuSeconds: number
  bytes: number
}
interface Bench {
  folder: string
  /** Which FFmpeg measures, and whether it has VMAF. */
  measurer: string
  hasVmaf: boolean
}

export async function run(args: string[] = []): Promise<{ figures: Record<string, number>; summary: string }> {
  const seconds = Number(args[0] ?? 6)
  const measurer = args[1] ?? 'ffmpeg'
  const filters = await run_(measurer, ['-hide_banner', '-filters'], TEXT)
  const folder = openFolder()
  const bench: Bench = { folder: folder.path, measurer, hasVmaf: filters.stdout.includes(' libvmaf ') }
  const kinds = kindsOfContent().filter(({ name }) => name.includes(args[2] ?? ''))
  const figures: Record<string, number> = {}
  const saved: Record<string, number[]> = { h264: [], av1: [], h264_vmaf: [], av1_vmaf: [], bytes: [] }
  const cpu = { analysis: 0, fixed: 0, h264: 0, av1: 0 }
  try {
    for (const content of kinds) {
      const title = await measureTitle(bench, await writeContent(folder.path, content, seconds))
      const { fixed, h264, av1 } = title
      const compared = {
        h264: bdRate(points(fixed, 'ssim'), points(h264, 'ssim')),
        av1: bdRate(points(fixed, 'ssim'), points(av1, 'ssim')),
        h264_vmaf: bdRate(points(fixed, 'vmaf'), points(h264, 'vmaf')),
        av1_vmaf: bdRate(points(fixed, 'vmaf'), points(av1, 'vmaf')),
      }
      for (const [name, difference] of Object.entries(compared))
        if (difference) saved[name]!.push(-100 * difference.rate)
      saved.bytes!.push(100 * (1 - h264.bytes / fixed.bytes))
      cpu.analysis += title.analysisSeconds
      for (const name of ['fixed', 'h264', 'av1'] as const) cpu[name] += title[name].cpuSeconds
      console.log(`${content.name}, ${content.size}`)
      for (const [name, ladder] of Object.entries({ fixed, h264, av1 }))
        console.log(`  ${name.padEnd(6)} ${ladder.rungs.map(sayRung).join('  ')}`)
      console.log(`  ${title.plan.tuning?.decided.map((it) => `${it.rendition} ${it.why} ${it.crf}`).join(', ')}`)
      const told = Object.entries(compared).flatMap(([name, it]) =>
        it ? [`${name} ${percent(it.rate)} over ${Math.round(100 * it.share)} %`] : [],
      )
      console.log(`  ${told.join(', ')}; analysis ${percent(title.analysisSeconds / h264.cpuSeconds)} of the encode`)
      if (compared.h264) figures[`h264 bits saved, ${content.name} (%)`] = round(-100 * compared.h264.rate)
      if (compared.av1) figures[`av1 bits saved, ${content.name} (%)`] = round(-100 * compared.av1.rate)
    }
  } finally {
    folder.close()
  }
  for (const [name, all] of Object.entries(saved)) {
    if (all.length === 0) continue
    figures[`${name}_saved_percent`] = round(mean(all))
    figures[`${name}_saved_median_percent`] = round(median(all))
  }
  figures.kinds = saved.h264!.length
  figures.fixed_cpu_seconds = round(cpu.fixed)
  figures.h264_cpu_seconds = round(cpu.h264)
  figures.av1_cpu_seconds = round(cpu.av1)
  figures.analysis_cpu_percent = round((100 * cpu.analysis) / cpu.h264)
  return {
    figures,
    summary: `a ladder tuned for its title needs ${figures.h264_saved_percent} % fewer bits than the fixed one at equal SSIM with H.264, ${figures.av1_saved_percent} % with AV1, over ${figures.kinds} kinds of content; analysis ${figures.analysis_cpu_percent} % of the encode`,
  }
}

async function measureTitle(bench: Bench, path: string) {
  const opened = openSource(path)
  const plan = planRun(opened.facts, { ...DEFAULT_LADDER, secondCodecs: ['av1'] })
  const source: Source = { ...opened, plan }
  const fixed = await fixedLadder(bench, source)
  const analysis = await costOf(() => tune(source))
  const tuned = { ...source, plan: analysis.result }
  const left = new Set(needless(tuned.plan))
  const kept = tuned.plan.video.filter(({ id }) => !left.has(id))
  const h264 = await ourLadder(bench, tuned, kept)
  const further = kept.flatMap(({ id }) => tuned.plan.more!.filter((it) => it.id === `${id}-av1`))
  const av1 = await ourLadder(bench, tuned, further)
  return { fixed, h264, av1, analysisSeconds: analysis.cpuSeconds, plan: tuned.plan }
}

/** As the platform does it. */
async function tune(source: Source): Promise<RunPlan> {
  if (whyUntried(source.plan)) return source.plan
  const stretches = stretchesOf(source.plan)
  const { stderr } = await run_(
    'ffmpeg',
    trialArgs(source.plan, { sourcePath: source.path, stretches, zimg: true }),
    TEXT,
  )
  const trials = readTrials(source.plan, stderr)
  if (!trials) throw new Error(`no trials: ${stderr.slice(-500)}`)
  return withTuning(source.plan, decideTuning(source.plan, trials, triedSeconds(source.plan, stretches), new Set()))
}

/** Every rung at its rate, from one decode. */
async function fixedLadder(bench: Bench, { path, plan }: Source): Promise<Ladder> {
  const gop = String(gopFrames(plan.timeline))
  const split = `[0:v]split=${plan.video.length}${plan.video.map(({ id }) => `[s${id}]`).join('')}`
  const chains = plan.video.map(
    (rung) => `[s${rung.id}]${rungChain(plan.source.video!, rung, false).join(',')}[v${rung.id}]`,
  )
  const file = (id: string) => join(bench.folder, `fixed-${id}.mp4`)
  const outputs = plan.video.flatMap((rung) => [
    ...['-map', `[v${rung.id}]`, '-c:v', 'libx264', '-preset', plan.preset, '-profile:v', 'high', '-threads', '2'],
    ...['-b:v', String(rung.bitsPerSecond), '-maxrate', String(rung.bitsPerSecond)],
    ...['-bufsize', String(2 * rung.bitsPerSecond), '-g', gop, '-keyint_min', gop, '-sc_threshold', '0', '-bf', '3'],
    ...['-x264-params', 'open-gop=0:8x8dct=1:cabac=1:b-pyramid=2', '-movflags', '+empty_moov+frag_keyframe'],
    file(rung.id),
  ])
  const { cpuSeconds } = await costOf(() =>
    run_('ffmpeg', [
      '-nostdin',
      '-v',
      'error',
      '-y',
      '-i',
      path,
      '-filter_complex',
      [split, ...chains].join(';'),
      ...outputs,
    ]),
  )
  const made = await Promise.all(plan.video.map(async (rung) => ({ rung, bytes: await readFile(file(rung.id)) })))
  return measured(bench, { path, plan }, made, cpuSeconds)
}

/** Our renditions as the platform makes them: those of one codec from one decode. */
async function ourLadder(bench: Bench, source: Source, rungs: VideoRendition[]): Promise<Ladder> {
  const ids = rungs.map(({ id }) => id)
  const { cpuSeconds, result } = await costOf(() => make(source, ids, 0, segmentCount(source.plan.timeline)))
  const made = rungs.map((rung) => {
    const { init, segments } = result[rung.id]!
    return { rung, bytes: Buffer.concat([init, ...segments.map((it) => it.bytes)]) }
  })
  return measured(bench, source, made, cpuSeconds)
}

async function measured(
  bench: Bench,
  { path, plan }: { path: string; plan: RunPlan },
  made: { rung: VideoRendition; bytes: Buffer }[],
  cpuSeconds: number,
): Promise<Ladder> {
  const seconds = totalSeconds(plan.timeline)
  const rungs: Rung[] = []
  for (const { rung, bytes } of made) {
    const quality = await qualityOf(bench, bytes, path, plan)
    rungs.push({ id: rung.id, bitsPerSecond: (bytes.length * 8) / seconds, ...quality })
  }
  return { rungs, cpuSeconds, bytes: made.reduce((sum, { bytes }) => sum + bytes.length, 0) }
}

/** As seen at the size of the source. */
async function qualityOf(bench: Bench, bytes: Buffer, reference: string, plan: RunPlan) {
  const made = join(bench.folder, 'made.mp4')
  await writeFile(made, bytes)
  const { width, height } = plan.source.video!
  const { num, den } = frameRateOf(plan.timeline)
  const clock = `settb=AVTB,setpts=N*${den}/${num}/TB`
  const graph = bench.hasVmaf
    ? `[0:v]scale=${width}:${height}:flags=bicubic,${clock},split[a][c];[1:v]${clock},split[b][d];[a][b]ssim;[c][d]libvmaf=n_threads=2:n_subsample=3`
    : `[0:v]scale=${width}:${height}:flags=bicubic,${clock}[a];[1:v]${clock}[b];[a][b]ssim`
  const { stderr } = await run_(
    bench.measurer,
    ['-nostdin', '-hide_banner', '-nostats', '-i', made, '-i', reference, '-lavfi', graph, '-f', 'null', '-'],
    TEXT,
  )
  const all = Number(/SSIM .*All:([\d.]+)/.exec(stderr)?.[1])
  if (!(all > 0)) throw new Error(`no SSIM: ${stderr.slice(-300)}`)
  const vmaf = /VMAF score: ([\d.]+)/.exec(stderr)?.[1]
  return { ssim: -10 * Math.log10(Math.max(1e-6, 1 - all)), ...(vmaf === undefined ? {} : { vmaf: Number(vmaf) }) }
}

async function costOf<T>(what: () => Promise<T>): Promise<{ result: T; cpuSeconds: number }> {
  const before = await childCpuSeconds()
  const result = await what()
  return { result, cpuSeconds: (await childCpuSeconds()) - before }
}

/** CPU seconds of all children that have ended and been waited for: fields 16 and 17 of /proc/self/stat, in hundredths on Linux. */
async function childCpuSeconds(): Promise<number> {
  const text = await readFile('/proc/self/stat', 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}

const points = ({ rungs }: Ladder, metric: 'ssim' | 'vmaf') =>
  rungs.flatMap((it) => {
    const quality = it[metric]
    return quality === undefined ? [] : [{ bitsPerSecond: it.bitsPerSecond, quality }]
  })
const sayRung = ({ id, bitsPerSecond, ssim, vmaf }: Rung): string =>
  `${id} ${Math.round(bitsPerSecond / 1000)}k/${ssim.toFixed(1)}${vmaf === undefined ? '' : `/${vmaf.toFixed(0)}`}`
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const mean = (all: number[]): number => all.reduce((sum, it) => sum + it, 0) / all.length
const median = (all: number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!
const round = (value: number): number => Math.round(value * 10) / 10
