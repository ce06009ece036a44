/** Uploads over real HTTP: the protocol, story by story, with clients that misbehave. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expireUploads } from '../../src/features/uploads/uploads.ts'
import { readAll } from '../../src/kit/bytes.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { sha256, someBytes, type TusClient, tusClient } from '../support/tus.ts'

const MIB = 1024 ** 2
const HOUR_MS = 3_600_000

const clock = fakeClock()
let house: House
let ana: Member
let bob: Member
let tus: TusClient
let bobs: TusClient

beforeAll(async () => {
  house = await openHouse({ clock, settings: { 'uploads.max_bytes': 200 * MIB } })
  ana = await house.member('Ana')
  bob = await house.member('Bob')
  tus = tusClient(house.address, { cookie: ana.cookie })
  bobs = tusClient(house.address, { cookie: bob.cookie })
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
    for (let cuts = 0; cuts < 6; cuts++) {
      const offset = await tus.offset(path)
      const cutAfter = 1 + Math.floor(Math.random() * 5 * MIB)
      await expect(tus.append(path, offset, file.subarray(offset), { cutAfter })).rejects.toThrow()
      await until(async () => (await tus.offset(path)) > offset)
    }
    const offset = await tus.offset(path)
    expect((await tus.append(path, offset, file.subarray(offset))).status).toBe(204)
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

describe('what is refused before a byte flows', () => {
  test.each([
    ['9223372036854775808', 400, 'upload_length_invalid'],
    ['-1', 400, 'upload_length_invalid'],
    ['NaN', 400, 'upload_length_invalid'],
    ['0', 422, 'source_empty'],
    [String(200 * MIB + 1), 413, 'file_too_large'],
  ])('a length of %s', async (length, status, code) => {
    expect(await tus.create(length)).toMatchObject({ status, code, headers: { 'tus-resumable': '1.0.0' } })
  })

  test('no length, or one that is to come later', async () => {
    expect((await tus.ask('POST', '/api/uploads')).code).toBe('upload_length_invalid')
    expect((await tus.ask('POST', '/api/uploads', { headers: { 'upload-defer-length': '1' } })).code).toBe(
      'upload_length_invalid',
    )
  })

  test('metadata that cannot be read, and a title of ten thousand letters', async () => {
    const bad = (value: string) =>
      tus.ask('POST', '/api/uploads', { headers: { 'upload-length': '5', 'upload-metadata': value } })
    expect((await bad('filename ***')).code).toBe('upload_metadata_invalid')
    expect((await bad('filename YQ==,filename YQ==')).code).toBe('upload_metadata_invalid')
    expect((await bad('filename YQpi')).code).toBe('upload_metadata_invalid')
    expect((await bad('filename /w==')).code).toBe('upload_metadata_invalid')
    expect((await bad(`title ${Buffer.alloc(9000, 'x').toString('base64')}`)).code).toBe('upload_metadata_invalid')
  })

  test('another version of tus, another content type, a method that is not spoken', async () => {
    const path = await begin(10)
    expect(await tus.head(path)).toMatchObject({ status: 200 })
    expect(await tus.ask('HEAD', path, { headers: { 'tus-resumable': '0.2.0' } })).toMatchObject({
      status: 412,
      headers: { 'tus-version': '1.0.0' },
    })
    expect(
      await tus.append(path, 0, someBytes(5), { headers: { 'content-type': 'application/octet-stream' } }),
    ).toMatchObject({ status: 415 })
    expect(await tus.ask('POST', path)).toMatchObject({ status: 405 })
    await tus.ask('DELETE', path)
  })

  test('what does not fit beside the unfinished uploads of the account', async () => {
    const eva = await house.member('Eva')
    await house.app.db
      .updateTable('accounts')
      .set({ quota_bytes: 10 * MIB })
      .where('account_id', '=', eva.id)
      .execute()
    const evas = tusClient(house.address, { cookie: eva.cookie })

    const first = await evas.create(6 * MIB)
    const second = await evas.create(6 * MIB)
    expect(second).toMatchObject({ status: 413, code: 'quota_exceeded' })
    expect(await eva.call('uploadLimits')).toMatchObject({
      quotaBytes: 10 * MIB,
      usedBytes: 6 * MIB,
      maxSizeBytes: 200 * MIB,
    })
    await evas.ask('DELETE', first.headers.location!)
    expect((await evas.create(6 * MIB)).status).toBe(201)
  })

  test('twenty at once do not slip past the quota together', async () => {
    const ben = await house.member('Ben')
    await house.app.db
      .updateTable('accounts')
      .set({ quota_bytes: 10 * MIB })
      .where('account_id', '=', ben.id)
      .execute()
    const bens = tusClient(house.address, { cookie: ben.cookie })
    const answers = await Promise.all(Array.from({ length: 20 }, () => bens.create(3 * MIB)))
    expect(answers.filter((it) => it.status === 201)).toHaveLength(3)
  })

  test('anything from nobody, and from another site', async () => {
    const nobody = tusClient(house.address, {})
    expect(await nobody.create(5)).toMatchObject({ status: 401, code: 'sign_in_needed' })
    const stranger = tusClient(house.address, {
      cookie: ana.cookie,
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    })
    expect(await stranger.create(5)).toMatchObject({ status: 403, code: 'foreign_origin' })
  })
})

test('a disk that is too full takes nothing more', async () => {
  await using small = await openHouse({ settings: { 'uploads.reserve_bytes': 2 ** 45 } })
  const una = await small.member('Una')
  const answer = await tusClient(small.address, { cookie: una.cookie }).create(1000)
  expect(answer).toMatchObject({ status: 507, code: 'disk_full' })
  expect(await una.call('listMyVideos')).toMatchObject({ items: [] })
})

describe('whose it is', () => {
  test('an upload of one account is not there for another', async () => {
    const path = await begin(1000)
    for (const method of ['HEAD', 'DELETE'] as const) expect((await bobs.ask(method, path)).status).toBe(404)
    expect(await bobs.append(path, 0, someBytes(10))).toMatchObject({ status: 404, code: 'upload_not_found' })
    expect(await tus.offset(path)).toBe(0)
    const { id } = await ana.call('createVideo', { body: { title: 'Hers' } })
    expect(await bobs.create(10, { video: id })).toMatchObject({ status: 404, code: 'video_not_found' })
    await tus.ask('DELETE', path)
  })

  test('the same group word of two accounts names two files', async () => {
    const hints = { 'part-of': 'samesame1', 'part-offset': '0', total: '20' }
    const asPart = { headers: { 'upload-concat': 'partial' } }
    const hers = (await tus.create(10, hints, asPart)).headers.location!
    const his = (await bobs.create(10, hints, asPart)).headers.location!
    await tus.append(hers, 0, Buffer.from('aaaaaaaaaa'))
    await bobs.append(his, 0, Buffer.from('bbbbbbbbbb'))
    expect((await bobs.ask('POST', '/api/uploads', { headers: { 'upload-concat': `final;${hers}` } })).code).toBe(
      'upload_concat_invalid',
    )
    expect(new Set(await stagedKeys()).size).toBe(2)
    await tus.ask('DELETE', hers)
    await bobs.ask('DELETE', his)
  })

  test('a token may upload as its account', async () => {
    const { secret } = await ana.call('createToken', { body: { name: 'camera' } })
    const camera = tusClient(house.address, { authorization: `Bearer ${secret}` })
    const made = await camera.create(4, { filename: 'cam.mkv' })
    expect(await camera.append(made.headers.location!, 0, Buffer.from('abcd'))).toMatchObject({ status: 204 })
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
