/** One comment with what can be done to it, and the replies below it. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Comment } from '../../contract/comments.ts'
import { call, useMe } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { ago, shortCount } from '../ui/format.ts'
import { Icon } from '../ui/icon.tsx'
import { Popup } from '../ui/popup.tsx'
import { Trouble, troubleText } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { useBlockActions } from './blocks.tsx'
import { CommentBox, refreshComments } from './comment-box.tsx'
import { CommentText } from './comment-text.tsx'
import { Face } from './face.tsx'
import { repliesQuery } from './people-queries.ts'
import { useSignIn } from './reactions.tsx'
import { useReport } from './report-dialog.tsx'

export function CommentItem({ comment, manages }: { comment: Comment; manages: boolean }) {
  const [answering, setAnswering] = useState(false)
  const [editing, setEditing] = useState(false)
  const { videoId } = comment
  if (editing) {
    return (
      <CommentBox
        videoId={videoId}
        label={say('comment.edit')}
        edits={comment.id}
        start={comment.text}
        onDone={() => setEditing(false)}
      />
    )
  }
  return (
    <article className="comment" data-state={comment.state}>
      <Face {...comment.author} size={comment.threadId ? 28 : 40} />
      <div className="stack">
        <CommentHead comment={comment} />
        <CommentText text={comment.text} />
        <CommentActions
          comment={comment}
          manages={manages}
          onAnswer={() => setAnswering(true)}
          onEdit={() => setEditing(true)}
        />
        {answering ? (
          <CommentBox
            videoId={videoId}
            label={say('comment.reply_to', { name: comment.author.name })}
            replyTo={comment.id}
            start={comment.threadId ? `@${comment.author.handle} ` : ''}
            onDone={() => setAnswering(false)}
          />
        ) : null}
        {comment.threadId === undefined && comment.replies > 0 ? <Replies comment={comment} manages={manages} /> : null}
      </div>
    </article>
  )
}

function CommentHead({ comment }: { comment: Comment }) {
  const { author } = comment
  return (
    <p className="comment-head">
      {comment.pinned ? (
        <span className="badge">
          <Icon name="pin" size={14} />
          {say('comment.pinned')}
        </span>
      ) : null}
      <Link to="/@{$handle}" params={{ handle: author.handle }} data-channel={comment.byChannel || undefined}>
        <bdi>{author.name}</bdi>
      </Link>
      <time className="soft small" dateTime={comment.created}>
        {ago(comment.created)}
        {comment.edited ? ` (${say('comment.edited')})` : ''}
      </time>
      {comment.state === 'shown' ? null : (
        <span className="badge" data-kind="warn">
          {say(`comment.state.${comment.state}`)}
        </span>
      )}
      {comment.hearted ? (
        <span className="badge" title={say('comment.hearted')}>
          <Icon name="heart" size={14} />
          <span className="out-of-sight">{say('comment.hearted')}</span>
        </span>
      ) : null}
    </p>
  )
}

interface ActionsProps {
  comment: Comment
  manages: boolean
  onAnswer: () => void
  onEdit: () => void
}

function CommentActions({ comment, manages, onAnswer, onEdit }: ActionsProps) {
  const me = useMe()
  const signIn = useSignIn()
  const queries = useQueryClient()
  const params = { videoId: comment.videoId, commentId: comment.id }
  const act = useMutation({
    mutationFn: (what: () => Promise<unknown>) => what(),
    onSuccess: () => refreshComments(queries, comment.videoId),
    onError: (thrown) => announce(troubleText(thrown)),
  })
  const mark = (body: { pinned?: boolean; hearted?: boolean; approved?: true }) =>
    act.mutate(() => call('markComment', { params, body }))
  const [deleting, setDeleting] = useState(false)
  const report = useReport({ kind: 'comment', ...params })
  const blocks = useBlockActions(comment.author.handle)
  const staff = me?.role === 'moderator' || me?.role === 'admin'
  return (
    <div className="row comment-actions">
      <Button
        size="small"
        kind="quiet"
        icon="thumb"
        aria-pressed={comment.liked}
        aria-label={say('reaction.like', { count: comment.likes })}
        disabled={act.isPending}
        onClick={() =>
          me ? act.mutate(() => call('likeComment', { params, body: { liked: !comment.liked } })) : signIn()
        }
      >
        {comment.likes > 0 ? shortCount(comment.likes) : null}
      </Button>
      {comment.state === 'shown' ? (
        <Button size="small" kind="quiet" onClick={() => (me ? onAnswer() : signIn())}>
          {say('comment.reply')}
        </Button>
      ) : null}
      {manages && comment.state === 'held' ? (
        <Button size="small" kind="main" onClick={() => mark({ approved: true })}>
          {say('comment.approve')}
        </Button>
      ) : null}
      {manages && comment.state === 'shown' ? (
        <>
          <Button
            size="small"
            kind="quiet"
            icon="heart"
            aria-pressed={comment.hearted}
            aria-label={say('comment.heart')}
            onClick={() => mark({ hearted: !comment.hearted })}
          />
          {comment.threadId === undefined ? (
            <Button
              size="small"
              kind="quiet"
              icon="pin"
              aria-pressed={comment.pinned}
              aria-label={say('comment.pin')}
              onClick={() => mark({ pinned: !comment.pinned })}
            />
          ) : null}
        </>
      ) : null}
      <Popup
        label={say('comment.more_of', { name: comment.author.name })}
        actions={[
          comment.mine ? { icon: 'pencil', words: say('comment.edit'), onChoose: onEdit } : undefined,
          comment.mine || manages || staff
            ? { icon: 'bin', words: say('comment.delete'), onChoose: () => setDeleting(true) }
            : undefined,
          ...(comment.mine ? [] : [report.action, ...blocks.actions]),
        ]}
      />
      {report.dialog}
      {blocks.said}
      {deleting ? (
        <Confirm
          title={say('comment.delete')}
          button={say('studio.delete')}
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            await call('removeComment', { params })
            await refreshComments(queries, comment.videoId)
          }}
        >
          <p>{say('comment.delete_sure')}</p>
        </Confirm>
      ) : null}
    </div>
  )
}

function Replies({ comment, manages }: { comment: Comment; manages: boolean }) {
  const [open, setOpen] = useState(false)
  const listing = useInfiniteQuery({ ...repliesQuery(comment.videoId, comment.id), enabled: open })
  return (
    <>
      <div>
        <Button size="small" kind="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {say('comment.replies', { count: comment.replies })}
        </Button>
      </div>
      {open ? (
        <>
          <Trouble thrown={listing.error} />
          <ul className="comment-list">
            {listing.data?.pages
              .flatMap((page) => page.items)
              .map((reply) => (
                <li key={reply.id}>
                  <CommentItem comment={reply} manages={manages} />
                </li>
              ))}
          </ul>
          {listing.hasNextPage ? (
            <div>
              <Button size="small" onClick={() => listing.fetchNextPage()} disabled={listing.isFetchingNextPage}>
                {say('comment.more_replies')}
              </Button>
            </div>
          ) : null}
        </>
      ) : null}
    </>
  )
}
