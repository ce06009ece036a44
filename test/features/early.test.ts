/** Early: a file is made into segments while it is still being uploaded, and nobody can tell afterwards; what comes to nothing leaves nothing. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeMetadata, partMetadata, UPLOADS_PATH } from '../../src/contract/tus.ts'
import { ffmpeg, makeClip, scratchFolder } from '../support/clips.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'
import { type TusClient, tusClient } from '../support/tus.ts'

let scratch: Awaited<ReturnType<typeof scratchFolder>>
let house: House
let boss: Member
let tus: TusClient
let clip: Buffer

beforeAll(async () => {
  scratch = await scratchFolder()
  house = await openHouse({ settings: { 'transcode.span_seconds': 6, 'transcode.per_title': false } })
  boss = await house.admin()
  tus = tusClient(house.address, { cookie: boss.cookie })
  // A key frame every two seconds, and more bytes than fit into what the server writes down at once.
  clip = await readFile(await makeClip(scratch.path, 'clip.mp4', { seconds: 14, size: '426x240' }))
})
afterAll(async () => {
  await house.close()
  await scratch[Symbol.asyncDispose]()
})

async function begin(bytes: Buffer): Promise<{ videoId: string; path: string }> {
  const { id: videoId } = await boss.call('createVideo', { body: { title: 'On its way', privacy: 'public' } })
  const made = await tus.create(bytes.byteLength, { video: videoId, filename: 'clip.mp4' })
  return { videoId, path: made.headers.location!.replace(/^https?:\/\/[^/]+/, '') }
}

async function blobsOf(videoId: string): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for await (const key of house.app.blobs.list(`videos/${videoId}/`))
    found.set(key.split('/').slice(3).join('/'), (await house.app.blobs.head(key))!.sizeBytes)
  return found
}

const runsOf = (videoId: string) =>
  house.app.db.selectFrom('runs').select(['run_id', 'source_key']).where('video_id', '=', videoId).execute()
const stateOf = async (videoId: string) => (await boss.call('getVideo', { params: { videoId } })).state

/** The picture's segments of the run that is served, by name. */
async function picturesOf(videoId: string): Promise<Map<string, Buffer>> {
  const { run_id: runId } = await house.app.db
    .selectFrom('videos')
    .select('run_id')
    .where('video_id', '=', videoId)
    .executeTakeFirstOrThrow()
  const found = new Map<string, Buffer>()
  for await (const key of house.app.blobs.list(`videos/${videoId}/${runId}/`))
    if (/\/\d+p\/\d+\.m4s$/.test(key))
      found.set(key.split('/').slice(3).join('/'), (await house.app.blobs.read(key, 2 ** 24))!)
  return found
}

test('what has come of a file is made before the rest comes, and is what would have been made of all of it', async () => {
  const { videoId, path } = await begin(clip)
  const most = Math.floor(clip.byteLength * 0.93)
  await tus.append(path, 0, clip.subarray(0, most))
  await house.runJobsButPictures()
  expect(await stateOf(videoId)).toBe('uploading')
  const early = await blobsOf(videoId)
  expect([...early.keys()]).toEqual(expect.arrayContaining(['360p/0.m4s', '360p/2.m4s', 'audio/0.m4s']))
  const [run] = await runsOf(videoId)

  await tus.append(path, most, clip.subarray(most))
  await house.runJobsButPictures()
  const video = await boss.call('getVideo', { params: { videoId } })
  expect(video.state).toBe('ready')
  expect(await runsOf(videoId)).toEqual([{ run_id: run!.run_id, source_key: expect.stringMatching(/^sources\//) }])
  expect(await house.app.db.selectFrom('early_runs').selectAll().execute()).toEqual([])

  const ordinary = await uploadFile(house, boss, clip)
  await house.runJobsButPictures()
  const [mine, theirs] = [await picturesOf(videoId), await picturesOf(ordinary)]
  expect(mine.size).toBeGreaterThan(4)
  expect([...mine.keys()].sort()).toEqual([...theirs.keys()].sort())
  for (const [name, bytes] of theirs) expect(bytes.equals(mine.get(name)!), name).toBe(true)
  const names = (it: Map<string, number>) => [...it.keys()].filter((name) => name.startsWith('audio')).sort()
  expect(names(await blobsOf(videoId))).toEqual(names(await blobsOf(ordinary)))
})

test('an upload that is given up leaves nothing', async () => {
  const { videoId, path } = await begin(clip)
  await tus.append(path, 0, clip.subarray(0, Math.floor(clip.byteLength / 2)))
  await house.runJobsButPictures()
  expect((await blobsOf(videoId)).size).toBeGreaterThan(0)
  expect((await tus.ask('DELETE', path)).status).toBe(204)
  await house.runJobsButPictures()
  expect([...(await blobsOf(videoId)).keys()]).toEqual([])
  expect(await runsOf(videoId)).toEqual([])
  expect(await house.app.db.selectFrom('early_runs').selectAll().execute()).toEqual([])
  // The video itself was there before, and takes another file.
  expect(await stateOf(videoId)).toBe('uploading')
})

test('the index at the end may come first, and a part whose bytes were used can not be exchanged', async () => {
  const last = `${scratch.path}/index-last.mp4`
  await ffmpeg('-i', `${scratch.path}/clip.mp4`, '-c', 'copy', last)
  const bytes = await readFile(last)
  const indexAt = bytes.lastIndexOf('moov') - 4
  const { id: videoId } = await boss.call('createVideo', { body: { title: 'In parts', privacy: 'public' } })
  const group = 'group-of-the-test'
  const cuts = [0, Math.floor(indexAt / 2), indexAt, bytes.byteLength]
  const send = async (n: number, body = bytes.subarray(cuts[n], cuts[n + 1])) => {
    const part = { offset: cuts[n]!, sizeBytes: body.byteLength }
    const made = await tus.ask('POST', UPLOADS_PATH, {
      headers: {
        'upload-concat': 'partial',
        'upload-length': body.byteLength,
        'upload-metadata': encodeMetadata({ video: videoId, ...partMetadata(group, part, bytes.byteLength) }),
      },
    })
    const path = made.headers.location!.replace(/^https?:\/\/[^/]+/, '')
    expect((await tus.append(path, 0, body)).status).toBe(204)
    return path
  }
  const index = await send(2)
  const first = await send(0)
  await house.runJobsButPictures()
  expect([...(await blobsOf(videoId)).keys()]).toContain('360p/0.m4s')
  const [run] = await runsOf(videoId)

  // The same place, the same length, but other bytes.
  expect((await tus.ask('DELETE', first)).status).toBe(204)
  const other = await send(0, Buffer.from(bytes.subarray(cuts[0], cuts[1])))
  const rest = await send(1)
  const joined = await tus.ask('POST', UPLOADS_PATH, {
    headers: {
      'upload-concat': `final;${[other, rest, index].join(' ')}`,
      'upload-metadata': encodeMetadata({ video: videoId, filename: 'clip.mp4' }),
    },
  })
  expect(joined.status).toBe(201)
  await house.runJobsButPictures()
  expect(await stateOf(videoId)).toBe('ready')
  const runs = await runsOf(videoId)
  expect(runs).toHaveLength(1)
  expect(runs[0]!.run_id).not.toBe(run!.run_id)
})

test('a file that can not be begun early is made all the same', async () => {
  const path = `${scratch.path}/clip.mkv`
  await ffmpeg('-i', `${scratch.path}/clip.mp4`, '-t', '4', '-c', 'copy', path)
  const bytes = await readFile(path)
  const { videoId, path: upload } = await begin(bytes)
  await tus.append(upload, 0, bytes.subarray(0, bytes.byteLength - 10))
  await house.runJobsButPictures()
  expect(await runsOf(videoId)).toEqual([])
  await tus.append(upload, bytes.byteLength - 10, bytes.subarray(-10))
  await house.runJobsButPictures()
  expect(await stateOf(videoId)).toBe('ready')
})
