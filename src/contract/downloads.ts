/** Downloads: a video as one file, for those whom its owner allows it. The file itself is at `/api/videos/{id}/download/{rendition}`. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Id } from './shapes.ts'

export const DownloadsFor = z.enum(['nobody', 'members', 'anyone'])
export type DownloadsFor = z.infer<typeof DownloadsFor>

const OneVideo = z.object({ videoId: Id })

export const Downloads = z.object({
  /** Who may download besides those who may edit the video. */
  who: DownloadsFor,
  /** What this viewer may download now; empty for those who may not. `sizeBytes` is about: the file has one head instead of one per segment. */
  items: z.array(z.object({ rendition: z.string(), label: z.string(), sizeBytes: z.number(), address: z.string() })),
})
export type Downloads = z.infer<typeof Downloads>

export const listDownloads = endpoint({
  says: 'The files that whoever asks may download of a video: the qualities that are complete.',
  method: 'GET',
  path: '/videos/:videoId/downloads',
  who: 'anyone',
  params: OneVideo,
  reply: Downloads,
  refuses: ['video_not_found'],
})

export const setDownloads = endpoint({
  says: 'Says who may download a video.',
  method: 'PUT',
  path: '/videos/:videoId/downloads',
  who: 'member',
  params: OneVideo,
  body: z.object({ who: DownloadsFor }),
  reply: Downloads,
  refuses: ['video_not_found', 'not_allowed'],
})
