/**
 * How an embedded player and the page around it talk: by postMessage, commands in and events out. Whatever stands around the
 * frame may play and pause it; which sites that can be is said by the page's policy (frame-ancestors).
 */

/** Longest time between two `time` events, and the shortest. */
const TIME_EVERY_MS = 250

interface Command {
  vitascope: string
  value?: unknown
}

/** Listens and tells until stopped. Without a page around it does nothing. */
export function talkToFrame(video: HTMLVideoElement): () => void {
  if (window.parent === window) return () => {}
  const ending = new AbortController()
  const { signal } = ending
  const ms = (seconds: number) => (Number.isFinite(seconds) ? Math.round(seconds * 1000) : undefined)
  // What a player does is no secret, and the page around may be of any site that may show it.
  const tell = (vitascope: string) =>
    window.parent.postMessage({ vitascope, positionMs: ms(video.currentTime), durationMs: ms(video.duration) }, '*')

  window.addEventListener(
    'message',
    (event: MessageEvent<unknown>) => {
      if (event.source === window.parent && isCommand(event.data)) obey(video, event.data)
    },
    { signal },
  )
  for (const name of ['play', 'pause', 'ended'] as const) video.addEventListener(name, () => tell(name), { signal })
  video.addEventListener('loadedmetadata', () => tell('ready'), { signal })
  if (video.readyState > 0) tell('ready')
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
function obey(video: HTMLVideoElement, { vitascope, value }: Command): void {
  const number = typeof value === 'number' && Number.isFinite(value) ? value : undefined
  if (vitascope === 'play') void video.play().catch(() => {})
  if (vitascope === 'pause') video.pause()
  if (vitascope === 'mute' && typeof value === 'boolean') video.muted = value
  if (number === undefined) return
  if (vitascope === 'seek') video.currentTime = Math.max(0, number / 1000)
  if (vitascope === 'volume') video.volume = Math.min(1, Math.max(0, number))
  if (vitascope === 'rate') video.playbackRate = Math.min(4, Math.max(0.25, number))
}

/** The colour an address asks for, as six digits; undefined for anything that is none. */
export function colourOf(search: string): string | undefined {
  const asked = new URLSearchParams(search).get('colour') ?? ''
  return /^[0-9a-f]{6}$/i.test(asked) ? `#${asked}` : undefined
}
