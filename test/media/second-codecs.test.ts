// Second codecs: the same segments at the same times, named in advance, alike whether made alone or together.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { dashManifest } from '../../src/media/dash.ts'
import { multivariantPlaylist } from '../../src/media/hls.ts'
import { DEFAULT_LADDER } from '../../src/media/ladder.ts'
import { findBox } from '../../src/media/mp4-read.ts'
import { offered, planRun } from '../../src/media/plan.ts'
import type { SecondCodec } from '../../src/media/second-codecs.ts'
import { frameRange, segmentCount, timelineOfFrames } from '../../src/media/timeline.ts'
import { decode, generate, make, openFolder, openSource, probe, type Source, similarity, timesOf } from './engine.ts'

const folder = openFolder()
afterAll(() => folder.close())

const clip = [
  '-f',
  'lavfi',
  '-i',
  'testsrc2=s=320x180:r=25:d=5',
  '-c:v',
  'libx264',
  '-preset',
  'ultrafast',
  '-pix_fmt',
  'yuv420p',
]

function withCodec(codec: SecondCodec): Source {
  const source = openSource(generate(folder.path, `${codec}.mp4`, clip))
  return { ...source, plan: planRun(source.facts, { ...DEFAULT_LADDER, preset: 'ultrafast', secondCodecs: [codec] }) }
}

/** The name of a codec as its configuration box says it (RFC 6381 and the registrations of each). */
function nameIn(init: Uint8Array, codec: SecondCodec): string {
  const stsd = findBox(init, 'moov/trak/mdia/minf/stbl/stsd')!
  const entry = init.subarray(stsd.body + 8, stsd.end)
  const [box, format] = { av1: ['av1C', 'av01'], hevc: ['hvcC', 'hvc1'], vp9: ['vpcC', 'vp09'] }[codec] as [
    string,
    string,
  ]
  expect(Buffer.from(entry.subarray(4, 8)).toString()).toBe(format)
  const at = Buffer.from(entry).indexOf(box) + 4
  const digits = (value: number) => String(value).padStart(2, '0')
  if (codec === 'av1') return `av01.${entry[at + 1]! >> 5}.${digits(entry[at + 1]! & 31)}M.08`
  if (codec === 'vp9') return `vp09.${digits(entry[at + 4]!)}.${digits(entry[at + 5]!)}.${digits(entry[at + 6]! >> 4)}`
  const compatible = (entry[at + 2]! << 24) >>> 0
  let reversed = 0
  for (let bit = 0; bit < 8; bit++) if (compatible & (1 << (24 + bit))) reversed |= 1 << (7 - bit)
  return `hvc1.${entry[at + 1]! & 31}.${reversed.toString(16)}.L${entry[at + 12]}.${entry[at + 6]!.toString(16)}`
}

test.each(['av1', 'hevc', 'vp9'] as const)(
  '%s segments made alone fit those made together, and are called what the plan calls them',
  async (codec) => {
    const source = withCodec(codec)
    const [rendition] = source.plan.more!
    const { timeline } = source.plan
    const count = segmentCount(timeline)
    expect(rendition!.id).toBe(`360p-${codec}`)

    const whole = (await make(source, [rendition!.id], 0, count))[rendition!.id]!
    expect(nameIn(whole.init, codec)).toBe(rendition!.codecs)
    const times = timesOf(folder.path, whole.init, whole.segments)
    expect(times.shown).toEqual(Array.from({ length: 125 }, (_, frame) => frame * timeline.frameTicks))
    expect(decode(folder.path, whole.init, whole.segments, ['-f', 'null', '-']).said).toBe('')

    const alone = (await make(source, [rendition!.id], 1, 2))[rendition!.id]!
    expect(Buffer.from(alone.init).equals(whole.init)).toBe(true)
    const range = frameRange(timeline, 1)
    const placed = timesOf(folder.path, alone.init, alone.segments)
    expect([placed.shown[0], placed.shown.length, placed.keys[0]]).toEqual([
      range.from * timeline.frameTicks,
      range.to - range.from,
      range.from * timeline.frameTicks,
    ])
    expect(similarity(folder.path, alone, { init: whole.init, segments: [whole.segments[1]!] }).mean).toBeGreaterThan(
      0.97,
    )
  },
  120_000,
)

test('AV1 follows a timeline off its own grid, a segment at a time', async () => {
  const on = withCodec('av1')
  const source = {
    ...on,
    plan: { ...on.plan, timeline: timelineOfFrames(on.plan.video[0]!.frameRate, [0, 37, 95, 125]) },
  }
  const { id } = source.plan.more![0]!
  const made = []
  for (let n = 0; n < 3; n++) made.push((await make(source, [id], n, n + 1))[id]!)
  const segments = made.flatMap((it) => it.segments)
  const { shown, keys } = timesOf(folder.path, made[0]!.init, segments)
  expect(shown.length).toBe(125)
  const { frameTicks } = source.plan.timeline
  expect(keys).toEqual(expect.arrayContaining([0, 37 * frameTicks, 95 * frameTicks]))
  expect(decode(folder.path, made[0]!.init, segments, ['-f', 'null', '-']).said).toBe('')
}, 180_000)

test.each([
  ['pq', 'smpte2084'],
  ['hlg', 'arib-std-b67'],
] as const)(
  'a source in %s gets rungs in its own range beside those in Rec. 709, and manifests tell them apart',
  async (hdr, transfer) => {
    const tags = ['-color_primaries', 'bt2020', '-color_trc', transfer, '-colorspace', 'bt2020nc', '-color_range', 'tv']
    const coded = [
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'log-level=error',
      '-pix_fmt',
      'yuv420p10le',
      '-tag:v',
      'hvc1',
    ]
    const source = openSource(
      generate(folder.path, `${hdr}.mp4`, ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=3', ...coded, ...tags]),
    )
    const wide = source.plan.more!.at(-1)!
    expect(wide).toMatchObject({ id: '360p-hdr', range: hdr, codecs: expect.stringMatching(/^hvc1\.2\.4\.L/) })

    // What a camera's file says of its light: DCI-P3 on a screen of 1000 cd/m2.
    const light = {
      mastering: {
        chromaticities: [13_250, 34_500, 7500, 3000, 34_000, 16_000, 15_635, 16_450],
        most: 10_000_000,
        least: 50,
      },
      content: { most: 1000, average: 400 },
    }
    source.plan.source.video!.light = light
    const { init, segments } = (await make(source, [wide.id], 0, 1))[wide.id]!
    expect(nameIn(init, 'hevc')).toBe(wide.codecs)
    const path = join(folder.path, `${hdr}-made.mp4`)
    writeFileSync(path, Buffer.concat([init, ...segments.map(({ bytes }) => bytes)]))
    const entries = 'stream=pix_fmt,color_transfer,color_primaries,color_space,color_range'
    const seen = execFileSync('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', path], {
      encoding: 'utf8',
    })
    const { side_data_list: _, ...stream } = JSON.parse(seen).streams[0]
    expect(stream).toEqual({
      pix_fmt: 'yuv420p10le',
      color_range: 'tv',
      color_space: 'bt2020nc',
      color_transfer: transfer,
      color_primaries: 'bt2020',
    })
    // It is said again, where others look for it.
    const again = probe(path)
    expect('facts' in again && again.facts.video?.light).toEqual(light)
    // The same light, only scaled: nothing was tone mapped.
    const luma = (file: string) =>
      Number(
        /YAVG=([\d.]+)/.exec(
          execFileSync(
            'ffmpeg',
            [
              '-nostdin',
              '-v',
              'error',
              '-i',
              file,
              '-frames:v',
              '1',
              '-vf',
              'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-',
              '-f',
              'null',
              '-',
            ],
            { encoding: 'utf8' },
          ),
        )![1],
      )
    expect(Math.abs(luma(path) - luma(source.path))).toBeLessThan(4)

    const list = multivariantPlaylist(offered(source.plan, { isMade: () => true, isOut: () => false }))
    expect(list).toMatch(new RegExp(`VIDEO-RANGE=${hdr.toUpperCase()}[^\\n]*\\n360p-hdr/`))
    expect(list).toMatch(/VIDEO-RANGE=SDR[^\n]*\n360p\//)
    const manifest = dashManifest(offered(source.plan, { isMade: (id) => id === wide.id, isOut: () => false }))
    const set = /<AdaptationSet id="2"[\s\S]*?<\/AdaptationSet>/.exec(manifest)![0]
    expect(set).toContain('id="360p-hdr"')
    expect(
      [...set.matchAll(/<EssentialProperty schemeIdUri="urn:mpeg:mpegB:cicp:(\w+)" value="(\d+)"/g)].map(
        ([, name, value]) => `${name} ${value}`,
      ),
    ).toEqual(['ColourPrimaries 9', 'MatrixCoefficients 9', `TransferCharacteristics ${hdr === 'pq' ? 16 : 18}`])
    expect(manifest.match(/EssentialProperty/g)).toHaveLength(3)
  },
  60_000,
)
