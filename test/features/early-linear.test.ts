/** WebM and Matroska are begun while they arrive: clusters say how far they have come, and the end says whether the head was right. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { concatFinal, encodeMetadata, partMetadata, UPLOADS_PATH } from '../../src/contract/tus.ts'
import { countFrames, ffmpeg, scratchFolder } from '../support/clips.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { some } from '../support/long.ts'
import { uploadFile } from '../support/publish.ts'
import { type TusClient, tusClient } from '../support/tus.ts'

let scratch: Awaited<ReturnType<typeof scratchFolder>>
let house: House
let boss: Member
let tus: TusClient
let title: string

beforeAll(async () => {
  scratch = await scratchFolder()
  title = join(scratch.path, 'title.webm')
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'testsrc2=s=426x240:r=10:d=24', '-f', 'lavfi', '-i', 'sine=r=48000:d=24'],
    ...[
      '-c:v',
      'libvpx',
      '-deadline',
      'realtime',
      '-cpu-used',
      '8',
      '-b:v',
      '1M',
      '-g',
      '20',
      '-c:a',
      'libopus',
      title,
    ],
  )
  const settings = { 'transcode.preset': 'ultrafast', 'transcode.span_seconds': 6, 'transcode.per_title': false }
  house = await openHouse({ settings })
  boss = await house.admin()
  tus = tusClient(house.address, { cookie: boss.cookie })
})
afterAll(async () => {
  await house.close()
  await scratch[Symbol.asyncDispose]()
})

/** The one title of these stories in a container of its own. */
async function clip(name: string, ...more: string[]): Promise<Buffer> {
  const path = join(scratch.path, name)
  await ffmpeg('-i', title, '-c', 'copy', ...more, path)
  return readFile(path)
}

/** Sends the first part of a file and does what can be done with it; how to send the rest comes back. */
async function sendPart(bytes: Buffer, share: number) {
  const { id: videoId } = await boss.call('createVideo', { body: { title: 'On its way', privacy: 'public' } })
  const made = await tus.create(bytes.byteLength, { video: videoId, filename: 'clip.webm' })
  const path = made.headers.location!.replace(/^https?:\/\/[^/]+/, '')
  const cut = Math.floor(bytes.byteLength * share)
  await tus.append(path, 0, bytes.subarray(0, cut))
  await house.runJobsButPictures()
  const sendRest = async () => {
    await tus.append(path, cut, bytes.subarray(cut))
    await house.runJobsButPictures()
  }
  return { videoId, sendRest }
}

const runsOf = (videoId: string) =>
  house.app.db.selectFrom('runs').select(['run_id', 'source_key']).where('video_id', '=', videoId).execute()
const seeVideo = (videoId: string) => boss.call('getVideo', { params: { videoId } })

/** The segments of a video by name, of whatever run. */
async function segmentsOf(videoId: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  for await (const key of house.app.blobs.list(`videos/${videoId}/`))
    if (/\/(360p|audio)\/\d+\.m4s$/.test(key))
      found.set(key.split('/').slice(3).join('/'), (await house.app.blobs.read(key, 2 ** 24))!)
  return found
}

const containers: [name: string, more: string[]][] = [
  ['clip.mkv', ['-f', 'matroska']],
  ['clip.webm', []],
]

test.each(some(containers, 1))(
  'what has come of %s is made before the rest comes, and is what would have been made of all of it',
  async (name, more) => {
    const bytes = await clip(name, ...more)
    const { videoId, sendRest } = await sendPart(bytes, 0.75)
    expect((await seeVideo(videoId)).state).toBe('uploading')
    const early = await segmentsOf(videoId)
    expect([...early.keys()]).toEqual(expect.arrayContaining(['360p/0.m4s', '360p/2.m4s', '360p/5.m4s']))
    // What has not come is not guessed at.
    expect(early.size).toBeLessThan(10)
    const [run] = await runsOf(videoId)

    await sendRest()
    expect((await seeVideo(videoId)).state).toBe('ready')
    expect(await runsOf(videoId)).toEqual([{ run_id: run!.run_id, source_key: expect.stringMatching(/^sources\//) }])
    const { hls } = await house.anyone.call('startPlayback', { params: { videoId } })
    const list = house.address + hls.replace('main.m3u8', '360p/index.m3u8')
    expect(await countFrames(list, 'v:0')).toEqual({ frames: 240, complaints: '' })

    const ordinary = await uploadAtOnce(bytes)
    const [mine, theirs] = [await segmentsOf(videoId), await segmentsOf(ordinary)]
    expect([...mine.keys()].sort()).toEqual([...theirs.keys()].sort())
    for (const [segment, meant] of theirs)
      if (segment.startsWith('360p')) expect(meant.equals(mine.get(segment)!), segment).toBe(true)
  },
  60_000,
)

/** Longer than the time in which what has come is looked at only once. */
const SOON_MS = 600

test('of a file in parts all counts that reaches on from its first byte, whichever parts it is of; what lies behind a hole does not', async () => {
  const bytes = await clip('parts.webm')
  const { id: videoId } = await boss.call('createVideo', { body: { title: 'In parts', privacy: 'public' } })
  const cuts = [0, 0.45, 0.8, 1].map((share) => Math.floor(bytes.byteLength * share))
  const make = async (n: number) => {
    const part = { offset: cuts[n]!, sizeBytes: cuts[n + 1]! - cuts[n]! }
    const made = await tus.ask('POST', UPLOADS_PATH, {
      headers: {
        'upload-concat': 'partial',
        'upload-length': part.sizeBytes,
        'upload-metadata': encodeMetadata({ video: videoId, ...partMetadata('by-clusters', part, bytes.byteLength) }),
      },
    })
    return made.headers.location!.replace(/^https?:\/\/[^/]+/, '')
  }
  const [first, second, third] = [await make(0), await make(1), await make(2)]
  const half = Math.floor(cuts[1]! / 2)
  await tus.append(second, 0, bytes.subarray(cuts[1]!, cuts[2]))
  await tus.append(first, 0, bytes.subarray(0, half))
  await house.runJobsButPictures()
  // Five seconds and a hole: less than is probed.
  expect(await runsOf(videoId)).toEqual([])

  await sleep(SOON_MS)
  await tus.append(first, half, bytes.subarray(half, cuts[1]))
  await house.runJobsButPictures()
  expect((await seeVideo(videoId)).state).toBe('uploading')
  const [run] = await runsOf(videoId)
  // The first part ends before the eleventh second; segment 5 is asked for with all before the fifteenth.
  expect([...(await segmentsOf(videoId)).keys()]).toEqual(expect.arrayContaining(['360p/0.m4s', '360p/5.m4s']))

  await tus.append(third, 0, bytes.subarray(cuts[2]!))
  const joined = await tus.ask('POST', UPLOADS_PATH, {
    headers: {
      'upload-concat': concatFinal([first, second, third]),
      'upload-metadata': encodeMetadata({ video: videoId, filename: 'clip.webm' }),
    },
  })
  expect(joined.status).toBe(201)
  await house.runJobsButPictures()
  expect((await seeVideo(videoId)).state).toBe('ready')
  expect((await runsOf(videoId)).map((it) => it.run_id)).toEqual([run!.run_id])
}, 120_000)

/** All of it before anybody has looked at a part. */
async function uploadAtOnce(bytes: Buffer): Promise<string> {
  const id = await uploadFile(house, boss, bytes)
  await house.runJobsButPictures()
  return id
}

test('a file that ends before its head says is refused, and what was begun of it goes', async () => {
  const bytes = await clip('whole.webm')
  const { videoId, sendRest } = await sendPart(bytes.subarray(0, Math.floor(bytes.byteLength * 0.8)), 0.95)
  expect(await runsOf(videoId)).toHaveLength(1)
  await sendRest()
  expect(await seeVideo(videoId)).toMatchObject({ state: 'failed', reason: { code: 'source_truncated' } })
  expect(await runsOf(videoId)).toEqual([])
  expect((await segmentsOf(videoId)).size).toBe(0)
}, 60_000)

test('a recording that does not say how long its parts are is made when it is there', async () => {
  const { videoId, sendRest } = await sendPart(await clip('live.webm', '-f', 'webm', '-live', '1'), 0.75)
  expect(await runsOf(videoId)).toEqual([])
  await sendRest()
  expect((await seeVideo(videoId)).state).toBe('ready')
}, 60_000)
