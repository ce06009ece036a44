/** Comments: threads below videos. */
import { z } from 'zod'
import { COMMENTS_POLICIES } from './choices.ts'
import { endpoint } from './endpoint.ts'
import { ChannelRef, Id, PageQuery, pageOf, Time, text } from './shapes.ts'

/** A safe subset of Markdown: emphasis, strong, strike, code, quotes, lists; addresses, times and @handles become links. */
export const CommentText = text(1, 5000)

export const CommentsPolicy = z.enum(COMMENTS_POLICIES)
export type CommentsPolicy = z.infer<typeof CommentsPolicy>

export const Comment = z.object({
  id: Id,
  videoId: Id,
  /** The comment that began the thread; absent for that one itself. */
  threadId: Id.optional(),
  author: ChannelRef,
  text: z.string(),
  created: Time,
  edited: Time.optional(),
  likes: z.number(),
  replies: z.number(),
  /** The one who asks likes it. */
  liked: z.boolean(),
  pinned: z.boolean(),
  /** The channel of the video likes it in particular. */
  hearted: z.boolean(),
  /** `held`: waits for approval, and is seen by its author and the channel only. `hidden`: taken away by staff. */
  state: z.enum(['shown', 'held', 'hidden']),
  /** Written by the channel of the video. */
  byChannel: z.boolean(),
  /** Written by the account that asks. */
  mine: z.boolean(),
})
export type Comment = z.infer<typeof Comment>

const OneVideo = z.object({ videoId: Id })
const OneComment = z.object({ videoId: Id, commentId: Id })

export const listComments = endpoint({
  says: 'The threads below a video: the pinned one first, then the best or the newest.',
  method: 'GET',
  path: '/videos/:videoId/comments',
  who: 'anyone',
  shared: true,
  params: OneVideo,
  query: PageQuery.extend({ sort: z.enum(['top', 'newest']).default('top') }),
  reply: pageOf(Comment).extend({
    /** Comments and replies together. */
    count: z.number(),
    policy: CommentsPolicy,
    /** The one who asks may pin, heart, approve and remove. */
    manages: z.boolean(),
  }),
  refuses: ['video_not_found'],
})

export const listReplies = endpoint({
  says: 'The replies of a thread, oldest first.',
  method: 'GET',
  path: '/videos/:videoId/comments/:commentId/replies',
  who: 'anyone',
  shared: true,
  params: OneComment,
  query: PageQuery,
  reply: pageOf(Comment),
  refuses: ['video_not_found', 'comment_not_found'],
})

export const getComment = endpoint({
  says: 'One comment: for links that lead to it.',
  method: 'GET',
  path: '/videos/:videoId/comments/:commentId',
  who: 'anyone',
  shared: true,
  params: OneComment,
  reply: Comment,
  refuses: ['video_not_found', 'comment_not_found'],
})

export const postComment = endpoint({
  says: 'Writes a comment, or a reply to one. It is held where the video says so, and when it has links and the account is new.',
  method: 'POST',
  path: '/videos/:videoId/comments',
  who: 'member',
  params: OneVideo,
  body: z.object({ text: CommentText, replyTo: Id.optional() }),
  reply: Comment,
  refuses: [
    'video_not_found',
    'comment_not_found',
    'comments_closed',
    'blocked',
    'words_refused',
    'email_unproved',
    'too_many',
  ],
  perMinute: 12,
})

export const editComment = endpoint({
  says: 'Changes the text of an own comment.',
  method: 'PATCH',
  path: '/videos/:videoId/comments/:commentId',
  who: 'member',
  params: OneComment,
  body: z.object({ text: CommentText }),
  reply: Comment,
  refuses: ['video_not_found', 'comment_not_found', 'not_allowed', 'comments_closed', 'words_refused'],
  perMinute: 30,
})

export const removeComment = endpoint({
  says: 'Deletes an own comment, or one below a video of a channel that the account works for. Replies go with their thread.',
  method: 'DELETE',
  path: '/videos/:videoId/comments/:commentId',
  who: 'member',
  params: OneComment,
  refuses: ['video_not_found', 'comment_not_found', 'not_allowed'],
})

export const likeComment = endpoint({
  says: 'Likes a comment, or takes that back.',
  method: 'PUT',
  path: '/videos/:videoId/comments/:commentId/like',
  who: 'member',
  params: OneComment,
  body: z.object({ liked: z.boolean() }),
  reply: z.object({ likes: z.number(), liked: z.boolean() }),
  refuses: ['video_not_found', 'comment_not_found'],
  perMinute: 120,
})

export const markComment = endpoint({
  says: 'What the channel of the video says of a comment: pinned (one per video, and only the beginning of a thread), hearted, approved.',
  method: 'PUT',
  path: '/videos/:videoId/comments/:commentId/marks',
  who: 'member',
  params: OneComment,
  body: z.object({
    pinned: z.boolean().optional(),
    hearted: z.boolean().optional(),
    approved: z.literal(true).optional(),
  }),
  reply: Comment,
  refuses: ['video_not_found', 'comment_not_found', 'not_allowed', 'bad_request'],
})

export const listHeldComments = endpoint({
  says: 'Comments below videos of the account that wait for approval, newest first.',
  method: 'GET',
  path: '/me/held-comments',
  who: 'member',
  query: PageQuery,
  reply: pageOf(Comment.extend({ videoTitle: z.string() })),
  refuses: [],
})
