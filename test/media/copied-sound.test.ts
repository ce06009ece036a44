/** What others make of sound that is copied at its own rate: parsers agree on when and what it is, players change to it and back. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM_ARGUMENTS, findChromium, hasChromium } from '../support/chromium.ts'
import { ffmpeg, scratchFolder } from '../support/clips.ts'
import { type House, openHouse } from '../support/house.ts'
import { some } from '../support/long.ts'
import { uploadFile } from '../support/publish.ts'
import { PLAYERS, type PlayerName, SCRIPTS, UNTIL } from './players.ts'

const MODULES = join(import.meta.dirname, '../../node_modules')
const RATE = 44_100
/** Samples of the first language between the title's zero and its first frame: a hundredth of a second. */
const PHASE = 441
const FRAMES = Math.ceil((8 * RATE - PHASE) / 1024)

let scratch: Awaited<ReturnType<typeof scratchFolder>>
let house: House
let hls: string
let dash: string
let download: Buffer

beforeAll(async () => {
  scratch = await scratchFolder()
  const english = join(scratch.path, 'english.m4a')
  const clip = join(scratch.path, 'clip.mp4')
  await ffmpeg('-f', 'lavfi', '-i', `sine=f=500:r=${RATE}:d=8`, '-c:a', 'aac', english)
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=30:d=8', '-itsoffset', '0.010', '-i', english],
    ...['-f', 'lavfi', '-i', 'sine=f=900:r=16000:d=8', '-map', '0', '-map', '1', '-map', '2'],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-g',
      '60',
      '-pix_fmt',
      'yuv420p',
      '-c:a:0',
      'copy',
      '-c:a:1',
      'aac',
    ],
    ...['-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=ger', '-movflags', '+faststart', clip],
  )
  house = await openHouse({
    settings: {
      'transcode.preset': 'ultrafast',
      'transcode.loudness_lufs': 'off',
      'transcode.while_uploading': false,
    },
  })
  const ana = await house.member('Ana')
  const id = await uploadFile(house, ana, clip)
  await house.runJobs()
  const found = await house.anyone.call('startPlayback', { params: { videoId: id } })
  hls = house.address + found.hls
  dash = house.address + found.dash
  download = Buffer.from(await (await ana.fetch(`/api/videos/${id}/download/360p`)).arrayBuffer())
}, 120_000)
afterAll(async () => {
  await house?.close()
  await scratch[Symbol.asyncDispose]()
})

const textAt = async (name: string) => (await fetch(hls.replace('main.m3u8', name))).text()
const bytesAt = async (name: string) =>
  new Uint8Array(await (await fetch(hls.replace('main.m3u8', name))).arrayBuffer())

test('hls-parser and mpd-parser see one channel at its own times beside two at those of the platform', async () => {
  const { default: HLS } = await import('hls-parser')
  const main = HLS.parse(await textAt('main.m3u8')) as {
    variants: { codecs: string; audio: { language: string; channels: string; groupId: string }[] }[]
  }
  expect(main.variants[0]!.audio.map(({ language, channels, groupId }) => [language, channels, groupId])).toEqual([
    ['en', '1', 'audio'],
    ['de', '2', 'audio'],
  ])
  // One name for both: the rate and the channels are no part of it (RFC 6381).
  expect(main.variants[0]!.codecs.split(',')[1]).toBe('mp4a.40.2')
  const list = HLS.parse(await textAt('audio/index.m3u8')) as { segments: { duration: number }[] }
  const listed = list.segments.reduce((sum, { duration }) => sum + duration, 0)
  expect(listed).toBeCloseTo((PHASE + FRAMES * 1024) / RATE, 5)

  const { parse } = await import('mpd-parser')
  const manifest = parse(await textAt('main.mpd'), { manifestUri: dash })
  const sounds = Object.values(manifest.mediaGroups.AUDIO!).flatMap((group) => Object.values(group)) as unknown as {
    language: string
    playlists: { segments: { duration: number; presentationTime: number }[] }[]
  }[]
  const english = sounds.find(({ language }) => language === 'en')!.playlists[0]!.segments
  expect(english[0]!.presentationTime).toBeCloseTo(PHASE / RATE, 6)
  expect(english.at(-1)!.presentationTime + english.at(-1)!.duration).toBeCloseTo((PHASE + FRAMES * 1024) / RATE, 5)
})

test('mp4box.js and mediabunny read the rate, the channel and the times, in segments and in a download', async () => {
  const { createFile } = await import('mp4box')
  const file = createFile()
  type Sound = { id: number; timescale: number; audio: { sample_rate: number; channel_count: number } }
  let sound: Sound | undefined
  file.onReady = (info: { tracks: unknown[] }) => {
    sound = info.tracks[0] as Sound
  }
  let start = 0
  for (const name of ['init.mp4', '0.m4s', '1.m4s', '2.m4s', '3.m4s']) {
    const bytes = await bytesAt(`audio/${name}`)
    const buffer = bytes.buffer as ArrayBuffer & { fileStart: number }
    buffer.fileStart = start
    start += bytes.byteLength
    file.appendBuffer(buffer as never)
  }
  file.flush()
  expect(sound).toMatchObject({ timescale: RATE, audio: { sample_rate: RATE, channel_count: 1 } })
  const samples = file.getTrackSamplesInfo(sound!.id)
  expect(samples).toHaveLength(FRAMES)
  expect(samples.map(({ cts }) => cts)).toEqual(samples.map((_, n) => PHASE + n * 1024))

  const { ALL_FORMATS, BufferSource, Input } = await import('mediabunny')
  const input = new Input({ source: new BufferSource(Uint8Array.from(download)), formats: ALL_FORMATS })
  const track = (await input.getPrimaryAudioTrack())!
  expect([track.sampleRate, track.numberOfChannels]).toEqual([RATE, 1])
  expect(await track.getFirstTimestamp()).toBeCloseTo(PHASE / RATE, 6)
  expect(await track.computePacketStats()).toMatchObject({ packetCount: FRAMES })
  const sounds = await input.getAudioTracks()
  expect(sounds.map(({ languageCode, disposition }) => [languageCode, disposition.default])).toEqual([
    ['eng', true],
    ['deu', false],
  ])
  expect(await (await input.getPrimaryVideoTrack())!.getFirstTimestamp()).toBe(0)
})

test('mpv and GStreamer hear all of it', async (context) => {
  const has = (program: string) =>
    (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)))
  const absent = ['mpv', 'gst-launch-1.0'].filter((program) => !has(program))
  if (!absent.includes('mpv')) expect(await samplesByMpv()).toBe(FRAMES * 1024)
  if (!absent.includes('gst-launch-1.0')) expect(await samplesByGStreamer()).toBe(FRAMES * 1024)
  if (absent.length > 0) context.skip(`not there to be asked: ${absent.join(', ')}`)
}, 60_000)

const run = promisify(execFile)
const list = () => hls.replace('main.m3u8', 'audio/index.m3u8')

async function samplesByMpv(): Promise<number> {
  const path = join(scratch.path, 'mpv.raw')
  const words = ['--no-config', '--msg-level=all=error', '--no-video', '--ao=pcm', '--ao-pcm-waveheader=no']
  await run('mpv', [...words, '--audio-format=s16', `--ao-pcm-file=${path}`, list()], { timeout: 60_000 })
  return (await readFile(path)).byteLength / 2
}

async function samplesByGStreamer(): Promise<number> {
  const path = join(scratch.path, 'gst.raw')
  const words = `uridecodebin uri=${list()} ! audioconvert ! audio/x-raw,format=S16LE ! filesink location=${path}`
  await run('gst-launch-1.0', words.split(' '), { timeout: 60_000 })
  return (await readFile(path)).byteLength / 2
}

/** `(video, address) => Promise<change>`: begins with the first language; `change(n)` goes to another. */
const CHANGING: Record<PlayerName, string> = {
  'hls.js': `(video, address) => new Promise((resolve, reject) => {
    const hls = new Hls()
    hls.on(Hls.Events.ERROR, (_, it) => { if (it.fatal) reject(new Error(it.details)) })
    hls.on(Hls.Events.MANIFEST_PARSED, () => resolve((n) => { hls.audioTrack = n }))
    hls.loadSource(address)
    hls.attachMedia(video)
  })`,
  'Shaka Player': `async (video, address) => {
    const player = new shaka.Player()
    player.configure('preferredAudioLanguage', 'en')
    await player.attach(video)
    await player.load(address)
    return (n) => player.selectAudioTrack(player.getAudioTracks().find((it) => it.language === ['en', 'de'][n]))
  }`,
  'dash.js': `(video, address) => new Promise((resolve, reject) => {
    const player = dashjs.MediaPlayer().create()
    player.on('error', (it) => reject(new Error(it.error.message)))
    player.on('streamInitialized', () => resolve((n) =>
      player.setCurrentTrack(player.getTracksFor('audio').find((it) => it.lang === ['en', 'de'][n]))))
    player.initialize(video, address, false)
  })`,
}

/** Plays a second, in the other language to the third, in the first again to the end. */
const HEARD = `async (video, change) => {
  ${UNTIL}
  video.muted = true
  await until(() => video.readyState >= 2, 'ready')
  const begins = video.buffered.start(0)
  await video.play()
  await until(() => video.currentTime > 1, 'a second in')
  change(1)
  await until(() => video.currentTime > 3, 'in the other language')
  const heard = video.webkitAudioDecodedByteCount
  change(0)
  await until(() => video.ended, 'ended')
  const heardAgain = video.webkitAudioDecodedByteCount - heard
  return { begins, heard, heardAgain, duration: video.duration, error: video.error && video.error.message }
}`

describe.skipIf(!hasChromium())('in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_ARGUMENTS })
  }, 60_000)
  afterAll(() => browser?.close())

  test.each(some(PLAYERS, 1))(
    '%s by %s goes from one language to the other and back',
    { timeout: 90_000 },
    async (name, kind) => {
      const page = await browser.newPage()
      await page.setContent('<video muted width="640"></video>')
      await page.addScriptTag({ path: join(MODULES, SCRIPTS[name]) })
      const address = JSON.stringify(kind === 'HLS' ? hls : dash)
      const seen = await page.evaluate<{
        begins: number
        heard: number
        heardAgain: number
        duration: number
        error: string
      }>(
        `(${CHANGING[name]})(document.querySelector('video'), ${address})
        .then((change) => (${HEARD})(document.querySelector('video'), change))`,
      )
      expect(seen.error).toBeNull()
      expect(seen.begins).toBeLessThan(0.02)
      expect(Math.min(seen.heard, seen.heardAgain)).toBeGreaterThan(10_000)
      expect(seen.duration).toBeCloseTo(8, 1)
      await page.close()
    },
  )
})
