/** Reactions: what people think of a video, in one of two words. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Id, PageQuery, pageOf } from './shapes.ts'
import { VideoCard } from './videos.ts'

const OneVideo = z.object({ videoId: Id })

export const Reactions = z.object({
  likes: z.number(),
  dislikes: z.number(),
  /** What the one who asks thinks of it. */
  mine: z.enum(['like', 'dislike', 'none']),
})
export type Reactions = z.infer<typeof Reactions>

export const getReactions = endpoint({
  says: 'How many like and dislike a video, and what the one who asks has said.',
  method: 'GET',
  path: '/videos/:videoId/reaction',
  who: 'anyone',
  shared: true,
  params: OneVideo,
  reply: Reactions,
  refuses: ['video_not_found'],
})

export const setReaction = endpoint({
  says: 'Likes or dislikes a video, or takes that back. One per account; the last one counts.',
  method: 'PUT',
  path: '/videos/:videoId/reaction',
  who: 'member',
  params: OneVideo,
  body: z.object({ reaction: Reactions.shape.mine }),
  reply: Reactions,
  refuses: ['video_not_found'],
  perMinute: 60,
})

export const listLikedVideos = endpoint({
  says: 'The videos that the account likes, last liked first. Those it may not see any more are left out.',
  method: 'GET',
  path: '/me/liked-videos',
  who: 'member',
  query: PageQuery,
  reply: pageOf(VideoCard),
  refuses: [],
})
