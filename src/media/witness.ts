// FFmpeg's demuxer as a witness: which bytes does it take packets from, on the way through a file that an encode is about to go? A hole in a
// file reads as zeros, which some decoders take for silence or black; so it is known before, and not from what they say.

import { fileUrl, inputLimits } from './allowed.ts'
import { decimal } from './picture-filters.ts'
import { PEEK_PACKETS } from './probe.ts'
import { BEFORE_SECONDS, type Wanted } from './wanted.ts'

/** `ffmpeg` seeks a little before what it is told where frames are reordered, `ffprobe` does not; 3/23 of a second is what it takes. */
const SEEK_HEURISTIC_SECONDS = 0.14

/** ffprobe's arguments; its standard output goes to `readWitness`. Whatever it says on standard error is a sign that bytes are missing. */
export function witnessArgs(path: string, wanted: Wanted, container: 'mp4' | 'matroska'): string[] {
  const intervals = wanted.stretches.map(({ from, to }) => {
    const start = Number.isFinite(from) ? decimal(from - SEEK_HEURISTIC_SECONDS) : ''
    // Frames that are shown before may follow in the file: a little more is looked at than is used.
    return `${start}%${Number.isFinite(to) ? decimal(to + BEFORE_SECONDS) : ''}`
  })
  return [
    ...['-hide_banner', '-v', 'error', ...inputLimits(), '-probesize', '20M', '-analyzeduration', '10M'],
    // In an MP4 parsers would complain of holes in streams that nobody uses; in Matroska times are missing without them.
    ...(container === 'mp4' ? ['-fflags', '+noparse+nofillin'] : []),
    // Of a head, what is listed when a file is looked at; what probing may read is fetched by a rule of its own.
    ...['-read_intervals', intervals.join(',') || `%+#${PEEK_PACKETS}`],
    ...['-show_entries', 'packet=stream_index,size,pos', '-of', 'csv=p=0', '-i', fileUrl(path)],
  ]
}

/** Whether every packet of the streams that are used lies where `isHere` says that bytes are. False where nothing was read. */
export function readWitness(text: string, { streams }: Wanted, isHere: (from: number, to: number) => boolean): boolean {
  let count = 0
  for (const line of text.split('\n')) {
    const [stream, size, at] = line.split(',')
    if (at === undefined) continue
    count++
    if (streams && !streams.includes(Number(stream))) continue
    const from = Number(at)
    if (!(from >= 0) || !isHere(from, from + Number(size))) return false
  }
  return count > 0
}
