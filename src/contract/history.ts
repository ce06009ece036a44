/** History: what an account has watched, and how far. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Id, PageQuery, pageOf, Time } from './shapes.ts'
import { VideoCard } from './videos.ts'

export const listHistory = endpoint({
  says: 'What the account has watched, last first; with words, only videos that have them in title or channel.',
  method: 'GET',
  path: '/me/history',
  who: 'member',
  query: PageQuery.extend({ search: z.string().trim().max(100).optional() }),
  reply: pageOf(
    z.object({
      video: VideoCard,
      positionMs: z.number(),
      /** Watched to the end at least once. */
      completed: z.boolean(),
      watched: Time,
    }),
  ).extend({ paused: z.boolean() }),
  refuses: [],
})

export const clearHistory = endpoint({
  says: 'Forgets everything the account has watched.',
  method: 'DELETE',
  path: '/me/history',
  who: 'member',
  refuses: [],
})

export const forgetWatched = endpoint({
  says: 'Forgets that the account has watched one video; saying it twice is no error.',
  method: 'DELETE',
  path: '/me/history/:videoId',
  who: 'member',
  params: z.object({ videoId: Id }),
  refuses: [],
})

export const pauseHistory = endpoint({
  says: 'Keeps no history from now on, or keeps one again.',
  method: 'PUT',
  path: '/me/history/pause',
  who: 'member',
  body: z.object({ paused: z.boolean() }),
  refuses: [],
})
