/** The comments below a video: the box to write in, the order, the threads, page by page. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Comment } from '../../contract/comments.ts'
import type { Video } from '../../contract/videos.ts'
import { call } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { SelectField } from '../ui/field.tsx'
import { LongList } from '../ui/long-list.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { CommentBox } from './comment-box.tsx'
import { CommentItem } from './comment-item.tsx'
import { commentsQuery } from './people-queries.ts'

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
          quiet
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
      <LongList
        items={comments}
        idOf={(comment) => comment.id}
        className="comment-list"
        row={(comment) => <CommentItem comment={comment} manages={first?.manages === true} />}
      />
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
