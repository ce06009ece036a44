/** What the system around the browser shows of the player: lock screen, media keys, head-sets. */
import type { Playback } from '../contract/watch.ts'
import type { Requests } from './requests.ts'

/** Tells the system what plays and takes its buttons, until the signal fires. */
export function tellSystem(playback: Playback, requests: Requests, signal: AbortSignal): void {
  if (!('mediaSession' in navigator)) return
  const session = navigator.mediaSession
  session.metadata = new MediaMetadata({
    title: playback.title,
    ...(playback.poster ? { artwork: [{ src: playback.poster }] } : {}),
  })
  const actions: Partial<Record<MediaSessionAction, MediaSessionActionHandler>> = {
    play: requests.play,
    pause: requests.pause,
    seekbackward: ({ seekOffset }) => requests.seekBy(-(seekOffset ?? 10) * 1000),
    seekforward: ({ seekOffset }) => requests.seekBy((seekOffset ?? 10) * 1000),
    seekto: ({ seekTime }) => seekTime !== undefined && seekTime !== null && requests.seekTo(seekTime * 1000),
  }
  const names = Object.keys(actions) as MediaSessionAction[]
  for (const name of names) take(name, actions[name] ?? null)
  signal.addEventListener('abort', () => {
    for (const name of names) take(name, null)
    session.metadata = null
  })

  function take(name: MediaSessionAction, handler: MediaSessionActionHandler | null) {
    try {
      session.setActionHandler(name, handler)
    } catch {
      // An action this browser does not know: it has no button for it either.
    }
  }
}
