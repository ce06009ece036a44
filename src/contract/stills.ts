/** Stills: the pictures an owner may choose as the thumbnail, and making them once more where that failed. One's own is sent with PUT to `/api/videos/{id}/thumbnail`. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Id } from './shapes.ts'

export const Still = z.object({ name: z.string(), address: z.string(), chosen: z.boolean() })
export type Still = z.infer<typeof Still>

const OneVideo = z.object({ videoId: Id })
const Stills = z.object({
  items: z.array(Still),
  /** Of all pictures of the title: those to choose from, those at the seek bar, and those of fast winding. */
  state: z.enum(['waiting', 'made', 'failed']),
  /** Why they could not be made. */
  reason: z.string().optional(),
})
export type Stills = z.infer<typeof Stills>

export const listStills = endpoint({
  says: 'The pictures that may be the thumbnail of a video, for those who may edit it.',
  method: 'GET',
  path: '/videos/:videoId/stills',
  who: 'member',
  params: OneVideo,
  reply: Stills,
  refuses: ['video_not_found', 'not_allowed'],
})

export const chooseStill = endpoint({
  says: 'Makes one of the proposed pictures the thumbnail.',
  method: 'POST',
  path: '/videos/:videoId/thumbnail',
  who: 'member',
  params: OneVideo,
  body: z.object({ name: z.string().max(100) }),
  reply: Stills,
  refuses: ['video_not_found', 'not_allowed', 'media_not_found'],
})

export const makeStills = endpoint({
  says: 'Makes the pictures of a title once more, where they could not be made: those to choose from, those at the seek bar, and those of fast winding.',
  method: 'POST',
  path: '/videos/:videoId/stills/make',
  who: 'member',
  params: OneVideo,
  refuses: ['video_not_found', 'not_allowed', 'media_not_found'],
  perMinute: 20,
})
