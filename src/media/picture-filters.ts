// FFmpeg filter chains for the picture: put frames on the title's grid, make them upright, flat and Rec. 709, then scale each rung
// from the source. Only numbers and names from fixed lists go in; nothing a user wrote.

import { SMALLEST_SIDE } from './ladder.ts'
import { isRgb } from './picture.ts'
import type { SourcePicture } from './plan.ts'
import { fraction, type Rational } from './rational.ts'

export type Size = { width: number; height: number }

type Kernel = 'bicubic' | 'spline36'

/** So many times smaller than the waypoint is small enough to be scaled from it: 720 from 1080, not 360 from 480. */
const FURTHER = 1.4

const REC_709 = 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709'

/**
 * Source frames to exactly the frames [from, to) of the title at a constant rate, renumbered from zero.
 *
 * `fps` gives each source frame a number that depends on its own time alone, so a frame gets the same one wherever decoding began.
 * Only when decoding begins with the file is a late first frame repeated back to zero: after a seek that landed too late the frames
 * are missing instead, which the cutter notices. Past the end of the source its last frame stays.
 */
export function gridChain(
  picture: SourcePicture,
  zeroSeconds: number,
  rate: Rational,
  from: number,
  to: number,
  fromStart: boolean,
) {
  const fields = { none: [], field: ['bwdif=mode=send_field'], frame: ['bwdif=mode=send_frame'] }[picture.deinterlace]
  return [
    ...fields,
    `setpts=PTS-${decimal(zeroSeconds)}/TB`,
    `fps=fps=${fraction(rate)}:round=near${fromStart ? ':start_time=0' : ''}`,
    'tpad=stop_mode=clone:stop=-1',
    `trim=start_pts=${from}:end_pts=${to}`,
    `setpts=PTS-${from}`,
  ]
}

/** Upright, without alpha, and, where the source is HDR or wide gamut, brought to Rec. 709 at `base` size (tone mapping is dear). */
export function baseChain(picture: SourcePicture, base: Size): string[] {
  return [...flatten(picture), ...upright(picture), ...(needsGamutMapping(picture) ? gamut(picture, base) : [])]
}

/**
 * One rung from the base: square pixels, even sides, 8-bit 4:2:0, limited range, tagged. Pictures under 16 pixels get borders.
 * `zimg`: this FFmpeg has `zscale`, which scales for half the CPU where nothing but the size changes.
 */
export function rungChain(picture: SourcePicture, rung: Size, zimg: boolean, kernel: Kernel = 'bicubic'): string[] {
  const inner = {
    width: Math.min(rung.width, Math.max(2, 2 * Math.floor(picture.width / 2))),
    height: Math.min(rung.height, Math.max(2, 2 * Math.floor(picture.height / 2))),
  }
  const padded = rung.width === SMALLEST_SIDE || rung.height === SMALLEST_SIDE
  const size = padded ? inner : rung
  return [
    ...scaled(picture, size, zimg, kernel),
    'format=yuv420p',
    ...(padded ? [`pad=${rung.width}:${rung.height}:(ow-iw)/2:(oh-ih)/2`] : []),
    'setsar=1',
    REC_709,
  ]
}

/**
 * The rung of half the source's size or less, from which the smaller ones are scaled: most of what scaling costs is reading the source, and
 * so it is read for few. Follows from the plan alone, so a rung is scaled the same way whichever others are made with it.
 */
export function waypointOf(picture: SourcePicture, rungs: readonly Size[]): Size | undefined {
  if (needsGamutMapping(picture)) return undefined
  return rungs.findLast(({ width, height }) => width * 2 <= picture.width && height * 2 <= picture.height)
}

/** Whether a rung is scaled from the waypoint, or is its size: what is hardly smaller would lose by being scaled twice. */
export function isBeyond(waypoint: Size, { width, height }: Size): boolean {
  if (width === waypoint.width && height === waypoint.height) return true
  return (
    Math.min(width, height) > SMALLEST_SIDE && width * FURTHER <= waypoint.width && height * FURTHER <= waypoint.height
  )
}

/** One rung from the waypoint, which is as a rung is. The sharper kernel makes up for scaling twice. */
export function furtherChain(picture: SourcePicture, waypoint: Size, rung: Size): string[] {
  if (rung.width === waypoint.width && rung.height === waypoint.height) return []
  const there: SourcePicture = {
    ...{ ...picture, ...waypoint, evenSides: true, pixelFormat: 'yuv420p' },
    color: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', range: 'tv' },
  }
  return rungChain(there, rung, true, 'spline36')
}

function scaled(picture: SourcePicture, size: Size, zimg: boolean, kernel: Kernel): string[] {
  const plain = `scale=${size.width}:${size.height}:flags=bicubic`
  if (needsGamutMapping(picture)) return [plain]
  const isRight = picture.pixelFormat === 'yuv420p' && picture.color.range !== 'pc' && matrixOf(picture) === 'bt709'
  if (!isRight) return [plain + matrixOptions(picture)]
  // A picture of the right size passes through `scale`; were a matrix named, it would be copied line by line.
  const isThere = size.width === picture.width && size.height === picture.height
  if (isThere || !zimg || !picture.evenSides) return [plain]
  return [REC_709, `zscale=w=${size.width}:h=${size.height}:filter=${kernel}`]
}

/** The base for high dynamic range: upright and flat, in the source's own light. */
export const wideBaseChain = (picture: SourcePicture): string[] => [...flatten(picture), ...upright(picture)]

/** One rung in high dynamic range from that base: ten bits, limited range, Rec. 2020, tagged. */
export function wideRungChain(rung: Size, range: 'pq' | 'hlg'): string[] {
  const transfer = { pq: 'smpte2084', hlg: 'arib-std-b67' }[range]
  return [
    `scale=${rung.width}:${rung.height}:flags=bicubic`,
    'format=yuv420p10le',
    'setsar=1',
    `setparams=range=tv:color_primaries=bt2020:color_trc=${transfer}:colorspace=bt2020nc`,
  ]
}

/** A still for a JPEG, which is full range and Rec. 601 by definition. */
export function stillChain(picture: SourcePicture, size: Size): string[] {
  const rec709 = ':in_color_matrix=bt709:in_range=tv:out_color_matrix=bt601:out_range=pc'
  const matrix = needsGamutMapping(picture) ? rec709 : matrixOptions(picture, 'pc', 'bt601')
  return [`scale=${size.width}:${size.height}:flags=bicubic${matrix}`, 'format=yuvj420p', 'setsar=1']
}

function matrixOptions(picture: SourcePicture, outRange = 'tv', outMatrix = 'bt709'): string {
  if (isRgb(picture.pixelFormat)) return `:out_color_matrix=${outMatrix}:out_range=${outRange}`
  const range = picture.color.range === 'pc' ? 'pc' : 'tv'
  return `:in_color_matrix=${matrixOf(picture)}:out_color_matrix=${outMatrix}:in_range=${range}:out_range=${outRange}`
}

/** Where a source does not say, its size does: standard definition was Rec. 601, high definition is Rec. 709. */
function matrixOf({ color, width, height }: SourcePicture): string {
  const named: Record<string, string> = {
    bt709: 'bt709',
    fcc: 'fcc',
    bt470bg: 'bt470bg',
    smpte170m: 'smpte170m',
    smpte240m: 'smpte240m',
    bt2020nc: 'bt2020',
    bt2020c: 'bt2020',
  }
  return named[color.matrix] ?? (Math.min(width, height) >= 720 ? 'bt709' : 'smpte170m')
}

/** High dynamic range or wide gamut: brought to Rec. 709 first, at the size of the largest rung that is asked for. */
export const needsGamutMapping = ({ hdr, color, pixelFormat }: SourcePicture): boolean =>
  hdr !== 'sdr' || (color.primaries === 'bt2020' && !isRgb(pixelFormat))

/**
 * HDR by way of linear light: nominal peak 100 cd/m2, curve `hable`, then Rec. 709. Missing tags are filled in with the usual ones, for
 * zscale refuses to guess. The picture is scaled first: tone mapping 4K costs sixteen times what it costs at 540 lines.
 */
function gamut({ hdr, color }: SourcePicture, base: Size): string[] {
  const transfer = { pq: 'smpte2084', hlg: 'arib-std-b67', sdr: 'bt709' }[hdr]
  const primaries = ['bt709', 'smpte432', 'smpte431'].includes(color.primaries) ? color.primaries : 'bt2020'
  const matrix = ['bt709', 'bt2020c'].includes(color.matrix) ? color.matrix : 'bt2020nc'
  const input = `pin=${primaries}:tin=${transfer}:min=${matrix}:rin=${color.range === 'pc' ? 'full' : 'limited'}`
  const scaled = `zscale=w=${base.width}:h=${base.height}:filter=bicubic`
  if (hdr === 'sdr') return [`${scaled}:${input}:p=bt709:t=bt709:m=bt709:r=limited`, 'format=yuv420p']
  return [
    `${scaled}:${input}:t=linear:npl=100`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=t=bt709:m=bt709:r=limited',
    'format=yuv420p',
  ]
}

/** Alpha over black, by multiplying with it. */
function flatten({ alpha, pixelFormat }: SourcePicture): string[] {
  if (!alpha) return []
  return isRgb(pixelFormat)
    ? ['format=gbrap', 'premultiply=inplace=1', 'format=gbrp']
    : ['format=yuva444p', 'premultiply=inplace=1', 'format=yuv444p']
}

function upright({ rotation, flip }: SourcePicture): string[] {
  const turn = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] }[rotation]
  return [...turn, ...(flip ? ['hflip'] : [])]
}

/** A number as the filter parser takes it: no exponent. */
export const decimal = (value: number): string => value.toFixed(9).replace(/\.?0+$/, '') || '0'
