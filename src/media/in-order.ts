// Sources without an index for parts are read from the first byte to the last. Of which may that be a stream, which can't be sought in?
import type { SourceFacts } from './facts.ts'

/** Of these FFmpeg takes the same packets at the same times from a stream as from a file. */
const IN_ORDER = ['matroska', 'mpegts', 'mpeg', 'flv', 'asf', 'ogg', 'wav', 'flac']
/** Which frames are key frames stands behind all frames of an AVI. These codecs say it themselves, or have no others. */
const SAY_IT_THEMSELVES = ['h264', 'hevc', 'mpeg4', 'mpeg1video', 'mpeg2video', 'mjpeg', 'dvvideo', 'rawvideo', 'v210']

/** Whether what is copied out of a stream of it is what is copied out of the file. */
export function readsInOrder({ container, seekable, video }: SourceFacts): boolean {
  // What is in fragments; any other may have its index at its end.
  if (container === 'mov') return seekable === 'start'
  if (container === 'avi') return !video || SAY_IT_THEMSELVES.includes(video.codec)
  return IN_ORDER.includes(container)
}
