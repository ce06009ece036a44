/** What goes wrong around an encode: a worker that sleeps past its lease, a clock that jumps, a disk that is full, a span that kills its workers. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { fakeClock } from '../../src/platform/clock.ts'
import { countFrames, ffmpeg, makeClip, scratchFolder } from '../support/clips.ts'
import { type House, openHouse } from '../support/house.ts'
import { untilVideo, uploadFile } from '../support/publish.ts'

let scratch: Awaited<ReturnType<typeof scratchFolder>>
let clip: string
const workers = new Set<ChildProcess>()

beforeAll(async () => {
  scratch = await scratchFolder()
  clip = `${scratch.path}/clip.mp4`
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=640x360:r=25:d=24',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '500',
    '-pix_fmt',
    'yuv420p',
    clip,
  )
})
afterAll(async () => {
  await scratch[Symbol.asyncDispose]()
})

afterEach(() => {
  for (const worker of workers) worker.kill('SIGKILL')
  workers.clear()
})

async function files(house: House, videoId: string) {
  const rows = await house.app.db
    .selectFrom('video_files')
    .select(['rendition', 'state', 'reason'])
    .where('video_id', '=', videoId)
    .orderBy('rendition')
    .execute()
  return rows
}

async function framesOf(house: House, videoId: string, rung: string) {
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId } })
  return countFrames(`${house.address}${hls.replace('main.m3u8', `${rung}/index.m3u8`)}`, 'v:0')
}

test('a worker that sleeps past its lease does not spoil what others have made meanwhile', async () => {
  await using house = await openHouse({ settings: { 'transcode.span_seconds': 4 } })
  const boss = await house.admin()
  const sleeper = startWorker(house)
  const id = await uploadFile(house, boss, clip)
  await expect.poll(() => spansDone(house, id), { timeout: 30_000, interval: 20 }).toBeGreaterThan(0)
  sleeper.kill('SIGSTOP')
  startWorker(house)
  await untilVideo(boss, id, (it) => it.progress?.optimised === true, 90_000)
  sleeper.kill('SIGCONT')
  await new Promise((resolve) => setTimeout(resolve, 3000))

  expect((await files(house, id)).map(({ rendition, state }) => `${rendition} ${state}`)).toEqual(['360p made'])
  expect(await framesOf(house, id, '360p')).toEqual({ frames: 600, complaints: '' })
  expect(await house.app.queue.parked(10)).toEqual([])
}, 150_000)

test('a clock that jumps by a day, forward and back, loses nothing', async () => {
  const clock = fakeClock(Date.now(), { runs: true })
  await using house = await openHouse({
    clock,
    workers: true,
    settings: { 'transcode.span_seconds': 4, 'transcode.per_title': false },
  })
  const boss = await house.admin()
  const id = await uploadFile(house, boss, clip)
  for (const hours of [24, -36, 48, -12]) {
    clock.advance(hours * 3_600_000)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  await expect
    .poll(async () => (await files(house, id)).map(({ state }) => state), { timeout: 60_000 })
    .toEqual(['made'])
  expect(await framesOf(house, id, '360p')).toEqual({ frames: 600, complaints: '' })
}, 120_000)

test('a span whose workers keep dying is set aside with its reason, and the rest plays', async () => {
  await using house = await openHouse({ settings: { 'transcode.span_seconds': 4, 'transcode.per_title': false } })
  const boss = await house.admin()
  const id = await uploadFile(house, boss, clip)
  const { drain } = await import('../../src/platform/queue/work.ts')
  const { workerHandlers } = await import('../../src/roles/worker.ts')
  await drain(house.app, workerHandlers, 1)
  const third = await house.app.db
    .selectFrom('jobs')
    .select('job_id')
    .where('key', 'like', '%/2')
    .where('name', '=', 'transcode.encode')
    .executeTakeFirstOrThrow()
  await house.app.db.updateTable('jobs').set({ crashes: 100 }).where('job_id', '=', third.job_id).execute()

  await house.runJobs()

  expect(await files(house, id)).toEqual([
    { rendition: '360p', state: 'failed', reason: expect.stringContaining('quarantined') },
  ])
  expect(await spansDone(house, id)).toBeGreaterThan(3)
  expect((await boss.call('getVideo', { params: { videoId: id } })).progress?.optimised).toBe(true)
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  expect((await house.anyone.fetch(hls.replace('main.m3u8', '360p/0.m4s'))).status).toBe(200)

  // Without a quality there is nothing to take pictures from. Its owner is told, and they come with the quality.
  const stills = () => boss.call('listStills', { params: { videoId: id } })
  expect(await stills()).toMatchObject({ state: 'failed', reason: expect.stringContaining('no quality is complete') })

  await boss.call('makeRendition', { params: { videoId: id, rendition: '360p' } })
  await house.runJobs()
  expect((await files(house, id)).map(({ state }) => state)).toEqual(['made'])
  expect((await stills()).state).toBe('made')
}, 120_000)

test.skipIf(!mayMount())(
  'a full disk is a fault that passes: the span waits and is made once there is room',
  async () => {
    const disk = await mkdtemp(join(tmpdir(), 'vitascope-small-disk-'))
    expect(mounted(disk)).toBe(true)
    try {
      await using house = await openHouse({ settings: { 'data.folder': disk, 'transcode.preset': 'ultrafast' } })
      const boss = await house.admin()
      const small = await makeClip(scratch.path, 'small.mp4', { seconds: 6, silent: true })
      const id = await uploadFile(house, boss, small)
      const { drain } = await import('../../src/platform/queue/work.ts')
      const { workerHandlers } = await import('../../src/roles/worker.ts')
      await drain(house.app, workerHandlers, 1)
      await fill(join(disk, 'ballast'))

      await house.runJobsButPictures()
      expect((await files(house, id)).map(({ state }) => state)).toEqual(['making'])
      const waiting = await house.app.db
        .selectFrom('jobs')
        .select(['state', 'reason'])
        .where('name', '=', 'transcode.encode')
        .execute()
      expect(waiting).toEqual([{ state: 'waiting', reason: expect.stringContaining('ENOSPC') }])

      await rm(join(disk, 'ballast'))
      await house.app.db
        .updateTable('jobs')
        .set({ run_after: new Date(0) })
        .execute()
      await house.runJobsButPictures()
      expect((await files(house, id)).map(({ state }) => state)).toEqual(['made'])
      expect(await framesOf(house, id, '360p')).toEqual({ frames: 180, complaints: '' })
    } finally {
      execFileSync('umount', ['-l', disk])
      await rm(disk, { recursive: true, force: true })
    }
  },
  120_000,
)

/** Only an administrator can mount a small disk. */
function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'vitascope-mount-'))
  const can = mounted(folder)
  if (can) execFileSync('umount', ['-l', folder])
  rmSync(folder, { recursive: true })
  return can
}

function mounted(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Writes until nothing more fits. */
async function fill(path: string): Promise<void> {
  for (let megabytes = 24; megabytes > 0; megabytes--)
    await writeFile(path, Buffer.alloc(1 << 20), { flag: 'a' }).catch(() => {})
}

async function spansDone(house: House, videoId: string): Promise<number> {
  const rows = await house.app.db
    .selectFrom('spans')
    .select('span_no')
    .where('video_id', '=', videoId)
    .where('done_at', 'is not', null)
    .execute()
  return rows.length
}

function startWorker(house: House): ChildProcess {
  const environment = {
    PATH: process.env.PATH,
    VITASCOPE_DB_URL: house.app.config['db.url'],
    VITASCOPE_DATA_FOLDER: house.folder,
    VITASCOPE_TRANSCODE_SPAN_SECONDS: '4',
    VITASCOPE_TRANSCODE_PRESET: 'veryfast',
    VITASCOPE_LOG_LEVEL: 'error',
    VITASCOPE_HTTP_PORT: '0',
  }
  const worker = spawn(process.execPath, ['src/main.ts', 'serve', '--roles', 'worker'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  workers.add(worker)
  void once(worker, 'exit').then(() => workers.delete(worker))
  return worker
}
