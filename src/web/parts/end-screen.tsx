/** What lies over the picture after the end: what comes next, counting down to the first of it unless somebody says no. */
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { createPortal } from 'react-dom'
import type { Suggestion } from '../../contract/recommend.ts'
import type { VitascopePlayer } from '../../player/player.ts'
import { Button } from '../ui/button.tsx'
import { say } from '../words/say.ts'
import { whyText } from './suggestions.tsx'
import { Thumbnail } from './video-card.tsx'

const COUNT_S = 8
/** As many as fit over the picture; the list beside it has the rest. */
const SHOWN = 6
/** Going back further than this from the end begins again. */
const LEAVES_END_MS = 1500

interface EndScreenProps {
  items: readonly Suggestion[]
  /** What is watched. */
  videoId: string
  /** Counts down to the first one. */
  goesOn: boolean
  /** The channel of the video that has ended. */
  beside: string | undefined
}

/** Nothing until the video has ended; then a layer within the player, so that it is there in full screen too. */
export function EndScreen({ items, videoId, goesOn, beside }: EndScreenProps) {
  const [layer, setLayer] = useState<HTMLElement>()
  useEffect(() => {
    let made: HTMLElement | undefined
    const leave = () => {
      made?.remove()
      made = undefined
      setLayer(undefined)
    }
    const begin = () => {
      const player = document.querySelector('vitascope-player')
      if (!player || made) return
      made = document.createElement('div')
      made.slot = 'end'
      made.className = 'end-screen'
      player.append(made)
      setLayer(made)
    }
    // Going back, or playing again.
    const stop = (event: Event) => {
      const { positionMs, durationMs } = (event as CustomEvent<{ positionMs: number; durationMs: number }>).detail
      if (positionMs < durationMs - LEAVES_END_MS) leave()
    }
    // A list that came late, or at the second try, finds the video over; what still shows the one before is none of ours.
    const there = document.querySelector<VitascopePlayer>('vitascope-player')
    if (there?.playback?.videoId === videoId && there.video.ended) begin()
    document.addEventListener('vitascope-ended', begin)
    document.addEventListener('vitascope-time', stop)
    return () => {
      document.removeEventListener('vitascope-ended', begin)
      document.removeEventListener('vitascope-time', stop)
      made?.remove()
    }
  }, [videoId])
  const [next] = items
  if (!layer || !next) return null
  return createPortal(
    <>
      {goesOn ? <Countdown next={next} /> : <p className="end-title">{say('watch.more')}</p>}
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

/** Nobody is taken away from what they are writing or have been asked, or from a page they do not look at. */
function isBusy(): boolean {
  const at = document.activeElement
  const isWriting = at?.matches('textarea, input:not([type="checkbox"])') === true
  return isWriting || document.hidden || document.querySelector('dialog[open]') !== null
}

/** Counts down and goes on; Cancel stops it, and it waits for whoever is busy. */
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
      if (!isBusy()) setLeft(left - 1)
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
