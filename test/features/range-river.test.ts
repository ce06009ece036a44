/** The whole river on a store that is far away: the same title as from a folder, byte for byte, and its file comes once. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderBlobs } from '../../src/platform/blobs/folder-blobs.ts'
import { ffmpeg, scratchFolder } from '../support/clips.ts'
import { type FarBlobs, farBlobs } from '../support/far-blobs.ts'
import { type House, type HouseOptions, openHouse } from '../support/house.ts'
import { isLong } from '../support/long.ts'
import { uploadFile } from '../support/publish.ts'

const settings = { 'worker.threads': 1, 'transcode.preset': 'ultrafast', 'transcode.span_seconds': 15 }

/** Everything that was made of a file, by its name below its run. */
async function madeOf(house: House, path: string): Promise<Map<string, Buffer>> {
  const boss = await house.admin()
  const id = await uploadFile(house, boss, path)
  await house.runJobs()
  expect((await boss.call('getVideo', { params: { videoId: id } })).state).toBe('ready')
  const made = new Map<string, Buffer>()
  for await (const key of house.app.blobs.list(`videos/${id}/`))
    if (/\.(m4s|mp4|jpg|vtt)$/.test(key))
      made.set(key.split('/').slice(3).join('/'), (await house.app.blobs.read(key, 1 << 26))!)
  return made
}

test.runIf(isLong).each(['mp4', 'mkv', 'ts'])('a title of several spans from a far store (%s)', async (container) => {
  await using clips = await scratchFolder()
  const path = join(clips.path, `clip.${container}`)
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'testsrc2=s=426x240:r=25:d=40,noise=alls=25:allf=t'],
    ...['-f', 'lavfi', '-i', 'aevalsrc=0.3*sin(2*PI*(220+2*t)*t)|0.3*sin(2*PI*330*t):s=44100:d=40'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '28', '-bf', '2', '-g', '50', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', path],
  )
  let far: FarBlobs | undefined
  const options: HouseOptions = {
    settings,
    async blobs(folder) {
      far = await farBlobs(await folderBlobs(folder), join(folder, 'far'))
      return far
    },
  }
  await using near = await openHouse({ settings })
  await using away = await openHouse(options)
  const whole = await madeOf(near, path)
  const part = await madeOf(away, path)
  expect([...part.keys()].sort()).toEqual([...whole.keys()].sort())
  expect([...whole.keys()].filter((name) => name.endsWith('.m4s')).length).toBeGreaterThan(20)
  const other = [...whole].filter(([name, bytes]) => !part.get(name)!.equals(bytes)).map(([name]) => name)
  expect(other).toEqual([])
  const source = far!.asked[0]!.key
  const sizeBytes = (await near.app.blobs.head((await sourceOf(near))!))!.sizeBytes
  const fetched = far!.asked.filter(({ key }) => key === source).reduce((sum, { from, to }) => sum + to + 1 - from, 0)
  if (container === 'ts') {
    expect(fetched / sizeBytes).toBeLessThan(0.05)
    expect(far!.streamedBytes() / sizeBytes).toBeGreaterThan(1)
    // What is looked at first, and once through.
    expect(far!.streamedBytes() / sizeBytes).toBeLessThan(2.1)
    return
  }
  // All spans together read all of it, each byte once.
  expect(fetched / sizeBytes).toBeGreaterThan(0.95)
  expect(fetched / sizeBytes).toBeLessThan(1.02)
})

async function sourceOf(house: House): Promise<string | null> {
  return (await house.app.db.selectFrom('videos').select('source_key').executeTakeFirstOrThrow()).source_key
}
