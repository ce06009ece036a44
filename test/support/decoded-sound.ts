/** Sounds as a decoder hears them, held against each other sample by sample. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What FFmpeg makes of a sound: its samples, all channels one after another, and the place of the first on the clock of the picture. */
export async function decoded(input: string, rate: number, stream = '0:a:0') {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', input, '-map', stream, '-f', 'f32le', '-'], {
    encoding: 'buffer',
    maxBuffer: 2 ** 26,
  })
  const probe = ['-v', 'error', '-select_streams', stream.slice(2), '-show_entries', 'stream=start_time']
  const { stdout: start } = await run('ffprobe', [...probe, '-of', 'csv=p=0', input])
  const samples = new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength))
  return { samples, start: Math.round(Number.parseFloat(start) * rate) }
}

export type Heard = Awaited<ReturnType<typeof decoded>>

/** Whether two sounds are the same at the same times, sample by sample, wherever both are there; a decoder needs a frame to begin. */
export function differences(copy: Heard, source: Heard, channels: number): { compared: number; different: number } {
  const from = Math.max(copy.start + 1024, source.start)
  const end = (it: Heard) => it.start + it.samples.length / channels
  const to = Math.min(end(copy), end(source))
  let different = 0
  for (let at = from * channels; at < to * channels; at++)
    if (copy.samples[at - copy.start * channels] !== source.samples[at - source.start * channels]) different++
  return { compared: to - from, different }
}
