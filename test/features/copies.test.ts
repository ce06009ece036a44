/** Copies that are not the last word: a source too dense to stay stands in for its rung, and damaged frames give way to an encode. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { segmentWanted, writeDemand } from '../../src/features/delivery/delivery.ts'
import { boxesIn } from '../../src/media/mp4-read.ts'
import { readSampleTable } from '../../src/media/mp4-table.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { drain } from '../../src/platform/queue/work.ts'
import { workerHandlers } from '../../src/roles/worker.ts'
import { countFrames, ffmpeg, scratchFolder } from '../support/clips.ts'
import { type House, openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'

const settings = { 'transcode.per_title': false, 'transcode.while_uploading': false }
const HOUR_MS = 3_600_000
let scratch: Awaited<ReturnType<typeof scratchFolder>>

beforeAll(async () => {
  scratch = await scratchFolder()
})
afterAll(() => scratch[Symbol.asyncDispose]())

const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '60', '-pix_fmt', 'yuv420p', '-movflags', '+faststart']

async function statesOf(house: House, videoId: string): Promise<Record<string, string>> {
  const rows = await house.app.db
    .selectFrom('video_files')
    .select(['rendition', 'state'])
    .where('video_id', '=', videoId)
    .execute()
  return Object.fromEntries(rows.map((it) => [it.rendition, it.state]))
}

const doOnly = (house: House, ...names: string[]) =>
  drain(
    house.app,
    workerHandlers.filter(({ kind }) => names.includes(kind.name)),
  )

/** Does what is asked for while something waits for it. */
async function fetchMade(house: House, path: string): Promise<Response> {
  const asked = house.anyone.fetch(path)
  await expect.poll(() => doOnly(house, segmentWanted.name), { timeout: 20_000 }).toBe(1)
  return asked
}

test('a source too dense to stay is shown at once in place of its rung, and gives way when that is encoded', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock, settings })
  const boss = await house.admin()
  const path = join(scratch.path, 'dense.mp4')
  const rate = ['-b:v', '5M', '-maxrate', '5M', '-bufsize', '5M']
  await ffmpeg(...['-f', 'lavfi', '-i', 'testsrc2=s=854x480:r=30:d=8,noise=alls=20:allf=t'], ...coding, ...rate, path)
  const id = await uploadFile(house, boss, path)
  await doOnly(house, 'transcode.probe')
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const at = (file: string) => hls.replace('main.m3u8', file)
  const manifests = async () =>
    (await Promise.all(['main.m3u8', 'main.mpd'].map(async (it) => (await house.anyone.fetch(at(it))).text()))).join()

  // Nothing is encoded but the first segment of the lowest, and the highest plays: the pictures of the file.
  expect(await manifests()).toMatch(/480p-source\/index\.m3u8[\s\S]*id="480p-source"/)
  expect(await manifests()).not.toMatch(/480p\/index|id="480p"/)
  const copied = await fetchMade(house, at('480p-source/0.m4s'))
  expect(copied.status).toBe(200)
  await copied.arrayBuffer()
  await writeDemand(house.app)
  const wanted = await house.app.db.selectFrom('rendition_demand').select('rendition').execute()
  expect(wanted).toEqual([{ rendition: '480p' }])

  await house.runJobsButPictures()
  expect(await statesOf(house, id)).toMatchObject({ '360p': 'made', '480p': 'made' })
  await expect.poll(manifests).toMatch(/480p\/index\.m3u8[\s\S]*id="480p"/)
  expect(await manifests()).not.toContain('480p-source')
  const names = (await boss.call('listRenditions', { params: { videoId: id } })).items.map((it) => it.rendition)
  expect(names).toEqual(['360p', '480p'])
  await expect(boss.call('makeRendition', { params: { videoId: id, rendition: '480p-source' } })).rejects.toMatchObject(
    { code: 'rendition_not_found' },
  )

  // Who began before goes on, also after the copies were taken away.
  expect((await house.anyone.fetch(at('480p-source/0.m4s'))).status).toBe(200)
  clock.advance(7 * HOUR_MS)
  await doOnly(house, 'renditions.drop_copies')
  expect(await house.app.blobs.head(at('480p-source/0.m4s').slice(1))).toBeUndefined()
  expect((await fetchMade(house, at('480p-source/1.m4s'))).status).toBe(200)
  expect(await countFrames(house.address + at('480p/index.m3u8'), 'v:0')).toEqual({ frames: 240, complaints: '' })
}, 120_000)

/** A title of more frames than are looked at beforehand, one of the last of which says it is longer than it is. */
async function damagedClip(): Promise<Buffer> {
  const path = join(scratch.path, 'damaged.mp4')
  const rate = ['-b:v', '1M', '-maxrate', '1200k', '-bufsize', '1M']
  await ffmpeg(...['-f', 'lavfi', '-i', 'testsrc2=s=480x480:r=30:d=72'], ...coding, ...rate, path)
  const bytes = await readFile(path)
  const moov = boxesIn(bytes).find(({ type }) => type === 'moov')!
  const table = readSampleTable(bytes.subarray(moov.body - 8, moov.end), 0)!
  expect(table.isSync[2130]).toBe(0)
  bytes.writeUInt32BE(0xffffffff, table.offsets[2130]!)
  return bytes
}

test('a damaged frame in the midst of a long title: the rung is encoded instead, whoever finds it', async () => {
  await using house = await openHouse({ settings })
  const boss = await house.admin()
  const damaged = await damagedClip()
  const id = await uploadFile(house, boss, damaged)
  await house.runJobsButPictures()
  expect(await statesOf(house, id)).toMatchObject({ '360p': 'made', '480p': 'failed', '480p-encoded': 'made' })
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  expect(await (await house.anyone.fetch(hls)).text()).toContain('480p-encoded/index.m3u8')
  const found = (await boss.call('listRenditions', { params: { videoId: id } })).items
  expect(found.find(({ rendition }) => rendition === '480p')!.reason).toMatch(/frame .*damaged/)
  const { frames, complaints } = await countFrames(
    house.address + hls.replace('main.m3u8', '480p-encoded/index.m3u8'),
    'v:0',
  )
  expect({ frames, complaints }).toEqual({ frames: 2160, complaints: '' })

  // The same, found by who watches before anything is made.
  const other = await uploadFile(house, boss, damaged)
  await doOnly(house, 'transcode.probe')
  const begun = (await house.anyone.call('startPlayback', { params: { videoId: other } })).hls
  const at = (file: string) => begun.replace('main.m3u8', file)
  const manifest = async () => (await house.anyone.fetch(at('main.m3u8'))).text()
  expect(await manifest()).toContain('480p/index.m3u8')
  expect((await fetchMade(house, at('480p/0.m4s'))).status).toBe(200)
  const last = (await (await house.anyone.fetch(at('480p/index.m3u8'))).text()).match(/\d+\.m4s/g)!.at(-1)!
  expect((await fetchMade(house, at(`480p/${last}`))).status).toBe(404)
  expect(await statesOf(house, other)).toMatchObject({ '480p': 'failed', '480p-encoded': 'making' })
  await expect.poll(manifest).not.toContain('480p')
}, 180_000)
