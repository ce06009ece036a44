/** What stands below the player: title, channel, figures, description, tags, licence. */
import { Link } from '@tanstack/react-router'
import { useLayoutEffect, useRef, useState } from 'react'
import type { Video } from '../../contract/videos.ts'
import { ago, day } from '../ui/format.ts'
import { Icon } from '../ui/icon.tsx'
import { say } from '../words/say.ts'
import { DownloadButton } from './download-dialog.tsx'
import { Face } from './face.tsx'
import { PlainText } from './plain-text.tsx'
import { SaveButton } from './playlists.tsx'
import { ReactionButtons } from './reactions.tsx'
import { ReportButton } from './report-dialog.tsx'
import { ShareButton } from './share-dialog.tsx'
import { Standing } from './standing.tsx'
import { SubscribeButton } from './subscriptions.tsx'

export function VideoDetails({ video }: { video: Video }) {
  return (
    <article className="details">
      <h1 dir="auto" tabIndex={-1}>
        {video.title}
      </h1>
      <div className="row spread">
        <Link to="/@{$handle}" params={{ handle: video.channel.handle }} className="details-channel">
          <Face {...video.channel} size={44} />
          <span className="details-names">
            <strong dir="auto">{video.channel.name}</strong>
            <bdi className="soft small">@{video.channel.handle}</bdi>
          </span>
        </Link>
        <div className="row details-actions">
          {video.mine ? null : <SubscribeButton handle={video.channel.handle} />}
          <ReactionButtons video={video} />
          <SaveButton videoId={video.id} />
          <ShareButton video={video} />
          <DownloadButton video={video} />
          {video.mine ? null : <ReportButton subject={{ kind: 'video', videoId: video.id }} />}
          {video.mine ? (
            <Link to="/studio/video/$videoId" params={{ videoId: video.id }} className="button" data-size="small">
              <Icon name="pencil" />
              {say('watch.edit')}
            </Link>
          ) : null}
        </div>
      </div>
      {video.mine ? <Standing video={video} /> : null}
      <About video={video} />
    </article>
  )
}

function About({ video }: { video: Video }) {
  const body = useRef<HTMLDivElement>(null)
  const [long, setLong] = useState(false)
  const [open, setOpen] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another description has another height
  useLayoutEffect(() => {
    const box = body.current
    if (box) setLong(box.scrollHeight > box.clientHeight + 8)
  }, [video.description])
  return (
    <section className="panel about" aria-label={say('watch.about')}>
      <p className="about-facts">
        <span>{say('video.views', { count: video.views })}</span>
        {video.published ? (
          <time dateTime={video.published} title={say('watch.published', { date: day(video.published) })}>
            {day(video.published)} ({ago(video.published)})
          </time>
        ) : (
          <span>{say('watch.not_published')}</span>
        )}
        {video.privacy === 'public' ? null : (
          <span className="badge">
            <Icon name="lock" size={14} />
            {say(`video.privacy.${video.privacy}`)}
          </span>
        )}
      </p>
      {video.description ? (
        <div ref={body} className="about-text" data-open={open || undefined} data-long={long || undefined}>
          <PlainText text={video.description} times />
        </div>
      ) : null}
      {long ? (
        <button type="button" className="about-more" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? say('watch.show_less') : say('watch.show_all')}
        </button>
      ) : null}
      {video.tags.length > 0 ? (
        <ul className="row" aria-label={say('video.tags')}>
          {video.tags.map((tag) => (
            <li key={tag}>
              <Link to="/search" search={{ tag }} className="badge tag" dir="auto">
                {tag}
              </Link>
            </li>
          ))}
        </ul>
      ) : null}
      <dl className="about-small">
        <div>
          <dt>{say('video.category')}</dt>
          <dd>{say(`video.category.${video.category}`)}</dd>
        </div>
        <div>
          <dt>{say('video.licence')}</dt>
          <dd>{say(`video.licence.${video.licence}`)}</dd>
        </div>
      </dl>
    </section>
  )
}
