/** Files in parts, sent side by side: our own hints, clients that know none, and the library most clients are built on. */

import { Upload } from 'tus-js-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { concatFinal, encodeMetadata, partMetadata, splitParts } from '../../src/contract/tus.ts'
import { readAll } from '../../src/kit/bytes.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { sha256, someBytes, type TusClient, tusClient } from '../support/tus.ts'

const MIB = 1024 ** 2
const PART = { headers: { 'upload-concat': 'partial' } }

let house: House
let ana: Member
let tus: TusClient

beforeAll(async () => {
  house = await openHouse()
  ana = await house.member('Ana')
  tus = tusClient(house.address, { cookie: ana.cookie })
})
afterAll(() => house.close())

async function sourceHash(videoId: string): Promise<string> {
  const row = await house.app.db
    .selectFrom('videos')
    .select('source_key')
    .where('video_id', '=', videoId)
    .executeTakeFirstOrThrow()
  const blob = await house.app.blobs.open(row.source_key!)
  return sha256(await readAll(blob!.body, 300 * MIB))
}

async function stagedKeys(): Promise<string[]> {
  const keys: string[] = []
  for await (const key of house.app.blobs.staging.listOlder(new Date(Date.now() + 3_600_000))) keys.push(key)
  return keys
}

const join = (paths: string[], metadata: Record<string, string> = {}) =>
  tus.ask('POST', '/api/uploads', {
    headers: {
      'upload-concat': concatFinal(paths),
      'upload-metadata': encodeMetadata({ filename: 'whole.mp4', ...metadata }),
    },
  })

async function partsOf(file: Buffer, group: string, video: string): Promise<{ paths: string[]; pieces: Buffer[] }> {
  const parts = splitParts(file.byteLength, 4, MIB)
  const made = await Promise.all(
    parts.map((part) => tus.create(part.sizeBytes, { video, ...partMetadata(group, part, file.byteLength) }, PART)),
  )
  return {
    paths: made.map((it) => it.headers.location!),
    pieces: parts.map((part) => file.subarray(part.offset, part.offset + part.sizeBytes)),
  }
}

describe('parts that say where they belong', () => {
  test('arrive side by side in one staged file, with broken links, and are joined without copying', async () => {
    const file = someBytes(16 * MIB + 321)
    const { id } = await ana.call('createVideo', { body: { title: 'In parts' } })
    const { paths, pieces } = await partsOf(file, 'groupOne1', id)
    expect(await stagedKeys()).toEqual([])

    await Promise.all(
      paths.map(async (path, n) => {
        const piece = pieces[n]!
        await tus.append(path, 0, piece, { cutAfter: MIB * (n + 1) - 100 * n }).catch(() => {})
        // The server may notice the cut a moment later, and then knows of more bytes than it just said: ask again.
        for (let status = 409; status === 409; ) {
          const offset = await tus.offset(path)
          status = (await tus.append(path, offset, piece.subarray(offset))).status
        }
      }),
    )
    expect(await stagedKeys()).toHaveLength(1)
    expect(await ana.call('listUploads')).toMatchObject({
      items: [{ videoId: id, offsetBytes: file.byteLength, lengthBytes: file.byteLength }],
    })
    const joined = await join(paths, { video: id })

    expect(joined).toMatchObject({
      status: 201,
      headers: { 'upload-offset': String(file.byteLength), 'vitascope-video': id },
    })
    expect(await sourceHash(id)).toBe(sha256(file))
    expect(await stagedKeys()).toEqual([])
    expect((await tus.head(paths[0]!)).status).toBe(404)
  })

  test('that are joined twice, because the first answer was lost, are one upload', async () => {
    const file = someBytes(5 * MIB)
    const { id } = await ana.call('createVideo', { body: { title: 'Twice' } })
    const { paths, pieces } = await partsOf(file, 'groupTwo2', id)
    for (const [n, path] of paths.entries()) await tus.append(path, 0, pieces[n]!)

    const answers = await Promise.all([
      join(paths, { video: id }),
      join(paths, { video: id }),
      join(paths, { video: id }),
    ])

    expect(answers.map((it) => it.status)).toEqual([201, 201, 201])
    expect(new Set(answers.map((it) => it.headers.location)).size).toBe(1)
    const head = await tus.head(answers[0]!.headers.location!)
    expect(head).toMatchObject({
      status: 200,
      headers: { 'upload-concat': concatFinal(paths), 'upload-length': String(file.byteLength) },
    })
    expect(await sourceHash(id)).toBe(sha256(file))
  })

  test('that are made twice, because the first answer was lost, are made once', async () => {
    const { id } = await ana.call('createVideo', { body: { title: 'Made twice' } })
    const hints = { video: id, ...partMetadata('groupThree', { offset: 0, sizeBytes: 500 }, 1000) }
    const one = await tus.create(500, hints, PART)
    const two = await tus.create(500, hints, PART)
    expect(two.headers.location).toBe(one.headers.location)
  })

  test('that cannot be parts of one file are refused', async () => {
    const { id } = await ana.call('createVideo', { body: { title: 'Odd' } })
    const hint = (offset: number, total: number) => ({
      video: id,
      ...partMetadata('groupOdd1', { offset, sizeBytes: 0 }, total),
    })
    const first = await tus.create(500, hint(0, 1000), PART)
    expect(first.status).toBe(201)
    expect((await tus.create(500, hint(499, 1000), PART)).code).toBe('upload_concat_invalid')
    expect((await tus.create(500, hint(500, 2000), PART)).code).toBe('upload_concat_invalid')
    expect((await tus.create(501, hint(500, 1000), PART)).code).toBe('upload_metadata_invalid')
    expect((await tus.create(5, { ...hint(500, 1000), 'part-of': '../../../etc' }, PART)).code).toBe(
      'upload_metadata_invalid',
    )
    expect((await join([first.headers.location!], { video: id })).code).toBe('upload_not_complete')
    await tus.append(first.headers.location!, 0, someBytes(500))
    expect((await join([first.headers.location!], { video: id })).code).toBe('upload_concat_invalid')
  })

  test('are refused when the whole does not fit, though each would', async () => {
    const eva = await house.member('Eva')
    await house.app.db
      .updateTable('accounts')
      .set({ quota_bytes: 10 * MIB })
      .where('account_id', '=', eva.id)
      .execute()
    const evas = tusClient(house.address, { cookie: eva.cookie })
    const hints = partMetadata('groupEva1', { offset: 0, sizeBytes: 3 * MIB }, 12 * MIB)
    expect(await evas.create(3 * MIB, hints, PART)).toMatchObject({ status: 413, code: 'quota_exceeded' })
    const four = [0, 1, 2, 3].map((n) =>
      evas.create(2 * MIB, partMetadata('groupEva2', { offset: n * 2 * MIB, sizeBytes: 0 }, 8 * MIB), PART),
    )
    expect((await Promise.all(four)).map((it) => it.status)).toEqual([201, 201, 201, 201])
  })
})

describe('parts of a client that knows no hints', () => {
  test('are joined in the order it names', async () => {
    const file = someBytes(3 * MIB)
    const cuts = [file.subarray(0, MIB), file.subarray(MIB, 1_500_000), file.subarray(1_500_000)]
    const paths: string[] = []
    for (const cut of cuts) {
      const path = (await tus.create(cut.byteLength, {}, PART)).headers.location!
      paths.push(path)
      expect((await tus.append(path, 0, cut)).status).toBe(204)
    }
    expect((await tus.head(paths[0]!)).headers['upload-concat']).toBe('partial')

    const joined = await join(paths, { filename: 'Rome.mp4' })

    const videoId = joined.headers['vitascope-video']!
    expect(await sourceHash(videoId)).toBe(sha256(file))
    expect(await ana.call('getVideo', { params: { videoId } })).toMatchObject({ title: 'Rome', state: 'processing' })
    expect(await tus.append(joined.headers.location!, file.byteLength - 1, someBytes(1))).toMatchObject({ status: 403 })
    expect((await join([...paths].reverse())).code).toBe('upload_concat_invalid')
  })
})

describe('tus-js-client', () => {
  const send = (file: Buffer, options: Partial<ConstructorParameters<typeof Upload>[1]>) =>
    new Promise<Upload>((resolve, reject) => {
      const upload = new Upload(file, {
        endpoint: `${house.address}/api/uploads`,
        headers: { cookie: ana.cookie, 'sec-fetch-site': 'same-origin' },
        metadata: { filename: 'lib.mp4', filetype: 'video/mp4' },
        retryDelays: [0, 100, 300, 1000],
        ...options,
        onSuccess: () => resolve(upload),
        onError: reject,
      })
      upload.start()
    })
  const videoOf = async (upload: Upload) => (await tus.head(new URL(upload.url!).pathname)).headers['vitascope-video']!

  test('sends a file in one go', async () => {
    const file = someBytes(6 * MIB)
    const upload = await send(file, {})
    expect(await sourceHash(await videoOf(upload))).toBe(sha256(file))
  })

  test('sends a file in chunks, the first with the creation', async () => {
    const file = someBytes(5 * MIB + 1)
    const upload = await send(file, { chunkSize: MIB, uploadDataDuringCreation: true })
    expect(await sourceHash(await videoOf(upload))).toBe(sha256(file))
  })

  test('sends a file in four parallel parts', async () => {
    const file = someBytes(9 * MIB + 7)
    const upload = await send(file, { parallelUploads: 4 })
    expect(await sourceHash(await videoOf(upload))).toBe(sha256(file))
  })

  test('goes on after it was aborted in the middle', async () => {
    const file = someBytes(12 * MIB)
    let begun: Upload | undefined
    await new Promise<void>((resolve, reject) => {
      begun = new Upload(file, {
        endpoint: `${house.address}/api/uploads`,
        headers: { cookie: ana.cookie, 'sec-fetch-site': 'same-origin' },
        metadata: { filename: 'aborted.mp4' },
        chunkSize: 5 * MIB,
        onChunkComplete: () => void begun!.abort().then(resolve),
        onError: reject,
      })
      begun.start()
    })
    const upload = await send(file, { uploadUrl: begun!.url })
    expect(upload.url).toBe(begun!.url)
    expect(await sourceHash(await videoOf(upload))).toBe(sha256(file))
  })

  test('ends an upload', async () => {
    const made = await tus.create(1000)
    await Upload.terminate(house.address + made.headers.location!, {
      headers: { cookie: ana.cookie, 'sec-fetch-site': 'same-origin' },
    })
    expect((await tus.head(made.headers.location!)).status).toBe(404)
  })
})
