/** A channel: who it is, and its public videos. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { channelQuery, channelVideosQuery, refused, useMe } from '../api.ts'
import { Face } from '../parts/face.tsx'
import { channelPlaylistsQuery } from '../parts/people-queries.ts'
import { PlainText } from '../parts/plain-text.tsx'
import { PlaylistCard } from '../parts/playlists.tsx'
import { SubscribeButton } from '../parts/subscriptions.tsx'
import { VideoTile } from '../parts/video-card.tsx'
import { VideoGrid } from '../parts/video-grid.tsx'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { day } from '../ui/format.ts'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { Missing } from './not-found.tsx'

const address = getRouteApi('/shell/@{$handle}')

export function ChannelPage() {
  const { handle } = address.useParams()
  const me = useMe()
  const channel = useQuery(channelQuery(handle))
  const listing = useInfiniteQuery({ ...channelVideosQuery(handle), enabled: !channel.isError })
  usePageTitle(channel.data?.name)
  if (refused(channel.error, 'channel_not_found', 'bad_request')) {
    return <Missing title={say('channel.not_found')} hint={say('channel.not_found_hint')} />
  }
  const mine = me?.channel.handle === handle
  return (
    <>
      {channel.data?.banner ? (
        <img className="channel-banner" src={channel.data.banner} alt="" width={2048} height={340} />
      ) : null}
      <header className="channel-head">
        <Face
          name={channel.data?.name ?? handle}
          id={channel.data?.id ?? handle}
          avatar={channel.data?.avatar}
          size={88}
        />
        <div className="stack channel-words">
          <h1 dir="auto" tabIndex={-1}>
            {channel.data?.name ?? `@${handle}`}
          </h1>
          <p className="soft">
            @{handle}
            {channel.data ? (
              <>
                {' · '}
                {say('channel.video_count', { count: channel.data.videoCount })}
                {' · '}
                {say('subscription.count', { count: channel.data.subscriberCount })}
                {' · '}
                {say('channel.since', { date: day(channel.data.created) })}
              </>
            ) : null}
          </p>
          {channel.data?.description ? <PlainText text={channel.data.description} /> : null}
          {channel.data && channel.data.links.length > 0 ? (
            <ul className="row">
              {channel.data.links.map((link) => (
                <li key={link.address}>
                  <a href={link.address} rel="nofollow ugc noopener me" target="_blank" dir="auto">
                    {link.title}
                  </a>
                </li>
              ))}
            </ul>
          ) : null}
          {mine ? null : <SubscribeButton handle={handle} />}
          {mine ? (
            <div className="row">
              <Link to="/studio" className="button" data-size="small">
                {say('app.studio')}
              </Link>
            </div>
          ) : null}
        </div>
      </header>
      <Trouble thrown={channel.error} />
      {channel.data?.featured ? (
        <div className="narrow">
          <VideoTile video={channel.data.featured} look="own" eager />
        </div>
      ) : null}
      <ChannelPlaylists handle={handle} />
      <h2 className="out-of-sight">{say('channel.videos')}</h2>
      <VideoGrid
        listing={listing}
        look="own"
        empty={
          <Empty title={say('channel.empty')} hint={mine ? say('channel.empty_own_hint') : say('channel.empty_hint')}>
            <Link to={mine ? '/upload' : '/'} className="button" data-kind={mine ? 'main' : undefined}>
              {mine ? say('app.upload') : say('missing.home')}
            </Link>
          </Empty>
        }
      />
    </>
  )
}

function ChannelPlaylists({ handle }: { handle: string }) {
  const listing = useInfiniteQuery(channelPlaylistsQuery(handle))
  const lists = listing.data?.pages.flatMap((page) => page.items) ?? []
  if (lists.length === 0) return null
  return (
    <section className="stack" aria-labelledby="channel-playlists">
      <h2 id="channel-playlists">{say('playlist.title')}</h2>
      <ul className="grid">
        {lists.map((list) => (
          <li key={list.id}>
            <PlaylistCard list={list} />
          </li>
        ))}
      </ul>
      {listing.hasNextPage ? <Button onClick={() => listing.fetchNextPage()}>{say('app.more')}</Button> : null}
    </section>
  )
}
