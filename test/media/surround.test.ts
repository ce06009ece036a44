/** A title in 5.1, from its file to the players of others: beside two channels of every language, at one loudness, chosen where it can be heard. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readLoudness } from '../../src/media/loudness.ts'
import { CHROMIUM_ARGUMENTS, findChromium, hasChromium } from '../support/chromium.ts'
import { countFrames, ffmpeg, scratchFolder } from '../support/clips.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { some } from '../support/long.ts'
import { uploadFile } from '../support/publish.ts'
import { PLAYERS, type PlayerName, SCRIPTS, UNTIL } from './players.ts'

const run = promisify(execFile)
const MODULES = join(import.meta.dirname, '../../node_modules')
const TARGET = -16
const FRAMES = Math.ceil((6 * 48_000) / 1024)

let scratch: Awaited<ReturnType<typeof scratchFolder>>
let house: House
let ana: Member
let id: string
let hls: string
let dash: string

beforeAll(async () => {
  scratch = await scratchFolder()
  const clip = join(scratch.path, 'clip.mkv')
  const tones = [300, 500, 700, 60, 1100, 1300].map((hertz) => `0.15*sin(2*PI*${hertz}*t)`).join('|')
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'testsrc2=s=480x480:r=10:d=6', '-f', 'lavfi', '-i', `aevalsrc='${tones}':c=5.1:d=6`],
    ...['-f', 'lavfi', '-i', 'sine=f=900:r=48000:d=6', '-map', '0', '-map', '1', '-map', '2'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '20', '-pix_fmt', 'yuv420p'],
    ...['-c:a:0', 'ac3', '-b:a:0', '448k', '-c:a:1', 'aac'],
    ...['-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=pt-BR', clip],
  )
  house = await openHouse({ settings: { 'transcode.preset': 'ultrafast', 'transcode.loudness_lufs': TARGET } })
  ana = await house.member('Ana')
  id = await uploadFile(house, ana, clip)
  await house.runJobs()
  const found = await house.anyone.call('startPlayback', { params: { videoId: id } })
  hls = house.address + found.hls
  dash = house.address + found.dash
}, 120_000)
afterAll(async () => {
  await house?.close()
  await scratch[Symbol.asyncDispose]()
})

const textAt = async (name: string) => (await fetch(hls.replace('main.m3u8', name))).text()

test('both ways are made, measured, named in the studio, and equally loud', async () => {
  const { items } = await ana.call('listRenditions', { params: { videoId: id } })
  const sounds = items.filter(({ codec }) => codec.startsWith('mp4a'))
  expect(sounds.map(({ rendition, name, state }) => [rendition, name, state])).toEqual([
    ['audio', 'English', 'made'],
    ['audio-surround', 'English 5.1', 'made'],
    ['audio2', 'português (Brasil)', 'made'],
  ])
  const [two, around] = sounds.map(({ sizeBytes }) => sizeBytes) as [number, number]
  expect(around).toBeGreaterThan(two)

  for (const rendition of ['audio', 'audio-surround']) {
    const meter = ['-af', 'ebur128=framelog=verbose', '-f', 'null', '-']
    const input = hls.replace('main.m3u8', `${rendition}/index.m3u8`)
    const { stderr } = await run('ffmpeg', ['-nostdin', '-hide_banner', '-i', input, ...meter])
    expect(readLoudness(stderr)!).toBeCloseTo(TARGET, 0)
  }
  // What the page holds already is what nearly everybody plays.
  const { playlists } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  expect(Object.keys(playlists)).toEqual(expect.arrayContaining(['audio/index.m3u8', 'audio2/index.m3u8']))
  expect(Object.keys(playlists)).not.toContain('audio-surround/index.m3u8')
})

test('hls-parser sees two groups with all languages, mpd-parser each sound once, two channels first', async () => {
  const { default: HLS } = await import('hls-parser')
  const main = HLS.parse(await textAt('main.m3u8')) as {
    variants: {
      uri: string
      bandwidth: number
      isIFrameOnly: boolean
      audio: { language: string; channels: string; groupId: string; uri: string; isDefault: boolean }[]
    }[]
  }
  const variants = main.variants.filter(({ isIFrameOnly }) => !isIFrameOnly)
  expect(variants.map(({ uri, audio }) => [uri, audio[0]!.groupId])).toEqual([
    ['360p/index.m3u8', 'audio'],
    ['480p/index.m3u8', 'audio'],
    ['360p/index.m3u8', 'surround'],
    ['480p/index.m3u8', 'surround'],
  ])
  const membersOf = (variant: number) =>
    variants[variant]!.audio.map(({ language, channels, uri, isDefault }) => [language, channels, uri, isDefault])
  expect(membersOf(0)).toEqual([
    ['en', '2', 'audio/index.m3u8', true],
    ['pt-BR', '2', 'audio2/index.m3u8', false],
  ])
  expect(membersOf(2)).toEqual([
    ['en', '6', 'audio-surround/index.m3u8', true],
    ['pt-BR', '2', 'audio2/index.m3u8', false],
  ])
  expect(variants[2]!.bandwidth).toBeGreaterThan(variants[0]!.bandwidth + 100_000)

  const mpd = await textAt('main.mpd')
  const { parse } = await import('mpd-parser')
  const sounds = Object.values(parse(mpd, { manifestUri: dash }).mediaGroups.AUDIO!).flatMap((it) => Object.values(it))
  expect(sounds.flatMap(({ playlists }) => playlists as unknown[])).toHaveLength(3)
  const said = [...mpd.matchAll(/<AdaptationSet[^>]*contentType="audio"[^>]*>[\s\S]*?<\/AdaptationSet>/g)].map(
    ([set]) =>
      [/selectionPriority="(\d)"/, /channel_configuration:2011" value="(\d)"/, /role:2011" value="(\w+)"/].map(
        (it) => it.exec(set)?.[1],
      ),
  )
  expect(said).toEqual([
    ['2', '2', 'main'],
    ['2', '2', 'dub'],
    [undefined, '6', 'alternate'],
  ])
})

test('a download holds two channels of every language, the first of which plays, and goes on where it broke off', async () => {
  const { items } = await ana.call('listDownloads', { params: { videoId: id } })
  const { address, sizeBytes } = items[0]!
  const whole = await ana.fetch(address)
  const bytes = Buffer.from(await whole.arrayBuffer())
  expect(Math.abs(sizeBytes - bytes.byteLength) / bytes.byteLength).toBeLessThan(0.05)
  const path = join(scratch.path, 'download.mp4')
  await writeFile(path, bytes)
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', path])
  const { streams } = JSON.parse(stdout) as {
    streams: { codec_type: string; channels?: number; tags: { language: string }; disposition: { default: number } }[]
  }
  expect(streams.map((it) => [it.codec_type, it.channels, it.tags.language, it.disposition.default])).toEqual([
    ['video', undefined, 'und', 1],
    ['audio', 2, 'eng', 1],
    ['audio', 2, 'por', 0],
  ])
  expect(bytes.includes(Buffer.from('elng\0\0\0\0pt-BR\0'))).toBe(true)
  for (const stream of ['a:0', 'a:1'])
    expect(await countFrames(path, stream)).toEqual({ frames: FRAMES, complaints: '' })

  const half = bytes.byteLength >> 1
  const rest = await ana.fetch(address, {
    headers: { range: `bytes=${half}-`, 'if-range': whole.headers.get('etag')! },
  })
  expect(rest.status).toBe(206)
  expect(Buffer.from(await rest.arrayBuffer()).equals(bytes.subarray(half))).toBe(true)
})

/** `(video, address) => Promise<{ channels, around }>`: what is heard at first, as the player says it, and a way to 5.1. */
const CHOOSING: Record<PlayerName, string> = {
  'hls.js': `(video, address) => new Promise((resolve, reject) => {
    const hls = new Hls()
    hls.on(Hls.Events.ERROR, (_, it) => { if (it.fatal) reject(new Error(it.details)) })
    hls.on(Hls.Events.AUDIO_TRACK_LOADED, () => resolve({
      channels: () => Number(hls.audioTracks[hls.audioTrack].channels),
      around: () => hls.setAudioOption({ lang: 'en', channels: '6', groupId: 'surround' }),
    }))
    hls.loadSource(address)
    hls.attachMedia(video)
  })`,
  'Shaka Player': `async (video, address) => {
    const player = new shaka.Player()
    await player.attach(video)
    await player.load(address)
    return {
      channels: () => player.getAudioTracks().find((it) => it.active).channelsCount,
      around: () => player.selectAudioTrack(player.getAudioTracks().find((it) => it.channelsCount === 6)),
    }
  }`,
  'dash.js': `(video, address) => new Promise((resolve, reject) => {
    const player = dashjs.MediaPlayer().create()
    const channelsOf = (it) => Number(it.audioChannelConfiguration[0].value)
    player.on('error', (it) => reject(new Error(it.error.message)))
    player.on('streamInitialized', () => resolve({
      channels: () => channelsOf(player.getCurrentTrackFor('audio')),
      around: () => player.setCurrentTrack(player.getTracksFor('audio').find((it) => channelsOf(it) === 6)),
    }))
    player.initialize(video, address, false)
  })`,
}

/** Channels that a player may begin with: hls.js goes by bits alone where the browser says that it decodes six. */
const FIRST: Record<PlayerName, number[]> = { 'hls.js': [2, 6], 'Shaka Player': [2], 'dash.js': [2] }

/** Plays two seconds, then in 5.1 to the end. */
const HEARD = `async (video, { channels, around }) => {
  ${UNTIL}
  video.muted = true
  let isOver = false
  // dash.js goes back half a second from an end that it reaches while it changes the sound.
  video.addEventListener('ended', () => { isOver = true })
  await until(() => video.readyState >= 2, 'ready')
  const first = channels()
  await video.play()
  await until(() => video.currentTime > 2, 'two seconds in')
  const heard = video.webkitAudioDecodedByteCount
  around()
  await until(() => channels() === 6, 'in 5.1')
  await until(() => isOver, 'ended')
  return { first, heard, heardAround: video.webkitAudioDecodedByteCount - heard, duration: video.duration }
}`

describe.skipIf(!hasChromium())('in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_ARGUMENTS })
  }, 60_000)
  afterAll(() => browser?.close())

  test.each(some(PLAYERS, 1))(
    '%s begins by %s with sound that it can play, and plays 5.1 when that is chosen',
    { timeout: 90_000 },
    async (name, kind) => {
      const page = await browser.newPage()
      await page.setContent('<video muted width="640"></video>')
      await page.addScriptTag({ path: join(MODULES, SCRIPTS[name]) })
      const address = JSON.stringify(kind === 'HLS' ? hls : dash)
      const seen = await page.evaluate<{ first: number; heard: number; heardAround: number; duration: number }>(
        `(${CHOOSING[name]})(document.querySelector('video'), ${address})
        .then((choice) => (${HEARD})(document.querySelector('video'), choice))`,
      )
      expect(FIRST[name]).toContain(seen.first)
      expect(Math.min(seen.heard, seen.heardAround)).toBeGreaterThan(10_000)
      expect(seen.duration).toBeCloseTo(6, 1)
      await page.close()
    },
  )
})
