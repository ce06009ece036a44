/** Clips made by FFmpeg's own generators, for tests and benches; each is made once per process. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs ffmpeg with these arguments; throws with what it said. */
export async function ffmpeg(...args: string[]): Promise<void> {
  await run('ffmpeg', ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...args])
}

export interface ClipShape {
  seconds: number
  /** Such as `640x360`. */
  size?: string
  rate?: string
  /** Without sound. */
  silent?: boolean
}

/** A test picture with a counter and a tone that rises, as H.264 and AAC in MP4, index first. */
export async function makeClip(folder: string, name: string, shape: ClipShape): Promise<string> {
  const path = join(folder, name)
  const { seconds, size = '640x360', rate = '30', silent } = shape
  await ffmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`],
    ...(silent
      ? []
      : ['-f', 'lavfi', '-i', `aevalsrc=0.3*sin(2*PI*(220+20*t)*t)|0.3*sin(2*PI*330*t):s=48000:d=${seconds}`]),
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '60', '-pix_fmt', 'yuv420p'],
    ...(silent ? [] : ['-c:a', 'aac', '-b:a', '96k']),
    ...['-movflags', '+faststart', path],
  )
  return path
}

/** A folder that is gone when the scope ends. */
export async function scratchFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'vitascope-clips-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Frames that decode from an address or a path, and what FFmpeg complained about. `stream` such as `v:0`. */
export async function countFrames(input: string, stream: string): Promise<{ frames: number; complaints: string }> {
  const { stdout, stderr } = await run(
    'ffprobe',
    [
      '-v',
      'warning',
      '-select_streams',
      stream,
      '-count_frames',
      '-show_entries',
      'stream=nb_read_frames',
      '-of',
      'csv=p=0',
      input,
    ],
    { maxBuffer: 16 * 1024 * 1024 },
  )
  return { frames: Number.parseInt(stdout, 10), complaints: stderr.trim() }
}
