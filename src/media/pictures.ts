/**
 * Pictures that people upload, and the sizes thumbnails are served in: which format a file really has, by its first bytes, and the command
 * that decodes it and draws it anew, so that nothing of the file itself is ever served.
 */
import { fileUrl, inputLimits } from './allowed.ts'

export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif'

/** How many bytes are needed to tell. */
export const PICTURE_HEAD_BYTES = 16
/** A photograph of the best telephones; the size after is a bomb. */
const MAX_PIXELS = 60_000_000

/** Undefined for everything else: SVG, which is a program, among them. */
export function pictureFormat(head: Uint8Array): PictureFormat | undefined {
  const text = String.fromCharCode(...head.subarray(0, PICTURE_HEAD_BYTES))
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'webp'
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'gif'
  return text.slice(4, 8) === 'ftyp' && /^(avif|avis)/.test(text.slice(8, 12)) ? 'avif' : undefined
}

/** Demuxer and decoders per format: the file gets no other, whatever it says of itself. */
const READERS: Record<PictureFormat, [demuxer: string, decoders: string]> = {
  jpeg: ['jpeg_pipe', 'mjpeg'],
  png: ['png_pipe', 'png,apng'],
  webp: ['webp_pipe', 'webp'],
  gif: ['gif', 'gif'],
  avif: ['mov', 'libdav1d,av1,libaom-av1'],
}

/** Decodes the first picture of the file, fills `width` x `height` with its middle on white, and writes a JPEG to `fd`. */
export function pictureArgs(request: {
  path: string
  format: PictureFormat
  width: number
  height: number
  fd: number
}): string[] {
  const { path, format, width, height, fd } = request
  const [demuxer, decoders] = READERS[format]
  const size = `${width}:${height}`
  const filters = [
    `[0:v:0]scale=${size}:force_original_aspect_ratio=increase:flags=lanczos,crop=${size},setsar=1,format=rgba[face]`,
    `color=c=white:s=${width}x${height}:d=1:r=1,format=rgba[ground]`,
    '[ground][face]overlay=format=auto:shortest=1,format=yuvj420p[out]',
  ]
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-threads', '1'],
    ...['-protocol_whitelist', 'file', '-codec_whitelist', decoders, '-max_pixels', String(MAX_PIXELS)],
    ...['-f', demuxer, '-i', fileUrl(path)],
    ...['-filter_complex', filters.join(';'), '-map', '[out]', '-map_metadata', '-1'],
    ...['-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '3', '-f', 'mjpeg', `pipe:${fd}`],
  ]
}

/** Copies the first cover that a file of sound brought along, as it is, to `fd`: nothing of it is decoded yet. Fails where there is none. */
export function coverArgs(path: string, fd: number): string[] {
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', ...inputLimits(), '-i', fileUrl(path)],
    ...['-map', '0:v:0', '-map_metadata', '-1', '-c', 'copy', '-frames:v', '1', '-f', 'image2pipe', `pipe:${fd}`],
  ]
}

/** Widths that thumbnails are served in besides their own, and the formats: what a browser takes of them costs a third of a JPEG, or less. */
export const PICTURE_WIDTHS = [320, 640, 1280] as const
export const PICTURE_FORMS = ['webp', 'avif'] as const
export type PictureForm = (typeof PICTURE_FORMS)[number]

/** Where a picture lies in one size and format, beside its JPEG: `still-0.jpg`, `still-0.640.avif`. */
export function sizedKey(key: string, width: number, form: PictureForm): string {
  return `${key.replace(/\.jpg$/, '')}.${width}.${form}`
}

/** Every size and format of the JPEG under `key`. */
export function sizedKeys(key: string): string[] {
  return PICTURE_FORMS.flatMap((form) => PICTURE_WIDTHS.map((width) => sizedKey(key, width, form)))
}

const CODING: Record<PictureForm, string[]> = {
  webp: ['-c:v', 'libwebp', '-quality', '76', '-compression_level', '4', '-f', 'webp'],
  avif: ['-c:v', 'libaom-av1', '-still-picture', '1', '-crf', '30', '-cpu-used', '8', '-threads', '1', '-f', 'avif'],
}

/** Draws a JPEG of ours in all widths, never larger than it is, into `{width}.{form}` of the folder. */
export function sizesArgs(path: string, outputFolder: string, form: PictureForm): string[] {
  const names = PICTURE_WIDTHS.map((width) => `[w${width}]`)
  const scaled = PICTURE_WIDTHS.map(
    (width) => `[s${width}]scale=w=min(${width}\\,iw):h=-2:flags=lanczos:out_range=tv,format=yuv420p[w${width}]`,
  )
  const graph = `[0:v:0]split=${names.length}${PICTURE_WIDTHS.map((width) => `[s${width}]`).join('')};${scaled.join(';')}`
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-threads', '1', '-filter_complex_threads', '1'],
    ...['-protocol_whitelist', 'file', '-codec_whitelist', 'mjpeg', '-max_pixels', String(MAX_PIXELS)],
    ...['-f', 'jpeg_pipe', '-i', fileUrl(path), '-filter_complex', graph],
    ...PICTURE_WIDTHS.flatMap((width, at) => [
      ...['-map', names[at]!, '-map_metadata', '-1', '-frames:v', '1', ...CODING[form]],
      fileUrl(`${outputFolder}/${width}.${form}`),
    ]),
  ]
}
