/** Sources that are no videos, or pretend to be: each is refused with a reason a person understands, and harms nothing. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ffmpeg, makeClip, scratchFolder } from '../support/clips.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'

let scratch: Awaited<ReturnType<typeof scratchFolder>>
let house: House
let ana: Member
let clip: string

beforeAll(async () => {
  scratch = await scratchFolder()
  clip = await makeClip(scratch.path, 'good.mp4', { seconds: 12 })
  house = await openHouse({ settings: { 'transcode.per_title': false } })
  ana = await house.member('Ana')
}, 60_000)
afterAll(async () => {
  await house.close()
  await scratch[Symbol.asyncDispose]()
})

/** Uploads it, lets the workers look at it, and says how it ended. */
async function outcomeOf(source: Buffer | string): Promise<string> {
  const id = await uploadFile(house, ana, source)
  await house.runJobs()
  const video = await ana.call('getVideo', { params: { videoId: id } })
  if (video.state === 'failed') expect(video.reason!.sentence.length).toBeGreaterThan(20)
  return video.state === 'failed' ? `failed: ${video.reason!.code}` : video.state
}

test('a text renamed to .mp4', async () => {
  expect(await outcomeOf(Buffer.from('Dear diary, today I renamed a text.\n'.repeat(500)))).toBe(
    'failed: source_not_media',
  )
})

test('random bytes', async () => {
  expect(
    await outcomeOf(Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7919 + (at >> 3) * 31) & 255))),
  ).toMatch(/^failed: source_(not_media|unreadable|undecodable)$/)
})

test.each([
  [
    'an HLS playlist',
    (path: string) => `#EXTM3U\n#EXT-X-TARGETDURATION:12\n#EXTINF:12,\nfile://${path}\n#EXT-X-ENDLIST\n`,
  ],
  ['a concat script', (path: string) => `ffconcat version 1.0\nfile ${path}\n`],
  ['a concat script with a relative name', () => 'ffconcat version 1.0\nfile good.mp4\n'],
  [
    'a DASH manifest',
    (path: string) =>
      `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT12S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>file://${path}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
  ],
  [
    'a session description',
    () => 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
  ],
])('%s renamed to .mp4 reads no other file', async (_, write) => {
  expect(await outcomeOf(Buffer.from(write(clip)))).toBe('failed: source_not_media')
})

test('a file whose end never arrived', async () => {
  const bytes = await readFile(clip)
  expect(await outcomeOf(bytes.subarray(0, Math.floor(bytes.byteLength / 3)))).toBe('failed: source_truncated')
})

test('a recording without an index, cut short', async () => {
  const path = join(scratch.path, 'cut.mkv')
  await ffmpeg('-i', clip, '-c', 'copy', path)
  const bytes = await readFile(path)
  expect(await outcomeOf(bytes.subarray(0, Math.floor(bytes.byteLength / 3)))).toBe('failed: source_truncated')
})

test('a file whose index, at the end, never arrived', async () => {
  const path = join(scratch.path, 'late-index.mp4')
  await ffmpeg('-i', clip, '-c', 'copy', path)
  const bytes = await readFile(path)
  expect(await outcomeOf(bytes.subarray(0, Math.floor(bytes.byteLength / 2)))).toMatch(
    /^failed: source_(not_media|unreadable)$/,
  )
})

test('a file that is all header', async () => {
  const bytes = await readFile(clip)
  expect(await outcomeOf(bytes.subarray(0, 40))).toMatch(/^failed: source_(not_media|unreadable|no_video)$/)
})

test('a container with neither picture nor sound', async () => {
  const subtitles = join(scratch.path, 'only.srt')
  await writeFile(subtitles, '1\n00:00:01,000 --> 00:00:03,000\nHello\n')
  const path = join(scratch.path, 'only-text.mkv')
  await ffmpeg('-i', subtitles, '-c:s', 'srt', path)
  expect(await outcomeOf(path)).toBe('failed: source_no_video')
})

test('a picture of 16,000 by 16,000', async () => {
  const path = join(scratch.path, 'bomb.mkv')
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    'color=black:s=16000x16000:r=1:d=1',
    '-c:v',
    'mjpeg',
    '-q:v',
    '31',
    '-pix_fmt',
    'yuvj420p',
    path,
  )
  expect(await outcomeOf(path)).toBe('failed: source_too_large_picture')
}, 60_000)

test('a header that claims forty hours of a few seconds', async () => {
  const bytes = Buffer.from(await readFile(clip))
  // The duration fields of mvhd, tkhd and mdhd (ISO/IEC 14496-12 8.2.2, 8.3.2, 8.4.2), version 0.
  for (const [box, at] of [
    ['mvhd', 20],
    ['tkhd', 24],
    ['mdhd', 20],
  ] as const) {
    for (let place = bytes.indexOf(box); place > 0; place = bytes.indexOf(box, place + 4)) {
      const scale = box === 'tkhd' ? 1000 : bytes.readUInt32BE(place + at - 4)
      bytes.writeUInt32BE(Math.min(scale * 144_000, 0xfffffff0), place + at)
    }
  }
  const id = await uploadFile(house, ana, bytes)
  await house.runJobs()
  const video = await ana.call('getVideo', { params: { videoId: id } })
  if (video.state === 'ready') expect(video.durationMs).toBeLessThan(20_000)
  else expect(video.reason?.code).toMatch(/^source_/)
})

test('after all of these a good clip is as good as before', async () => {
  expect(await outcomeOf(clip)).toBe('ready')
})
