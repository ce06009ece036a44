// Pictures of every kind come out upright, in the right shape and in the right colours: four quarters, each of one colour, are looked at
// after they went through probe, plan and encoder.

import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { toNumber } from '../../src/media/rational.ts'
import { decode, generate, make, openFolder, openSource } from './engine.ts'

const folder = openFolder()
afterAll(folder.close)

const COLOURS = { red: [255, 0, 0], lime: [0, 255, 0], blue: [0, 0, 255], white: [255, 255, 255] } as const
type Colour = keyof typeof COLOURS
const AS_MADE: Colour[] = ['red', 'lime', 'blue', 'white']

/** Two seconds of four quarters: red and lime above, blue and white below. */
function quarters(name: string, size: [number, number], rate: number, ...more: string[]): string {
  const [width, height] = size
  const flat = (colour: Colour, label: string) =>
    `color=${colour}:s=${width / 2}x${height / 2}:r=${rate}:d=2,format=gbrp[${label}]`
  const graph = `${flat('red', 'a')};${flat('lime', 'b')};${flat('blue', 'c')};${flat('white', 'd')};[a][b]hstack[t];[c][d]hstack[u];[t][u]vstack`
  return generate(folder.path, name, ['-f', 'lavfi', '-i', graph, ...more])
}

const h264 = (filters: string, ...more: string[]) => [
  ...['-vf', filters, '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '4', ...more],
]

/** Writes the orientation of an MP4's only track anew: the matrix of `tkhd` (ISO/IEC 14496-12 8.3.2), nine numbers. */
function turned(path: string, matrix: number[]): string {
  const bytes = readFileSync(path)
  const at = bytes.indexOf('tkhd') + 4 + 40
  for (const [index, value] of matrix.entries()) bytes.writeInt32BE(value, at + index * 4)
  writeFileSync(path, bytes)
  return path
}

async function see(path: string, more: { zimg?: boolean } = {}) {
  const source = openSource(path)
  const rung = source.plan.video[0]!
  const made = (await make(source, [rung.id], 0, 1, more))[rung.id]!
  const view = ['-vf', 'scale=in_color_matrix=bt709:in_range=tv', '-frames:v', '1', '-pix_fmt', 'rgb24']
  const { out, said } = decode(folder.path, made.init, made.segments, [...view, '-f', 'rawvideo', '-'])
  expect(said).toBe('')
  const { width, height } = rung
  const at = (x: number, y: number) => {
    const place = 3 * (Math.floor(y * height) * width + Math.floor(x * width))
    return nearest([out[place]!, out[place + 1]!, out[place + 2]!])
  }
  const places = [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)]
  return { size: [width, height], rate: toNumber(rung.frameRate), places }
}

/** The colour that lies within a tenth on every channel, or what is there instead. */
function nearest(pixel: number[]): string {
  const near = (Object.keys(COLOURS) as Colour[]).find((name) =>
    COLOURS[name].every((value, channel) => Math.abs(value - pixel[channel]!) <= 26),
  )
  return near ?? pixel.join(' ')
}

const ONE = 0x10000
const W = 0x40000000
const MIRRORED = [-ONE, 0, 0, 0, ONE, 0, 320 * ONE, 0, W]
const MIRRORED_AND_TURNED = [0, ONE, 0, ONE, 0, 0, 0, 0, W]
const TURNED = [0, ONE, 0, -ONE, 0, 0, 240 * ONE, 0, W]
const UPSIDE_DOWN = [-ONE, 0, 0, 0, -ONE, 0, 320 * ONE, 240 * ONE, W]
const GARBAGE = [ONE, ONE, 0, -77, 13, 0, 5, 0, W]

describe('a picture whose file says how it is held', () => {
  test.each<[string, number[], Colour[], [number, number]]>([
    ['mirrored', MIRRORED, ['lime', 'red', 'white', 'blue'], [320, 240]],
    ['turned', TURNED, ['blue', 'red', 'white', 'lime'], [240, 320]],
    ['mirrored and turned', MIRRORED_AND_TURNED, ['red', 'blue', 'lime', 'white'], [240, 320]],
    ['upside down', UPSIDE_DOWN, ['white', 'blue', 'lime', 'red'], [320, 240]],
    ['in a way that no picture is held', GARBAGE, AS_MADE, [320, 240]],
  ])(
    '%s is seen upright',
    async (name, matrix, places, size) => {
      const clip = quarters(`${name.replaceAll(' ', '-')}.mp4`, [320, 240], 25, ...h264('format=yuv420p'))
      expect(await see(turned(clip, matrix))).toMatchObject({ places, size })
    },
    60_000,
  )
})

const tagged = (matrix: string, primaries: string, transfer: string) => [
  ...['-colorspace', matrix, '-color_primaries', primaries, '-color_trc', transfer],
]
const bt601 = tagged('smpte170m', 'smpte170m', 'smpte170m')
const bt709 = tagged('bt709', 'bt709', 'bt709')
const into = (matrix: string, range: string, format: string) =>
  `scale=out_color_matrix=${matrix}:out_range=${range},format=${format}`

describe('a picture is seen in its colours and its shape', () => {
  test.each<[string, string, [number, number], number, string[], Partial<Awaited<ReturnType<typeof see>>>]>([
    ['of standard definition', 'sd.mp4', [320, 240], 25, h264(into('smpte170m', 'tv', 'yuv420p'), ...bt601), {}],
    ['that names no matrix', 'untagged.mp4', [320, 240], 25, h264(into('smpte170m', 'tv', 'yuv420p')), {}],
    [
      'of high definition',
      'hd.mp4',
      [1280, 720],
      25,
      h264(into('bt709', 'tv', 'yuv420p'), ...bt709),
      { size: [640, 360] },
    ],
    ['in full range', 'full.mp4', [320, 240], 25, h264(into('bt709', 'pc', 'yuvj420p'), ...bt709), {}],
    ['in 4:4:4', 'full-chroma.mp4', [320, 240], 25, h264(into('bt709', 'tv', 'yuv444p'), ...bt709), {}],
    ['in 4:2:2 with ten bits', 'ten.mp4', [320, 240], 25, h264(into('bt709', 'tv', 'yuv422p10le'), ...bt709), {}],
    ['in red, green and blue', 'rgb.mkv', [320, 240], 25, ['-c:v', 'ffv1', '-pix_fmt', 'gbrp'], {}],
    [
      'with wide pixels',
      'wide.mp4',
      [320, 480],
      25,
      h264(`${into('bt709', 'tv', 'yuv420p')},setsar=2/1`, ...bt709),
      { size: [480, 360] },
    ],
    [
      'with odd sides',
      'odd.mkv',
      [322, 242],
      25,
      ['-vf', 'crop=321:241:0:0', '-c:v', 'ffv1', '-pix_fmt', 'gbrp'],
      { size: [320, 240] },
    ],
    [
      'in 23.976 frames a second',
      'film.mp4',
      [320, 240],
      24_000 / 1001,
      h264(into('bt709', 'tv', 'yuv420p'), ...bt709),
      { rate: 24_000 / 1001 },
    ],
    [
      'in fields',
      'fields.mp4',
      [320, 240],
      25,
      h264(`${into('bt709', 'tv', 'yuv420p')},setfield=tff`, ...bt709, '-flags', '+ilme+ildct'),
      { rate: 50 },
    ],
  ])(
    '%s',
    async (_, name, size, rate, args, seen) => {
      expect(await see(quarters(name, size, rate, ...args))).toMatchObject({ places: AS_MADE, ...seen })
    },
    60_000,
  )

  test('scaled by either of the two filters', async () => {
    const clip = quarters('either.mp4', [1280, 720], 25, ...h264(into('bt709', 'tv', 'yuv420p'), ...bt709))
    expect(await see(clip, { zimg: true })).toEqual(await see(clip, { zimg: false }))
  }, 60_000)

  test.each([
    ['in full range', into('bt709', 'pc', 'yuvj420p'), bt709],
    ['of another matrix', into('smpte170m', 'tv', 'yuv420p'), bt601],
    ['in 4:4:4', into('bt709', 'tv', 'yuv444p'), bt709],
  ])(
    'large, %s, scaled by way of a larger rung',
    async (what, filters, tags) => {
      const clip = quarters(`far-${what.replaceAll(/\W/g, '-')}.mp4`, [2560, 1440], 25, ...h264(filters, ...tags))
      expect(await see(clip, { zimg: true })).toMatchObject({ places: AS_MADE, size: [640, 360] })
    },
    60_000,
  )

  test('with alpha, over black', async () => {
    const half = ['-vf', 'format=yuva420p,geq=lum=lum(X\\,Y):cb=cb(X\\,Y):cr=cr(X\\,Y):a=if(lt(X\\,W/2)\\,255\\,0)']
    const clip = quarters('alpha.webm', [320, 240], 25, ...half, '-c:v', 'libvpx', '-b:v', '4M', '-auto-alt-ref', '0')
    expect((await see(clip)).places).toEqual([
      'red',
      expect.stringMatching(/^\d \d \d$/),
      'blue',
      expect.stringMatching(/^\d \d \d$/),
    ])
  }, 60_000)
})
