/** What lies over the picture after the end: what comes next, counting down to the first of it unless somebody says no. */
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { createPortal } from 'react-dom'
import type { Suggestion } from '../../contract/recommend.ts'
import { Button } from '../ui/button.tsx'
import { say } from '../words/say.ts'
import { isBusy, useIsOver } from './going-on.ts'
import type { Listed } from './play-through.tsx'
import { whyText } from './suggestions.tsx'
import { Thumbnail } from './video-card.tsx'

const COUNT_S = 8
/** As many as fit over the picture; the list beside it has the rest. */
const SHOWN = 6

interface EndScreenProps {
  items: readonly Suggestion[]
  /** What is watched. */
  videoId: string
  /** Counts down to the first one. */
  goesOn: boolean
  /** What a playlist goes on with, in place of them. */
  listed: Listed | undefined
  /** The channel of the video that has ended. */
  beside: string | undefined
}

/** Nothing until the video has ended; then a layer within the player, so that it is there in full screen too. */
export function EndScreen({ items, videoId, goesOn, listed, beside }: EndScreenProps) {
  const isOver = useIsOver(videoId)
  const [layer, setLayer] = useState<HTMLElement>()
  useEffect(() => {
    const player = document.querySelector('vitascope-player')
    if (!isOver || !player) return
    const made = document.createElement('div')
    made.slot = 'end'
    made.className = 'end-screen'
    player.append(made)
    setLayer(made)
    return () => {
      made.remove()
      setLayer(undefined)
    }
  }, [isOver])
  const [next] = items
  if (!layer || !next) return null
  return createPortal(
    <>
      <Head next={next} goesOn={goesOn} listed={listed} />
      <ul className="end-tiles">
        {items.slice(0, SHOWN).map((it) => (
          <li key={it.video.id}>
            <Link to="/watch/$videoId" params={{ videoId: it.video.id }} className="end-tile">
              <Thumbnail video={it.video} />
              <span className="end-words">
                <span className="end-name" dir="auto">
                  {it.video.title}
                </span>
                <span className="end-why" dir="auto">
                  {it.video.channel.name} · {whyText(it, beside)}
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </>,
    layer,
  )
}

function Head({ next, goesOn, listed }: Pick<EndScreenProps, 'goesOn' | 'listed'> & { next: Suggestion }) {
  if (listed) return <Waiting {...listed} />
  return goesOn ? <Countdown next={next} /> : <p className="end-title">{say('watch.more')}</p>
}

/** Seen by whoever keeps a playlist from going on, which else does so at once. */
function Waiting({ listId, id, title }: Listed) {
  return (
    <div className="end-head">
      <p role="status" className="end-title" dir="auto">
        {say('playlist.waits', { title })}
      </p>
      <Link
        to="/watch/$videoId"
        params={{ videoId: id }}
        search={{ list: listId } as never}
        className="button"
        data-kind="main"
        data-size="small"
      >
        {say('watch.go_on_now')}
      </Link>
    </div>
  )
}

/** Counts down and goes on; Cancel stops it, and it waits for whoever is busy or does not look at the page. */
function Countdown({ next }: { next: Suggestion }) {
  const [left, setLeft] = useState<number | undefined>(COUNT_S)
  const go = useNavigate()
  const { id, title } = next.video
  useEffect(() => {
    if (left === undefined) return
    if (left <= 0) {
      void go({ to: '/watch/$videoId', params: { videoId: id } })
      return
    }
    const timer = setInterval(() => {
      if (!isBusy() && !document.hidden) setLeft(left - 1)
    }, 1000)
    return () => clearInterval(timer)
  }, [left, go, id])
  if (left === undefined) return <p className="end-title">{say('watch.more')}</p>
  return (
    <div className="end-head">
      {/* Said once: a number that changes every second would be read out every second. */}
      <p role="status" className="end-title" dir="auto">
        {say('watch.goes_on', { title })} <span aria-hidden="true">{left}</span>
      </p>
      <Button kind="main" size="small" onClick={() => setLeft(0)}>
        {say('watch.go_on_now')}
      </Button>
      <Button size="small" onClick={() => setLeft(undefined)}>
        {say('app.cancel')}
      </Button>
    </div>
  )
}
