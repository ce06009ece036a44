/** One found video: picture, title and passage with what was found marked, and where in it the words are spoken. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { FoundVideo } from '../../contract/search.ts'
import { clockTime } from '../ui/format.ts'
import { Icon } from '../ui/icon.tsx'
import { say } from '../words/say.ts'
import { Face } from './face.tsx'
import { Thumbnail, ViewsAndAge } from './video-card.tsx'

interface ResultProps {
  found: FoundVideo
  eager: boolean
  onChoose: () => void
}

export function SearchResult({ found, eager, onChoose }: ResultProps) {
  const { video, titleMarks, snippet, momentMs } = found
  const params = { videoId: video.id }
  const seconds = momentMs === undefined ? undefined : Math.floor(momentMs / 1000)
  return (
    <article className="result">
      <Link
        to="/watch/$videoId"
        params={params}
        tabIndex={-1}
        aria-hidden="true"
        className="tile-picture"
        onClick={onChoose}
      >
        <Thumbnail video={video} eager={eager} />
      </Link>
      <div className="result-words">
        <h3 dir="auto">
          <Link to="/watch/$videoId" params={params} className="tile-title" onClick={onChoose}>
            <Marked text={video.title} marks={titleMarks} />
          </Link>
        </h3>
        <p className="soft small">
          <ViewsAndAge video={video} />
        </p>
        <Link to="/@{$handle}" params={{ handle: video.channel.handle }} className="result-channel" dir="auto">
          <Face name={video.channel.name} id={video.channel.id} size={24} />
          {video.channel.name}
        </Link>
        {snippet ? (
          <p className="soft small result-passage" dir="auto">
            <Marked text={snippet.text} marks={snippet.marks} />
          </p>
        ) : null}
        {seconds === undefined ? null : (
          <a href={`/watch/${video.id}?t=${seconds}`} className="result-moment" onClick={onChoose}>
            <Icon name="play" size={16} />
            {say('search.moment', { time: clockTime(seconds * 1000) })}
          </a>
        )}
      </div>
    </article>
  )
}

/** A text with the found parts marked. */
export function Marked({ text, marks }: { text: string; marks: readonly (readonly [number, number])[] }) {
  const parts: ReactNode[] = []
  let at = 0
  for (const [start, end] of marks) {
    if (start > at) parts.push(text.slice(at, start))
    parts.push(<mark key={start}>{text.slice(start, end)}</mark>)
    at = end
  }
  parts.push(text.slice(at))
  return parts
}

export function ResultBones() {
  return (
    <div className="result" aria-hidden="true">
      <span className="thumbnail bone" />
      <div className="result-words bones">
        <span className="bone" style={{ width: '70%', height: '1.2rem' }} />
        <span className="bone" style={{ width: '30%', height: '0.9rem' }} />
        <span className="bone" style={{ width: '90%', height: '0.9rem' }} />
      </div>
    </div>
  )
}
