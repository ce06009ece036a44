/**
 * Codec by codec: what the second codecs save against our H.264 renditions of the same size at equal quality, as BD-rate over at
 * least eight kinds of content, through our own engine (segments, filters, encoder settings). Quality is SSIM in decibels.
 *
 *   npm run bench -- codecs [av1|hevc|vp9] [SECONDS]
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_LADDER } from '../../src/media/ladder.ts'
import { planRun, type VideoRendition } from '../../src/media/plan.ts'
import type { SecondCodec } from '../../src/media/second-codecs.ts'
import { segmentCount, totalSeconds } from '../../src/media/timeline.ts'
import { type Made, make, openFolder, openSource, type Source } from '../media/engine.ts'
import { ffmpeg } from '../support/clips.ts'
import { bdRate, type RatePoint } from './bd-rate.ts'

const REAL = '../shared/media'

/** Quality levels per family that lie over one another. */
const POINTS: Record<'avc' | SecondCodec, number[]> = {
  avc: [20, 25, 30, 35],
  av1: [25, 34, 43, 52],
  hevc: [20, 25, 30, 35],
  vp9: [24, 33, 42, 50],
}

/** Kinds of content: generated ones, and real ones where they are there. */
function contents(seconds: number): [name: string, input: string[]][] {
  const made = (graph: string) => [
    '-f',
    'lavfi',
    '-i',
    graph.replaceAll('SIZE', '640x360').replaceAll('SECONDS', String(seconds)),
  ]
  const real = (file: string, at: number) =>
    existsSync(`${REAL}/${file}`) ? [['-ss', String(at), '-t', String(seconds), '-i', `${REAL}/${file}`]] : []
  return [
    ['drawing', made('testsrc2=s=SIZE:r=25:d=SECONDS')],
    ['zoom into fine detail', made('mandelbrot=s=SIZE:r=25,trim=duration=SECONDS')],
    ['noise', made('testsrc2=s=SIZE:r=25:d=SECONDS,noise=alls=25:allf=t')],
    [
      'dark',
      made('mandelbrot=s=SIZE:r=25,trim=duration=SECONDS,eq=brightness=-0.25:contrast=0.35,noise=alls=4:allf=t'),
    ],
    [
      'screen',
      made('life=s=160x90:r=5:mold=10:ratio=0.1:seed=7,trim=duration=SECONDS,scale=SIZE:flags=neighbor,fps=25'),
    ],
    ['fast motion', made("testsrc2=s=1280x720:r=25:d=SECONDS,crop=640:360:'320+300*sin(6*t)':'180+170*cos(5*t)'")],
    ...real('vmafres__park_joy_480x270.y4m', 0).map((input): [string, string[]] => ['natural, camera moves', input]),
    ...real('vmafres__Seeking_30_480_1050.mp4', 0).map((input): [string, string[]] => ['natural, sport', input]),
    ...real('mediabunny__rotate-buck-bunny.mp4', 1).map((input): [string, string[]] => ['animation', input]),
    ...real('torchcodec__nasa_13013_hdr.mp4', 1).map((input): [string, string[]] => ['natural, slow', input]),
  ]
}

export async function run(args: string[] = []): Promise<{ figures: Record<string, number>; summary: string }> {
  const codec = (args[0] ?? 'av1') as SecondCodec
  const seconds = Number(args[1] ?? 4)
  const folder = openFolder()
  const figures: Record<string, number> = {}
  const rates: number[] = []
  const cpu = { avc: 0, second: 0 }
  try {
    for (const [name, input] of contents(seconds)) {
      const path = join(folder.path, `${name.replace(/\W/g, '-')}.mkv`)
      // Without loss, at the size of the rung: what is compared is coding alone.
      const tags = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv']
      const shape = 'scale=640:360:out_color_matrix=bt709:out_range=tv,setsar=1,format=yuv420p,fps=25'
      await ffmpeg(...input, '-an', '-vf', shape, ...tags, '-c:v', 'libx264', '-qp', '0', '-preset', 'ultrafast', path)
      const source = openSource(path)
      const plan = planRun(source.facts, { ...DEFAULT_LADDER, secondCodecs: [codec] })
      const base = await curve(folder.path, { ...source, plan }, plan.video[0]!, POINTS.avc)
      const second = await curve(folder.path, { ...source, plan }, plan.more![0]!, POINTS[codec])
      cpu.avc += base.seconds
      cpu.second += second.seconds
      const rate = bdRate(base.points, second.points)?.rate ?? Number.NaN
      rates.push(rate)
      figures[`${codec} bits saved, ${name} (%)`] = round(-100 * rate)
      console.log(`${name}: ${points(base.points)} against ${points(second.points)}: ${(100 * rate).toFixed(1)} %`)
    }
  } finally {
    folder.close()
  }
  const mean = -100 * (rates.reduce((sum, rate) => sum + rate, 0) / rates.length)
  figures.kinds = rates.length
  figures[`${codec}_bits_saved_percent`] = round(mean)
  figures[`${codec}_seconds_to_avc`] = round(cpu.second / cpu.avc)
  return {
    figures,
    summary: `${codec} needs ${mean.toFixed(1)} % fewer bits than H.264 ${DEFAULT_LADDER.preset} at equal SSIM, over ${rates.length} kinds of content`,
  }
}

async function curve(
  folder: string,
  source: Source,
  rung: VideoRendition,
  crfs: number[],
): Promise<{ points: RatePoint[]; seconds: number }> {
  const found: RatePoint[] = []
  const startMs = performance.now()
  let measuringMs = 0
  for (const crf of crfs) {
    const tuned = { ...rung, crf, bitsPerSecond: 30_000_000 }
    const swap = (it: VideoRendition) => (it.id === rung.id ? tuned : it)
    const plan = { ...source.plan, video: source.plan.video.map(swap), more: source.plan.more!.map(swap) }
    const made = (await make({ ...source, plan }, [rung.id], 0, segmentCount(plan.timeline)))[rung.id]!
    const bytes = made.segments.reduce((sum, it) => sum + it.bytes.length, 0)
    const at = performance.now()
    found.push({ bitsPerSecond: (bytes * 8) / totalSeconds(plan.timeline), quality: ssimDb(folder, made, source.path) })
    measuringMs += performance.now() - at
  }
  return { points: found, seconds: (performance.now() - startMs - measuringMs) / 1000 }
}

/** SSIM of luma and chroma as FFmpeg sums it, in decibels: equal steps look alike. */
function ssimDb(folder: string, made: Made, reference: string): number {
  const input = Buffer.concat([made.init, ...made.segments.map(({ bytes }) => bytes)])
  const ran = spawnSync(
    'ffmpeg',
    [
      '-nostdin',
      '-hide_banner',
      '-i',
      '-',
      '-i',
      reference,
      '-lavfi',
      '[0:v]setpts=N/25/TB[a];[1:v]setpts=N/25/TB[b];[a][b]ssim',
      '-f',
      'null',
      '-',
    ],
    { input, cwd: folder, encoding: 'utf8' },
  )
  const [, db] = /All:[\d.]+ \(([\d.]+)\)/.exec(ran.stderr) ?? []
  if (db === undefined) throw new Error(`no SSIM: ${ran.stderr.slice(-300)}`)
  return Number(db)
}

const points = (all: RatePoint[]): string =>
  all.map((it) => `${Math.round(it.bitsPerSecond / 1000)}k/${it.quality.toFixed(1)}`).join(' ')
const round = (value: number): number => Math.round(value * 10) / 10
