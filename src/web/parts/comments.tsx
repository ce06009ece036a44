/** The comments below a video: the box to write in, the order, the threads, page by page. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import type { Comment } from '../../contract/comments.ts'
import type { Video } from '../../contract/videos.ts'
import { call, useMe } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { SelectField } from '../ui/field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { CommentItem } from './comment-item.tsx'
import { Face } from './face.tsx'
import { commentsQuery } from './people-queries.ts'
import { useSignIn } from './reactions.tsx'

const SORTS = ['top', 'newest'] as const
type Sort = (typeof SORTS)[number]

export function Comments({ video }: { video: Video }) {
  const [sort, setSort] = useState<Sort>('top')
  const listing = useInfiniteQuery(commentsQuery(video.id, sort))
  const first = listing.data?.pages[0]
  const linked = new URLSearchParams(location.search).get('comment')
  // A comment may stand on two pages when the order has changed between them.
  const comments = unique(listing.data?.pages.flatMap((page) => page.items) ?? [])
  return (
    <section className="comments" aria-labelledby="comments-title">
      <div className="row spread">
        <h2 id="comments-title">{say('comment.count', { count: first?.count ?? video.commentCount })}</h2>
        <SelectField
          label={say('comment.sort')}
          value={sort}
          options={SORTS.map((name) => [name, say(`comment.sort.${name}`)] as const)}
          onChoose={setSort}
        />
      </div>
      {video.commentsPolicy === 'closed' && !video.mine ? (
        <p className="soft">{say('comment.closed')}</p>
      ) : (
        <CommentBox videoId={video.id} label={say('comment.write')} />
      )}
      <Trouble thrown={listing.error} />
      {linked ? <LinkedComment videoId={video.id} commentId={linked} manages={first?.manages === true} /> : null}
      <ul className="comment-list">
        {comments.map((comment) => (
          <li key={comment.id}>
            <CommentItem comment={comment} manages={first?.manages === true} />
          </li>
        ))}
      </ul>
      {listing.hasNextPage ? (
        <Button onClick={() => listing.fetchNextPage()} disabled={listing.isFetchingNextPage}>
          {say('comment.more')}
        </Button>
      ) : null}
    </section>
  )
}

/** The comment that the address leads to, above all others. */
function LinkedComment({ videoId, commentId, manages }: { videoId: string; commentId: string; manages: boolean }) {
  const linked = useQuery({
    queryKey: ['comment', videoId, commentId],
    queryFn: () => call('getComment', { params: { videoId, commentId } }),
    retry: false,
  })
  if (!linked.data) return null
  return (
    <div className="panel">
      <p className="soft small">{say('comment.linked')}</p>
      <CommentItem comment={linked.data} manages={manages} />
    </div>
  )
}

function unique(comments: Comment[]): Comment[] {
  return [...new Map(comments.map((it) => [it.id, it])).values()]
}

interface CommentBoxProps {
  videoId: string
  label: string
  replyTo?: string
  /** The text to begin with: of a comment that is changed, or the name of whom one answers. */
  start?: string
  /** The comment that is changed. */
  edits?: string
  onDone?: () => void
}

/** Writes a comment, a reply, or a change of one. */
export function CommentBox({ videoId, label, replyTo, start = '', edits, onDone }: CommentBoxProps) {
  const me = useMe()
  const signIn = useSignIn()
  const queries = useQueryClient()
  const id = useId()
  const [text, setText] = useState(start)
  const send = useMutation({
    mutationFn: () =>
      edits
        ? call('editComment', { params: { videoId, commentId: edits }, body: { text } })
        : call('postComment', { params: { videoId }, body: { text, ...(replyTo ? { replyTo } : {}) } }),
    onSuccess: async (written) => {
      setText('')
      announce(written.state === 'held' ? say('comment.held') : say('comment.sent'))
      onDone?.()
      await refreshComments(queries, videoId)
    },
  })
  if (!me) {
    return (
      <div>
        <Button onClick={signIn}>{say('comment.sign_in')}</Button>
      </div>
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim()) send.mutate()
  }
  return (
    <form className="comment-box" onSubmit={submit}>
      <Face {...me.channel} size={replyTo || edits ? 28 : 40} />
      <div className="stack">
        <label htmlFor={id} className="out-of-sight">
          {label}
        </label>
        <textarea
          id={id}
          className="input"
          dir="auto"
          rows={text.includes('\n') || text.length > 80 ? 4 : 2}
          maxLength={5000}
          placeholder={label}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event)
            if (event.key === 'Escape') onDone?.()
          }}
        />
        <Trouble thrown={send.error} />
        {text.trim() !== '' || onDone ? (
          <div className="row">
            <Button type="submit" kind="main" size="small" disabled={send.isPending || text.trim() === ''}>
              {edits ? say('app.save') : say('comment.send')}
            </Button>
            {onDone ? (
              <Button size="small" kind="quiet" onClick={onDone}>
                {say('app.cancel')}
              </Button>
            ) : null}
          </div>
        ) : null}
      </div>
    </form>
  )
}

export async function refreshComments(queries: ReturnType<typeof useQueryClient>, videoId: string): Promise<void> {
  await Promise.all(
    ['comments', 'replies', 'comment'].map((key) => queries.invalidateQueries({ queryKey: [key, videoId] })),
  )
}
