/**
 * How an embedded player and the page around it talk: by postMessage, commands in and events out. Whatever stands around the
 * frame may play and pause it; which sites that can be is said by the page's policy (frame-ancestors).
 */

import type { VitascopePlayer } from '../../player/player.ts'

/** Longest time between two `time` events, and the shortest. */
const TIME_EVERY_MS = 250

interface Command {
  vitascope: string
  value?: unknown
}

/**
 * Listens and tells until stopped. Without a page around it does nothing. It is ready at once, before anything of the video
 * has been loaded: whoever waits for that may be the one who wants to play it.
 */
export function talkToFrame(player: VitascopePlayer): () => void {
  const { video, playback } = player
  if (window.parent === window) return () => {}
  const ending = new AbortController()
  const { signal } = ending
  const durationMs = () => (Number.isFinite(video.duration) ? Math.round(video.duration * 1000) : playback?.durationMs)
  // What a player does is no secret, and the page around may be of any site that may show it.
  const tell = (vitascope: string) =>
    window.parent.postMessage({ vitascope, positionMs: player.positionMs, durationMs: durationMs() }, '*')

  window.addEventListener(
    'message',
    (event: MessageEvent<unknown>) => {
      if (event.source === window.parent && isCommand(event.data)) obey(player, event.data)
    },
    { signal },
  )
  for (const name of ['play', 'pause', 'ended'] as const) video.addEventListener(name, () => tell(name), { signal })
  tell('ready')
  let toldMs = 0
  video.addEventListener(
    'timeupdate',
    () => {
      if (performance.now() - toldMs < TIME_EVERY_MS) return
      toldMs = performance.now()
      tell('time')
    },
    { signal },
  )
  return () => ending.abort()
}

function isCommand(data: unknown): data is Command {
  return typeof data === 'object' && data !== null && typeof (data as Command).vitascope === 'string'
}

/** Does what is asked, as far as it makes sense; anything else is not for us. */
function obey(player: VitascopePlayer, { vitascope, value }: Command): void {
  const { video } = player
  const number = typeof value === 'number' && Number.isFinite(value) ? value : undefined
  if (vitascope === 'play') player.play()
  if (vitascope === 'pause') player.pause()
  if (vitascope === 'mute' && typeof value === 'boolean') video.muted = value
  if (number === undefined) return
  if (vitascope === 'seek') player.seekTo(number)
  if (vitascope === 'volume') video.volume = Math.min(1, Math.max(0, number))
  if (vitascope === 'rate') video.playbackRate = Math.min(4, Math.max(0.25, number))
}

/** The colour an address asks for, as six digits; undefined for anything that is none. */
export function colourOf(search: string): string | undefined {
  const asked = new URLSearchParams(search).get('colour') ?? ''
  return /^[0-9a-f]{6}$/i.test(asked) ? `#${asked}` : undefined
}
