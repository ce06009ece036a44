/** What uploads refuse: before a byte flows, and to whom an upload does not belong. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type House, type Member, openHouse } from '../support/house.ts'
import { someBytes, type TusClient, tusClient } from '../support/tus.ts'

const MIB = 1024 ** 2

let house: House
let ana: Member
let tus: TusClient
let bobs: TusClient

beforeAll(async () => {
  house = await openHouse({ settings: { 'uploads.max_bytes': 200 * MIB } })
  ana = await house.member('Ana')
  const bob = await house.member('Bob')
  tus = tusClient(house.address, { cookie: ana.cookie })
  bobs = tusClient(house.address, { cookie: bob.cookie })
})
afterAll(() => house.close())

async function begin(sizeBytes: number): Promise<string> {
  const answer = await tus.create(sizeBytes, { filename: 'clip.mp4' })
  expect(answer.status).toBe(201)
  return answer.headers.location!
}

async function stagedKeys(): Promise<string[]> {
  const keys: string[] = []
  for await (const key of house.app.blobs.staging.listOlder(new Date(Date.now() + 3_600_000))) keys.push(key)
  return keys
}

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
