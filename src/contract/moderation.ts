/** Moderation: reports and what staff decides, blocks between accounts, watched words, what waits to be let in. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ChannelRef, Handle, Id, PageQuery, pageOf, Time, text } from './shapes.ts'
import { VideoCard } from './videos.ts'

export const REPORT_REASONS = [
  'spam',
  'harassment',
  'hate',
  'violence',
  'sexual',
  'minors',
  'self_harm',
  'misleading',
  'copyright',
  'privacy',
  'other',
] as const

const Reason = text(3, 1000)

export const ReportWords = z.object({
  id: Id,
  words: z.string(),
  byStaff: z.boolean(),
  /** Seen by staff only. */
  internal: z.boolean(),
  created: Time,
})

export const Report = z.object({
  id: Id,
  kind: z.enum(['video', 'comment', 'channel']),
  subjectId: Id,
  videoId: Id.optional(),
  /** What was reported, as it was then. */
  title: z.string(),
  reason: z.enum(REPORT_REASONS),
  words: z.string(),
  state: z.enum(['open', 'accepted', 'rejected']),
  created: Time,
  handled: Time.optional(),
  /** For staff: whose it is, and who reported it. */
  owner: z.object({ id: Id, name: z.string() }).optional(),
  reporter: z.object({ id: Id, name: z.string() }).optional(),
})
export type Report = z.infer<typeof Report>

export const reportContent = endpoint({
  says: 'Reports a video, a comment or a channel to the staff of the site.',
  method: 'POST',
  path: '/reports',
  who: 'member',
  body: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('video'), videoId: Id, reason: z.enum(REPORT_REASONS), words: text(0, 2000) }),
    z.object({
      kind: z.literal('comment'),
      videoId: Id,
      commentId: Id,
      reason: z.enum(REPORT_REASONS),
      words: text(0, 2000),
    }),
    z.object({ kind: z.literal('channel'), handle: Handle, reason: z.enum(REPORT_REASONS), words: text(0, 2000) }),
  ]),
  reply: Report,
  refuses: ['video_not_found', 'comment_not_found', 'channel_not_found', 'already_reported'],
  perMinute: 10,
})

export const listMyReports = endpoint({
  says: 'What the account has reported, newest first.',
  method: 'GET',
  path: '/me/reports',
  who: 'member',
  query: PageQuery,
  reply: pageOf(Report),
  refuses: [],
})

export const listReports = endpoint({
  says: 'The queue of reports, newest first.',
  method: 'GET',
  path: '/moderation/reports',
  who: 'moderator',
  query: PageQuery.extend({ state: z.enum(['open', 'accepted', 'rejected']).default('open') }),
  reply: pageOf(Report),
  refuses: [],
})

export const getReport = endpoint({
  says: 'One report with what was said about it, for staff and for whoever reported.',
  method: 'GET',
  path: '/reports/:reportId',
  who: 'member',
  params: z.object({ reportId: Id }),
  reply: Report.extend({ said: z.array(ReportWords) }),
  refuses: ['report_not_found'],
})

export const writeToReport = endpoint({
  says: 'A message between staff and whoever reported, or a note among staff.',
  method: 'POST',
  path: '/reports/:reportId/words',
  who: 'member',
  params: z.object({ reportId: Id }),
  body: z.object({ words: text(1, 2000), internal: z.boolean().default(false) }),
  reply: ReportWords,
  refuses: ['report_not_found'],
  perMinute: 20,
})

export const handleReport = endpoint({
  says: 'Decides about a report; whoever reported hears of it.',
  method: 'PUT',
  path: '/moderation/reports/:reportId',
  who: 'moderator',
  params: z.object({ reportId: Id }),
  body: z.object({ state: z.enum(['accepted', 'rejected']), answer: text(0, 1000).default('') }),
  reply: Report,
  refuses: ['report_not_found'],
})

const OneVideo = z.object({ videoId: Id })
const OneComment = z.object({ videoId: Id, commentId: Id })
const OneAccount = z.object({ accountId: Id })

export const hideVideo = endpoint({
  says: 'Takes a video away from everybody but its owner, who reads why.',
  method: 'PUT',
  path: '/moderation/videos/:videoId/hidden',
  who: 'moderator',
  params: OneVideo,
  body: z.object({ reason: Reason }),
  refuses: ['video_not_found'],
})

export const restoreVideo = endpoint({
  says: 'Gives a video back, as public as it was.',
  method: 'DELETE',
  path: '/moderation/videos/:videoId/hidden',
  who: 'moderator',
  params: OneVideo,
  refuses: ['video_not_found'],
})

export const hideComment = endpoint({
  says: 'Takes a comment away; its author reads why.',
  method: 'PUT',
  path: '/moderation/videos/:videoId/comments/:commentId/hidden',
  who: 'moderator',
  params: OneComment,
  body: z.object({ reason: Reason }),
  refuses: ['comment_not_found'],
})

export const restoreComment = endpoint({
  says: 'Shows a comment again that was taken away.',
  method: 'DELETE',
  path: '/moderation/videos/:videoId/comments/:commentId/hidden',
  who: 'moderator',
  params: OneComment,
  refuses: ['comment_not_found'],
})

export const suspendAccount = endpoint({
  says: 'Suspends an account: it is signed out everywhere and reads why when it signs in. Its videos may be taken away with it.',
  method: 'PUT',
  path: '/moderation/accounts/:accountId/suspension',
  who: 'moderator',
  params: OneAccount,
  body: z.object({ reason: Reason, hideVideos: z.boolean().default(false) }),
  refuses: ['account_not_found', 'last_admin'],
})

export const reinstateAccount = endpoint({
  says: 'Ends a suspension. Videos that were taken away are given back one by one.',
  method: 'DELETE',
  path: '/moderation/accounts/:accountId/suspension',
  who: 'moderator',
  params: OneAccount,
  refuses: ['account_not_found'],
})

export const listReview = endpoint({
  says: 'Videos that wait for staff before they become public, oldest first.',
  method: 'GET',
  path: '/moderation/review',
  who: 'moderator',
  reply: z.object({ items: z.array(VideoCard) }),
  refuses: [],
})

export const passVideo = endpoint({
  says: 'Lets a video become what its owner wanted.',
  method: 'PUT',
  path: '/moderation/review/:videoId',
  who: 'moderator',
  params: OneVideo,
  refuses: ['video_not_found'],
})

export const SignUpWaiting = z.object({
  id: Id,
  name: z.string(),
  email: z.string(),
  about: z.string(),
  emailVerified: z.boolean(),
  created: Time,
})

export const listWaitingAccounts = endpoint({
  says: 'Accounts that wait to be let in, oldest first.',
  method: 'GET',
  path: '/moderation/sign-ups',
  who: 'moderator',
  reply: z.object({ items: z.array(SignUpWaiting) }),
  refuses: [],
})

export const admitAccount = endpoint({
  says: 'Lets an account in that waits.',
  method: 'PUT',
  path: '/moderation/sign-ups/:accountId',
  who: 'moderator',
  params: OneAccount,
  refuses: ['account_not_found'],
})

export const declineAccount = endpoint({
  says: 'Declines an account that waits, and removes it.',
  method: 'DELETE',
  path: '/moderation/sign-ups/:accountId',
  who: 'moderator',
  params: OneAccount,
  refuses: ['account_not_found'],
})

export const WatchedWord = z.object({ word: text(2, 60), deed: z.enum(['hold', 'refuse']) })

export const listWatchedWords = endpoint({
  says: 'Words that hold a comment back or have it refused.',
  method: 'GET',
  path: '/moderation/words',
  who: 'moderator',
  reply: z.object({ items: z.array(WatchedWord) }),
  refuses: [],
})

export const setWatchedWords = endpoint({
  says: 'The whole list of watched words, in place of the one before.',
  method: 'PUT',
  path: '/moderation/words',
  who: 'moderator',
  body: z.object({ items: z.array(WatchedWord).max(2000) }),
  reply: z.object({ items: z.array(WatchedWord) }),
  refuses: [],
})

export const Block = z.object({ channel: ChannelRef, kind: z.enum(['mute', 'block']), created: Time })

export const listBlocks = endpoint({
  says: 'Whom the account does not want to see, or to be answered by.',
  method: 'GET',
  path: '/me/blocks',
  who: 'member',
  reply: z.object({ items: z.array(Block) }),
  refuses: [],
})

export const setBlock = endpoint({
  says: 'Mutes (I do not see them) or blocks (nor can they answer me) whoever speaks through a channel.',
  method: 'PUT',
  path: '/me/blocks/:handle',
  who: 'member',
  params: z.object({ handle: Handle }),
  body: z.object({ kind: z.enum(['mute', 'block']) }),
  refuses: ['channel_not_found', 'own_channel', 'too_many'],
  perMinute: 30,
})

export const removeBlock = endpoint({
  says: 'Takes a mute or block back.',
  method: 'DELETE',
  path: '/me/blocks/:handle',
  who: 'member',
  params: z.object({ handle: Handle }),
  refuses: ['channel_not_found'],
})
