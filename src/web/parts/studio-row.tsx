/** One video in the studio's list: how it stands, what may be done to it, and a box that picks it out for changes of many. */
import { Link } from '@tanstack/react-router'
import type { LiveNews } from '../../contract/live.ts'
import type { Progress, VideoCard } from '../../contract/videos.ts'
import { Button } from '../ui/button.tsx'
import { day } from '../ui/format.ts'
import { Icon } from '../ui/icon.tsx'
import { say } from '../words/say.ts'
import { Thumbnail } from './video-card.tsx'
import { StateDetails, standingOf } from './video-state.tsx'

export type MyVideo = VideoCard & {
  progress?: Progress | undefined
  reason?: { code: string; sentence: string } | undefined
}

interface StudioRowProps {
  video: MyVideo
  news: LiveNews | undefined
  picked: boolean
  onPick: (picked: boolean) => void
  onDelete: () => void
}

export function StudioRow({ video, news, picked, onPick, onDelete }: StudioRowProps) {
  const { title } = video
  const standing = standingOf(video, news)
  const picture = {
    ...video,
    thumbnail: news?.thumbnail ?? video.thumbnail,
    durationMs: news?.durationMs ?? video.durationMs,
  }
  const params = { videoId: video.id }
  return (
    <article className="studio-row" data-picked={picked || undefined}>
      <label className="studio-pick">
        <input type="checkbox" checked={picked} onChange={(event) => onPick(event.target.checked)} />
        <span className="out-of-sight">{say('studio.pick', { title })}</span>
      </label>
      <Link to="/watch/$videoId" params={params} tabIndex={-1} aria-hidden="true" className="tile-picture">
        <Thumbnail video={picture} />
      </Link>
      <div className="studio-words">
        <h2 dir="auto">
          <Link to="/watch/$videoId" params={params} className="tile-title">
            {title}
          </Link>
        </h2>
        <p className="soft small">
          {say('studio.created', { date: day(video.created) })}
          {' · '}
          {say('video.views', { count: video.views })}
          {' · '}
          {say(`video.privacy.${video.privacy}`)}
        </p>
        <StateDetails standing={standing} title={title} />
      </div>
      <div className="row studio-deeds">
        {standing.state === 'uploading' ? (
          <Link to="/upload" className="button" data-size="small">
            <Icon name="upload" />
            {say('studio.continue')}
          </Link>
        ) : null}
        <Link
          to="/studio/video/$videoId"
          params={params}
          className="button"
          data-size="small"
          aria-label={say('studio.edit_of', { title })}
        >
          <Icon name="pencil" />
          {say('studio.edit')}
        </Link>
        <Link
          to="/studio/analytics"
          search={{ video: video.id }}
          className="button"
          data-size="small"
          data-shape="round"
          aria-label={say('figures.of_video', { title })}
        >
          <Icon name="chart" />
        </Link>
        <Button
          size="small"
          shape="round"
          icon="bin"
          onClick={onDelete}
          aria-label={say('studio.delete_of', { title })}
        />
      </div>
    </article>
  )
}
