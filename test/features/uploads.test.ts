/** Uploads over real HTTP: the protocol, story by story, with clients that misbehave. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appendBytes, expireUploads } from '../../src/features/uploads/uploads.ts'
import { sourceArrived } from '../../src/features/videos/videos.ts'
import { readAll } from '../../src/kit/bytes.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { sha256, someBytes, type TusClient, tusClient } from '../support/tus.ts'

const MIB = 1024 ** 2
const HOUR_MS = 3_600_000

const clock = fakeClock()
let house: House
let ana: Member
let tus: TusClient

beforeAll(async () => {
  house = await openHouse({ clock, settings: { 'uploads.max_bytes': 200 * MIB } })
  ana = await house.member('Ana')
  tus = tusClient(house.address, { cookie: ana.cookie })
})
afterAll(() => house.close())

async function begin(sizeBytes: number, metadata: Record<string, string> = { filename: 'clip.mp4' }): Promise<string> {
  const answer = await tus.create(sizeBytes, metadata)
  expect(answer.status).toBe(201)
  return answer.headers.location!
}

/** The source of a video as it is stored, or undefined. */
async function sourceOf(videoId: string): Promise<{ bytes: Buffer; name: string; state: string } | undefined> {
  const row = await house.app.db
    .selectFrom('videos')
    .selectAll()
    .where('video_id', '=', videoId)
    .executeTakeFirstOrThrow()
  if (row.source_key === null) return undefined
  const blob = await house.app.blobs.open(row.source_key)
  return { bytes: await readAll(blob!.body, 300 * MIB), name: row.source_name!, state: row.state }
}

async function videoOf(path: string): Promise<string> {
  return (await tus.head(path)).headers['vitascope-video']!
}

async function stagedKeys(): Promise<string[]> {
  const keys: string[] = []
  for await (const key of house.app.blobs.staging.listOlder(new Date(Date.now() + HOUR_MS))) keys.push(key)
  return keys
}

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 200; n++) {
    if (await what()) return
    await new Promise((go) => setTimeout(go, 25))
  }
  throw new Error('it never came about')
}

describe('one file', () => {
  test('arrives in two pieces, becomes the source of a new video, and a job is waiting for it', async () => {
    const file = someBytes(3 * MIB + 17)
    const path = await begin(file.byteLength, { filename: 'Holiday_in Rome.MOV', filetype: 'video/quicktime' })

    const first = await tus.append(path, 0, file.subarray(0, MIB))
    const second = await tus.append(path, MIB, file.subarray(MIB))

    expect(first).toMatchObject({ status: 204, headers: { 'upload-offset': String(MIB), 'tus-resumable': '1.0.0' } })
    expect(new Date(first.headers['upload-expires']!).getTime()).toBeGreaterThan(clock.nowMs())
    expect(second).toMatchObject({ status: 204, headers: { 'upload-offset': String(file.byteLength) } })
    const videoId = await videoOf(path)
    expect(await sourceOf(videoId)).toMatchObject({ name: 'Holiday_in Rome.MOV', state: 'processing' })
    expect(sha256((await sourceOf(videoId))!.bytes)).toBe(sha256(file))
    expect(await ana.call('getVideo', { params: { videoId } })).toMatchObject({ title: 'Holiday in Rome' })
    const [job] = await house.app.db
      .selectFrom('jobs')
      .selectAll()
      .where('name', '=', 'transcode.probe')
      .where('key', '=', videoId)
      .execute()
    expect(job).toMatchObject({ input: { videoId }, state: 'waiting' })
    expect(await stagedKeys()).toEqual([])
  })

  test('may come with its creation, for a video made before', async () => {
    const file = someBytes(100_000)
    const { id } = await ana.call('createVideo', { body: { title: 'Mine' } })

    const answer = await tus.create(
      file.byteLength,
      { video: id },
      { body: file, headers: { 'content-type': 'application/offset+octet-stream' } },
    )

    expect(answer).toMatchObject({ status: 201, headers: { 'upload-offset': '100000', 'vitascope-video': id } })
    expect((await sourceOf(id))!.bytes.equals(file)).toBe(true)
    const again = await tus.create(10, { video: id })
    expect(again.code).toBe('not_allowed')
  })

  test('goes on after the link broke at many places, and is the same file', async () => {
    const file = someBytes(24 * MIB)
    const path = await begin(file.byteLength)
    let furthest = 0
    let cuts = 0
    // What was on its way when the line broke may be lost whole, or come late: then the client is told, and asks again.
    const goOn = async (cutAfter?: number) => {
      const offset = await tus.offset(path)
      expect(offset).toBeGreaterThanOrEqual(furthest)
      furthest = offset
      const sent = tus.append(path, offset, file.subarray(offset), cutAfter ? { cutAfter } : {})
      return cutAfter ? sent.catch(() => 'cut' as const) : sent
    }
    while (cuts < 6) {
      const answer = await goOn(1 + Math.floor(Math.random() * (file.byteLength / 6)))
      if (answer === 'cut') cuts++
      else expect(answer).toMatchObject({ status: expect.toSatisfy((it) => it === 409 || it === 423) })
    }
    await until(async () => {
      const answer = await goOn()
      return answer !== 'cut' && answer.status === 204
    })
    expect(furthest).toBeGreaterThan(0)
    expect(sha256((await sourceOf(await videoOf(path)))!.bytes)).toBe(sha256(file))
  })

  test('keeps its offset in the row every 8 MiB while it still arrives, and shouts how far it is', async () => {
    const file = someBytes(20 * MIB)
    const path = await begin(file.byteLength)
    const videoId = await videoOf(path)
    const heard: { videoId: string; offsetBytes: number; lengthBytes: number }[] = []
    const stop = house.app.bus.hearShouts('upload', (word) => heard.push(JSON.parse(word)))
    const over = new AbortController()

    const sending = tus.append(path, 0, file, { hangAfter: { bytes: 18 * MIB, until: over.signal } }).catch(() => {})
    const row = () =>
      house.app.db
        .selectFrom('uploads')
        .select('offset_bytes')
        .where('video_id', '=', videoId)
        .executeTakeFirstOrThrow()
    await until(async () => (await row()).offset_bytes >= 16 * MIB)
    over.abort()
    await sending
    await until(async () => (await row()).offset_bytes === 18 * MIB)
    stop()

    expect(heard.every((it) => it.videoId === videoId && it.lengthBytes === file.byteLength)).toBe(true)
    expect(heard.length).toBeGreaterThan(0)
    expect(await ana.call('listUploads')).toMatchObject({
      items: [{ videoId, offsetBytes: 18 * MIB, lengthBytes: 20 * MIB }],
    })
    await tus.ask('DELETE', path)
  })

  test('that is longer than declared is refused, and what fits is kept', async () => {
    const file = someBytes(500_000)
    const path = await begin(400_000)

    const answer = await tus.append(path, 0, file)

    expect(answer).toMatchObject({ status: 413, code: 'upload_longer_than_declared' })
    expect(await tus.offset(path)).toBe(400_000)
    expect((await sourceOf(await videoOf(path)))!.bytes.equals(file.subarray(0, 400_000))).toBe(true)
  })

  test('asked about again after it is done still answers, and sends no second job', async () => {
    const file = someBytes(1000)
    const path = await begin(1000)
    await tus.append(path, 0, file)
    const videoId = await videoOf(path)

    expect(await tus.append(path, 1000, Buffer.alloc(0))).toMatchObject({
      status: 204,
      headers: { 'upload-offset': '1000' },
    })
    expect(await tus.head(path)).toMatchObject({
      status: 200,
      headers: { 'upload-offset': '1000', 'upload-length': '1000', 'cache-control': 'no-store' },
    })
    const jobs = await house.app.db
      .selectFrom('jobs')
      .select('job_id')
      .where('key', '=', videoId)
      .where('name', '=', 'transcode.probe')
      .execute()
    expect(jobs).toHaveLength(1)
  })

  test('is finished by whoever comes first when a process died between the bytes and the row', async () => {
    const file = someBytes(70_000)
    const path = await begin(70_000)
    const videoId = await videoOf(path)
    await tus.append(path, 0, file.subarray(0, 69_999))
    // As a process leaves it that dies after the last byte was stored and before anything else.
    const { staging_key } = await house.app.db
      .selectFrom('uploads')
      .select('staging_key')
      .where('video_id', '=', videoId)
      .executeTakeFirstOrThrow()
    await house.app.blobs.staging.write(
      staging_key,
      69_999,
      (async function* () {
        yield file.subarray(69_999)
      })(),
      1,
      async () => {},
    )
    await house.app.db
      .updateTable('uploads')
      .set({ offset_bytes: 70_000, writer: 'somebody dead', writer_until: new Date(0) })
      .where('video_id', '=', videoId)
      .execute()

    await expireUploads(house.app)

    expect((await sourceOf(videoId))!.bytes.equals(file)).toBe(true)
    expect(await ana.call('getVideo', { params: { videoId } })).toMatchObject({ state: 'processing' })
  })

  test('stays when a process that was held up finds that another has finished it', async () => {
    const file = someBytes(70_000)
    const path = await begin(70_000)
    const videoId = await videoOf(path)
    const uploadId = path.split('/').at(-1)!
    const { blobs, db } = house.app
    // Held up right after the file was put in place: the lease runs out, and another does the rest.
    const commit = async (key: string, blobKey: string, sizeBytes: number) => {
      await blobs.staging.commit(key, blobKey, sizeBytes)
      await db
        .updateTable('uploads')
        .set({ finished_at: new Date(), writer: null, writer_until: null })
        .where('upload_id', '=', uploadId)
        .execute()
      await sourceArrived(house.app, videoId, { sourceKey: blobKey, sourceName: 'clip.mp4', sourceBytes: sizeBytes })
    }
    const heldUp = { ...house.app, blobs: { ...blobs, staging: { ...blobs.staging, commit } } }
    const owner = await db
      .selectFrom('uploads')
      .select('account_id')
      .where('upload_id', '=', uploadId)
      .executeTakeFirstOrThrow()
    const viewer = { accountId: owner.account_id, role: 'member', addressPrefix: '', viewerKey: '' } as const
    const piece = { offset: 0, checksum: undefined, body: Readable.from([file]), signal: new AbortController().signal }

    await appendBytes(heldUp, viewer, uploadId, piece)

    expect((await sourceOf(videoId))!.bytes.equals(file)).toBe(true)
    expect(await tus.head(path)).toMatchObject({ status: 200, headers: { 'upload-offset': '70000' } })
  })
})

describe('checksums', () => {
  const digest = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('base64')

  test.each(['sha1', 'sha256', 'md5'])(
    '%s that fits is taken, one that does not costs the piece',
    async (algorithm) => {
      const file = someBytes(200_000)
      const path = await begin(file.byteLength)

      const wrong = await tus.append(path, 0, file.subarray(0, 100_000), {
        headers: { 'upload-checksum': `${algorithm} ${digest(algorithm, file)}` },
      })
      expect(wrong).toMatchObject({ status: 460, code: 'checksum_mismatch' })
      expect(await tus.offset(path)).toBe(0)
      const right = await tus.append(path, 0, file, {
        headers: { 'upload-checksum': `${algorithm} ${digest(algorithm, file)}` },
      })
      expect(right.status).toBe(204)
      expect((await sourceOf(await videoOf(path)))!.bytes.equals(file)).toBe(true)
    },
  )

  test('a piece that broke off in the middle does not count', async () => {
    const file = someBytes(MIB)
    const path = await begin(file.byteLength)
    await expect(
      tus.append(path, 0, file, { cutAfter: 700_000, headers: { 'upload-checksum': `sha1 ${digest('sha1', file)}` } }),
    ).rejects.toThrow()
    expect(await tus.offset(path)).toBe(0)
    expect((await tus.append(path, 0, file, { headers: { 'upload-checksum': `crc32 AAAA` } })).code).toBe(
      'checksum_unsupported',
    )
    await tus.ask('DELETE', path)
  })
})

describe('two connections on one upload', () => {
  test('the second is turned away while the first goes on writing', async () => {
    const file = someBytes(3 * MIB)
    const path = await begin(file.byteLength)
    const slow = tus.append(path, 0, file, { drip: { bytes: 64 * 1024, pauseMs: 80 } })
    await new Promise((go) => setTimeout(go, 300))

    const second = await tus.append(path, 0, file)

    expect(second).toMatchObject({ status: 423, code: 'upload_locked' })
    expect((await slow).status).toBe(204)
    expect((await sourceOf(await videoOf(path)))!.bytes.equals(file)).toBe(true)
  })

  test('a first that fell silent gives way, and what it brought is kept', async () => {
    const file = someBytes(2 * MIB)
    const path = await begin(file.byteLength)
    const over = new AbortController()
    const silent = tus
      .append(path, 0, file, { hangAfter: { bytes: MIB, until: over.signal } })
      .catch((error: Error) => error)
    await new Promise((go) => setTimeout(go, 1300))

    expect(await tus.offset(path)).toBe(MIB)
    expect((await tus.append(path, MIB, file.subarray(MIB))).status).toBe(204)
    over.abort()

    expect(await silent).toBeInstanceOf(Error)
    expect((await sourceOf(await videoOf(path)))!.bytes.equals(file)).toBe(true)
  })

  test('an offset that is not where the upload stands is refused and told the right one', async () => {
    const path = await begin(1000)
    await tus.append(path, 0, someBytes(300))
    expect(await tus.append(path, 0, someBytes(300))).toMatchObject({
      status: 409,
      code: 'upload_offset_mismatch',
      headers: { 'upload-offset': '300' },
    })
    expect(await tus.append(path, 400, someBytes(300))).toMatchObject({ status: 409 })
    await tus.ask('DELETE', path)
  })
})

describe('the end of an upload', () => {
  test('removing it frees its bytes and the video that was made for it', async () => {
    const path = await begin(1000)
    const videoId = await videoOf(path)
    await tus.append(path, 0, someBytes(500))

    expect((await tus.ask('DELETE', path)).status).toBe(204)

    expect((await tus.head(path)).status).toBe(404)
    expect(await stagedKeys()).toEqual([])
    await expect(ana.call('getVideo', { params: { videoId } })).rejects.toMatchObject({ code: 'video_not_found' })
  })

  test('removing it leaves a video that its owner made', async () => {
    const { id } = await ana.call('createVideo', { body: { title: 'I wrote much about it' } })
    const made = await tus.create(1000, { video: id })
    await tus.ask('DELETE', made.headers.location!)
    expect(await ana.call('getVideo', { params: { videoId: id } })).toMatchObject({ state: 'uploading' })
  })

  test('deleting the video ends its upload, even while bytes arrive', async () => {
    const file = someBytes(30 * MIB)
    const { id } = await ana.call('createVideo', { body: { title: 'Regretted' } })
    const path = (await tus.create(file.byteLength, { video: id })).headers.location!
    const sending = tus.append(path, 0, file, { drip: { bytes: MIB, pauseMs: 30 } }).catch(() => undefined)
    await until(async () => (await stagedKeys()).length > 0)

    await ana.call('removeVideo', { params: { videoId: id } })

    const answer = await sending
    expect(answer?.code ?? 'upload_gone').toBe('upload_gone')
    expect((await tus.head(path)).status).toBe(404)
    // What waits for other stories' files is none of this one's business.
    await house.app.db.deleteFrom('jobs').where('name', '=', 'transcode.probe').execute()
    await house.runJobs()
    expect(await stagedKeys()).toEqual([])
  })

  test('a new upload for the same video replaces the one before', async () => {
    const { id } = await ana.call('createVideo', { body: { title: 'Second try' } })
    const first = (await tus.create(1000, { video: id })).headers.location!
    await tus.append(first, 0, someBytes(100))
    const second = (await tus.create(500, { video: id })).headers.location!
    expect((await tus.head(first)).status).toBe(404)
    const file = someBytes(500)
    await tus.append(second, 0, file)
    expect((await sourceOf(id))!.bytes.equals(file)).toBe(true)
    expect(await stagedKeys()).toEqual([])
  })

  test('one that nobody goes on with expires, with its draft, and every byte for it counts anew', async () => {
    const path = await begin(1000)
    const videoId = await videoOf(path)
    await tus.append(path, 0, someBytes(100))
    clock.advance(47 * HOUR_MS)
    await tus.append(path, 100, someBytes(100))
    clock.advance(47 * HOUR_MS)
    expect((await tus.head(path)).status).toBe(200)
    clock.advance(2 * HOUR_MS)

    expect((await tus.head(path)).status).toBe(410)
    expect(await tus.append(path, 200, someBytes(100))).toMatchObject({ status: 410, code: 'upload_gone' })
    await expireUploads(house.app)

    expect((await tus.head(path)).status).toBe(404)
    expect(
      await house.app.db.selectFrom('videos').select('video_id').where('video_id', '=', videoId).execute(),
    ).toEqual([])
    expect(await stagedKeys()).toEqual([])
  })
})

test('OPTIONS tells what is spoken', async () => {
  const answer = await tus.ask('OPTIONS', '/api/uploads')
  expect(answer).toMatchObject({
    status: 204,
    headers: {
      'tus-version': '1.0.0',
      'tus-extension': 'creation,creation-with-upload,termination,expiration,checksum,concatenation',
      'tus-max-size': String(200 * MIB),
      'tus-checksum-algorithm': 'sha1,sha256,md5',
    },
  })
})

test('a network that lets only POST through can say PATCH and DELETE all the same', async () => {
  const path = await begin(10)
  const patched = await tus.ask('POST', path, {
    body: Buffer.from('01234'),
    headers: {
      'x-http-method-override': 'PATCH',
      'upload-offset': 0,
      'content-type': 'application/offset+octet-stream',
    },
  })
  expect(patched).toMatchObject({ status: 204, headers: { 'upload-offset': '5' } })
  expect((await tus.ask('POST', path, { headers: { 'x-http-method-override': 'DELETE' } })).status).toBe(204)
})

test('HEAD gives the metadata back as it was given', async () => {
  const path = await begin(10, { filename: 'ä.mp4', filetype: 'video/mp4', ours: '' })
  expect((await tus.head(path)).headers['upload-metadata']).toBe('filename w6QubXA0,filetype dmlkZW8vbXA0,ours')
  await tus.ask('DELETE', path)
})
