/** A time in somebody's words: pressing it takes the player of the page there. */
import type { VitascopePlayer } from '../../player/player.ts'
import { say } from '../words/say.ts'

export function SeekButton({ text, seconds }: { text: string; seconds: number }) {
  return (
    <button
      type="button"
      className="as-link"
      aria-label={say('comment.seek', { time: text })}
      onClick={() => seek(seconds)}
    >
      {text}
    </button>
  )
}

/** Takes the player of this page to a place, and the page to the player. */
function seek(seconds: number): void {
  const player = document.querySelector<VitascopePlayer>('vitascope-player')
  if (!player) return
  player.seekTo(seconds * 1000)
  player.play()
  player.scrollIntoView({
    block: 'nearest',
    behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth',
  })
}
