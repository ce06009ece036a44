/** Sound of files that have no table of frames is copied by way of an MP4, where nothing in the stream is wrong; what is wrong is found before. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runFolder } from '../../src/features/delivery/delivery.ts'
import { listen, passSound, soundCopyKey } from '../../src/features/sources/sources.ts'
import { planSource } from '../../src/features/transcode/plan.ts'
import { newId } from '../../src/kit/ids.ts'
import { countFrames, ffmpeg, scratchFolder } from '../support/clips.ts'
import { decoded, differences } from '../support/decoded-sound.ts'
import { type House, openHouse } from '../support/house.ts'
import { some } from '../support/long.ts'
import { publishFile } from '../support/publish.ts'
import { soundClips } from '../support/sound-clips.ts'

let scratch: Awaited<ReturnType<typeof scratchFolder>>
const { clip, music, moved, wrapped } = soundClips(() => scratch.path)
/** Where loudness is left alone. */
let house: House

beforeAll(async () => {
  scratch = await scratchFolder()
  house = await openHouse({
    settings: { 'transcode.loudness_lufs': 'off', 'transcode.while_uploading': false, 'transcode.per_title': false },
  })
})
afterAll(async () => {
  await house.close()
  await scratch[Symbol.asyncDispose]()
})

const inFragments = ['-movflags', '+frag_keyframe+empty_moov+delay_moov']
const tableless: [name: string, shape: { rate: number; channels: number }, late: string, ...more: string[]][] = [
  // Times in whole milliseconds: a frame lasts 23.22 of them.
  ['late.mkv', { rate: 44100, channels: 2 }, '0.010'],
  ['one-ear.ts', { rate: 48000, channels: 1 }, '0'],
  ['in-fragments.mp4', { rate: 44100, channels: 1 }, '0.010', ...inFragments],
  // Every frame lasts 32 whole milliseconds.
  ['even.mkv', { rate: 32000, channels: 2 }, '0.050'],
  ['slow.ts', { rate: 22050, channels: 2 }, '0.010'],
]

test.each(some(tableless, 2))(
  '%s has no table of frames: its sound is copied by way of an MP4, sample by sample, and is in step to the end',
  async (name, { rate, channels }, late, ...more) => {
    const straight = await music(`${name}.mp4`, { rate, channels, seconds: 3 })
    const meant = late === '0' ? straight : await moved(`moved-${name}.mp4`, straight, late)
    const { plan, folder } = await publishFile(house, await wrapped(name, meant, ...more))
    expect(plan.audio[0]).toMatchObject({ copied: { apart: true }, sampleRate: rate, channels })
    const { phase = 0 } = plan.audio[0]!.copied!
    const shift = phase - Number(late) * rate
    // What the container's own rounding of picture and sound leaves open, and no more.
    expect(Math.abs(shift)).toBeLessThan(name.startsWith('in') ? 1 : rate / 1000)

    const list = `${folder}audio/index.m3u8`
    const [copy, source] = [await decoded(list, rate), await decoded(meant, rate)]
    const { compared, different } = differences(copy, { ...source, start: source.start + Math.round(shift) }, channels)
    expect(compared).toBeGreaterThan(2.9 * rate)
    expect(different).toBe(0)
    const { complaints } = await countFrames(list, 'a:0')
    expect(complaints).toBe('')
    expect((await fetch(`${folder}audio-frames.mp4`)).status).toBe(404)
  },
  60_000,
)

/** What would be copied of the sounds of a file, in their order, and the copies that lie there for that. Nothing is encoded. */
async function judged(house: House, path: string) {
  const { app } = house
  const run = { videoId: newId(), runId: newId() }
  const [folder, signal] = [runFolder(run.videoId, run.runId), new AbortController().signal]
  await app.blobs.put(`${folder}/given`, await readFile(path))
  const asked = { ...run, sourceKey: `${folder}/given`, eagerShortSide: null }
  const { plan, sourceKey } = await planSource(app, asked, signal)
  const passed = await passSound(app, await listen(app, plan, sourceKey, signal), { sourceKey, folder }, signal)
  const copies = await Promise.all(passed.audio.map(({ id }) => app.blobs.head(soundCopyKey(folder, id))))
  return {
    copied: passed.audio.map(({ copied }) => copied?.apart === true),
    there: copies.map((it) => it !== undefined),
  }
}

test('sound of a Matroska file is copied where it is as loud as it should be, and one that is louder is not', async () => {
  await using measured = await openHouse()
  const at = async (height: number) => wrapped(`${height}.mkv`, await clip(`${height}.mp4`, { height }))
  expect(await judged(measured, await at(0.2))).toEqual({ copied: [true], there: [true] })
  expect(await judged(measured, await at(0.5))).toEqual({ copied: [false], there: [false] })
}, 60_000)

/** A frame of silence of AAC-LC, and one of the same with the bands and the stereo of HE-AAC behind it. */
const LOW = Buffer.from('00c800802380', 'hex')
const HIGH = Buffer.from(`01402280a34ee680ba080000001c06f1c10a${'5a'.repeat(40)}5e`, 'hex')

/** Frames of one channel at 24 kHz, each with a head of its own (ISO/IEC 13818-7 6.2). */
const adts = (frames: Buffer[]) =>
  Buffer.concat(
    frames.flatMap((frame) => {
      const bytes = frame.length + 7
      return [
        Buffer.of(0xff, 0xf1, 0x58, 0x40 | (bytes >> 11), (bytes >> 3) & 255, ((bytes & 7) << 5) | 0x1f, 0xfc),
        frame,
      ]
    }),
  )

async function ofFrames(name: string, low: number, high: number): Promise<string> {
  const path = join(scratch.path, `${name}.aac`)
  await writeFile(path, adts([...Array<Buffer>(low).fill(LOW), ...Array<Buffer>(high).fill(HIGH)]))
  const to = join(scratch.path, name)
  await ffmpeg('-i', await short(), '-i', path, '-map', '0:v', '-map', '1', '-c', 'copy', to)
  return to
}

let shortOne: Promise<string> | undefined
const short = () => {
  shortOne ??= music('short.mp4', { seconds: 3 })
  return shortOne
}
const spoilt = async (name: string, how: string) => wrapped(name, await short(), '-bsf:a', `noise=${how}`)
/** A stream with another one behind it, which is the same but for what FFmpeg is told. */
async function joined(name: string, how: string[]): Promise<string> {
  const first = await wrapped(`first-${name}`, await short())
  const second = await wrapped(`second-${name}`, await short(), ...how)
  const to = join(scratch.path, name)
  await writeFile(to, Buffer.concat([await readFile(first), await readFile(second)]))
  return to
}

const streams: [name: string, why: string, isCopied: boolean, make: () => Promise<string>][] = [
  ['clean.ts', 'nothing is wrong', true, async () => wrapped('clean.ts', await short())],
  ['damaged.ts', 'a frame is damaged', false, () => spoilt('damaged.ts', "amount='if(eq(n,50),3,-1)'")],
  ['bands.ts', 'it is HE-AAC and does not say so', false, () => ofFrames('bands.ts', 0, 71)],
  ['jump.ts', 'the clock jumps', false, () => joined('jump.ts', ['-c', 'copy', '-output_ts_offset', '100'])],
  ['ears.ts', 'one ear goes', false, () => joined('ears.ts', ['-c:a', 'aac', '-ac', '1', '-output_ts_offset', '3'])],
  ['late-bands.ts', 'it becomes HE-AAC', false, () => ofFrames('late-bands.ts', 40, 31)],
]

test.each(some(streams, 4))(
  '%s (%s) is copied: %s',
  async (_name, _why, isCopied, make) => {
    expect(await judged(house, await make())).toEqual({ copied: [isCopied], there: [isCopied] })
  },
  60_000,
)

test('of two languages in Matroska one is copied, and the other, of which a frame is missing, is encoded', async () => {
  const path = join(scratch.path, 'languages.mkv')
  const spoil = ['-bsf:a:1', "noise=drop='eq(n,50)'"]
  const names = ['-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=ger']
  await ffmpeg('-i', await short(), ...['-map', '0', '-map', '0:a'], '-c', 'copy', ...spoil, ...names, path)
  expect(await judged(house, path)).toEqual({ copied: [true, false], there: [true, false] })
}, 60_000)
