/** Decisions about comments: what waits for approval, who hears of it, what goes over the wire. Pure. */
import type { Comment, CommentsPolicy } from '../../contract/comments.ts'
import { channelRef } from '../../contract/shapes.ts'
import type { Notice } from '../notifications/notifications.ts'
import type { CommentRow } from './store.ts'

/** Tries of a new account in an hour: enough to talk, too few to flood. */
export const NEW_ACCOUNT_PER_HOUR = 30
/** More would be shouting through a list. */
const MOST_MENTIONS = 10

/** Handles after an @ that begins a word, each once. */
export function mentionsIn(text: string): string[] {
  const found = text.matchAll(/(?<![\p{L}\p{N}_@/.-])@([a-z0-9][a-z0-9_-]{1,28}[a-z0-9])(?![\p{L}\p{N}_-])/gu)
  return [...new Set([...found].map((match) => match[1]!))].slice(0, MOST_MENTIONS)
}

/** Whether a text has an address in it, also one that only people would read as such ("example . com", "hxxp://"). */
export function hasLink(text: string): boolean {
  const plain = text.normalize('NFKC').replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '')
  return (
    /\b\w{3,6}:\/\/|\bwww\s*\./i.test(plain) ||
    /[\p{L}\p{N}-]{2,}\s?(?:\.|\(dot\)|\[dot\])\s?(?:com|net|org|io|co|ru|cn|info|biz|xyz|top|site|online|shop|app|dev|me|tv|gg|ly|link|click)\b/iu.test(
      plain,
    )
  )
}

/** Whether a comment waits for approval. What the channel itself writes never does. */
export function mustWait(given: {
  policy: CommentsPolicy
  manages: boolean
  isNewAccount: boolean
  text: string
}): boolean {
  if (given.manages) return false
  return given.policy === 'held' || (given.isNewAccount && hasLink(given.text))
}

export function toComment(row: CommentRow, video: { channel_id: string }, accountId: string | undefined): Comment {
  return {
    id: row.comment_id,
    videoId: row.video_id,
    ...(row.thread_id === null ? {} : { threadId: row.thread_id }),
    author: channelRef(row),
    text: row.body,
    created: row.created_at.toISOString(),
    ...(row.edited_at === null ? {} : { edited: row.edited_at.toISOString() }),
    likes: row.like_count,
    replies: row.reply_count,
    liked: row.liked,
    pinned: row.pinned,
    hearted: row.hearted,
    state: row.state,
    byChannel: row.channel_id === video.channel_id,
    mine: row.account_id === accountId,
  }
}

/** A held comment is there for its author and for those who may approve it; a hidden one for its author and staff. */
export function maySeeComment(
  row: { state: string; account_id: string },
  viewer: { accountId: string | undefined; manages: boolean; isStaff: boolean },
): boolean {
  if (row.state === 'shown' || viewer.isStaff) return true
  return row.account_id === viewer.accountId || (row.state === 'held' && viewer.manages)
}

/** Who hears of a comment that is shown now: whom it answers, whom it names, whose video it is; each once, and never its author. */
export function noticesOf(given: {
  authorId: string
  subject: string
  body: Notice['body']
  answered: string[]
  named: string[]
  ownerId: string
}): Notice[] {
  const kinds = new Map<string, Notice['kind']>()
  kinds.set(given.ownerId, 'comment')
  for (const accountId of given.named) kinds.set(accountId, 'mention')
  for (const accountId of given.answered) kinds.set(accountId, 'reply')
  kinds.delete(given.authorId)
  return [...kinds].map(([accountId, kind]) => ({ accountId, kind, subject: given.subject, body: given.body }))
}
