// The sound of a source as programs that listen to speech want it: 16 kHz, one channel, PCM.

import { fileUrl, inputLimits } from './allowed.ts'

export function speechArgs(streamIndex: number, inputPath: string, outputPath: string): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...inputLimits(), '-i', fileUrl(inputPath)],
    ...['-map', `0:${streamIndex}`, '-vn', '-ac', '1', '-ar', '16000', '-af', 'aresample=async=1:first_pts=0'],
    ...['-c:a', 'pcm_s16le', '-map_metadata', '-1', '-f', 'wav', fileUrl(outputPath)],
  ]
}
