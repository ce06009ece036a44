// Runs the media engine on real FFmpeg, for tests: probe a file, encode a stretch of it, decode what came out.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type MadeSegment, SegmentCutter } from '../../src/media/cutter.ts'
import { encodeArgs } from '../../src/media/ffmpeg.ts'
import { DEFAULT_LADDER } from '../../src/media/ladder.ts'
import { planRun, type RunPlan } from '../../src/media/plan.ts'
import { probeArgs, readProbe, type SourceFacts } from '../../src/media/probe.ts'
import { applyScan, readScan, scanArgs } from '../../src/media/scan.ts'

const LONGEST_MS = 60_000

export type Source = { path: string; facts: SourceFacts; plan: RunPlan }
export type Made = { init: Uint8Array; segments: MadeSegment[] }

/** A folder for generated clips that goes away with the test. */
export function openFolder() {
  const path = mkdtempSync(join(tmpdir(), 'vitascope-media-'))
  return { path, close: () => rmSync(path, { recursive: true, force: true }) }
}

/** Makes a clip with FFmpeg's own generators. */
export function generate(folder: string, name: string, args: string[]): string {
  const path = join(folder, name)
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, path], {
    timeout: LONGEST_MS,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return path
}

export function probe(path: string) {
  const ran = spawnSync('ffprobe', probeArgs(path), { encoding: 'utf8', maxBuffer: 1 << 26, timeout: LONGEST_MS })
  const answer = readProbe(JSON.parse(ran.stdout), statSync(path).size)
  if (!('facts' in answer) || answer.facts.durationTrusted) return answer
  const scanned = spawnSync('ffprobe', scanArgs(path), { encoding: 'utf8', maxBuffer: 1 << 28, timeout: LONGEST_MS })
  return applyScan(answer.facts, readScan(scanned.stdout))
}

/** Probes and plans with a fast preset: the joins do not depend on it. */
export function openSource(path: string): Source {
  const answer = probe(path)
  if ('refusal' in answer) throw new Error(`${answer.refusal}: ${answer.detail}`)
  return { path, facts: answer.facts, plan: planRun(answer.facts, { ...DEFAULT_LADDER, preset: 'ultrafast' }) }
}

/** Encodes segments [from, to) in one FFmpeg. Rejects with the cutter's error when frames are missing. */
export async function make(
  source: Source,
  renditions: string[],
  from: number,
  to: number,
  more: { seekBackSeconds?: number; zimg?: boolean } = {},
) {
  const { args, outputs } = encodeArgs(source.plan, {
    sourcePath: source.path,
    renditions,
    from,
    to,
    threads: 2,
    ...more,
  })
  const child = spawn('ffmpeg', args, {
    stdio: ['ignore', 'ignore', 'ignore', ...outputs.map(() => 'pipe' as const)],
    timeout: LONGEST_MS,
  })
  const gone = once(child, 'exit')
  const made: Record<string, Made> = {}
  await Promise.all(
    outputs.map(async ({ rendition, fd }) => {
      const cutter = new SegmentCutter(source.plan, rendition, from, to)
      const segments: MadeSegment[] = []
      for await (const chunk of child.stdio[fd] as Readable) segments.push(...cutter.push(chunk))
      segments.push(...cutter.end())
      made[rendition] = { init: cutter.init!, segments }
    }),
  )
  // Only then what it cost is told to its parent.
  await gone
  return made
}

/** What FFmpeg decodes from an initialisation segment and media segments, and what it had to say about them. */
export function decode(folder: string, init: Uint8Array, segments: { bytes: Uint8Array }[], args: string[]) {
  const path = join(folder, `decode-${Math.random().toString(36).slice(2)}.mp4`)
  writeFileSync(path, Buffer.concat([init, ...segments.map(({ bytes }) => bytes)]))
  const ran = spawnSync('ffmpeg', ['-nostdin', '-hide_banner', '-v', 'warning', '-i', path, ...args], {
    maxBuffer: 1 << 28,
    timeout: LONGEST_MS,
  })
  rmSync(path)
  return { out: ran.stdout, said: ran.stderr.toString() }
}

/** Left channel at 48 kHz. */
export function samplesOf(folder: string, made: Made): Float32Array {
  const { out } = decode(folder, made.init, made.segments, ['-af', 'pan=mono|c0=c0', '-f', 'f32le', '-'])
  return new Float32Array(out.buffer.slice(out.byteOffset, out.byteOffset + out.length))
}

/** Times of the frames as another demuxer reads them: presentation and decode, in ticks. */
export function timesOf(folder: string, init: Uint8Array, segments: { bytes: Uint8Array }[]) {
  const path = join(folder, `times-${Math.random().toString(36).slice(2)}.mp4`)
  writeFileSync(path, Buffer.concat([init, ...segments.map(({ bytes }) => bytes)]))
  const text = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'packet=pts,flags', '-of', 'csv=p=0', path], {
    encoding: 'utf8',
    timeout: LONGEST_MS,
  })
  rmSync(path)
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  return {
    shown: rows.map(([pts]) => Number(pts)).sort((a, b) => a - b),
    keys: rows.filter(([, flags]) => flags!.startsWith('K')).map(([pts]) => Number(pts)),
  }
}

/** Structural similarity of two stretches of the same pictures, 1 for equal: the mean over the frames, and the worst one. */
export function similarity(folder: string, one: Made, other: Made): { mean: number; worst: number } {
  const [a, b] = [one, other].map((made, index) => {
    const path = join(folder, `ssim-${index}-${Math.random().toString(36).slice(2)}.mp4`)
    writeFileSync(path, Buffer.concat([made.init, ...made.segments.map(({ bytes }) => bytes)]))
    return path
  }) as [string, string]
  const graph = '[0:v]setpts=N[a];[1:v]setpts=N[b];[a][b]ssim=stats_file=-'
  const ran = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', a, '-i', b, '-lavfi', graph, '-f', 'null', '-'], {
    encoding: 'utf8',
    timeout: LONGEST_MS,
  })
  const values = [...ran.stdout.matchAll(/All:([\d.]+)/g)].map(([, value]) => Number(value))
  for (const path of [a, b]) rmSync(path)
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, worst: Math.min(...values) }
}
