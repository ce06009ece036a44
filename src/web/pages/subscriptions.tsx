/** Subscriptions: what is new on the channels one follows, and which those are. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Face } from '../parts/face.tsx'
import { MembersOnly } from '../parts/members-only.tsx'
import { feedQuery, subscriptionsQuery } from '../parts/people-queries.ts'
import { SubscribeButton } from '../parts/subscriptions.tsx'
import { VideoGrid } from '../parts/video-grid.tsx'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { say } from '../words/say.ts'

export function SubscriptionsPage() {
  usePageTitle(say('subscription.title'))
  return <MembersOnly>{() => <Feed />}</MembersOnly>
}

function Feed() {
  const listing = useInfiniteQuery(feedQuery)
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>{say('subscription.title')}</h1>
      </div>
      <VideoGrid
        listing={listing}
        empty={
          <Empty title={say('subscription.empty')} hint={say('subscription.empty_hint')}>
            <Link to="/" className="button">
              {say('missing.home')}
            </Link>
          </Empty>
        }
      />
      <Channels />
    </>
  )
}

function Channels() {
  const listing = useInfiniteQuery(subscriptionsQuery)
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  if (items.length === 0) return null
  return (
    <section className="stack" aria-labelledby="followed">
      <h2 id="followed">{say('subscription.channels')}</h2>
      <ul className="rows">
        {items.map(({ channel, subscribers }) => (
          <li key={channel.id} className="row spread">
            <Link to="/@{$handle}" params={{ handle: channel.handle }} className="details-channel">
              <Face {...channel} size={44} />
              <span className="details-names">
                <strong dir="auto">{channel.name}</strong>
                <span className="soft small">{say('subscription.count', { count: subscribers })}</span>
              </span>
            </Link>
            <SubscribeButton handle={channel.handle} />
          </li>
        ))}
      </ul>
      {listing.hasNextPage ? <Button onClick={() => listing.fetchNextPage()}>{say('app.more')}</Button> : null}
    </section>
  )
}
