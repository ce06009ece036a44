/** Packaging: what stands in the manifests beside picture and sound, and who may put it there. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countFrames, ffmpeg, makeClip, scratchFolder } from '../support/clips.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'
import { tusClient } from '../support/tus.ts'

let scratch: Awaited<ReturnType<typeof scratchFolder>>
/** For stories in which it does not matter what is seen. */
let small: string
let house: House
let ana: Member
let ben: Member
/** A title of two rungs, which most stories are told of: it is made once. */
let id: string

beforeAll(async () => {
  scratch = await scratchFolder()
  small = await makeClip(scratch.path, 'small.mp4', { seconds: 3, size: '320x180', rate: '10' })
  const clip = await makeClip(scratch.path, 'clip.mp4', { seconds: 9, size: '854x480' })
  house = await openHouse()
  ana = await house.member('Ana')
  ben = await house.member('Ben')
  id = await uploadFile(house, ana, clip, { title: 'Übung "eins"' })
  await house.runJobs()
}, 120_000)
afterAll(async () => {
  await house?.close()
  await scratch?.[Symbol.asyncDispose]()
})

test('DASH plays the segments of HLS: the same addresses, every frame', async () => {
  const { dash, hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })

  const answer = await house.anyone.fetch(dash)
  expect(answer.headers.get('content-type')).toBe('application/dash+xml')
  const { parse } = await import('mpd-parser')
  const manifest = parse(await answer.text(), { manifestUri: `${house.address}${dash}` })
  const folder = `${house.address}${hls.replace('main.m3u8', '')}`
  const rungs = manifest.playlists.map((it: { attributes: { NAME: string } }) => it.attributes.NAME)
  expect(rungs).toEqual(expect.arrayContaining(['360p', '480p']))
  for (const { attributes, segments } of manifest.playlists) {
    const playlist = await (await fetch(`${folder}${attributes.NAME}/index.m3u8`)).text()
    const names = playlist.split('\n').filter((line: string) => line.endsWith('.m4s'))
    expect(segments.map((it: { resolvedUri: string }) => it.resolvedUri)).toEqual(
      names.map((name: string) => `${folder}${attributes.NAME}/${name}`),
    )
  }
  expect(await countFrames(`${house.address}${dash}`, 'v:0')).toMatchObject({ frames: 270 })
}, 180_000)

test('a title of a single frame keeps the rules of packaging too', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const single = `${scratch.path}/single.mp4`
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25', '-frames:v', '1', '-pix_fmt', 'yuv420p', single)
  const id = await uploadFile(house, ana, single)
  await house.runJobs()
  expect((await house.anyone.call('startPlayback', { params: { videoId: id } })).durationMs).toBe(40)
}, 180_000)

test('a title has sheets of small pictures, a list for winding, and three thumbnails to choose from', async () => {
  const playback = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const at = (file: string) => playback.hls.replace('main.m3u8', file)

  const vtt = await (await house.anyone.fetch(playback.storyboard!)).text()
  expect(vtt).toContain('00:00:02.000 --> 00:00:04.000\n0.jpg#xywh=192,0,192,108')
  expect(vtt.match(/-->/g)).toHaveLength(5)
  const sheet = await house.anyone.fetch(at('storyboard/0.jpg'))
  expect(sheet.headers.get('content-type')).toBe('image/jpeg')
  expect(await (await house.anyone.fetch(at('storyboard/index.m3u8'))).text()).toContain(
    '#EXT-X-TILES:RESOLUTION=192x108,LAYOUT=5x5,DURATION=2.000',
  )

  const main = await (await house.anyone.fetch(playback.hls)).text()
  expect(main).toMatch(
    /#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,CODECS="avc1[^"]+",RESOLUTION=426x240,URI="trick\/index.m3u8"/,
  )
  const trick = await (await house.anyone.fetch(at('trick/index.m3u8'))).text()
  const frames = trick.match(/^\d+\.m4s$/gm)!
  // One for every second.
  expect(frames).toHaveLength(9)
  for (const [, seconds] of trick.matchAll(/#EXTINF:([\d.]+),/g))
    expect(Math.abs(Number(seconds) - 1)).toBeLessThan(0.2)
  expect(await countFrames(`${house.address}${at('trick/index.m3u8')}`, 'v:0')).toEqual({ frames: 9, complaints: '' })
  expect((await house.anyone.fetch(at('trick/9.m4s'))).status).toBe(404)

  const { items } = await ana.call('listStills', { params: { videoId: id } })
  expect(items.map(({ name }) => name)).toEqual(['thumbnail.jpg', 'still-0.jpg', 'still-1.jpg', 'still-2.jpg'])
  const chosen = await ana.call('chooseStill', { params: { videoId: id }, body: { name: 'still-1.jpg' } })
  expect(chosen.items.find((it) => it.chosen)?.name).toBe('still-1.jpg')
  const { thumbnail } = await ana.call('getVideo', { params: { videoId: id } })
  expect(thumbnail).toContain('still-1.jpg')
  expect((await house.anyone.fetch(thumbnail!)).status).toBe(200)

  const own = await ana.fetch(`/api/videos/${id}/thumbnail`, {
    method: 'PUT',
    body: await (await house.anyone.fetch(at('still-2.jpg'))).arrayBuffer(),
  })
  expect(own.status).toBe(200)
  expect((await ana.call('getVideo', { params: { videoId: id } })).thumbnail).toMatch(/pictures\/own-\w+\.jpg$/)
  // Other sizes and formats of it are made once a browser asks; until then it gets the JPEG.
  const address = (await ana.call('getVideo', { params: { videoId: id } })).thumbnail!
  const sized = (name: string) => house.anyone.fetch(address.replace('.jpg', name))
  const first = await sized('.640.avif')
  expect(first.headers.get('content-type')).toBe('image/jpeg')
  expect(first.headers.get('cache-control')).toBe('public, max-age=60')
  await house.runJobs()
  const full = Number((await house.anyone.fetch(address)).headers.get('content-length'))
  for (const form of ['avif', 'webp']) {
    const answer = await sized(`.640.${form}`)
    expect(answer.headers.get('content-type')).toBe(`image/${form}`)
    expect(answer.headers.get('cache-control')).toContain('immutable')
    const path = `${scratch.path}/thumbnail.${form}`
    await writeFile(path, Buffer.from(await answer.arrayBuffer()))
    expect(await sizeOf(path)).toBe('640x360')
    expect(Number(answer.headers.get('content-length'))).toBeLessThan(full / 2)
  }
  expect((await sized('.641.avif')).status).toBe(404)
  await ana.call('chooseStill', { params: { videoId: id }, body: { name: 'still-0.jpg' } })
  // Of a picture that is shown no more nothing is kept.
  expect(await house.app.blobs.head(address.slice(1).replace('.jpg', '.640.avif'))).toBeUndefined()

  // What moves under the mouse is cut from the lowest rung as it is: two seconds of each of three scenes.
  const { preview } = await ana.call('getVideo', { params: { videoId: id } })
  const moving = await house.anyone.fetch(preview!)
  expect(moving.headers.get('content-type')).toBe('video/mp4')
  const path = `${scratch.path}/preview.mp4`
  await writeFile(path, Buffer.from(await moving.arrayBuffer()))
  expect(await countFrames(path, 'v:0')).toEqual({ frames: 180, complaints: '' })

  await expect(
    ben.call('chooseStill', { params: { videoId: id }, body: { name: 'still-1.jpg' } }),
  ).rejects.toMatchObject({ code: 'not_allowed' })
}, 180_000)

/** Such as `640x360`. */
async function sizeOf(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'stream=width,height', '-of', 'csv=p=0:s=x', path],
  ])
  return stdout.trim()
}

test('a rendition can be downloaded as one file by those whom its owner allows it, and a broken download goes on', async () => {
  expect((await house.anyone.call('listDownloads', { params: { videoId: id } })).items).toEqual([])
  expect((await ben.fetch(`/api/videos/${id}/download/480p`)).status).toBe(403)
  await expect(ben.call('setDownloads', { params: { videoId: id }, body: { who: 'anyone' } })).rejects.toMatchObject({
    code: 'not_allowed',
  })
  await ana.call('setDownloads', { params: { videoId: id }, body: { who: 'members' } })
  expect((await house.anyone.fetch(`/api/videos/${id}/download/480p`)).status).toBe(401)

  const mayHave = async (who: typeof house.anyone) =>
    (await who.call('getVideo', { params: { videoId: id } })).downloads
  expect([await mayHave(ana), await mayHave(ben), await mayHave(house.anyone)]).toEqual([true, true, false])
  const { items } = await ben.call('listDownloads', { params: { videoId: id } })
  expect(items.map(({ rendition }) => rendition)).toEqual(['360p', '480p'])
  const answer = await ben.fetch(items[1]!.address)
  expect(answer.headers.get('content-disposition')).toBe(
    `attachment; filename="Ubung eins (480p).mp4"; filename*=UTF-8''%C3%9Cbung%20eins%20%28480p%29.mp4`,
  )
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect(String(bytes.byteLength)).toBe(answer.headers.get('content-length'))
  const path = `${scratch.path}/download.mp4`
  await writeFile(path, bytes)
  expect(await countFrames(path, 'v:0')).toEqual({ frames: 270, complaints: '' })
  expect(await countFrames(path, 'a:0')).toEqual({ frames: Math.ceil((9 * 48_000) / 1024), complaints: '' })

  const middle = await ben.fetch(items[1]!.address, { headers: { range: 'bytes=1000-200000' } })
  expect(middle.status).toBe(206)
  expect(Buffer.from(await middle.arrayBuffer()).equals(bytes.subarray(1000, 200_001))).toBe(true)
}, 180_000)

test('captions in several languages are in the manifests until they are taken away, and new when they are edited', async () => {
  await ana.call('editVideo', { params: { videoId: id }, body: { privacy: 'unlisted' } })
  const send = (who: typeof ana, language: string, body: Buffer | string, query = '') =>
    who.fetch(`/api/videos/${id}/captions/${language}${query}`, {
      method: 'PUT',
      body: new Uint8Array(Buffer.from(body)),
    })

  expect((await send(ana, 'en', '1\n00:00:01,000 --> 00:00:02,000\n<script>x</script>Hello\n')).status).toBe(200)
  const cyrillic = Buffer.concat([
    Buffer.from('1\n00:00:01,000 --> 00:00:02,000\n'),
    Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]),
  ])
  expect((await send(ana, 'ru', cyrillic, '?kind=subtitles')).status).toBe(200)
  expect((await send(ben, 'de', 'x')).status).toBe(403)
  expect((await send(ana, 'de', 'no captions at all')).status).toBe(422)

  const playback = await house.anyone.call('startPlayback', { params: { videoId: id } })
  expect(playback.captions.map(({ language, name, kind }) => ({ language, name, kind }))).toEqual([
    { language: 'en', name: 'English', kind: 'captions' },
    { language: 'ru', name: 'русский', kind: 'subtitles' },
  ])
  const russian = await (await house.anyone.fetch(playback.captions[1]!.address)).text()
  expect(russian).toContain('Привет')
  expect(await (await house.anyone.fetch(playback.captions[0]!.address)).text()).not.toContain('<script')
  const main = await (await house.anyone.fetch(playback.hls)).text()
  expect(main).toMatch(/TYPE=SUBTITLES,GROUP-ID="text",NAME="русский",LANGUAGE="ru"/)
  const list = /URI="(captions\/\w+\.m3u8)"/.exec(main)![1]!
  expect(await (await house.anyone.fetch(playback.hls.replace('main.m3u8', list))).text()).toContain(
    '#EXTINF:9.000000,',
  )
  expect(await (await house.anyone.fetch(playback.dash)).text()).toContain('<BaseURL>captions/')

  await send(ana, 'en', 'WEBVTT\n\n00:01.000 --> 00:02.000\nHi!', '?edited=1')
  await ana.call('removeCaption', { params: { videoId: id, language: 'ru', kind: 'subtitles' } })
  await expect(
    ana.call('removeCaption', { params: { videoId: id, language: 'ru', kind: 'subtitles' } }),
  ).rejects.toMatchObject({ code: 'caption_not_found' })
  const { items } = await house.anyone.call('listCaptions', { params: { videoId: id } })
  expect(items).toMatchObject([{ language: 'en', origin: 'edited', cues: 1 }])
  expect(items[0]!.address).not.toBe(playback.captions[0]!.address)
  await expect
    .poll(async () => (await (await house.anyone.fetch(playback.hls)).text()).match(/TYPE=SUBTITLES/g)?.length)
    .toBe(1)
  expect((await house.anyone.fetch(playback.captions[1]!.address)).status).toBe(404)
}, 180_000)

test('a program of the operator listens and writes captions, but never over those of people', async () => {
  const { writeFile, chmod } = await import('node:fs/promises')
  const program = `${scratch.path}/listener`
  // Stands where whisper.cpp would: takes a WAV, writes a WebVTT beside the name it is given.
  await writeFile(
    program,
    '#!/bin/sh\nhead -c 4 "$2" | grep -q RIFF || exit 1\nprintf "WEBVTT\\n\\n00:00.000 --> 00:01.000\\nheard in %s\\n" "$1" > "$3.vtt"\n',
  )
  await chmod(program, 0o755)
  await using house = await openHouse({
    settings: { 'captions.transcriber': `${program} {language} {audio} {output}` },
  })
  const ana = await house.member('Ana')
  const id = await uploadFile(house, ana, small)
  await house.runJobsButPictures()

  await ana.call('transcribeVideo', { params: { videoId: id }, body: { language: 'en' } })
  await house.runJobsButPictures()
  const { items } = await house.anyone.call('listCaptions', { params: { videoId: id } })
  expect(items).toMatchObject([{ language: 'en', kind: 'captions', origin: 'machine', cues: 1 }])
  expect(await (await house.anyone.fetch(items[0]!.address)).text()).toContain('heard in en')

  await ana.fetch(`/api/videos/${id}/captions/en`, { method: 'PUT', body: 'WEBVTT\n\n00:01.000 --> 00:02.000\nMine' })
  await ana.call('transcribeVideo', { params: { videoId: id }, body: { language: 'en' } })
  await house.runJobsButPictures()
  expect((await house.anyone.call('listCaptions', { params: { videoId: id } })).items).toMatchObject([
    { origin: 'upload' },
  ])
}, 180_000)

test('a new file takes the place of the old one; address, comments and counts stay, and the old run goes when nobody plays it', async () => {
  const { fakeClock } = await import('../../src/platform/clock.ts')
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const id = await uploadFile(house, ana, small)
  await house.runJobsButPictures()
  const before = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const shape = { seconds: 2, size: '640x360', rate: '10' }
  const other = await readFile(await makeClip(scratch.path, 'other.mp4', shape))
  const send = async (bytes: Buffer, words: Record<string, string>, who = ana) => {
    const tus = tusClient(house.address, { cookie: who.cookie })
    const made = await tus.create(bytes.byteLength, { video: id, filename: 'other.mp4', ...words })
    if (made.status === 201) await tus.append(made.headers.location!.replace(/^https?:\/\/[^/]+/, ''), 0, bytes)
    return made.status
  }

  expect(await send(other, {})).toBe(403)
  expect(await send(other, { replace: '1' })).toBe(201)
  // Until the new run is there, the old one is served.
  expect((await house.anyone.call('startPlayback', { params: { videoId: id } })).hls).toBe(before.hls)
  await house.runJobsButPictures()

  const after = await house.anyone.call('startPlayback', { params: { videoId: id } })
  expect(after).toMatchObject({ videoId: id, durationMs: 2000 })
  expect(after.hls).not.toBe(before.hls)
  expect((await house.anyone.fetch(before.hls)).status).toBe(200)
  expect(await ana.call('getVideo', { params: { videoId: id } })).toMatchObject({
    title: 'A clip',
    state: 'ready',
    height: 360,
  })
  clock.advance(24 * 3_600_000)
  await house.runJobsButPictures()
  await expect.poll(async () => (await house.anyone.fetch(before.hls)).status).toBe(404)
  expect((await house.anyone.fetch(before.hls.replace('main.m3u8', '360p/0.m4s'))).status).toBe(404)
  expect((await house.anyone.fetch(after.hls)).status).toBe(200)

  // A file that is no video changes nothing.
  expect(await send(Buffer.from('no video at all '.repeat(100)), { replace: '1' })).toBe(201)
  await house.runJobsButPictures()
  expect((await house.anyone.call('startPlayback', { params: { videoId: id } })).hls).toBe(after.hls)
  expect((await ana.call('listNotifications', { query: {} })).items[0]).toMatchObject({
    kind: 'video_failed',
    replacement: true,
    video: { id },
  })

  // Those who edit the channel may replace its files too; others may not, and are not told of what they may not see.
  const [ben, cid] = [await house.member('Ben'), await house.member('Cid')]
  expect(await send(other, { replace: '1' }, ben)).toBe(404)
  const channel = { handle: ana.channel.handle }
  await ana.call('setTeamMember', { params: { ...channel, member: ben.channel.handle }, body: { role: 'editor' } })
  expect(await send(other, { replace: '1' }, ben)).toBe(404)
  await ben.call('acceptInvitation', { params: channel })
  expect(await send(other, { replace: '1' }, ben)).toBe(201)
  expect(await send(other, {}, ben)).toBe(404)
  expect(await send(other, { replace: '1' }, cid)).toBe(404)
}, 240_000)

test('the back catalogue is planned anew by one command, and what is watched stays meanwhile', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const id = await uploadFile(house, ana, small)
  await house.runJobsButPictures()
  const before = await house.anyone.call('startPlayback', { params: { videoId: id } })

  const { renewVideos, renewalProgress } = await import('../../src/roles/desk.ts')
  expect(await renewVideos(house.app, 'all')).toBe(1)
  expect(await renewVideos(house.app, [id])).toBe(1)
  expect(await renewalProgress(house.app)).toEqual({ toPlan: 1, toEncode: 0 })
  await house.runJobsButPictures()

  expect(await renewalProgress(house.app)).toEqual({ toPlan: 0, toEncode: 0 })
  expect((await house.anyone.call('startPlayback', { params: { videoId: id } })).hls).not.toBe(before.hls)
}, 180_000)

test('chapters that a source brought along are those of the playback, until its description says others', async () => {
  await using house = await openHouse({ settings: { 'transcode.per_title': false } })
  const ana = await house.member('Ana')
  const words = `${scratch.path}/chapters.txt`
  const chapter = (from: number, to: number, title: string) =>
    `[CHAPTER]\nTIMEBASE=1/1\nSTART=${from}\nEND=${to}\ntitle=${title}\n`
  await writeFile(words, `;FFMETADATA1\n${chapter(0, 4, 'Dawn')}${chapter(4, 16, 'Dusk')}`)
  const long = await makeClip(scratch.path, 'long.mp4', { seconds: 16, size: '320x180', rate: '5' })
  const path = `${scratch.path}/chapters.mp4`
  await ffmpeg('-i', long, '-i', words, '-map_metadata', '1', '-map_chapters', '1', '-c', 'copy', path)
  const id = await uploadFile(house, ana, path)
  await house.runJobs()
  const chapters = async () => (await house.anyone.call('startPlayback', { params: { videoId: id } })).chapters
  expect(await chapters()).toEqual([
    { startMs: 0, title: 'Dawn' },
    { startMs: 4000, title: 'Dusk' },
  ])
  // Who may edit sees in the studio which came with the file.
  const seen = async (who: typeof house.anyone) =>
    (await who.call('getVideo', { params: { videoId: id } })).sourceChapters
  expect(await seen(ana)).toEqual(await chapters())
  expect(await seen(house.anyone)).toBeUndefined()
  await ana.call('editVideo', { params: { videoId: id }, body: { description: '0:00 One\n0:05 Two\n0:10 Three' } })
  expect(await chapters()).toEqual([
    { startMs: 0, title: 'One' },
    { startMs: 5000, title: 'Two' },
    { startMs: 10_000, title: 'Three' },
  ])
}, 180_000)
