/** A video is deleted while it is being made: the work on it ends, and nothing of it is left. */
import { expect, test } from 'vitest'
import { runEncode } from '../../src/features/transcode/encode.ts'
import { jobs } from '../../src/features/transcode/jobs.ts'
import { sleep } from '../../src/kit/retry.ts'
import { drain } from '../../src/platform/queue/work.ts'
import { makeClip, scratchFolder } from '../support/clips.ts'
import { openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'

test('a span of a video that is deleted is not made to its end', async () => {
  await using scratch = await scratchFolder()
  await using house = await openHouse({ settings: { 'transcode.preset': 'ultrafast' } })
  const ana = await house.member('Ana')
  const clip = await makeClip(scratch.path, 'clip.mp4', { seconds: 60, size: '320x180' })
  const videoId = await uploadFile(house, ana, clip)
  await drain(
    house.app,
    jobs.filter((it) => it.kind.name === 'transcode.probe'),
  )
  const span = await house.app.db
    .selectFrom('spans')
    .selectAll()
    .where('video_id', '=', videoId)
    .orderBy('span_no', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  const wanted = (span.to_segment - span.from_segment) * span.renditions.length
  // A slow store: the deletion falls into the middle of the span.
  let stored = 0
  const put: typeof house.app.blobs.put = async (key, bytes) => {
    if (key.endsWith('.m4s') && ++stored === 1) await ana.call('removeVideo', { params: { videoId } })
    await sleep(400)
    return house.app.blobs.put(key, bytes)
  }
  const slow = { ...house.app, blobs: { ...house.app.blobs, put } }
  const job = { jobId: '0', name: 'transcode.encode', key: undefined, input: {}, attempts: 1, crashes: 0, fence: 0 }
  const context = {
    job,
    signal: new AbortController().signal,
    fence: async () => {},
    gotFurther: async () => {},
    finish: async () => {},
    alike: () => 1,
  }

  await runEncode(slow, { videoId, runId: span.run_id, spanNo: span.span_no }, context)

  expect(wanted).toBeGreaterThan(8)
  expect(stored).toBeLessThan(wanted)
}, 60_000)
