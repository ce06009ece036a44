/** Pass-through: the frames of a fit source are its top rendition, bit for bit; what is not fit is encoded. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FragmentReader } from '../../src/media/mp4-read.ts'
import { isIdr } from '../../src/media/pass-through.ts'
import { segmentCount, totalTicks } from '../../src/media/timeline.ts'
import { countFrames, ffmpeg, scratchFolder } from '../support/clips.ts'
import { type House, openHouse } from '../support/house.ts'
import { some } from '../support/long.ts'
import { publishFile } from '../support/publish.ts'

const run = promisify(execFile)
let scratch: Awaited<ReturnType<typeof scratchFolder>>
let house: House

beforeAll(async () => {
  scratch = await scratchFolder()
  house = await openHouse({ settings: { 'transcode.preset': 'ultrafast' } })
  await ffmpeg(...scenes('s=480x480:r=30000/1001:d=9'), ...tone, ...fit, join(scratch.path, 'frames.mp4'))
})
afterAll(async () => {
  await house.close()
  await scratch[Symbol.asyncDispose]()
})

/** Scenes that change, so that key frames stand where the encoder wants them, with B-frames in a pyramid. Square: two rungs of few pixels. */
const scenes = (shape: string) => ['-f', 'lavfi', '-i', `testsrc2=${shape},hue=H='floor(t/1.7)*2'`]
const FRAMES = 270
const fit = [
  '-c:v',
  'libx264',
  '-preset',
  'veryfast',
  '-bf',
  '3',
  '-g',
  '75',
  '-x264-params',
  'scenecut=60',
  '-pix_fmt',
  'yuv420p',
]
const tone = ['-f', 'lavfi', '-i', 'sine=f=440:r=48000:d=9', '-c:a', 'aac']

async function publish(name: string, ...args: string[]) {
  const path = join(scratch.path, name)
  await ffmpeg(...args, path)
  return { path, ...(await publishFile(house, path)) }
}

/** A checksum of every decoded frame. */
async function framesOf(input: string): Promise<string[]> {
  const { stdout } = await run(
    'ffmpeg',
    ['-nostdin', '-v', 'error', '-i', input, '-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'framemd5', '-'],
    { maxBuffer: 1 << 24 },
  )
  return stdout
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim())
}

const containers: [name: string, args: string[]][] = [
  ['fit.mp4', ['-movflags', '+faststart']],
  ['matroska.mkv', []],
  ['in-fragments.mp4', ['-movflags', '+frag_keyframe+empty_moov']],
  ['index-last.mov', []],
]

test.each(some(containers, 3))(
  'the frames of %s are its top rendition, bit for bit, and the other rungs are cut at the same frames',
  async (name, more) => {
    const { path, plan, folder } = await publish(name, '-i', join(scratch.path, 'frames.mp4'), '-c', 'copy', ...more)
    const top = plan.video.at(-1)!
    expect(top).toMatchObject({ id: '480p', copied: { reorderFrames: expect.any(Number) } })

    const [meant, made] = [await framesOf(path), await framesOf(`${folder}480p/index.m3u8`)]
    expect(meant.length).toBe(FRAMES)
    expect(made).toEqual(meant)
    const complaints = (await countFrames(`${folder}480p/index.m3u8`, 'v:0')).complaints
    expect(complaints).toBe('')
    expect(await countFrames(`${folder}360p/index.m3u8`, 'v:0')).toEqual({ frames: FRAMES, complaints: '' })

    const lists = await Promise.all(
      ['360p', '480p'].map(async (rung) => (await fetch(`${folder}${rung}/index.m3u8`)).text()),
    )
    expect(lists[0]).toBe(lists[1])
    for (const rung of ['360p', '480p']) {
      for (let n = 0; n < segmentCount(plan.timeline); n++) {
        const parts = await Promise.all(
          ['init.mp4', `${n}.m4s`].map(async (file) =>
            Buffer.from(await (await fetch(`${folder}${rung}/${file}`)).arrayBuffer()),
          ),
        )
        const reader = new FragmentReader()
        const frames = reader.push(Buffer.concat(parts))
        expect(isIdr(frames[0]!.data, reader.head!.configuration), `${rung} ${n}`).toBe(true)
      }
    }
  },
  120_000,
)

test.each([
  ['far-keys.mp4', 'key frames far apart', ['-g', '300', '-x264-params', 'scenecut=0']],
  ['open-groups.mp4', 'groups that lean on each other', ['-x264-params', 'open-gop=1:scenecut=0', '-g', '60']],
  ['dense.mp4', 'a bit rate far above the ceiling', ['-crf', '14']],
  ['ten-bit.mp4', 'ten bits', ['-pix_fmt', 'yuv420p10le']],
  ['uneven.mp4', 'uneven frame times', ['-vf', "select='lt(mod(n,7),4)'", '-fps_mode', 'vfr']],
])(
  '%s has %s and is encoded anew',
  async (name, _why, more) => {
    const noise = name === 'dense.mp4' ? ['-vf', 'noise=alls=12:allf=t'] : []
    // Long enough for two key frames more than five seconds apart.
    const picture = scenes('s=480x480:r=15:d=7')
    const { plan, folder } = await publish(name, ...picture, ...fit, '-preset', 'ultrafast', ...noise, ...more)
    expect(plan.video.at(-1)!.copied).toBeUndefined()
    const frames = totalTicks(plan.timeline) / plan.timeline.frameTicks
    expect(await countFrames(`${folder}480p/index.m3u8`, 'v:0')).toEqual({ frames, complaints: '' })
  },
  120_000,
)
