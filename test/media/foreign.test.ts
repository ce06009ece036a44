/** What others make of what we package: five readers that know nothing of ours must agree on rungs, lengths and frames. */
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchOne } from '../../src/cli/media-check.ts'
import { collect, type Presentation } from '../../src/media/check.ts'
import { countFrames, makeClip, scratchFolder } from '../support/clips.ts'
import { type House, openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'

let scratch: Awaited<ReturnType<typeof scratchFolder>>
let house: House
let title: Presentation
let download: Buffer

beforeAll(async () => {
  scratch = await scratchFolder()
  const clip = await makeClip(scratch.path, 'clip.mp4', { seconds: 8, size: '854x480' })
  house = await openHouse()
  const ana = await house.member('Ana')
  const id = await uploadFile(house, ana, clip)
  await house.runJobs()
  await ana.fetch(`/api/videos/${id}/captions/en`, { method: 'PUT', body: 'WEBVTT\n\n00:01.000 --> 00:02.000\nOne' })
  const { hls, dash } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  title = await collect({ hls: house.address + hls, dash: house.address + dash }, fetchOne, true)
  download = Buffer.from(await (await ana.fetch(`/api/videos/${id}/download/480p`)).arrayBuffer())
}, 180_000)
afterAll(async () => {
  await house?.close()
  await scratch[Symbol.asyncDispose]()
})

const at = (name: string) => [...title.files].find(([url]) => url.endsWith(name))![1]
const textAt = (name: string) => new TextDecoder().decode(at(name).bytes)

test('hls-parser and m3u8-parser see the same variants, segments and texts', async () => {
  const { default: HLS } = await import('hls-parser')
  const main = HLS.parse(textAt('/main.m3u8')) as {
    variants: { uri: string; isIFrameOnly?: boolean; audio: unknown[]; subtitles: unknown[] }[]
  }
  // @ts-expect-error it comes without types
  const { Parser } = await import('m3u8-parser')
  const parser = new Parser()
  parser.push(textAt('/main.m3u8'))
  parser.end()

  const played = main.variants.filter((it) => !it.isIFrameOnly)
  expect(played.map(({ uri }) => uri)).toEqual(['360p/index.m3u8', '480p/index.m3u8'])
  expect(main.variants.filter((it) => it.isIFrameOnly).map(({ uri }) => uri)).toEqual(['trick/index.m3u8'])
  expect(played[0]!.audio).toHaveLength(1)
  expect(played[0]!.subtitles).toHaveLength(1)
  expect(parser.manifest.playlists.map((it: { uri: string }) => it.uri)).toEqual(played.map(({ uri }) => uri))

  const list = HLS.parse(textAt('/480p/index.m3u8')) as { segments: { duration: number }[] }
  const other = new Parser()
  other.push(textAt('/480p/index.m3u8'))
  other.end()
  expect(list.segments.reduce((sum, { duration }) => sum + duration, 0)).toBeCloseTo(8, 3)
  expect(other.manifest.segments).toHaveLength(list.segments.length)
})

test('mpd-parser sees the rungs, sounds and texts of the manifest, as long as HLS has them', async () => {
  const { parse } = await import('mpd-parser')
  const manifest = parse(textAt('/main.mpd'), { manifestUri: title.dash! })

  expect(manifest.duration).toBeCloseTo(8, 3)
  const rungs = manifest.playlists.filter(({ attributes }) => attributes.NAME !== 'trick')
  expect(rungs.map(({ attributes }) => `${attributes.NAME} ${attributes.RESOLUTION!.height}`)).toEqual([
    '360p 360',
    '480p 480',
  ])
  for (const { segments } of rungs) expect(segments.reduce((sum, { duration }) => sum + duration, 0)).toBeCloseTo(8, 3)
  expect(Object.keys(manifest.mediaGroups.AUDIO!)).toHaveLength(1)
  expect(Object.values(manifest.mediaGroups.SUBTITLES!)[0]).toHaveProperty('English')
})

test('mp4box.js reads every fragment of a rung, and the tables of a download, frame for frame', async () => {
  const { createFile } = await import('mp4box')
  const framesOf = (parts: Uint8Array[]) => {
    const file = createFile()
    let tracks: { id: number; nb_samples: number; codec: string }[] = []
    file.onReady = (info: { tracks: typeof tracks }) => {
      tracks = info.tracks
    }
    let start = 0
    for (const part of parts) {
      const buffer = Uint8Array.from(part).buffer as ArrayBuffer & { fileStart: number }
      buffer.fileStart = start
      start += part.byteLength
      file.appendBuffer(buffer as never)
    }
    file.flush()
    return tracks.map(({ id, codec }) => `${codec} ${file.getTrackSamplesInfo(id).length}`)
  }
  const segments = [...title.files.values()].filter(({ url }) => /\/480p\/\d+\.m4s$/.test(url))
  expect(framesOf([at('/480p/init.mp4').bytes, ...segments.map(({ bytes }) => bytes)])).toEqual([
    expect.stringMatching(/^avc1\.\w+ 240$/),
  ])
  expect(framesOf([download])).toEqual([expect.stringMatching(/^avc1\.\w+ 240$/), 'mp4a.40.2 375'])
})

test('mediabunny reads a download: two tracks of one length', async () => {
  const { ALL_FORMATS, BufferSource, Input } = await import('mediabunny')
  const input = new Input({ source: new BufferSource(Uint8Array.from(download)), formats: ALL_FORMATS })

  expect(await input.computeDuration()).toBeCloseTo(8, 1)
  const video = (await input.getPrimaryVideoTrack())!
  const audio = (await input.getPrimaryAudioTrack())!
  expect([video.displayWidth, video.displayHeight]).toEqual([854, 480])
  expect(await video.computePacketStats()).toMatchObject({ packetCount: 240 })
  expect(await audio.computePacketStats()).toMatchObject({ packetCount: 375 })
})

test('FFmpeg decodes as many frames by HLS as by DASH', async () => {
  expect(await countFrames(title.hls!.replace('main.m3u8', '480p/index.m3u8'), 'v:0')).toEqual({
    frames: 240,
    complaints: '',
  })
  expect(await countFrames(title.dash!, 'v:1')).toMatchObject({ frames: 240 })
}, 60_000)

/** Programs of the machine that may or may not be there; the test says which. */
const has = (program: string) => {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test.skipIf(!has('mpv'))('mpv plays a rung to its end', () => {
  const list = title.hls!.replace('main.m3u8', '480p/index.m3u8')
  expect(() =>
    execFileSync('mpv', ['--no-config', '--vo=null', '--ao=null', '--untimed', list], {
      stdio: 'ignore',
      timeout: 60_000,
    }),
  ).not.toThrow()
})

test.skipIf(!has('gst-launch-1.0'))('GStreamer decodes a rung to its end', () => {
  const list = title.hls!.replace('main.m3u8', '480p/index.m3u8')
  const words = ['-q', 'playbin', `uri=${list}`, 'video-sink=fakesink', 'audio-sink=fakesink']
  expect(() => execFileSync('gst-launch-1.0', words, { stdio: 'ignore', timeout: 60_000 })).not.toThrow()
})
