/** From a file to a video, the way a person goes: create, upload, wait. */
import { readFile } from 'node:fs/promises'
import type { Reply } from '../../src/contract/endpoint.ts'
import type { Privacy } from '../../src/contract/shapes.ts'
import type { getVideo } from '../../src/contract/videos.ts'
import type { RunPlan } from '../../src/media/plan.ts'
import type { House, Member } from './house.ts'
import { tusClient } from './tus.ts'

type Video = Reply<typeof getVideo>

/** Uploads a file as a new video of `who`; its jobs are yet to run. Returns the video's id. */
export async function uploadFile(
  house: House,
  who: Member,
  path: string | Buffer,
  more: { title?: string; privacy?: Privacy } = {},
): Promise<string> {
  const video = await who.call('createVideo', {
    body: { title: more.title ?? 'A clip', privacy: more.privacy ?? 'public' },
  })
  const bytes = typeof path === 'string' ? await readFile(path) : path
  const tus = tusClient(house.address, { cookie: who.cookie })
  const made = await tus.create(bytes.byteLength, { video: video.id, filename: 'clip.mp4' })
  if (made.status !== 201) throw new Error(`the upload was refused: ${made.status} ${made.text}`)
  const sent = await tus.append(made.headers.location!.replace(/^https?:\/\/[^/]+/, ''), 0, bytes)
  if (sent.status !== 204) throw new Error(`the bytes were refused: ${sent.status} ${sent.text}`)
  return video.id
}

/** Publishes a file of the administrator's, without its stills unless `work` is `house.runJobs`: the plan of its run, and the address of the run's folder. */
export async function publishFile(
  house: House,
  path: string,
  work = house.runJobsButPictures,
): Promise<{ id: string; plan: RunPlan; folder: string }> {
  const id = await uploadFile(house, await house.admin(), path)
  await work()
  const { hls } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  const row = await house.app.db.selectFrom('runs').select('plan').where('video_id', '=', id).executeTakeFirstOrThrow()
  return { id, plan: row.plan as unknown as RunPlan, folder: `${house.address}${hls.replace('main.m3u8', '')}` }
}

/** Looks until `is` holds of the video; throws when it does not within the limit. */
export async function untilVideo(
  who: Member,
  videoId: string,
  is: (video: Video) => boolean,
  limitMs = 60_000,
): Promise<Video> {
  const untilMs = performance.now() + limitMs
  for (;;) {
    const video = await who.call('getVideo', { params: { videoId } })
    if (is(video)) return video
    if (performance.now() > untilMs)
      throw new Error(`the video is still ${video.state}: ${JSON.stringify(video.progress)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
