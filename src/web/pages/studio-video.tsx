/** One video in the studio: its words, who may see it and when, picture, captions, chapters, frames, what follows, its file. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Video } from '../../contract/videos.ts'
import { refused, videoQuery } from '../api.ts'
import { DeleteDialog } from '../parts/delete-dialog.tsx'
import { useLive } from '../parts/live.ts'
import { MembersOnly } from '../parts/members-only.tsx'
import { Standing } from '../parts/standing.tsx'
import { StudioTabs } from '../parts/studio-tabs.tsx'
import { Thumbnail } from '../parts/video-card.tsx'
import { Chapters } from '../parts/video-chapters.tsx'
import { VideoForm } from '../parts/video-form.tsx'
import { Frames } from '../parts/video-frames.tsx'
import { VideoMedia } from '../parts/video-media.tsx'
import { Following } from '../parts/video-next.tsx'
import { Replace } from '../parts/video-replace.tsx'
import { StateDetails, standingOf } from '../parts/video-state.tsx'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { Missing } from './not-found.tsx'

const address = getRouteApi('/shell/studio/video/$videoId')

export function StudioVideoPage() {
  const { videoId } = address.useParams()
  return <MembersOnly>{() => <OneVideo key={videoId} videoId={videoId} />}</MembersOnly>
}

function OneVideo({ videoId }: { videoId: string }) {
  const asked = useQuery({ ...videoQuery(videoId), staleTime: 0 })
  usePageTitle(asked.data?.title ?? say('studio.edit_title'))
  if (refused(asked.error, 'video_not_found', 'bad_request') || asked.data?.mine === false)
    return <Missing title={say('watch.not_found')} hint={say('watch.not_found_hint')} />
  return (
    <div className="page-middle">
      <StudioTabs inside="videos" />
      <div className="page-head">
        <h1 dir="auto" tabIndex={-1}>
          {asked.data?.title ?? say('studio.edit_title')}
        </h1>
      </div>
      <Trouble thrown={asked.error} />
      {asked.data ? <Editor video={asked.data} /> : null}
      {asked.isPending ? <span className="bone tall" role="status" aria-label={say('app.loading')} /> : null}
    </div>
  )
}

function Editor({ video }: { video: Video }) {
  const navigate = useNavigate()
  const [deleting, setDeleting] = useState(false)
  const news = useLive([video.id]).get(video.id)
  const standing = standingOf(video, news)
  const picture = { ...video, thumbnail: news?.thumbnail ?? video.thumbnail }
  const to = { to: '/watch/$videoId', params: { videoId: video.id } } as const
  return (
    <div className="editor">
      <aside className="editor-aside stack" aria-label={say('studio.at_a_glance')}>
        <Link {...to} className="tile-picture" tabIndex={-1} aria-hidden="true">
          <Thumbnail video={picture} eager />
        </Link>
        <StateDetails standing={standing} title={video.title} />
        <Standing video={video} />
        <div className="row">
          {standing.state === 'failed' ? null : (
            <Link {...to} className="button" data-size="small">
              <Icon name="play" />
              {say('studio.watch')}
            </Link>
          )}
          <Link to="/studio/analytics" search={{ video: video.id }} className="button" data-size="small">
            <Icon name="chart" />
            {say('figures.title')}
          </Link>
          <Button size="small" kind="danger" icon="bin" onClick={() => setDeleting(true)}>
            {say('studio.delete')}
          </Button>
        </div>
      </aside>
      <div className="stack">
        <section className="panel" aria-label={say('studio.details')}>
          <VideoForm video={video} />
        </section>
        {standing.state === 'ready' ? (
          <section className="panel" aria-label={say('studio.media')}>
            <VideoMedia videoId={video.id} language={video.language} thumbnail={picture.thumbnail} />
          </section>
        ) : null}
        {standing.state === 'failed' ? (
          <section className="panel" aria-label={say('media.replace')}>
            <Replace videoId={video.id} hint={say('media.replace_failed_hint')} />
          </section>
        ) : null}
        <Chapters video={video} />
        <Following videoId={video.id} />
        <Frames video={video} />
      </div>
      {deleting ? (
        <DeleteDialog
          video={video}
          onClose={() => setDeleting(false)}
          onDeleted={() => void navigate({ to: '/studio', search: {} })}
        />
      ) : null}
    </div>
  )
}
