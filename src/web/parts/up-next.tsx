/** What comes after a video: the list beside it, and going on to the first of it by itself unless somebody says no. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { Suggestion } from '../../contract/recommend.ts'
import { Button } from '../ui/button.tsx'
import { say } from '../words/say.ts'
import { SuggestionTile, upNextQuery } from './suggestions.tsx'
import { TileBones } from './video-card.tsx'

const KEPT = 'vitascope_autoplay'
const COUNT_S = 8

export function UpNext({ videoId }: { videoId: string }) {
  const listing = useQuery(upNextQuery(videoId))
  const [on, setOn] = useState(() => localStorage.getItem(KEPT) !== 'off')
  const items = listing.data?.items ?? []
  if (listing.isPending) {
    return (
      <div className="list">
        {[...'12345'].map((bone) => (
          <TileBones key={bone} look="beside" />
        ))}
      </div>
    )
  }
  return (
    <>
      {items.length === 0 ? null : (
        <label className="autoplay">
          <input
            type="checkbox"
            checked={on}
            onChange={(event) => {
              setOn(event.target.checked)
              localStorage.setItem(KEPT, event.target.checked ? 'on' : 'off')
            }}
          />
          {say('watch.autoplay')}
        </label>
      )}
      {on && items[0] ? <GoOn key={videoId} next={items[0]} /> : null}
      <ul className="list">
        {items.map((it) => (
          <li key={it.video.id}>
            <SuggestionTile it={it} look="beside" />
          </li>
        ))}
      </ul>
    </>
  )
}

/** After the end it counts down and goes on; Cancel, or playing again, stops it. A page nobody looks at stays where it is. */
function GoOn({ next }: { next: Suggestion }) {
  const [left, setLeft] = useState<number>()
  const go = useNavigate()
  const { id, title } = next.video
  useEffect(() => {
    const begin = () => setLeft(COUNT_S)
    // Going back, or playing again.
    const stop = (event: Event) => {
      const { positionMs, durationMs } = (event as CustomEvent<{ positionMs: number; durationMs: number }>).detail
      if (positionMs < durationMs - 1500) setLeft(undefined)
    }
    document.addEventListener('vitascope-ended', begin)
    document.addEventListener('vitascope-time', stop)
    return () => {
      document.removeEventListener('vitascope-ended', begin)
      document.removeEventListener('vitascope-time', stop)
    }
  }, [])
  useEffect(() => {
    if (left === undefined) return
    if (left <= 0) {
      void go({ to: '/watch/$videoId', params: { videoId: id } })
      return
    }
    const timer = setTimeout(() => setLeft(document.hidden ? left : left - 1), 1000)
    return () => clearTimeout(timer)
  }, [left, go, id])
  if (left === undefined) return null
  return (
    <div className="go-on">
      {/* Said once: a number that changes every second would be read out every second. */}
      <p role="status">
        {say('watch.goes_on', { title })} <span aria-hidden="true">{left}</span>
      </p>
      <div className="row">
        <Button kind="main" size="small" onClick={() => setLeft(0)}>
          {say('watch.go_on_now')}
        </Button>
        <Button size="small" onClick={() => setLeft(undefined)}>
          {say('app.cancel')}
        </Button>
      </div>
    </div>
  )
}
