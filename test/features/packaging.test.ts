/** Packaging: what stands in the manifests beside picture and sound, and who may put it there. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countFrames, makeClip, scratchFolder } from '../support/clips.ts'
import { openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'

let scratch: Awaited<ReturnType<typeof scratchFolder>>
let clip: string

beforeAll(async () => {
  scratch = await scratchFolder()
  clip = await makeClip(scratch.path, 'clip.mp4', { seconds: 9, size: '854x480' })
})
afterAll(() => scratch[Symbol.asyncDispose]())

test('DASH plays the segments of HLS: the same addresses, every frame', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const id = await uploadFile(house, ana, clip)
  await house.runJobs()
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
}, 60_000)

test('key frames become sheets of small pictures, a list for winding, and three thumbnails to choose from', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const id = await uploadFile(house, ana, clip)
  await house.runJobs()
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
    /#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,CODECS="avc1[^"]+",RESOLUTION=640x360,URI="trick\/index.m3u8"/,
  )
  const trick = await (await house.anyone.fetch(at('trick/index.m3u8'))).text()
  const frames = trick.match(/^\d+\.m4s$/gm)!
  expect(frames).toHaveLength(5)
  expect(await countFrames(`${house.address}${at('trick/index.m3u8')}`, 'v:0')).toEqual({ frames: 5, complaints: '' })
  expect((await house.anyone.fetch(at('trick/5.m4s'))).status).toBe(404)

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
  const ben = await house.member('Ben')
  await expect(
    ben.call('chooseStill', { params: { videoId: id }, body: { name: 'still-1.jpg' } }),
  ).rejects.toMatchObject({ code: 'not_allowed' })
}, 60_000)

test('captions in several languages are in the manifests until they are taken away, and new when they are edited', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const id = await uploadFile(house, ana, clip, { privacy: 'unlisted' })
  await house.runJobs()
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
}, 60_000)

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
  const id = await uploadFile(house, ana, clip)
  await house.runJobs()

  await ana.call('transcribeVideo', { params: { videoId: id }, body: { language: 'en' } })
  await house.runJobs()
  const { items } = await house.anyone.call('listCaptions', { params: { videoId: id } })
  expect(items).toMatchObject([{ language: 'en', kind: 'captions', origin: 'machine', cues: 1 }])
  expect(await (await house.anyone.fetch(items[0]!.address)).text()).toContain('heard in en')

  await ana.fetch(`/api/videos/${id}/captions/en`, { method: 'PUT', body: 'WEBVTT\n\n00:01.000 --> 00:02.000\nMine' })
  await ana.call('transcribeVideo', { params: { videoId: id }, body: { language: 'en' } })
  await house.runJobs()
  expect((await house.anyone.call('listCaptions', { params: { videoId: id } })).items).toMatchObject([
    { origin: 'upload' },
  ])
}, 60_000)

test('times in the description are chapters of the playback', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const long = await makeClip(scratch.path, 'long.mp4', { seconds: 16, size: '320x180' })
  const id = await uploadFile(house, ana, long)
  await house.runJobs()
  await ana.call('editVideo', { params: { videoId: id }, body: { description: '0:00 One\n0:05 Two\n0:10 Three' } })
  const { chapters } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  expect(chapters).toEqual([
    { startMs: 0, title: 'One' },
    { startMs: 5000, title: 'Two' },
    { startMs: 10_000, title: 'Three' },
  ])
}, 60_000)
