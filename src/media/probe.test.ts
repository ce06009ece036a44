// What is made of ffprobe's words: facts, or a refusal with the right reason.

import { describe, expect, test } from 'vitest'
import { findLattice } from './audio-lattice.ts'
import { findRate } from './frame-rate.ts'
import { readOrientation } from './picture.ts'
import { explainProbeFailure, probeArgs, readProbe } from './probe.ts'
import { applyScan, readScan } from './scan.ts'

const picture = {
  ...{ index: 0, codec_type: 'video', codec_name: 'h264', width: 1280, height: 720, pix_fmt: 'yuv420p' },
  ...{
    r_frame_rate: '25/1',
    avg_frame_rate: '25/1',
    time_base: '1/12800',
    start_time: '0.000000',
    duration: '10.000000',
    nb_frames: '250',
  },
}
const sound = {
  ...{ index: 1, codec_type: 'audio', codec_name: 'aac', sample_rate: '48000', channels: 2, time_base: '1/48000' },
  ...{ start_time: '0.000000', duration: '10.020000' },
}
const format = { format_name: 'mov,mp4,m4a,3gp,3g2,mj2', start_time: '0.000000', duration: '10.020000' }
const answer = (change: object) => readProbe({ format, streams: [picture, sound], packets: [], ...change }, 5_000_000)

test('an ordinary file gives facts', () => {
  const read = answer({})
  expect(read).toMatchObject({
    facts: { container: 'mov', durationMs: 10_000, durationTrusted: true, seekable: 'index', remux: false },
  })
  expect(read).toMatchObject({
    facts: { video: { width: 1280, frameRate: { num: 25, den: 1 }, hdr: 'sdr' }, audio: [{ language: 'und' }] },
  })
})

test('a header tells all where frames come in order and the sound is plain', () => {
  const told = (inPicture: object, inSound: object) => {
    const read = answer({
      streams: [
        { ...picture, ...inPicture },
        { ...sound, ...inSound },
      ],
    })
    return 'facts' in read && read.facts.told === true
  }
  expect(told({ has_b_frames: 0 }, { profile: 'LC' })).toBe(true)
  expect(told({ has_b_frames: 2 }, { profile: 'LC' })).toBe(false)
  expect(told({ has_b_frames: 0 }, { profile: 'HE-AAC' })).toBe(false)
  expect(told({ has_b_frames: 0, codec_name: 'hevc' }, { profile: 'LC' })).toBe(false)
})

describe('refusals', () => {
  test.each([
    ['source_not_media', { format: {} }],
    ['source_no_video', { streams: [{ index: 0, codec_type: 'data' }] }],
    ['source_codec_unsupported', { streams: [{ ...picture, codec_name: 'magicyuv' }] }],
    ['source_too_large_picture', { streams: [{ ...picture, width: 16_000, height: 16_000 }] }],
    [
      'source_too_long',
      {
        format: { ...format, duration: '100000' },
        streams: [{ ...picture, duration: '100000', nb_frames: '2500000' }],
      },
    ],
    ['source_encrypted', { packets: [{ stream_index: 0, side_data_list: [{ side_data_type: 'Encryption info' }] }] }],
    ['source_too_many_streams', { streams: Array.from({ length: 40 }, () => picture) }],
  ])('%s', (refusal, change) => {
    const big = refusal === 'source_too_long' ? 5_000_000_000 : 5_000_000
    expect(readProbe({ format, streams: [picture, sound], packets: [], ...change }, big)).toMatchObject({ refusal })
  })

  test('of nothing at all, and of nonsense', () => {
    expect(readProbe({}, 0)).toMatchObject({ refusal: 'source_empty' })
    for (const nonsense of [null, 7, 'x', [], { format: 3, streams: 'no' }])
      expect(readProbe(nonsense, 9)).toMatchObject({ refusal: 'source_not_media' })
  })

  test('from what ffprobe complained of', () => {
    expect(explainProbeFailure('Invalid data found when processing input')).toBe('source_not_media')
    expect(explainProbeFailure('Picture size 16000x16000 exceeds specified max pixel count 36000000')).toBe(
      'source_too_large_picture',
    )
    expect(explainProbeFailure('hit EOF while reading sub-sample encryption info')).toBe('source_encrypted')
    expect(explainProbeFailure('moov atom not found\nInvalid data found when processing input')).toBe(
      'source_unreadable',
    )
    expect(explainProbeFailure('Input/output error')).toBe('source_unreadable')
  })
})

test('forty hours in a small file are measured, not believed', () => {
  const bogus = answer({ format: { ...format, duration: '143165.0' }, streams: [{ ...picture, duration: '143165.0' }] })
  if (!('facts' in bogus)) throw new Error(bogus.refusal)
  expect(bogus.facts.durationTrusted).toBe(false)
  const scan = readScan(
    '0,0.000000,0.000000,0.040000,K_\n0,0.080000,0.040000,0.040000,__\n0,0.040000,0.080000,0.040000,__\n',
  )
  expect(scan[0]).toEqual({ firstSeconds: 0, endSeconds: 0.12, packets: 3, keySeconds: [0] })
  expect(applyScan(bogus.facts, scan)).toMatchObject({ facts: { durationMs: 120, durationTrusted: true, audio: [] } })
  expect(applyScan(bogus.facts, {})).toMatchObject({ refusal: 'source_too_short' })
})

test('cover art is not the picture, and the default sound comes first', () => {
  const cover = {
    ...picture,
    index: 2,
    codec_name: 'mjpeg',
    width: 3000,
    height: 3000,
    disposition: { attached_pic: 1 },
  }
  const second = { ...sound, index: 3, tags: { language: 'ger' }, disposition: { default: 1 } }
  const read = answer({ streams: [cover, sound, second] })
  expect(read).toMatchObject({ facts: { audio: [{ streamIndex: 3, language: 'de' }, { streamIndex: 1 }] } })
  expect('facts' in read && read.facts.video).toBeUndefined()
})

test('a file whose packets are all labelled key frames is decoded from its start', () => {
  const packets = [90_000, 5000, 6000, 5000, 4000, 6000, 5000, 4000, 5000].map((size, n) => ({
    ...{ stream_index: 0, codec_type: 'video', flags: 'K_', size: String(size), pts_time: String(n / 25) },
  }))
  expect(answer({ packets })).toMatchObject({ facts: { seekable: 'start' } })
  expect(answer({ packets: packets.map((packet) => ({ ...packet, size: '90000' })) })).toMatchObject({
    facts: { seekable: 'index' },
  })
})

describe('frame rates', () => {
  const every = (step: number, count = 40) => Array.from({ length: count }, (_, n) => n * step)
  test.each<[string, string, string, number[], number, number]>([
    ['exact NTSC', '30000/1001', '30000/1001', every(1001 / 30_000), 30_000, 1001],
    [
      'milliseconds of NTSC film',
      '24000/1001',
      '24000/1001',
      every(1001 / 24_000).map((t) => Math.round(t * 1000) / 1000),
      24_000,
      1001,
    ],
    ['120 frames/s', '120/1', '120/1', every(1 / 120), 60, 1],
    ['90 frames/s', '90/1', '90/1', every(1 / 90), 45, 1],
    ['a clock for a rate', '90000/1', '57600/1', every(1 / 30), 30, 1],
    ['a phone that wanders', '30/1', '1400/51', every(1 / 30).map((t, n) => t + (n % 3) * 0.004), 30, 1],
    ['an odd but steady one', '14/1', '14/1', every(1 / 14), 14, 1],
    ['a slide show', '1/2', '1/2', every(2), 5, 1],
    ['nothing known', '0/0', '0/0', [], 25, 1],
  ])('%s', (_, base, average, times, num, den) => {
    expect(findRate(base, average, times).frameRate).toEqual({ num, den })
  })
})

describe('orientation', () => {
  const matrix = (a: number, b: number, c: number, d: number) => ({
    side_data_list: [
      {
        side_data_type: 'Display Matrix',
        displaymatrix: `\n00000000: ${a} ${b} 0\n00000001: ${c} ${d} 0\n00000002: 0 0 1073741824\n`,
      },
    ],
  })
  test.each([
    [matrix(65536, 0, 0, 65536), 0, false],
    [matrix(0, 65536, -65536, 0), 90, false],
    [matrix(-65536, 0, 0, -65536), 180, false],
    [matrix(0, -65536, 65536, 0), 270, false],
    [matrix(-65536, 0, 0, 65536), 0, true],
    [matrix(65536, 0, 0, -65536), 180, true],
    [matrix(40000, 40000, -40000, 40000), 0, false],
    [{ side_data_list: [{ side_data_type: 'Display Matrix', displaymatrix: 'x', rotation: -9.2e18 }] }, 0, false],
  ])('%#', (stream, rotation, flip) => {
    expect(readOrientation(stream)).toEqual({ rotation, flip })
  })
})

test('AAC frames are found again behind a clock of milliseconds; jitter is not taken for them', () => {
  const times = Array.from({ length: 50 }, (_, n) => Math.round((n * 1024 * 1000) / 44_100) / 1000)
  expect(findLattice('aac', 44_100, times, 0.001)).toMatchObject({ samples: 1024 })
  expect(findLattice('aac', 44_100, times, 1 / 44_100)).toBeUndefined()
  const wandering = times.map((time, n) => time + (n % 4) * 0.003)
  expect(findLattice('aac', 44_100, wandering, 0.001)).toBeUndefined()
})

test('a path is only ever a path', () => {
  expect(probeArgs('-concat:a|b').slice(-2)).toEqual(['-i', 'file:-concat:a|b'])
})
