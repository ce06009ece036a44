/** When one goes on by itself after a video: whether it is over, and whether somebody would be taken away from something. */
import { useEffect, useState } from 'react'
import type { VitascopePlayer } from '../../player/player.ts'

/** Going back further than this from the end begins again. */
const LEAVES_END_MS = 1500

/** Set on a form that holds words nobody has sent yet. */
export const UNSENT = 'data-unsent'

/** Whether this video is over, until somebody goes back or plays it again. */
export function useIsOver(videoId: string): boolean {
  const [over, setOver] = useState<string>()
  useEffect(() => {
    const begin = () => setOver(videoId)
    const stop = (event: Event) => {
      const { positionMs, durationMs } = (event as CustomEvent<{ positionMs: number; durationMs: number }>).detail
      if (positionMs < durationMs - LEAVES_END_MS) setOver(undefined)
    }
    // A list that came late, or at the second try, finds the video over; what still shows the one before is none of ours.
    const there = document.querySelector<VitascopePlayer>('vitascope-player')
    if (there?.playback?.videoId === videoId && there.video.ended) begin()
    document.addEventListener('vitascope-ended', begin)
    document.addEventListener('vitascope-time', stop)
    return () => {
      document.removeEventListener('vitascope-ended', begin)
      document.removeEventListener('vitascope-time', stop)
    }
  }, [videoId])
  return over === videoId
}

/** Nobody is taken away from what they are writing, have written and not sent, or have been asked. */
export function isBusy(): boolean {
  const at = document.activeElement
  const isWriting = at?.matches('textarea, input:not([type="checkbox"])') === true
  return isWriting || document.querySelector(`dialog[open], [${UNSENT}]`) !== null
}
