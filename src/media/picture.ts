// How a source's picture is to be seen: pixel shape, orientation, colour. Files in the wild say strange things about all three.

import type { ColorFacts, LightFacts } from './facts.ts'
import { type Rational, rational, readRational, toNumber } from './rational.ts'

type Read = Record<string, unknown>

/** The shape of one pixel, width to height. Missing, zero and absurd shapes are square. */
export function readSar(text: unknown): Rational {
  const sar = readRational(text)
  return sar && toNumber(sar) >= 0.1 && toNumber(sar) <= 10 ? sar : rational(1)
}

/**
 * The turn that makes the picture upright, from the display matrix (ISO/IEC 14496-12 8.3.2): x' = a x + c y, y' = b x + d y. Only
 * right angles count; a matrix that shears, or a rotation of -9.2e18 as one file has it, is no rotation.
 */
export function readOrientation(stream: Read): { rotation: 0 | 90 | 180 | 270; flip: boolean } {
  const list = Array.isArray(stream.side_data_list) ? (stream.side_data_list as Read[]) : []
  const data = list.find((entry) => entry.side_data_type === 'Display Matrix')
  const upright = { rotation: 0, flip: false } as const
  if (!data) return upright

  const numbers = String(data.displaymatrix ?? '')
    .split('\n')
    .flatMap((line) => line.replace(/^\s*[0-9a-f]{8}:/i, '').match(/-?\d+/g) ?? [])
    .map(Number)
  if (numbers.length !== 9) return upright
  const [a, b, , c, d] = numbers as [number, number, number, number, number]
  const size = Math.max(Math.abs(a), Math.abs(b), Math.abs(c), Math.abs(d))
  const nil = (value: number) => Math.abs(value) < size * 0.02
  if (size === 0) return upright

  if (nil(b) && nil(c) && !nil(a) && !nil(d)) return { rotation: d > 0 ? 0 : 180, flip: a > 0 !== d > 0 }
  if (nil(a) && nil(d) && !nil(b) && !nil(c)) return { rotation: b > 0 ? 90 : 270, flip: b > 0 === c > 0 }
  return upright
}

export function readColor(stream: Read): ColorFacts {
  const said = (value: unknown) => (typeof value === 'string' && /^[a-z0-9-]{1,20}$/.test(value) ? value : 'unknown')
  const full = stream.color_range === 'pc' || String(stream.pix_fmt ?? '').startsWith('yuvj')
  return {
    primaries: said(stream.color_primaries),
    transfer: said(stream.color_transfer),
    matrix: said(stream.color_space),
    range: full ? 'pc' : stream.color_range === 'tv' ? 'tv' : 'unknown',
  }
}

/** Light of a picture in high dynamic range, from the container's own boxes. Undefined where nothing is said, or nothing that could be. */
export function readLight(stream: Read): LightFacts | undefined {
  const list = Array.isArray(stream.side_data_list) ? (stream.side_data_list as Read[]) : []
  const named = (type: string) => list.find((entry) => entry.side_data_type === type)
  const screen = named('Mastering display metadata')
  const level = named('Content light level metadata')
  const steps = (value: unknown, perUnit: number, most: number) => {
    // Black is nothing, and 0 says that a level is not known: both may be said again.
    if (/^0+(\/|$)/.test(String(value))) return 0
    const read = readRational(value)
    const whole = read ? Math.round(toNumber(read) * perUnit) : Number.NaN
    return whole >= 0 && whole <= most ? whole : Number.NaN
  }
  const axes = ['green', 'blue', 'red', 'white_point'].flatMap((name) => [`${name}_x`, `${name}_y`])
  const chromaticities = axes.map((axis) => steps(screen?.[axis], 50_000, 50_000))
  const [most, least] = [screen?.max_luminance, screen?.min_luminance].map((it) => steps(it, 10_000, 0xffff_ffff))
  const content = [level?.max_content, level?.max_average].map((it) => steps(`${it}/1`, 1, 0xffff))
  const mastering = [...chromaticities, most, least].every(Number.isFinite)
    ? { chromaticities, most: most!, least: least! }
    : undefined
  const isLevel = level !== undefined && content.every(Number.isFinite)
  if (!mastering && !isLevel) return undefined
  return {
    ...(mastering ? { mastering } : {}),
    ...(isLevel ? { content: { most: content[0]!, average: content[1]! } } : {}),
  }
}

export function bitDepthOf(pixelFormat: string): number {
  const match = /(?:p|gray|x2rgb|x2bgr|p0)(9|10|12|14|16)(?:le|be|$)/.exec(pixelFormat)
  return match ? Number(match[1]) : 8
}

export const hasAlpha = (pixelFormat: string): boolean =>
  /^(yuva|gbrap|rgba|bgra|argb|abgr|ya8|ya16|pal8)/.test(pixelFormat)
export const isRgb = (pixelFormat: string): boolean => /^(gbr|rgb|bgr|argb|abgr|pal8|0rgb|0bgr)/.test(pixelFormat)
