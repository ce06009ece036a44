/** Watch: the player first, then what it plays, and beside it what is new. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { Video } from '../../contract/videos.ts'
import { playbackQuery, refused, videoQuery } from '../api.ts'
import { Comments } from '../parts/comments.tsx'
import { useLive } from '../parts/live.ts'
import { PlayThrough } from '../parts/play-through.tsx'
import { PlayerFrame } from '../parts/player-frame.tsx'
import { UpNext } from '../parts/up-next.tsx'
import { VideoDetails } from '../parts/video-details.tsx'
import { reasonText, type Standing, standingOf } from '../parts/video-state.tsx'
import { Button } from '../ui/button.tsx'
import { Mark } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { ProgressBar } from '../ui/progress.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { Missing } from './not-found.tsx'

const address = getRouteApi('/shell/watch/$videoId')

export function WatchPage() {
  const { videoId } = address.useParams()
  const video = useQuery(videoQuery(videoId))
  const [wide, setWide] = useState(false)
  usePageTitle(video.data?.title)
  if (refused(video.error, 'video_not_found', 'bad_request')) {
    return <Missing title={say('watch.not_found')} hint={say('watch.not_found_hint')} />
  }
  return (
    <div className="watch" data-wide={wide || undefined}>
      <div className="watch-main">
        {video.data ? (
          <Screen key={videoId} video={video.data} onTheatre={setWide} />
        ) : (
          <div className="player-frame" />
        )}
        <Trouble thrown={video.error} />
        {video.isError ? <Button onClick={() => video.refetch()}>{say('app.retry')}</Button> : null}
        {video.data ? <VideoDetails video={video.data} /> : <DetailBones />}
        {video.data ? <Comments key={videoId} video={video.data} /> : null}
      </div>
      <aside className="watch-aside" aria-labelledby="more-videos">
        <PlayThrough videoId={videoId} />
        <h2 id="more-videos">{say('watch.more')}</h2>
        <UpNext videoId={videoId} />
      </aside>
    </div>
  )
}

/** The player once the video is ready, and until then how far it is; the change happens by itself. */
function Screen({ video, onTheatre }: { video: Video; onTheatre: (wide: boolean) => void }) {
  const queries = useQueryClient()
  const waits = video.state === 'uploading' || video.state === 'processing'
  const news = useLive(waits ? [video.id] : []).get(video.id)
  const standing = standingOf(video, news)
  const ready = standing.state === 'ready'
  const playback = useQuery({ ...playbackQuery(video.id), enabled: ready })
  const changed = standing.state !== video.state
  useEffect(() => {
    if (changed) void queries.invalidateQueries({ queryKey: videoQuery(video.id).queryKey })
  }, [changed, queries, video.id])
  if (playback.data)
    return <PlayerFrame playback={playback.data} start={startOf(location.search)} onTheatre={onTheatre} />
  return (
    <div className="player-frame">
      <div className="screen-words" role="status">
        {playback.isError ? (
          <>
            <Trouble thrown={playback.error} />
            <Button onClick={() => playback.refetch()}>{say('app.retry')}</Button>
          </>
        ) : (
          <ScreenWords standing={standing} />
        )}
      </div>
    </div>
  )
}

function ScreenWords({ standing }: { standing: Standing }) {
  const { state, reason, part } = standing
  if (state === 'ready') return null
  return (
    <>
      <Mark size={52} />
      <p className="screen-title">{say(`watch.${state}`)}</p>
      <p>{state === 'failed' && reason ? reasonText(reason) : say(`watch.${state}_hint`)}</p>
      {part === undefined ? null : <ProgressBar part={part} label={say(`watch.${state}`)} />}
    </>
  )
}

/** `?t=90` or `?t=1m30s`: seconds from the beginning. */
export function startOf(search: string): number | undefined {
  const found = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(new URLSearchParams(search).get('t') ?? '')
  if (!found?.[0]) return undefined
  const [, hours, minutes, seconds] = found.map(Number)
  return (hours || 0) * 3600 + (minutes || 0) * 60 + (seconds || 0)
}

function DetailBones() {
  return (
    <div className="stack" aria-hidden="true">
      <span className="bone" style={{ width: '70%', height: '1.9rem' }} />
      <span className="bone" style={{ width: '34%', height: '2.75rem' }} />
      <span className="bone" style={{ width: '100%', height: '7rem' }} />
    </div>
  )
}
