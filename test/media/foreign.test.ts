/** What others make of what we package: five readers that know nothing of ours must agree on rungs, lengths and frames. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fetchOne } from '../../src/cli/media-check.ts'
import { collect, type Presentation } from '../../src/media/check.ts'
import { readFragments, readInit } from '../../src/media/check-boxes.ts'
import { CHROMIUM_ARGUMENTS, findChromium, hasChromium } from '../support/chromium.ts'
import { countFrames, makeClip, scratchFolder } from '../support/clips.ts'
import { type House, openHouse } from '../support/house.ts'
import { some } from '../support/long.ts'
import { uploadFile } from '../support/publish.ts'
import { hasShakaPackager, shakaPackage } from '../support/shaka-packager.ts'
import { PLAYERS, type Played, SCRIPTS, STORIES, watchIt } from './players.ts'

const MODULES = join(import.meta.dirname, '../../node_modules')
const RUNGS = ['360p', '480p']

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

const playlist = (name: string) => title.hls!.replace('main.m3u8', `${name}/index.m3u8`)

/** The segments of a rung in their order. */
function rung(name: string): { init: Uint8Array; segments: Uint8Array[] } {
  const found = [...title.files.values()].filter(({ url }) => new RegExp(`/${name}/\\d+\\.m4s$`).test(url))
  const place = ({ url }: { url: string }) => Number(/(\d+)\.m4s$/.exec(url)![1])
  return {
    init: at(`/${name}/init.mp4`).bytes,
    segments: found.sort((a, b) => place(a) - place(b)).map(({ bytes }) => bytes),
  }
}

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
  const { init, segments } = rung('480p')
  expect(framesOf([init, ...segments])).toEqual([expect.stringMatching(/^avc1\.\w+ 240$/)])
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

test('the manifest is valid by its XML schema, and is not when something in it is out of place', async () => {
  const { validateXML } = await import('xmllint-wasm')
  const schema = readFileSync(join(import.meta.dirname, 'mpd.xsd'), 'utf8')
  const faultsOf = async (xml: string) => (await validateXML({ xml, schema })).errors.map(({ message }) => message)

  expect(await faultsOf(textAt('/main.mpd'))).toEqual([])
  expect(await faultsOf(textAt('/main.mpd').replace('<Period ', '<Period colour="green" '))).not.toEqual([])
})

test('Shaka Packager cuts a rung where we do, and finds the same frames of the same sizes in it', async (context) => {
  if (!hasShakaPackager) context.skip('its npm package has no program for this machine')
  const path = join(scratch.path, 'download.mp4')
  await writeFile(path, download)
  const folder = join(scratch.path, 'shaka')
  const { init, segments } = rung('480p')
  // Our first segments last two seconds, as all of this title do; Shaka Packager cuts at the key frame after the length it is given.
  await shakaPackage(folder, [{ name: '480p', path, stream: 'video' }], { segmentSeconds: 2 })
  const { tracks } = readInit(init)
  const theirInit = readInit(await readFile(join(folder, '480p/init.mp4')))
  expect(theirInit.tracks[0]).toMatchObject({ codecs: tracks[0]!.codecs, width: 854, height: 480 })
  const scale = theirInit.tracks[0]!.timescale / tracks[0]!.timescale
  for (const [n, bytes] of segments.entries()) {
    const [ours] = readFragments(bytes, tracks)
    const theirs = readFragments(await readFile(join(folder, `480p/${n + 1}.m4s`)), theirInit.tracks)
    expect(theirs.flatMap(({ samples }) => samples.map(({ size }) => size))).toEqual(
      ours!.samples.map(({ size }) => size),
    )
    expect(theirs.flatMap(({ samples }) => samples.map(({ duration }) => duration))).toEqual(
      ours!.samples.map(({ duration }) => duration * scale),
    )
    expect(theirs[0]!.decodeTime).toBe(ours!.decodeTime! * scale)
  }
  await expect(readFile(join(folder, `480p/${segments.length + 1}.m4s`))).rejects.toThrow('ENOENT')
}, 60_000)

test('FFmpeg, mpv and GStreamer decode every rung, by HLS and by DASH, to the same number of frames', async (context) => {
  for (const name of RUNGS) expect(await countFrames(playlist(name), 'v:0')).toEqual({ frames: 240, complaints: '' })
  for (const [n] of RUNGS.entries()) expect(await countFrames(title.dash!, `v:${n}`)).toMatchObject({ frames: 240 })
  expect(await countFrames(playlist('audio'), 'a:0')).toMatchObject({ frames: 375 })

  const absent = ['mpv', 'gst-launch-1.0'].filter((program) => !has(program))
  if (!absent.includes('mpv')) for (const name of RUNGS) expect(await framesByMpv(playlist(name))).toBe(240)
  if (!absent.includes('gst-launch-1.0'))
    for (const name of RUNGS) expect(await framesByGStreamer(playlist(name))).toBe(240)
  if (absent.length > 0) context.skip(`FFmpeg agrees; not there to be asked: ${absent.join(', ')}`)
}, 120_000)

const run = promisify(execFile)

/** Programs of the machine that may or may not be there. */
function has(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)))
}

/** mpv writes a line for each frame that it would show. */
async function framesByMpv(address: string): Promise<number> {
  const path = join(scratch.path, 'mpv.crc')
  const words = ['--no-config', '--msg-level=all=error', '--no-audio', '--sid=no', '--of=framecrc', '--ovc=rawvideo']
  await run('mpv', [...words, `--o=${path}`, address], { timeout: 60_000 })
  return readFileSync(path, 'utf8').match(/^\d/gm)?.length ?? 0
}

/** GStreamer's sink says what it was given. */
async function framesByGStreamer(address: string): Promise<number> {
  const sink = 'fakesink name=sink silent=false sync=false'
  const words = `uridecodebin uri=${address} caps=video/x-raw ! ${sink}`.split(' ')
  const { stdout } = await run('gst-launch-1.0', ['-v', ...words], { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 })
  return stdout.match(/last-message = chain /g)?.length ?? 0
}

describe.skipIf(!hasChromium())('in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_ARGUMENTS })
  }, 60_000)
  afterAll(() => browser?.close())

  test.each(some(PLAYERS, 3))(
    '%s plays %s from the beginning, and on from where it is sent',
    { timeout: 90_000 },
    async (name, kind) => {
      const page = await browser.newPage()
      await page.setContent('<video muted width="640"></video>')
      await page.addScriptTag({ path: join(MODULES, SCRIPTS[name]) })
      const address = kind === 'HLS' ? title.hls! : title.dash!
      const seen =
        await page.evaluate<Played>(`(${STORIES[name]})(document.querySelector('video'), ${JSON.stringify(address)})
      .then((facts) => (${watchIt})(document.querySelector('video'), facts))`)
      expect(seen).toMatchObject({ heights: [360, 480], error: null })
      expect(seen.duration).toBeCloseTo(8, 1)
      // It was sent to the sixth second and played to the end: frames from before and after.
      expect(seen.frames).toBeGreaterThan(40)
      expect(seen.ended).toBe(true)
      await page.close()
    },
  )
})
