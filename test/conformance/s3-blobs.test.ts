/**
 * Blobs in an object store keep the promises of the port, on a real one; also over links that break, after writers that were killed, and
 * in a store that would not honour conditions. Where its programs are not installed, that is said and nothing is tested.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MIB, readAll } from '../../src/kit/bytes.ts'
import { sleep } from '../../src/kit/retry.ts'
import { sideBySide } from '../../src/kit/side-by-side.ts'
import type { Blobs } from '../../src/platform/blobs/blobs.ts'
import { type S3Options, s3Blobs } from '../../src/platform/blobs/s3-blobs.ts'
import { openStore, type StorePlace } from '../../src/platform/blobs/s3-store.ts'
import { writeOnConditions } from '../../src/platform/blobs/write-once.ts'
import { openLog } from '../../src/platform/log.ts'
import { newBucket, objectStorePrograms, type TestBucket } from '../support/object-store.ts'
import { blobsConformance } from './blobs.ts'
import { writeUntilKilled } from './dying-writer.ts'

const log = openLog('error')
const S3_BLOBS = join(import.meta.dirname, '../../src/platform/blobs/s3-blobs.ts')

const WRITER = `
  import { Readable } from 'node:stream'
  import { s3Blobs } from ${JSON.stringify(S3_BLOBS)}
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  const [place, folder, round] = process.argv.slice(1)
  const blobs = await s3Blobs({ place: JSON.parse(place), cache: { folder, limitBytes: 1e9 }, log: silent })
  for (let n = 0; ; n++) {
    const piece = Buffer.alloc(3e6, n + 1)
    await blobs.put('crash/' + round + '/' + n, n % 3 ? piece.subarray(0, 1000) : Readable.from([piece, piece, piece]))
    console.log(n)
  }`

describe.skipIf(!objectStorePrograms)('with a store (Debian packages ceph-mon, ceph-osd, ceph-common, radosgw)', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vitascope-parts-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const open = (place: StorePlace, more: Pick<S3Options, 'conditions' | 'limits'> = {}) =>
    s3Blobs({ place, cache: { folder, limitBytes: 1024 * MIB }, log, ...more })

  blobsConformance('blobs in an object store', async () => {
    const bucket = await newBucket()
    const place = { ...bucket.place, prefix: 'some/where/' }
    const blobs = await open(place)
    return {
      blobs,
      another: () => open(place),
      async close() {
        await blobs.close()
        const odd = (await bucket.contents()).filter((it) => !/^some\/where\/(blobs|staging)\//.test(it))
        expect(odd).toEqual([])
      },
    }
  })

  describe('an object store', () => {
    let bucket: TestBucket
    let blobs: Blobs
    beforeAll(async () => {
      bucket = await newBucket()
      blobs = await open(bucket.place)
    })
    afterAll(() => blobs?.close())

    test('that would not honour conditions keeps one writer at a time to a key, within a process', async () => {
      const plain = await open(bucket.place, { conditions: false })
      for (const sizeBytes of [1000, 9 * MIB]) {
        const bodies = Array.from({ length: 5 }, (_, n) => Buffer.alloc(sizeBytes, n + 1))
        const key = `plain/${sizeBytes}`
        const results = await Promise.all(bodies.map((body) => plain.put(key, Readable.from([body]))))
        expect(results.filter(Boolean)).toHaveLength(1)
        expect((await plain.read(key, sizeBytes))!.equals(bodies[results.indexOf(true)]!)).toBe(true)
        expect(await plain.put(key, Buffer.from('later'))).toBe(false)
      }
      expect(await bucket.contents()).toEqual(['blobs/plain/1000', `blobs/plain/${9 * MIB}`])
      await plain.close()
    })

    test('holds no half of a large blob whose writer died on the last step: the next one finishes it', async () => {
      const store = openStore(bucket.place)
      const dying = writeOnConditions({
        ...store,
        complete: async () => {
          throw new Error('killed')
        },
      })
      async function die(key: string): Promise<string> {
        const uploadId = await store.beginUpload(key)
        const parts = [await store.sendPart(key, uploadId, 1, Buffer.from('of the dead'))]
        await expect(dying.complete(key, uploadId, parts)).rejects.toThrow('killed')
        return uploadId
      }
      for (const key of ['a', 'b', 'c']) {
        await die(`blobs/dying/${key}`)
        expect(await blobs.head(`dying/${key}`)).toBeUndefined()
        expect(await blobs.open(`dying/${key}`)).toBeUndefined()
        expect(await blobs.localPath(`dying/${key}`)).toBeUndefined()
      }
      expect(await Array.fromAsync(blobs.list('dying/'))).toEqual([])
      const later = ['a', 'b'].map((key) => blobs.put(`dying/${key}`, Buffer.from('of the living')))
      expect(await Promise.all(later)).toEqual([false, false])
      expect((await blobs.read('dying/a', 100))!.toString()).toBe('of the dead')
      // Removed meanwhile, or an upload that the store has forgotten: the key is free again.
      await blobs.remove('dying/c')
      expect(await blobs.put('dying/c', Buffer.from('of the living'))).toBe(true)
      await store.abort('blobs/dying/d', await die('blobs/dying/d'))
      expect(await blobs.put('dying/d', Buffer.from('of the living'))).toBe(true)
      expect((await Array.fromAsync(blobs.list('dying/'))).sort()).toEqual(
        ['a', 'b', 'c', 'd'].map((it) => `dying/${it}`),
      )
      await blobs.removeAll('dying/')
      store.close()
    })

    test('is rid of what the dead left under way once somebody opens it a day later', async () => {
      const store = openStore(bucket.place)
      const [lost, decided] = ['blobs/left/lost', 'blobs/left/decided']
      await store.sendPart(lost, await store.beginUpload(lost), 1, Buffer.from('nobody asked for it'))
      const uploadId = await store.beginUpload(decided)
      const parts = [await store.sendPart(decided, uploadId, 1, Buffer.from('it was its turn'))]
      const dying = writeOnConditions({ ...store, complete: () => Promise.reject(new Error('killed')) })
      await expect(dying.complete(decided, uploadId, parts)).rejects.toThrow('killed')
      await (await open(bucket.place)).close()
      expect(await bucket.contents()).toContain(`upload of ${lost}`)
      await (await open(bucket.place, { limits: { forgottenAfterMs: -1000 } })).close()
      expect((await bucket.contents()).filter((it) => it.includes('left'))).toEqual([decided])
      expect((await blobs.read('left/decided', 100))!.toString()).toBe('it was its turn')
      store.close()
    })

    test('whatever the moment of a kill, every blob that is there is whole, and all that were acknowledged are there', async () => {
      for (let round = 0; round < 2; round++) {
        const words = [JSON.stringify(bucket.place), folder, String(round)]
        const acknowledged = await writeUntilKilled(WRITER, words, 100 + Math.random() * 400)
        const keys = await Array.fromAsync(blobs.list(`crash/${round}/`))
        expect(acknowledged.length).toBeGreaterThan(0)
        for (const n of acknowledged) expect(keys).toContain(`crash/${round}/${n}`)
        for (const key of keys) {
          const n = Number(key.split('/').at(-1))
          const bytes = await blobs.read(key, 10 * MIB)
          expect(bytes!.equals(Buffer.alloc(n % 3 ? 1000 : 9e6, n + 1)), key).toBe(true)
        }
      }
    })

    test('lists and removes more than one answer of it holds', async () => {
      const brief = await open(bucket.place, { limits: { keys: 7 } })
      const keys = Array.from({ length: 50 }, (_, n) => `many/${n}`)
      await sideBySide(keys, 10, async (key) => void (await brief.put(key, Buffer.from('x'))))
      expect((await Array.fromAsync(brief.list('many/'))).sort()).toEqual(keys.sort())
      await brief.removeAll('many/')
      expect(await Array.fromAsync(blobs.list('many/'))).toEqual([])
      await brief.close()
    })

    test('takes long streams in little memory, put or staged', async () => {
      const piece = randomBytes(MIB)
      const long = async function* () {
        for (let n = 0; n < 192; n++) yield piece
      }
      const before = process.memoryUsage().rss
      let most = 0
      const watching = setInterval(() => {
        most = Math.max(most, process.memoryUsage().rss - before)
      }, 10)
      await blobs.put('long/put', Readable.from(long()))
      await blobs.staging.write('long', 0, long(), 192 * MIB, async () => {})
      clearInterval(watching)
      expect(most).toBeLessThan(90 * MIB)
      // Becoming a blob moves nothing through here.
      const startedMs = performance.now()
      await blobs.staging.commit('long', 'long/staged', 192 * MIB)
      expect(performance.now() - startedMs).toBeLessThan(5000)
      expect(await blobs.head('long/staged')).toMatchObject({ sizeBytes: 192 * MIB })
      await blobs.removeAll('long/')
    })

    test('is read over a link that breaks again and again', async () => {
      const bytes = randomBytes(12 * MIB)
      await blobs.put('shaky/blob', bytes)
      await using link = await shakyLink(bucket.place.endpoint, 3 * MIB)
      const far = await open({ ...bucket.place, endpoint: link.address })
      expect((await far.read('shaky/blob', 12 * MIB))!.equals(bytes)).toBe(true)
      const part = await far.open('shaky/blob', { from: 1000, to: 11 * MIB })
      expect((await readAll(part!.body, 12 * MIB)).equals(bytes.subarray(1000, 11 * MIB + 1))).toBe(true)
      expect(link.breaks).toBeGreaterThanOrEqual(4)
      await far.close()
    })

    test('is read by who takes long breaks, and given up when it says nothing', async () => {
      const bytes = randomBytes(12 * MIB)
      await blobs.put('slow/blob', bytes)
      const brisk = await open(bucket.place, { limits: { idleMs: 300 } })
      const { body } = (await brisk.open('slow/blob'))!
      const pieces: Uint8Array[] = []
      for await (const piece of body) {
        // Long enough for the link to be taken for dead, twice.
        if (pieces.length === 0 || pieces.length === 40) await sleep(700)
        pieces.push(piece)
      }
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true)
      await brisk.close()
      const mute = createServer(() => {}).listen(0, '127.0.0.1')
      await once(mute, 'listening')
      const nowhere = `http://127.0.0.1:${(mute.address() as { port: number }).port}`
      const asked = open({ ...bucket.place, endpoint: nowhere }, { limits: { idleMs: 300 } })
      await expect(asked).rejects.toThrow('cannot be used')
      mute.close()
    })

    test('that cannot be used is told in a sentence, without the secret', async () => {
      const { place } = bucket
      await expect(open({ ...place, bucket: 'nobody-has-this' })).rejects.toThrow(
        /^The bucket nobody-has-this at 127\.0\.0\.1:\d+ cannot be used: there is no such bucket$/,
      )
      const wrong = open({ ...place, secret: 'not it' })
      await expect(wrong).rejects.toThrow('the key or its secret is wrong, or it may not use this bucket')
      await expect(wrong).rejects.not.toThrow(/not it|vitascope-test/)
      await expect(open({ ...place, endpoint: 'http://127.0.0.1:1' })).rejects.toThrow(/ECONNREFUSED/)
    })

    test('refuses whom it does not know: nothing in it is public', async () => {
      await blobs.put('secret/blob', Buffer.from('for us'))
      const { endpoint, bucket: name } = bucket.place
      for (const path of ['', '/blobs/secret/blob'])
        expect((await fetch(`${endpoint}/${name}${path}`)).status).toBe(403)
    })
  })
})

/** A way to the store on which each connection breaks once so many bytes have come back. */
async function shakyLink(address: string, breakAfterBytes: number) {
  const { hostname, port } = new URL(address)
  let breaks = 0
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    let bytes = 0
    near.pipe(far)
    far.on('data', (piece) => {
      bytes += piece.byteLength
      near.write(piece)
      if (bytes < breakAfterBytes) return
      breaks++
      near.resetAndDestroy()
      far.destroy()
    })
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    get breaks() {
      return breaks
    },
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}
