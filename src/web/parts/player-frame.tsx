/** The player in its place: the place has its size at once, the poster is in it, and the element follows. */
import { useEffect, useRef } from 'react'
import type { Playback } from '../../contract/watch.ts'
import type { VitascopePlayer } from '../../player/player.ts'
import { call } from '../api.ts'
import { say } from '../words/say.ts'
import { talkToFrame } from './frame-talk.ts'
import { sourceHere } from './origins.ts'

interface PlayerFrameProps {
  playback: Playback
  embed?: boolean
  autoplay?: boolean
  muted?: boolean
  loop?: boolean
  /** Seconds from the beginning, where an address names a place. */
  start?: number | undefined
  /** The viewer wants the player as wide as the page, or no longer. */
  onTheatre?: (wide: boolean) => void
  /** The colour of the seek bar, where the page around wants another. */
  colour?: string | undefined
}

export function PlayerFrame({
  playback,
  embed = false,
  autoplay = true,
  muted = false,
  loop = false,
  start,
  onTheatre,
  colour,
}: PlayerFrameProps) {
  const place = useRef<HTMLDivElement>(null)
  const { videoId } = playback
  // biome-ignore lint/correctness/useExhaustiveDependencies: a playback is given once; a new one is a new video
  useEffect(() => {
    let element: VitascopePlayer | undefined
    let gone = false
    let stopTalking = () => {}
    // Properties set before the element is defined would hide its own, so it is made only after its code is here.
    void import('../../player/player.ts').then(() => {
      if (gone || !place.current) return
      element = document.createElement('vitascope-player')
      element.setAttribute('aria-label', say('watch.player'))
      element.toggleAttribute('autoplay', autoplay)
      element.toggleAttribute('muted', muted)
      element.toggleAttribute('loop', loop)
      element.toggleAttribute('embed', embed)
      if (start !== undefined) element.setAttribute('start', String(start))
      element.renew = () => call('startPlayback', { params: { videoId } })
      element.source = sourceHere(embed)
      element.playback = playback
      element.addEventListener('vitascope-theatre', (event) =>
        onTheatre?.((event as CustomEvent<{ theatre: boolean }>).detail.theatre),
      )
      if (colour !== undefined) element.style.setProperty('--accent', colour)
      place.current.append(element)
      if (embed) stopTalking = talkToFrame(element)
    })
    return () => {
      gone = true
      stopTalking()
      element?.remove()
    }
  }, [videoId])
  return (
    <div className="player-frame" data-embed={embed || undefined} ref={place}>
      {playback.poster ? <img src={playback.poster} alt="" className="player-poster" fetchPriority="high" /> : null}
    </div>
  )
}
