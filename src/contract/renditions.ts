/** Renditions, as the owner of a video sees them: what there is, what went wrong, and trying once more. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Id } from './shapes.ts'

export const Rendition = z.object({
  rendition: z.string(),
  codec: z.string(),
  /** `failed`: it could not be made, for the reason given; the others play on. */
  state: z.enum(['lazy', 'making', 'made', 'failed']),
  sizeBytes: z.number(),
  watchedMinutes: z.number(),
  /** The last lines the encoder said. */
  reason: z.string().optional(),
})

export const listRenditions = endpoint({
  says: 'The renditions of an own video, with how much each is watched and why one could not be made.',
  method: 'GET',
  path: '/videos/:videoId/renditions',
  who: 'member',
  params: z.object({ videoId: Id }),
  reply: z.object({ items: z.array(Rendition) }),
  refuses: ['video_not_found', 'not_allowed'],
})

export const makeRendition = endpoint({
  says: 'Makes a rendition of an own video that failed once more, or completes one that is made on request.',
  method: 'POST',
  path: '/videos/:videoId/renditions/:rendition/make',
  who: 'member',
  params: z.object({ videoId: Id, rendition: z.string().regex(/^[0-9a-z][0-9a-z_-]{0,31}$/) }),
  refuses: ['video_not_found', 'not_allowed', 'rendition_not_found'],
  perMinute: 20,
})
