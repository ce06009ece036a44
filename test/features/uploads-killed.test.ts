/** A file whose links break and whose server is killed in the middle arrives all the same, and is the same file. */
import { expect, test } from 'vitest'
import { concatFinal, encodeMetadata, partMetadata, splitParts } from '../../src/contract/tus.ts'
import { readAll } from '../../src/kit/bytes.ts'
import { openHouse } from '../support/house.ts'
import { freePort, startServer } from '../support/server.ts'
import { sha256, someBytes, type TusClient, tusClient } from '../support/tus.ts'

const MIB = 1024 ** 2

test('four parts of 24 MiB, links cut at random, the server killed with SIGKILL: the same file arrives', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const { id } = await ana.call('createVideo', { body: { title: 'Through fire' } })
  const port = await freePort()
  // A second process on the same platform, which can be killed without taking the house with it.
  const settings = { VITASCOPE_DB_URL: house.app.config['db.url'], VITASCOPE_UPLOADS_RESERVE_BYTES: '0' }
  const open = () => startServer(port, ['--roles', 'api', '--data', house.folder], settings)
  let server = await open()
  const file = someBytes(96 * MIB)
  const parts = splitParts(file.byteLength, 4, MIB)
  const tus = tusClient(server.address, { cookie: ana.cookie })
  const paths = await Promise.all(
    parts.map(async (part) => {
      const made = await tus.create(
        part.sizeBytes,
        { video: id, ...partMetadata('throughFire', part, file.byteLength) },
        { headers: { 'upload-concat': 'partial' } },
      )
      expect(made.status).toBe(201)
      return made.headers.location!
    }),
  )

  // First every link breaks twice, at places of chance.
  const pieces = parts.map((part) => file.subarray(part.offset, part.offset + part.sizeBytes))
  for (let round = 0; round < 2; round++) {
    await Promise.all(
      paths.map((path, n) => sendOnce(tus, path, pieces[n]!, { cutAfter: 1 + Math.floor(Math.random() * 5 * MIB) })),
    )
  }
  // Then the server dies while all four go on.
  const dying = paths.map((path, n) => sendOnce(tus, path, pieces[n]!, { drip: { bytes: 256 * 1024, pauseMs: 20 } }))
  await new Promise((go) => setTimeout(go, 1000))
  const storedBefore = await stored(house, id)
  await server.kill()
  await Promise.all(dying)
  server = await open()

  try {
    const offsets = await Promise.all(paths.map((path) => tus.offset(path)))
    expect(offsets.reduce((sum, offset) => sum + offset, 0)).toBeGreaterThanOrEqual(storedBefore)
    for (const [n, path] of paths.entries()) {
      for (let sent = 0; sent !== pieces[n]!.byteLength; ) sent = await sendOnce(tus, path, pieces[n]!, {})
    }
    const joined = await tus.ask('POST', '/api/uploads', {
      headers: {
        'upload-concat': concatFinal(paths),
        'upload-metadata': encodeMetadata({ video: id, filename: 'fire.mp4' }),
      },
    })
    expect(joined.status).toBe(201)

    const row = await house.app.db.selectFrom('videos').selectAll().where('video_id', '=', id).executeTakeFirstOrThrow()
    expect(row).toMatchObject({ state: 'processing', source_bytes: file.byteLength })
    const blob = await house.app.blobs.open(row.source_key!)
    expect(sha256(await readAll(blob!.body, 200 * MIB))).toBe(sha256(file))
    expect(await server.stop()).toBe(0)
  } finally {
    await server.kill()
  }
})

/** Sends from where the upload stands, once. Returns the offset it asked for, or all when it went through. Lost links are no error. */
async function sendOnce(
  tus: TusClient,
  path: string,
  piece: Buffer,
  how: Parameters<TusClient['append']>[3],
): Promise<number> {
  const offset = await tus.offset(path)
  const answer = await tus.append(path, offset, piece.subarray(offset), how).catch(() => undefined)
  return answer?.status === 204 ? piece.byteLength : offset
}

async function stored(house: Awaited<ReturnType<typeof openHouse>>, videoId: string): Promise<number> {
  const rows = await house.app.db.selectFrom('uploads').select('offset_bytes').where('video_id', '=', videoId).execute()
  return rows.reduce((sum, row) => sum + row.offset_bytes, 0)
}
