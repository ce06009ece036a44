/**
 * The river over an object store: a file that comes in pieces, through two processes, is begun while it arrives, watched, and deleted
 * without a trace. Where the programs of a store are not installed, that is said and nothing is tested.
 */

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lookAtStore } from '../../src/cli/doctor-checks.ts'
import { copyFromStream } from '../../src/features/sources/sources.ts'
import { planSource } from '../../src/features/transcode/plan.ts'
import { environmentName } from '../../src/platform/config.ts'
import { countFrames, ffmpeg, makeClip, scratchFolder } from '../support/clips.ts'
import { openHouse, openPlatform } from '../support/house.ts'
import { newBucket, objectStorePrograms, type TestBucket } from '../support/object-store.ts'
import { uploadFile } from '../support/publish.ts'
import { freePort, startServer } from '../support/server.ts'
import { sha256, tusClient } from '../support/tus.ts'

const MIB = 1024 ** 2
const SECONDS = 4

describe.skipIf(!objectStorePrograms)('with a store (Debian packages ceph-mon, ceph-osd, ceph-common, radosgw)', () => {
  let scratch: Awaited<ReturnType<typeof scratchFolder>>
  let bucket: TestBucket
  beforeAll(async () => {
    scratch = await scratchFolder()
    bucket = await newBucket()
  })
  afterAll(() => scratch[Symbol.asyncDispose]())

  test('a film goes from an upload that broke to viewers and out again, and the machine keeps nothing of it', async () => {
    await using link = await heardLink(bucket.place.endpoint)
    const through = { ...bucket.settings, 'blobs.endpoint': link.address }
    await using house = await openHouse({ settings: { ...through, 'transcode.preset': 'ultrafast' } })
    const ana = await house.member('Ana')
    const clip = await readFile(await makeClip(scratch.path, 'clip.mp4', { seconds: SECONDS, size: '640x480' }))
    const film = withPadding(clip, 14 * MIB)
    const { id } = await ana.call('createVideo', { body: { title: 'From afar', privacy: 'private' } })

    // The first half comes to one process, which loses the link; jobs begin with what is there.
    const near = tusClient(house.address, { cookie: ana.cookie })
    const made = await near.create(film.byteLength, { video: id, filename: 'afar.mp4' })
    const path = made.headers.location!.replace(/^https?:\/\/[^/]+/, '')
    await near.append(path, 0, film, { cutAfter: 9 * MIB }).catch(() => {})
    const offset = await near.offset(path)
    expect(offset).toBeGreaterThan(8 * MIB)
    await house.runJobs()
    expect((await bucket.contents()).some((key) => key.startsWith('blobs/videos/'))).toBe(true)

    // The rest to another one, which shares nothing with the first but database and bucket.
    const settings = { 'db.url': house.app.config['db.url'], ...bucket.settings }
    const named = Object.entries(settings).map(([name, value]) => [environmentName(name), String(value)])
    const port = await freePort()
    const elsewhere = ['--roles', 'api', '--data', scratch.path]
    const server = await startServer(port, elsewhere, Object.fromEntries(named))
    const far = tusClient(server.address, { cookie: ana.cookie })
    expect(await far.append(path, offset, film.subarray(offset))).toMatchObject({ status: 204 })
    await server.stop()
    await house.runJobs()

    const video = await ana.call('getVideo', { params: { videoId: id } })
    expect(video).toMatchObject({ state: 'ready', durationMs: SECONDS * 1000, progress: { optimised: true } })
    const source = (await bucket.contents()).find((key) => key.startsWith('blobs/sources/'))!
    expect(sha256((await house.app.blobs.read(source.slice('blobs/'.length), 20 * MIB))!)).toBe(sha256(film))
    expect((await bucket.contents()).filter((key) => !key.startsWith('blobs/'))).toEqual([])

    const { hls } = await ana.call('startPlayback', { params: { videoId: id } })
    const sound = hls.replace('main.m3u8', 'audio/0.m4s')
    link.asked.length = 0
    const part = await ana.fetch(sound, { headers: { range: 'bytes=10-19' } })
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 10])
    for (const rung of ['360p', '480p']) {
      const address = `${house.address}${hls.replace('main.m3u8', `${rung}/index.m3u8`)}`
      expect(await countFrames(address, 'v:0')).toEqual({ frames: SECONDS * 30, complaints: '' })
    }
    const files = link.asked.map((line) => line.replace(/^(\w+) .*?(\w+\/\w+\.m(?:4s|p4))?(?:\?.*)?$/, '$1 $2'))
    expect(files).toEqual([...new Set(files)])
    expect(files).toEqual(expect.arrayContaining(['GET audio/0.m4s', 'GET 360p/init.mp4', 'GET 480p/1.m4s']))
    expect(files.filter((line) => line.startsWith('HEAD'))).toEqual([])

    // What the store must be asked about first comes to the same.
    const beyond = await ana.fetch(sound, { headers: { range: 'bytes=99999999-' } })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([
      416,
      part.headers.get('content-range')!.replace(/ .*\//, ' */'),
    ])
    const copy = await ana.fetch(sound, { headers: { 'if-none-match': part.headers.get('etag')! } })
    expect([copy.status, (await copy.arrayBuffer()).byteLength]).toEqual([304, 0])
    const end = await ana.fetch(sound, { headers: { range: 'bytes=-10' } })
    expect([end.status, (await end.arrayBuffer()).byteLength]).toEqual([206, 10])
    const picture = await ana.fetch(video.thumbnail!)
    expect(picture.headers.get('content-type')).toBe('image/jpeg')
    // The store is ours alone: who has no grant gets nothing, from us or from it.
    expect((await house.anyone.fetch(hls.replace(/^\/t\/[^/]+/, ''))).status).toBe(404)
    expect((await fetch(`${bucket.place.endpoint}/${bucket.place.bucket}/${source}`)).status).toBe(403)

    await ana.call('removeVideo', { params: { videoId: id } })
    await house.runJobs()
    expect(await bucket.contents()).toEqual([])
    for (const folder of ['blobs', 'staging']) expect(await readdir(house.folder)).not.toContain(folder)
  }, 90_000)

  describe('a broadcast, which has no index', () => {
    let path: string
    beforeAll(async () => {
      path = join(scratch.path, 'broadcast.ts')
      await ffmpeg(
        ...['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25:d=4,noise=alls=60:allf=t'],
        ...['-f', 'lavfi', '-i', 'sine=f=440:r=48000:d=4', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '28'],
        ...['-g', '50', '-pix_fmt', 'yuv420p', '-c:a', 'aac', path],
      )
    })

    test('goes through as a stream, is watched, and leaves nothing', async () => {
      await using house = await openHouse({ settings: { ...bucket.settings, 'transcode.preset': 'ultrafast' } })
      const ana = await house.member('Ana')
      const id = await uploadFile(house, ana, path, { privacy: 'private' })
      await house.runJobs()
      expect(await ana.call('getVideo', { params: { videoId: id } })).toMatchObject({
        state: 'ready',
        progress: { optimised: true },
      })
      const { hls } = await ana.call('startPlayback', { params: { videoId: id } })
      const address = `${house.address}${hls.replace('main.m3u8', '360p/index.m3u8')}`
      expect(await countFrames(address, 'v:0')).toEqual({ frames: 100, complaints: '' })
      expect((await bucket.contents()).some((key) => key.endsWith('/source.mkv'))).toBe(true)
      expect(await house.app.meter.text()).toMatch(/vitascope_sources_opened_total\{fetched="stream"\} [1-9]/)
      await ana.call('removeVideo', { params: { videoId: id } })
      await house.runJobs()
      expect(await bucket.contents()).toEqual([])
    }, 90_000)

    test('is copied anew where a worker was killed, of which nothing stays, and little of it lies on the machine', async () => {
      await using platform = await openPlatform({ settings: bucket.settings })
      const { app } = platform
      const long = join(scratch.path, 'long.ts')
      await ffmpeg('-stream_loop', '7', '-i', path, '-c', 'copy', long)
      const { size } = await stat(long)
      expect(size).toBeGreaterThan(70 * MIB)
      await app.blobs.put('sources/long', createReadStream(long))
      const copyKey = 'videos/video/run/source.mkv'
      const settings = JSON.stringify({
        ...bucket.settings,
        'db.url': app.config['db.url'],
        'data.folder': scratch.path,
      })
      const program = join(import.meta.dirname, '../support/copying.ts')
      const worker = spawn(process.execPath, [program, settings, 'sources/long', copyKey], { stdio: 'inherit' })
      const gone = once(worker, 'exit')
      const staged = async () => (await bucket.contents()).filter((key) => key.startsWith('staging/copies/'))
      while (worker.exitCode === null && (await staged()).length === 0);
      worker.kill('SIGKILL')
      await gone
      expect((await staged()).length).toBeGreaterThan(0)
      expect(await app.blobs.head(copyKey)).toBeUndefined()

      const copying = copyFromStream(app, 'sources/long', copyKey, new AbortController().signal)
      let mostBytes = 0
      let isOver = false
      const watching = (async () => {
        while (!isOver) mostBytes = Math.max(mostBytes, await openBytes())
      })()
      expect((await copying)?.copied).toMatchObject({ seekable: 'index', container: 'matroska' })
      isOver = true
      await watching
      expect(mostBytes).toBeGreaterThan(8 * MIB)
      expect(mostBytes).toBeLessThan(52 * MIB)
      expect((await app.blobs.head(copyKey))!.sizeBytes).toBeGreaterThan(0.9 * size)
      expect(await bucket.contents()).toEqual(['blobs/sources/long', `blobs/${copyKey}`])
      await app.blobs.removeAll('videos/')
      await app.blobs.remove('sources/long')
    }, 90_000)

    test('that is broken comes to a refusal', async () => {
      await using platform = await openPlatform({ settings: bucket.settings })
      const { app } = platform
      // Packets of a programme that never says what it is.
      const packet = Buffer.concat([Buffer.from([0x47, 0x01, 0x00, 0x10]), randomBytes(184)])
      await app.blobs.put('sources/noise', Buffer.concat(Array.from({ length: 50_000 }, () => packet)))
      const asked = { videoId: 'v', runId: 'r', sourceKey: 'sources/noise', eagerShortSide: null }
      const said = await planSource(app, asked, new AbortController().signal).catch((refusal) => refusal.code)
      expect(said).toMatch(/^source_/)
      expect(await bucket.contents()).toEqual(['blobs/sources/noise'])
      await app.blobs.remove('sources/noise')
    })
  })

  test('the doctor uses the bucket, and says what is wrong with one that cannot be used', async () => {
    const { app, close } = await openHouse({ settings: bucket.settings })
    const before = await bucket.contents()
    expect(await lookAtStore(app.config)).toMatchObject({ what: 'store', state: 'ok' })
    expect(await bucket.contents()).toEqual(before)
    const locked = await lookAtStore({ ...app.config, 'blobs.secret': 'not it' })
    expect(locked).toMatchObject({ state: 'wrong', says: expect.stringContaining('may not use this bucket') })
    await close()
  })
})

/** A way to the store on which is heard what is asked of it. */
async function heardLink(address: string) {
  const { hostname, port } = new URL(address)
  const asked: string[] = []
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    near.on('data', (piece: Buffer) => {
      // A question has no body, so it stands at the beginning of what comes.
      const line = /^(?:GET|HEAD) \S+/.exec(piece.toString('latin1', 0, 500))
      if (line) asked.push(line[0])
    })
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
    near.pipe(far).pipe(near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

/** What files of this process take on the disk that have lost their name. */
async function openBytes(): Promise<number> {
  let bytes = 0
  for (const name of await readdir('/proc/self/fd')) {
    const at = join('/proc/self/fd', name)
    const target = await readlink(at).catch(() => '')
    if (/vitascope-remux-.*deleted/.test(target)) bytes += ((await stat(at).catch(() => undefined))?.blocks ?? 0) * 512
  }
  return bytes
}

/** The same film, longer by a box that players skip (ISO 14496-12, 8.1.2). */
function withPadding(film: Buffer, sizeBytes: number): Buffer {
  const box = Buffer.concat([
    Buffer.from([0, 0, 0, 0]),
    Buffer.from('free'),
    randomBytes(sizeBytes - film.byteLength - 8),
  ])
  box.writeUInt32BE(box.byteLength)
  return Buffer.concat([film, box])
}
