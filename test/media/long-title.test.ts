// A source longer than twelve hours: its clocks outgrow 32 bits, in ticks of the picture and of what FFmpeg counts in.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { audioRange, frameRange, segmentCount, totalTicks } from '../../src/media/timeline.ts'
import { some } from '../support/long.ts'
import { decode, generate, type Made, make, openFolder, openSource, similarity, timesOf } from './engine.ts'

const folder = openFolder()
afterAll(() => folder.close())

const MINUTES = 750
const RATE = 24

const minute = generate(folder.path, 'minute.mp4', [
  ...['-f', 'lavfi', '-i', `testsrc2=s=64x64:r=${RATE}:d=60`, '-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono:d=60'],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', String(RATE * 2), '-pix_fmt', 'yuv420p'],
  ...['-c:a', 'flac', '-strict', '-2', '-video_track_timescale', '90000'],
])

/** A minute over and over, not encoded again. */
function longFile(name: string): string {
  const path = join(folder.path, name)
  execFileSync('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-y', '-stream_loop', String(MINUTES - 1), '-i', minute],
    ...['-map', '0', '-c', 'copy', '-strict', '-2', path],
  ])
  return path
}

/** The last two segments of a title. */
async function endOf(path: string): Promise<Made> {
  const source = openSource(path)
  const count = segmentCount(source.plan.timeline)
  return (await make(source, ['360p'], count - 2, count))['360p']!
}

test.each(some(['long.mp4', 'long.mkv'], 1))('%s of twelve and a half hours is right at its end', async (name) => {
  const source = openSource(longFile(name))
  const { timeline } = source.plan
  expect(totalTicks(timeline) / timeline.timescale).toBeCloseTo(MINUTES * 60, 0)
  expect(timeline.timescale * MINUTES * 60).toBeGreaterThan(2 ** 30)

  const count = segmentCount(timeline)
  const made = await make(source, ['360p', 'audio'], count - 2, count)
  const picture = made['360p']!
  const first = frameRange(timeline, count - 2)
  const last = frameRange(timeline, count - 1)
  expect(picture.segments.map(({ frames }) => frames)).toEqual([first.to - first.from, last.to - last.from])
  const { shown } = timesOf(folder.path, picture.init, picture.segments)
  expect(shown[0]).toBe(first.from * timeline.frameTicks)
  expect(shown.at(-1)).toBe((last.to - 1) * timeline.frameTicks)
  expect(decode(folder.path, picture.init, picture.segments, ['-f', 'null', '-']).said).toBe('')
  expect(similarity(folder.path, picture, await endOf(minute)).worst).toBeGreaterThan(0.99)

  const sound = made.audio!
  const heard = timesOf(folder.path, sound.init, sound.segments).shown
  expect(heard[0]).toBe(audioRange(timeline, count - 2).from * 1024)
  expect(Math.abs(heard.at(-1)! + 1024 - MINUTES * 60 * 48_000)).toBeLessThan(48_000 / RATE)
})
