/** The comments below one's own videos that wait for approval. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Comment } from '../../contract/comments.ts'
import { call } from '../api.ts'
import { useBlockActions } from '../parts/blocks.tsx'
import { CommentText } from '../parts/comment-text.tsx'
import { Face } from '../parts/face.tsx'
import { MembersOnly } from '../parts/members-only.tsx'
import { heldCommentsQuery } from '../parts/studio-queries.ts'
import { StudioTabs } from '../parts/studio-tabs.tsx'
import { More } from '../parts/video-grid.tsx'
import { useAct } from '../ui/act.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { ago } from '../ui/format.ts'
import { usePageTitle } from '../ui/page-title.ts'
import { Popup } from '../ui/popup.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

export function StudioCommentsPage() {
  usePageTitle(say('held.title'))
  return <MembersOnly>{() => <Held />}</MembersOnly>
}

function Held() {
  const listing = useInfiniteQuery(heldCommentsQuery)
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <div className="page-middle">
      <div className="page-head">
        <div>
          <h1 tabIndex={-1}>{say('held.title')}</h1>
          <p className="soft">{say('held.hint')}</p>
        </div>
      </div>
      <StudioTabs />
      <Trouble thrown={listing.error} />
      {listing.isSuccess && items.length === 0 ? (
        <Empty title={say('held.empty')} hint={say('held.empty_hint')} />
      ) : null}
      <ul className="rows lined">
        {items.map((comment) => (
          <li key={comment.id}>
            <HeldComment comment={comment} />
          </li>
        ))}
      </ul>
      <More listing={listing} />
    </div>
  )
}

type HeldOne = Comment & { videoTitle: string }

function HeldComment({ comment }: { comment: HeldOne }) {
  const act = useAct(heldCommentsQuery.queryKey, ['comments', comment.videoId], ['notifications'])
  const blocks = useBlockActions(comment.author.handle)
  const params = { videoId: comment.videoId, commentId: comment.id }
  return (
    <article className="comment">
      <Face {...comment.author} size={40} />
      <div className="stack">
        <p className="comment-head">
          <Link to="/@{$handle}" params={{ handle: comment.author.handle }}>
            <bdi>{comment.author.name}</bdi>
          </Link>
          <time className="soft small" dateTime={comment.created}>
            {ago(comment.created)}
          </time>
        </p>
        <p className="soft small">
          <Link to="/watch/$videoId" params={{ videoId: comment.videoId }} dir="auto">
            {comment.videoTitle}
          </Link>
        </p>
        <CommentText text={comment.text} />
        <Trouble thrown={act.error} />
        {blocks.said}
        <div className="row">
          <Button
            size="small"
            kind="main"
            icon="check"
            disabled={act.isPending}
            onClick={() => act.mutate(() => call('markComment', { params, body: { approved: true } }))}
          >
            {say('comment.approve')}
          </Button>
          <Button
            size="small"
            icon="bin"
            disabled={act.isPending}
            onClick={() => act.mutate(() => call('removeComment', { params }))}
          >
            {say('held.refuse')}
          </Button>
          <Popup label={say('comment.more_of', { name: comment.author.name })} actions={blocks.actions} />
        </div>
      </div>
    </article>
  )
}
