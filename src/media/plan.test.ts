// Plans: sizes, rungs, spans, and the playlists and commands that follow from them.

import HLS from 'hls-parser'
// Two parsers that other people wrote; neither carries types.
// @ts-expect-error
import { Parser } from 'm3u8-parser'
import { describe, expect, test } from 'vitest'
import type { SourceFacts, VideoFacts } from './facts.ts'
import { encodeArgs, isAlong, stillAt, thumbnailArgs } from './ffmpeg.ts'
import { mediaPlaylist, multivariantPlaylist } from './hls.ts'
import { DEFAULT_LADDER } from './ladder.ts'
import { planRun, spansOf, spansOfRendition } from './plan.ts'
import { rational } from './rational.ts'
import { segmentCount, segmentStart } from './timeline.ts'

const video: VideoFacts = {
  ...{
    streamIndex: 0,
    codec: 'h264',
    pixelFormat: 'yuv420p',
    width: 1920,
    height: 1080,
    codedWidth: 1920,
    codedHeight: 1080,
  },
  ...{
    sar: rational(1),
    rotation: 0,
    flip: false,
    nominalRate: rational(30_000, 1001),
    frameRate: rational(30_000, 1001),
  },
  ...{ variableRate: false, interlaced: false, bitDepth: 8, hdr: 'sdr', startSeconds: 0, alpha: false },
  color: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', range: 'tv' },
}

function facts(durationMs: number, more: Partial<VideoFacts> = {}): SourceFacts {
  const sound = { codec: 'aac', channels: 2, sampleRate: 48_000, isDefault: false, startSeconds: 0, coarse: false }
  return {
    ...{
      container: 'mov',
      sizeBytes: 1e8,
      durationMs,
      durationTrusted: true,
      startSeconds: 0,
      seekable: 'index',
      remux: false,
    },
    video: { ...video, ...more },
    audio: [
      { ...sound, streamIndex: 1, language: 'en', isDefault: true },
      { ...sound, streamIndex: 2, language: 'de', channels: 6, sampleRate: 44_100 },
    ],
  }
}

describe('the ladder', () => {
  const sizes = (width: number, height: number) =>
    planRun(facts(60_000, { width, height }), DEFAULT_LADDER).video.map(
      (rung) => `${rung.id} ${rung.width}x${rung.height} ${rung.codecs}`,
    )

  test('goes by the short side and never up', () => {
    expect(sizes(3840, 2160)).toEqual([
      '360p 640x360 avc1.64001e',
      '480p 854x480 avc1.64001f',
      '720p 1280x720 avc1.64001f',
      '1080p 1920x1080 avc1.640028',
      '2160p 3840x2160 avc1.640033',
    ])
    expect(sizes(1080, 1920).map((line) => line.split(' ')[1])).toEqual(['360x640', '480x854', '720x1280', '1080x1920'])
    expect(sizes(321, 241)).toEqual(['360p 320x240 avc1.640014'])
    expect(sizes(5, 3).map((line) => line.split(' ')[1])).toEqual(['16x16'])
    expect(sizes(1920, 1072).at(-1)).toMatch(/^1080p 1920x1072/)
  })

  test('only rungs above the eager ones wait for a viewer', () => {
    const plan = planRun(facts(60_000, { width: 3840, height: 2160 }), DEFAULT_LADDER)
    expect(plan.video.filter((rung) => !rung.eager).map((rung) => rung.id)).toEqual(['2160p'])
  })
})

describe('spans', () => {
  test('of a long title: a minute of everything, the lowest to the end, then the rest', () => {
    const plan = planRun(facts(1_800_000), DEFAULT_LADDER)
    const spans = spansOf(plan, { seconds: 40 })
    const count = segmentCount(plan.timeline)
    expect(spans.map((span) => span.order)).toEqual(spans.map((_, index) => index))
    expect(spans[0]).toMatchObject({ from: 0, renditions: ['360p', '480p', '720p', '1080p', 'audio', 'audio2'] })
    for (const rendition of ['360p', '1080p', 'audio']) {
      const covered = spans
        .filter((span) => span.renditions.includes(rendition))
        .flatMap((span) => range(span.from, span.to))
      expect(covered.sort((a, b) => a - b)).toEqual(range(0, count))
    }
    const lowest = spans.findIndex((span) => span.renditions.length === 3)
    const rest = spans.findIndex((span) => !span.renditions.includes('360p'))
    expect(lowest).toBeLessThan(rest)
  })

  test('of what is dear to encode: shorter, but never less than half', () => {
    const longest = (more: Partial<VideoFacts>, rendition: string) => {
      const plan = planRun(facts(600_000, more), { ...DEFAULT_LADDER, secondCodecs: ['av1'] })
      const spans = spansOfRendition(plan, rendition, { seconds: 40 })
      return Math.max(
        ...spans.map(
          ({ from, to }) =>
            (segmentStart(plan.timeline, to) - segmentStart(plan.timeline, from)) / plan.timeline.timescale,
        ),
      )
    }
    const ultra = { width: 3840, height: 2160 }
    expect(longest({}, '1080p')).toBeGreaterThan(39)
    expect(longest(ultra, '360p')).toBeGreaterThan(39)
    expect(longest(ultra, '2160p')).toBeLessThan(28)
    expect(longest(ultra, '2160p')).toBeGreaterThan(19)
    expect(longest({}, '1080p-av1')).toBeLessThan(28)
  })

  test('of a title of a quarter of an hour: one pass', () => {
    const plan = planRun(facts(900_000), DEFAULT_LADDER)
    expect(new Set(spansOf(plan, { seconds: 40 }).map((span) => span.renditions.length))).toEqual(new Set([6]))
  })
})

test('a plan survives being stored as JSON', () => {
  const plan = planRun(facts(100_000), DEFAULT_LADDER)
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
})

describe('playlists', () => {
  const plan = planRun(facts(61_027), DEFAULT_LADDER)

  test('are as written here', () => {
    expect(multivariantPlaylist(plan)).toMatchSnapshot()
    expect(mediaPlaylist(plan, '360p')).toMatchSnapshot()
    expect(mediaPlaylist(planRun({ ...facts(5000), audio: [] }, DEFAULT_LADDER), '720p')).toMatchSnapshot()
  })

  test('are read alike by two foreign parsers', () => {
    const master = HLS.parse(multivariantPlaylist(plan)) as HLS.types.MasterPlaylist
    expect(master.variants.map((variant) => [variant.uri, variant.resolution?.width, variant.audio.length])).toEqual(
      plan.video.map((rung) => [`${rung.id}/index.m3u8`, rung.width, 2]),
    )
    for (const id of ['360p', 'audio']) {
      const text = mediaPlaylist(plan, id)
      const list = HLS.parse(text) as HLS.types.MediaPlaylist
      const parser = new Parser()
      parser.push(text)
      parser.end()
      expect(list.segments.map((segment) => segment.uri)).toEqual(
        parser.manifest.segments.map((segment: { uri: string }) => segment.uri),
      )
      expect(parser.manifest).toMatchObject({ endList: true, playlistType: 'VOD', targetDuration: 4 })
      expect(list.segments.length).toBe(segmentCount(plan.timeline))
      expect(list.segments[0]!.map?.uri).toBe('init.mp4')
      for (const segment of list.segments) expect(Math.round(segment.duration)).toBeLessThanOrEqual(4)
      const sum = list.segments.reduce((total, segment) => total + segment.duration, 0)
      expect(Math.abs(sum - 61.027)).toBeLessThan(0.04)
    }
  })

  test('tell measured rates once there are any', () => {
    const measured = { '360p': { peakBitsPerSecond: 500_000, averageBitsPerSecond: 300_000 } }
    expect(multivariantPlaylist({ ...plan, audio: [] }, measured)).toContain(
      'BANDWIDTH=500000,AVERAGE-BANDWIDTH=300000',
    )
  })
})

describe('commands', () => {
  const request = { sourcePath: '/in/source', threads: 2 }

  test('scale with what is fast only where nothing but the size changes', () => {
    const chains = (more: Partial<VideoFacts>, zimg: boolean) =>
      encodeArgs(planRun(facts(61_000, more), DEFAULT_LADDER), {
        ...request,
        renditions: ['360p', '1080p'],
        from: 0,
        to: 2,
        zimg,
      })
        .args.find((arg) => arg.startsWith('[0:0]'))!
        .match(/(?<=\[base-\d+p\])z?scale=[^,]*|(?<=\[base-\d+p\])setparams=[^,]*,zscale=[^,]*/g)!
        .map((chain) => chain.replace(/^setparams=[^,]*,/, ''))
    expect(chains({}, true)).toEqual(['zscale=w=640:h=360:filter=bicubic', 'scale=1920:1080:flags=bicubic'])
    expect(chains({}, false)[0]).toBe('scale=640:360:flags=bicubic')
    const others: Partial<VideoFacts>[] = [
      { codedWidth: 1921 },
      { pixelFormat: 'yuv444p' },
      { color: { ...video.color, matrix: 'smpte170m' } },
      { color: { ...video.color, range: 'pc' } },
    ]
    for (const other of others) expect(chains(other, true)[0]).toMatch(/^scale=640:360/)
  })

  test('read a large source once for its small rungs, and scale each rung alike whichever others are asked', () => {
    const large = { width: 3840, height: 2160, codedWidth: 3840, codedHeight: 2160 }
    const plan = planRun(facts(61_000, large), DEFAULT_LADDER)
    const scalings = (renditions: string[], zimg = true) =>
      encodeArgs(plan, { ...request, renditions, from: 0, to: 2, zimg })
        .args.find((arg) => arg.startsWith('[0:0]'))!
        .match(/z?scale=[^,]*/g)!
    const step = 'zscale=w=1920:h=1080:filter=bicubic'
    const small = (size: string) => `zscale=${size}:filter=spline36`
    expect(scalings(['360p'])).toEqual([step, small('w=640:h=360')])
    expect(scalings(['1080p'])).toEqual([step])
    expect(scalings(['360p', '720p', '1080p', '2160p'])).toEqual([
      ...['scale=3840:2160:flags=bicubic', step],
      ...[small('w=640:h=360'), small('w=1280:h=720')],
    ])
    expect(scalings(['360p', '1080p'], false)).toHaveLength(2)
  })

  test('take a still along where it lies in what is encoded, but not of what is brought to another gamut first', () => {
    const plan = planRun(facts(15_000), DEFAULT_LADDER)
    const still = stillAt(plan, 1.5, 640)
    expect(still.size).toEqual({ width: 640, height: 360 })
    expect([0, 1].map((n) => isAlong(plan, still, n))).toEqual([true, false])
    const hdr = planRun(facts(15_000, { hdr: 'pq', bitDepth: 10, pixelFormat: 'yuv420p10le' }), DEFAULT_LADDER)
    expect(isAlong(hdr, still, 0)).toBe(false)
    const { args } = encodeArgs(plan, { ...request, renditions: ['360p'], from: 0, to: 1, still })
    expect(args.at(-1)).toBe('pipe:4')
    expect(args.find((arg) => arg.startsWith('[0:0]'))).toContain(
      `trim=start_pts=${still.frame}:end_pts=${still.frame + 1},scale=640:360`,
    )
  })

  test('give the largest rung all threads and the others as many for each pixel', () => {
    const plan = planRun(facts(61_000), DEFAULT_LADDER)
    const threads = (renditions: string[]) => {
      const { args } = encodeArgs(plan, { ...request, threads: 8, renditions, from: 0, to: 2 })
      return args.flatMap((arg, n) => (arg === '-threads' ? Number(args[n + 1]) : []))
    }
    // The decoder's first: a small rung alone waits for nothing else.
    expect(threads(['360p', '720p', '1080p'])).toEqual([4, 1, 4, 8])
    expect(threads(['360p'])).toEqual([8, 8])
  })

  test('encode what is asked in one decode', () => {
    const plan = planRun(facts(61_000, { rotation: 90, width: 1080, height: 1920 }), DEFAULT_LADDER)
    expect(encodeArgs(plan, { ...request, renditions: ['360p', '720p', 'audio2'], from: 4, to: 6 })).toMatchSnapshot()
  })

  test('encode sound without decoding the picture', () => {
    const { args, outputs } = encodeArgs(planRun(facts(61_000), DEFAULT_LADDER), {
      ...request,
      renditions: ['audio'],
      from: 9,
      to: 10,
    })
    const graph = args[args.indexOf('-filter_complex') + 1]!
    expect(graph).not.toContain('[0:0]')
    expect(graph).toContain('[0:1]')
    expect(outputs).toEqual([{ rendition: 'audio', fd: 3 }])
  })

  test('tone-map HDR and deinterlace', () => {
    const hdr = planRun(facts(10_000, { hdr: 'pq', bitDepth: 10, pixelFormat: 'yuv420p10le' }), DEFAULT_LADDER)
    expect(encodeArgs(hdr, { ...request, renditions: ['360p'], from: 0, to: 1 }).args.join(' ')).toMatch(
      /t=linear.*tonemap=tonemap=hable.*t=bt709/,
    )
    const fields = planRun(facts(10_000, { interlaced: true }), DEFAULT_LADDER)
    expect(fields.video[0]!.frameRate).toEqual(rational(60_000, 1001))
    expect(encodeArgs(fields, { ...request, renditions: ['360p'], from: 0, to: 1 }).args.join(' ')).toContain(
      'bwdif=mode=send_field',
    )
    expect(thumbnailArgs(hdr, { sourcePath: '/in/source', atSeconds: 3, width: 640, fd: 3 })).toMatchSnapshot()
  })

  test('know no rendition that is not in the plan', () => {
    expect(() =>
      encodeArgs(planRun(facts(10_000), DEFAULT_LADDER), { ...request, renditions: ['2160p'], from: 0, to: 1 }),
    ).toThrow(RangeError)
  })
})

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)
