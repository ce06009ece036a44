/** A video in a list: picture, length, title, channel, views, age; and its skeleton of exactly the same size. */
import { Link } from '@tanstack/react-router'
import type { VideoCard } from '../../contract/videos.ts'
import { ago, clockTime, shortCount } from '../ui/format.ts'
import { Icon, Mark } from '../ui/icon.tsx'
import { say, speaking } from '../words/say.ts'
import { Face, toneOf } from './face.tsx'
import { useImpression } from './impressions.ts'
import { pictureSources } from './picture-sources.ts'
import { Preview, useRest } from './preview.tsx'

/** `full` in a grid; `beside` in a narrow column, without the channel's picture; `own` on the channel's own page. */
export type TileLook = 'full' | 'beside' | 'own'

interface VideoTileProps {
  video: VideoCard
  eager?: boolean
  look?: TileLook
}

export function VideoTile({ video, eager = false, look = 'full' }: VideoTileProps) {
  const seen = useImpression(video.id)
  const { rests, handlers } = useRest(video.preview !== undefined)
  return (
    <article className="tile" ref={seen}>
      <Link
        to="/watch/$videoId"
        params={{ videoId: video.id }}
        tabIndex={-1}
        aria-hidden="true"
        className="tile-picture"
        {...handlers}
      >
        <Thumbnail video={video} eager={eager} moving={rests} />
      </Link>
      <div className="tile-text">
        {look !== 'full' ? null : <Face {...video.channel} />}
        <div className="tile-words">
          <h3 dir="auto">
            <Link to="/watch/$videoId" params={{ videoId: video.id }} className="tile-title">
              {video.title}
            </Link>
          </h3>
          {look === 'own' ? null : (
            <Link to="/@{$handle}" params={{ handle: video.channel.handle }} className="tile-channel" dir="auto">
              {video.channel.name}
            </Link>
          )}
          <p className="soft small">
            <ViewsAndAge video={video} />
          </p>
        </div>
      </div>
    </article>
  )
}

/** `12 views · 3 days ago`, with the length for those who cannot see it on the picture. */
export function ViewsAndAge({ video }: { video: VideoCard }) {
  const when = video.published ?? video.created
  return (
    <>
      {video.views < 1000
        ? say('video.views', { count: video.views })
        : say('video.views', { count: video.views }).replace(
            video.views.toLocaleString(speaking()),
            shortCount(video.views),
          )}
      {' · '}
      <time dateTime={when}>{ago(when)}</time>
      {video.durationMs === undefined ? null : (
        <span className="out-of-sight">, {say('video.duration', { time: clockTime(video.durationMs) })}</span>
      )}
    </>
  )
}

/** How wide pictures are in lists. Of those that are loaded late, browsers that can see for themselves (`auto`). */
const SIZES = '(min-width: 40rem) 20rem, 92vw'

/** The picture of a video, or a drawn one in its channel's tone while there is none. Always 16:9, so nothing jumps. */
export function Thumbnail({
  video,
  eager = false,
  moving = false,
}: {
  video: VideoCard
  eager?: boolean
  moving?: boolean
}) {
  return (
    <span className="thumbnail" data-tone={toneOf(video.id)}>
      <Mark size={40} />
      {video.thumbnail ? (
        <picture>
          {pictureSources(video.thumbnail).map(({ type, srcSet }) => (
            <source key={type} type={type} srcSet={srcSet} sizes={eager ? SIZES : `auto, ${SIZES}`} />
          ))}
          <img
            src={video.thumbnail}
            alt=""
            width={640}
            height={360}
            loading={eager ? 'eager' : 'lazy'}
            decoding="async"
            onError={(event) => {
              event.currentTarget.hidden = true
            }}
          />
        </picture>
      ) : null}
      {moving && video.preview ? <Preview address={video.preview} /> : null}
      {video.privacy === 'public' ? null : (
        <span className="thumbnail-corner" data-at="start">
          <Icon name="lock" size={14} />
          {say(`video.privacy.${video.privacy}`)}
        </span>
      )}
      {video.durationMs === undefined ? null : (
        <span className="thumbnail-corner" data-at="end">
          {clockTime(video.durationMs)}
        </span>
      )}
    </span>
  )
}

export function TileBones({ look = 'full' }: { look?: TileLook }) {
  return (
    <div className="tile" aria-hidden="true">
      <span className="thumbnail bone" />
      <div className="tile-text">
        {look !== 'full' ? null : <span className="bone face" style={{ width: 36, height: 36 }} />}
        <div className="tile-words bones">
          <span className="bone" style={{ width: '88%', height: '1.1rem' }} />
          {look === 'own' ? null : <span className="bone" style={{ width: '40%', height: '0.9rem' }} />}
          <span className="bone" style={{ width: '56%', height: '0.8rem' }} />
        </div>
      </div>
    </div>
  )
}
