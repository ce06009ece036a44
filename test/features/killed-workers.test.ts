/** Workers are killed at random, many times, and the video is whole in the end: every segment there, every frame in its place. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countFrames, makeClip, scratchFolder } from '../support/clips.ts'
import { type House, openHouse } from '../support/house.ts'
import { untilVideo, uploadFile } from '../support/publish.ts'

let scratch: Awaited<ReturnType<typeof scratchFolder>>
const workers = new Set<ChildProcess>()

beforeAll(async () => {
  scratch = await scratchFolder()
})
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await scratch[Symbol.asyncDispose]()
})

/** A worker as `serve` starts it: a process of its own that knows the database and the data folder. */
function startWorker(house: House): ChildProcess {
  const environment = {
    PATH: process.env.PATH,
    VITASCOPE_DB_URL: house.app.config['db.url'],
    VITASCOPE_DATA_FOLDER: house.folder,
    VITASCOPE_TRANSCODE_SPAN_SECONDS: '4',
    VITASCOPE_LOG_LEVEL: 'warn',
    VITASCOPE_HTTP_PORT: '0',
  }
  const worker = spawn(process.execPath, ['src/main.ts', 'serve', '--roles', 'worker'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
  return worker
}

test('workers killed at random leave a video with every frame in its place', async () => {
  await using house = await openHouse({ settings: { 'transcode.span_seconds': 4 } })
  const ana = await house.member('Ana')
  const clip = await makeClip(scratch.path, 'long.mp4', { seconds: 36, size: '854x480' })
  startWorker(house)
  startWorker(house)
  const id = await uploadFile(house, ana, clip)

  let kills = 0
  for (let round = 0; round < 12; round++) {
    await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 900))
    const victim = [...workers][Math.floor(Math.random() * workers.size)]!
    const gone = once(victim, 'exit')
    victim.kill('SIGKILL')
    await gone
    kills++
    startWorker(house)
  }
  expect(kills).toBe(12)

  const video = await untilVideo(ana, id, (it) => it.progress?.optimised === true, 90_000).catch(async (late) => {
    throw new Error(
      `${late.message}; jobs: ${JSON.stringify(await house.app.db.selectFrom('jobs').selectAll().execute())}`,
    )
  })
  expect(video.state).toBe('ready')
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  for (const rung of ['360p', '480p']) {
    const counted = await countFrames(`${house.address}${hls.replace('main.m3u8', `${rung}/index.m3u8`)}`, 'v:0')
    expect({ rung, ...counted }).toEqual({ rung, frames: 36 * 30, complaints: '' })
  }
  const sound = await countFrames(`${house.address}${hls.replace('main.m3u8', 'audio/index.m3u8')}`, 'a:0')
  expect(sound).toEqual({ frames: Math.ceil((36 * 48_000) / 1024), complaints: '' })
  expect(await house.app.queue.parked(10)).toEqual([])
}, 180_000)
