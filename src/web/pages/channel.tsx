/** A channel: who it is, and below that its videos, its playlists, or what it says of itself. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Channel } from '../../contract/channels.ts'
import { channelQuery, channelVideosQuery, refused, useMe } from '../api.ts'
import { useBlockActions } from '../parts/blocks.tsx'
import { Face } from '../parts/face.tsx'
import { channelPlaylistsQuery } from '../parts/people-queries.ts'
import { PlainText } from '../parts/plain-text.tsx'
import { PlaylistCard } from '../parts/playlists.tsx'
import { useReport } from '../parts/report-dialog.tsx'
import { SubscribeButton } from '../parts/subscriptions.tsx'
import { Thumbnail, ViewsAndAge } from '../parts/video-card.tsx'
import { TileGrid, VideoGrid } from '../parts/video-grid.tsx'
import { Empty } from '../ui/empty.tsx'
import { day } from '../ui/format.ts'
import { Icon } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Popup } from '../ui/popup.tsx'
import { Tabs } from '../ui/tabs.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { Missing } from './not-found.tsx'

const address = getRouteApi('/shell/@{$handle}')

export function ChannelPage() {
  const { handle } = address.useParams()
  const { tab } = address.useSearch()
  const me = useMe()
  const channel = useQuery(channelQuery(handle))
  usePageTitle(channel.data?.name)
  if (refused(channel.error, 'channel_not_found', 'bad_request')) {
    return <Missing title={say('channel.not_found')} hint={say('channel.not_found_hint')} />
  }
  const mine = me?.channel.handle === handle
  const to = { to: '/@{$handle}', params: { handle }, activeOptions: { exact: true }, replace: true } as const
  return (
    <div className="channel">
      {channel.data?.banner ? (
        <img className="channel-banner" src={channel.data.banner} alt="" width={2048} height={340} />
      ) : null}
      <ChannelHead handle={handle} channel={channel.data} mine={mine} />
      <Trouble thrown={channel.error} />
      <Tabs label={say('channel.parts')}>
        <Link {...to} search={{}}>
          {say('channel.videos')}
        </Link>
        <Link {...to} search={{ tab: 'playlists' }}>
          {say('playlist.title')}
        </Link>
        <Link {...to} search={{ tab: 'about' }}>
          {say('channel.about')}
        </Link>
      </Tabs>
      {tab === undefined ? <Videos handle={handle} channel={channel.data} mine={mine} /> : null}
      {tab === 'playlists' ? <Playlists handle={handle} /> : null}
      {tab === 'about' && channel.data ? <About channel={channel.data} /> : null}
    </div>
  )
}

function ChannelHead({ handle, channel, mine }: { handle: string; channel: Channel | undefined; mine: boolean }) {
  const me = useMe()
  const report = useReport({ kind: 'channel', handle })
  const blocks = useBlockActions(handle)
  const works = channel?.myRole === 'owner' || channel?.myRole === 'editor' || mine
  return (
    <header className="channel-head">
      <Face name={channel?.name ?? handle} id={channel?.id ?? handle} avatar={channel?.avatar} size={112} />
      <div className="channel-words">
        <h1 dir="auto" tabIndex={-1}>
          {channel?.name ?? `@${handle}`}
        </h1>
        <p className="soft channel-facts">
          <bdi>@{handle}</bdi>
          {channel ? (
            <>
              <span>{say('subscription.count', { count: channel.subscriberCount })}</span>
              <span>{say('channel.video_count', { count: channel.videoCount })}</span>
            </>
          ) : null}
        </p>
        {channel?.description ? (
          <p className="soft channel-line">
            <Link to="/@{$handle}" params={{ handle }} search={{ tab: 'about' }} replace dir="auto">
              {channel.description}
            </Link>
          </p>
        ) : null}
        <div className="row">
          {mine ? null : <SubscribeButton handle={handle} />}
          {works ? (
            <Link to="/studio/channel/$handle" params={{ handle }} className="button" data-size="small">
              <Icon name="pencil" />
              {say('channel.edit')}
            </Link>
          ) : null}
          {mine ? (
            <Link to="/studio" className="button" data-size="small">
              <Icon name="film" />
              {say('app.studio')}
            </Link>
          ) : null}
          {me && !mine ? <Popup label={say('channel.more')} actions={[...blocks.actions, report.action]} /> : null}
        </div>
        {blocks.said}
        {report.dialog}
      </div>
    </header>
  )
}

function Videos({ handle, channel, mine }: { handle: string; channel: Channel | undefined; mine: boolean }) {
  const listing = useInfiniteQuery({ ...channelVideosQuery(handle), enabled: channel !== undefined })
  const featured = channel?.featured
  const to = featured ? ({ to: '/watch/$videoId', params: { videoId: featured.id } } as const) : undefined
  return (
    <>
      {featured && to ? (
        <article className="featured">
          <Link {...to} className="tile-picture" tabIndex={-1} aria-hidden="true">
            <Thumbnail video={featured} eager />
          </Link>
          <div className="stack">
            <h2 dir="auto">
              <Link {...to} className="tile-title">
                {featured.title}
              </Link>
            </h2>
            <p className="soft small">
              <ViewsAndAge video={featured} />
            </p>
          </div>
        </article>
      ) : null}
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

function Playlists({ handle }: { handle: string }) {
  const listing = useInfiniteQuery(channelPlaylistsQuery(handle))
  return (
    <>
      <h2 className="out-of-sight">{say('playlist.title')}</h2>
      <TileGrid
        listing={listing}
        look="own"
        idOf={(list) => list.id}
        tile={(list) => <PlaylistCard list={list} />}
        empty={<Empty title={say('channel.no_playlists')} hint={say('channel.no_playlists_hint')} />}
      />
    </>
  )
}

function About({ channel }: { channel: Channel }) {
  return (
    <section className="channel-about stack" aria-label={say('channel.about')}>
      {channel.description ? (
        <PlainText text={channel.description} />
      ) : (
        <p className="soft">{say('channel.about_nothing')}</p>
      )}
      {channel.links.length > 0 ? (
        <ul className="row" aria-label={say('channel.links')}>
          {channel.links.map((link) => (
            <li key={`${link.title} ${link.address}`}>
              <a
                href={link.address}
                className="button"
                data-size="small"
                rel="nofollow ugc noopener me"
                target="_blank"
                dir="auto"
              >
                <Icon name="link" />
                {link.title}
              </a>
            </li>
          ))}
        </ul>
      ) : null}
      <p className="soft">{say('channel.since', { date: day(channel.created) })}</p>
      <p className="soft small">
        <a href={`/feeds/${channel.handle}/rss.xml`}>{say('channel.feed')}</a>
      </p>
    </section>
  )
}
