/** The river: from an upload to segments that play, by bulk and on demand, for those who may see. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeClock } from '../../src/platform/clock.ts'
import { countFrames, makeClip, scratchFolder } from '../support/clips.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { untilVideo, uploadFile } from '../support/publish.ts'

const SECONDS = 6
const FAST = { 'transcode.preset': 'ultrafast' } as const

const clock = fakeClock()
let scratch: Awaited<ReturnType<typeof scratchFolder>>
let clip: string
let house: House
let ana: Member
/** A public video of Ana's that is complete. */
let id: string

beforeAll(async () => {
  scratch = await scratchFolder()
  clip = await makeClip(scratch.path, 'clip.mp4', { seconds: SECONDS, size: '640x480' })
  house = await openHouse({ clock, settings: FAST })
  ana = await house.member('Ana')
  id = await uploadFile(house, ana, clip)
  expect((await ana.call('getVideo', { params: { videoId: id } })).state).toBe('processing')
  await house.runJobs()
}, 60_000)
afterAll(async () => {
  await house.close()
  await scratch[Symbol.asyncDispose]()
})

test('an uploaded clip becomes a video that plays in every rendition, frame for frame', async () => {
  const video = await ana.call('getVideo', { params: { videoId: id } })
  expect(video).toMatchObject({
    state: 'ready',
    durationMs: SECONDS * 1000,
    width: 640,
    height: 480,
    progress: { optimised: true },
  })
  const playback = await house.anyone.call('startPlayback', { params: { videoId: id } })
  for (const rung of ['360p', '480p']) {
    const { frames, complaints } = await countFrames(
      `${house.address}${playback.hls.replace('main.m3u8', `${rung}/index.m3u8`)}`,
      'v:0',
    )
    expect({ rung, frames, complaints }).toEqual({ rung, frames: SECONDS * 30, complaints: '' })
  }
  const sound = await countFrames(`${house.address}${playback.hls.replace('main.m3u8', 'audio/index.m3u8')}`, 'a:0')
  expect(sound).toEqual({ frames: Math.ceil((SECONDS * 48_000) / 1024), complaints: '' })

  const picture = await house.anyone.fetch(video.thumbnail!)
  expect(picture.headers.get('content-type')).toBe('image/jpeg')
  const { items } = await house.anyone.call('listVideoFiles', { params: { videoId: id } })
  expect(items.map(({ rendition, state }) => `${rendition} ${state}`).sort()).toEqual([
    '360p made',
    '480p made',
    'audio made',
  ])
  for (const file of items) expect(file.sizeBytes).toBeGreaterThan(10_000)
}, 60_000)

test('a segment that does not exist is made while somebody waits, once for all who wait', async () => {
  await using house = await openHouse({ workers: true, settings: { ...FAST, 'transcode.eager_short_side': 0 } })
  const ana = await house.member('Ana')
  const id = await uploadFile(house, ana, clip)
  const video = await untilVideo(ana, id, (it) => it.progress?.optimised === true)
  const { items } = await ana.call('listVideoFiles', { params: { videoId: id } })
  expect(items.find(({ rendition }) => rendition === '480p')).toMatchObject({ state: 'lazy', sizeBytes: 0 })

  const playback = await house.anyone.call('startPlayback', { params: { videoId: video.id } })
  const address = playback.hls.replace('main.m3u8', '480p/2.m4s')
  const answers = await Promise.all(Array.from({ length: 20 }, () => house.anyone.fetch(address)))

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  const bodies = await Promise.all(
    answers.map(async (answer) => Buffer.from(await answer.arrayBuffer()).toString('base64')),
  )
  expect(new Set(bodies).size).toBe(1)
  const made = async () =>
    /jobs_ended_total\{job="delivery\.segment_wanted",outcome="done"\} (\d+)/.exec(await house.app.meter.text())?.[1]
  await expect.poll(made).toBe('1')
  // What was made around it in the same breath is there without another encode.
  expect((await house.anyone.fetch(playback.hls.replace('main.m3u8', '480p/init.mp4'))).status).toBe(200)
}, 60_000)

test('a request beyond the title, for a rendition there is not, or spelled oddly, names nothing', async () => {
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const folder = hls.replace('main.m3u8', '')

  for (const path of [
    '360p/99.m4s',
    '1080p/0.m4s',
    '360p/00.m4s',
    '360p/-1.m4s',
    '360p%2finit.mp4',
    'plan.json',
    'source.mkv',
    '//main.m3u8',
    'main.m3u8/',
  ]) {
    const answer = await house.anyone.fetch(folder + path)
    expect({ path, status: answer.status }).toEqual({ path, status: 404 })
  }
})

test('segments take ranges and conditions, and may be kept for ever', async () => {
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const address = hls.replace('main.m3u8', '360p/1.m4s')

  const whole = await house.anyone.fetch(address)
  const bytes = Buffer.from(await whole.arrayBuffer())
  expect(whole.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(whole.headers.get('accept-ranges')).toBe('bytes')
  const part = await house.anyone.fetch(address, { headers: { range: 'bytes=100-199' } })
  expect(part.status).toBe(206)
  expect(part.headers.get('content-range')).toBe(`bytes 100-199/${bytes.byteLength}`)
  expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(100, 200))
  const tail = await house.anyone.fetch(address, { headers: { range: 'bytes=-10' } })
  expect(Buffer.from(await tail.arrayBuffer())).toEqual(bytes.subarray(-10))
  const beyond = await house.anyone.fetch(address, { headers: { range: `bytes=${bytes.byteLength}-` } })
  expect(beyond.status).toBe(416)
  expect(beyond.headers.get('content-range')).toBe(`bytes */${bytes.byteLength}`)
  const etag = whole.headers.get('etag')!
  expect((await house.anyone.fetch(address, { headers: { 'if-none-match': etag } })).status).toBe(304)
  expect((await house.anyone.fetch(address, { headers: { range: 'bytes=0-1', 'if-range': '"other"' } })).status).toBe(
    200,
  )
  const head = await house.anyone.fetch(address, { method: 'HEAD' })
  expect(head.headers.get('content-length')).toBe(String(bytes.byteLength))
  expect(await head.text()).toBe('')
  expect((await house.anyone.fetch(address, { method: 'POST' })).status).toBe(405)
})

test('what is private is private everywhere, and a grant is for one video and for a time', async () => {
  const ben = await house.member('Ben')
  const hidden = await uploadFile(house, ana, clip, { privacy: 'private' })
  await house.runJobs()

  const own = await ana.call('startPlayback', { params: { videoId: hidden } })
  expect(own.hls).toMatch(/^\/t\/[\w-]+\.[\w-]+\/videos\//)
  const bare = own.hls.replace(/^\/t\/[^/]+/, '')
  for (const file of ['main.m3u8', '360p/index.m3u8', '360p/init.mp4', '360p/0.m4s', 'thumbnail.jpg']) {
    expect((await ana.fetch(own.hls.replace('main.m3u8', file))).status, file).toBe(200)
    expect((await ben.fetch(bare.replace('main.m3u8', file))).status, file).toBe(404)
  }
  await expect(ben.call('startPlayback', { params: { videoId: hidden } })).rejects.toMatchObject({
    code: 'video_not_found',
  })

  const grant = own.hls.split('/')[2]!
  const other = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const forged = [
    `${grant.slice(0, -2)}AA`,
    `${grant}x`,
    grant.replace(/^./, (it) => (it === 'A' ? 'B' : 'A')),
    grant.split('.')[0]!,
  ]
  for (const text of forged) expect((await ana.fetch(`/t/${text}${bare}`)).status, text).toBeOneOf([403, 404])
  expect((await ana.fetch(`/t/${grant}${other.hls}`)).status).toBe(403)
})

test('a video that becomes private stops at once, a grant that is old does too', async () => {
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  expect((await house.anyone.fetch(hls)).status).toBe(200)

  await ana.call('editVideo', { params: { videoId: id }, body: { privacy: 'unlisted' } })
  await expect.poll(async () => (await house.anyone.fetch(hls)).status).toBe(404)
  const unlisted = await house.anyone.call('startPlayback', { params: { videoId: id } })
  expect((await house.anyone.fetch(unlisted.hls)).status).toBe(200)

  await ana.call('editVideo', { params: { videoId: id }, body: { privacy: 'private' } })
  await expect.poll(async () => (await house.anyone.fetch(unlisted.hls)).status).toBe(403)
  const own = await ana.call('startPlayback', { params: { videoId: id } })
  clock.advance(8 * 3_600_000)
  const late = await ana.fetch(own.hls)
  expect(late.status).toBe(403)
  expect(await late.json()).toMatchObject({ code: 'grant_expired' })
})

test('a deleted video leaves no blob behind', async () => {
  const held = async () => {
    const keys: string[] = []
    for await (const key of house.app.blobs.list(`videos/${id}/`)) keys.push(key)
    for await (const key of house.app.blobs.list(`sources/${id}/`)) keys.push(key)
    return keys
  }
  expect((await held()).length).toBeGreaterThan(10)

  await ana.call('removeVideo', { params: { videoId: id } })
  await house.runJobs()

  expect(await held()).toEqual([])
  await expect(ana.call('getVideo', { params: { videoId: id } })).rejects.toMatchObject({ code: 'video_not_found' })
})
