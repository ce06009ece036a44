/** The studio: all videos of the account, each with how it stands at this moment. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { Me } from '../../contract/accounts.ts'
import type { LiveNews } from '../../contract/live.ts'
import type { Progress, VideoCard } from '../../contract/videos.ts'
import { myVideosQuery } from '../api.ts'
import { DeleteDialog, EditDialog } from '../parts/edit-dialog.tsx'
import { useLive } from '../parts/live.ts'
import { MembersOnly } from '../parts/members-only.tsx'
import { Thumbnail } from '../parts/video-card.tsx'
import { StateDetails, standingOf } from '../parts/video-state.tsx'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { day, fileSize } from '../ui/format.ts'
import { Icon } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

type MyVideo = VideoCard & { progress?: Progress | undefined; reason?: { code: string; sentence: string } | undefined }

const address = getRouteApi('/shell/studio')

export function StudioPage() {
  usePageTitle(say('studio.title'))
  return <MembersOnly>{(me) => <Studio me={me} />}</MembersOnly>
}

function Studio({ me }: { me: Me }) {
  const { edit } = address.useSearch()
  const navigate = useNavigate()
  const listing = useInfiniteQuery(myVideosQuery)
  const [deleting, setDeleting] = useState<MyVideo>()
  const videos = listing.data?.pages.flatMap((page) => page.items) ?? []
  const news = useLive(videos.map((video) => video.id))
  useRereadOnChange(videos, news, listing.refetch)
  return (
    <div className="page-middle">
      <div className="page-head">
        <div>
          <h1 tabIndex={-1}>{say('studio.title')}</h1>
          <p className="soft">{say('studio.used', { used: fileSize(me.usedBytes), quota: fileSize(me.quotaBytes) })}</p>
        </div>
        <div className="row">
          <Link to="/studio/analytics" search={{}} className="button">
            {say('figures.title')}
          </Link>
          <Link to="/upload" className="button" data-kind="main">
            <Icon name="upload" />
            {say('app.upload')}
          </Link>
        </div>
      </div>
      <Trouble thrown={listing.error} />
      {listing.isPending ? <StudioBones /> : null}
      {listing.data && videos.length === 0 ? (
        <Empty title={say('studio.empty')} hint={say('studio.empty_hint')}>
          <Link to="/upload" className="button" data-kind="main">
            {say('home.empty_action')}
          </Link>
        </Empty>
      ) : null}
      <ul className="studio-list">
        {videos.map((video) => (
          <li key={video.id}>
            <StudioRow video={video} news={news.get(video.id)} onDelete={() => setDeleting(video)} />
          </li>
        ))}
      </ul>
      {listing.hasNextPage ? (
        <div className="more">
          <Button onClick={() => listing.fetchNextPage()} disabled={listing.isFetchingNextPage}>
            {say('app.more')}
          </Button>
        </div>
      ) : null}
      {edit ? <EditDialog videoId={edit} onClose={() => navigate({ to: '/studio', search: {} })} /> : null}
      {deleting ? <DeleteDialog video={deleting} onClose={() => setDeleting(undefined)} /> : null}
    </div>
  )
}

interface StudioRowProps {
  video: MyVideo
  news: LiveNews | undefined
  onDelete: () => void
}

function StudioRow({ video, news, onDelete }: StudioRowProps) {
  const standing = standingOf(video, news)
  const picture = {
    ...video,
    thumbnail: news?.thumbnail ?? video.thumbnail,
    durationMs: news?.durationMs ?? video.durationMs,
  }
  return (
    <article className="studio-row">
      <Link
        to="/watch/$videoId"
        params={{ videoId: video.id }}
        tabIndex={-1}
        aria-hidden="true"
        className="tile-picture"
      >
        <Thumbnail video={picture} />
      </Link>
      <div className="studio-words">
        <h2 dir="auto">
          <Link to="/watch/$videoId" params={{ videoId: video.id }} className="tile-title">
            {video.title}
          </Link>
        </h2>
        <p className="soft small">
          {say('studio.created', { date: day(video.created) })}
          {' · '}
          {say('video.views', { count: video.views })}
          {' · '}
          {say(`video.privacy.${video.privacy}`)}
        </p>
        <StateDetails standing={standing} title={video.title} />
        <div className="row">
          {standing.state === 'uploading' ? (
            <Link to="/upload" className="button" data-size="small">
              <Icon name="upload" />
              {say('studio.continue')}
            </Link>
          ) : null}
          <Link
            to="/studio"
            search={{ edit: video.id }}
            className="button"
            data-size="small"
            aria-label={say('studio.edit_of', { title: video.title })}
          >
            <Icon name="pencil" />
            {say('studio.edit')}
          </Link>
          <Link
            to="/studio/analytics"
            search={{ video: video.id }}
            className="button"
            data-size="small"
            aria-label={say('figures.of_video', { title: video.title })}
          >
            {say('figures.title')}
          </Link>
          <Button
            size="small"
            icon="bin"
            onClick={onDelete}
            aria-label={say('studio.delete_of', { title: video.title })}
          >
            {say('studio.delete')}
          </Button>
        </div>
      </div>
    </article>
  )
}

/** When a video has changed its state, its row has more to show than the socket says: length, picture, figures. */
function useRereadOnChange(videos: MyVideo[], news: ReadonlyMap<string, LiveNews>, reread: () => unknown): void {
  const stale = videos.some((video) => {
    const said = news.get(video.id)
    return said !== undefined && said.state !== video.state
  })
  useEffect(() => {
    if (stale) void reread()
  }, [stale, reread])
}

function StudioBones() {
  return (
    <div className="studio-list" role="status" aria-label={say('app.loading')}>
      {[...'123'].map((bone) => (
        <div key={bone} className="studio-row" aria-hidden="true">
          <span className="thumbnail bone" />
          <div className="studio-words">
            <span className="bone" style={{ width: '70%', height: '1.2rem' }} />
            <span className="bone" style={{ width: '45%', height: '0.9rem' }} />
          </div>
        </div>
      ))}
    </div>
  )
}
